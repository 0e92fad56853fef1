#include "source/file_source.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "source/capture_file.h"
#include "source/filter.h"
#include "source/pacer.h"

namespace ntan::source {
namespace {

constexpr std::string_view standard_input = "-";

std::string name_of(const std::string& path) {
  return path == standard_input ? "stdin" : path;
}

/// Nothing, and errno, where there is none.
std::optional<struct stat> status_of(const std::string& path) noexcept {
  struct stat status{};
  const int failed =
      path == standard_input ? ::fstat(STDIN_FILENO, &status) : ::stat(path.c_str(), &status);
  return failed == 0 ? std::optional{status} : std::nullopt;
}

/// Octets of a file, where they are known beforehand. Throws when nobody could read it.
std::optional<std::uint64_t> check(const std::string& path) {
  const auto status = status_of(path);
  if (!status || (path != standard_input && ::access(path.c_str(), R_OK) != 0)) {
    const std::error_code reason{errno, std::generic_category()};
    const auto kind = kind_of(reason);
    std::string text = fmt::format("cannot open {}: {}", name_of(path), reason.message());
    std::vector<std::string> hints;
    // `ntan read day.pcap udp port 53`
    if (path.find_first_of("./") == std::string::npos && kind == Error::Kind::not_found)
      hints.emplace_back("a filter goes behind -f, or after --");
    throw Error(kind, text, std::move(hints));
  }
  if (S_ISDIR(status->st_mode)) return 0;  // refused when its turn comes
  if (!S_ISREG(status->st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status->st_size);
}

/// Of a file that could not be opened.
Damage damage_of(const Error& error) {
  const bool other = error.kind() == Error::Kind::not_a_capture;
  return {.kind = other ? Damage::Kind::not_a_capture : Damage::Kind::unreadable,
          .text = error.what()};
}

void refuse_directory(const std::string& path) {
  const auto status = status_of(path);
  if (!status || !S_ISDIR(status->st_mode)) return;
  std::vector<std::string> hints;
  if (path != standard_input) hints.push_back(fmt::format("read what is in it: {}/*", path));
  throw Error(Error::Kind::not_a_capture, fmt::format("{} is a directory", name_of(path)),
              std::move(hints));
}

class FileSource final : public Source {
 public:
  FileSource(std::vector<std::string> paths, const FileOptions& options);

  Status read(Batch& batch) override;

  [[nodiscard]] const std::vector<Interface>& interfaces() const noexcept override {
    return interfaces_.all();
  }

  [[nodiscard]] Counters counters() override;

  [[nodiscard]] const std::vector<Damage>& damage() const noexcept override { return damage_; }

  [[nodiscard]] const std::vector<std::string>& notes() const noexcept override { return notes_; }

  [[nodiscard]] bool had_packets() const noexcept override { return had_packets_; }

  [[nodiscard]] std::optional<Timestamp> clock() override;

  [[nodiscard]] std::uint64_t position() const noexcept override {
    return finished_ + (file_ ? file_->position() : 0);
  }

  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return size_; }

 private:
  [[nodiscard]] bool stopped() const noexcept {
    return interrupt_ != nullptr && interrupt_->stopped();
  }

  void open_next();
  void open_first();
  bool have_file();
  void close_file();
  Status read_unpaced(Batch& batch);
  Status read_paced(Batch& batch, Pacer& pacer);
  void select(Batch& batch);

  std::vector<std::string> paths_;
  std::size_t next_path_ = 0;
  Interrupt* interrupt_;
  std::optional<PacketFilter> filter_;
  std::optional<Pacer> pacer_;
  InterfaceTable interfaces_;
  std::unique_ptr<CaptureFile> file_;
  std::uint64_t packets_ = 0;
  bool had_packets_ = false;
  std::uint64_t finished_ = 0;  ///< octets of the files before this one
  Counters told_;               ///< by them
  std::optional<std::uint64_t> size_ = 0;
  std::vector<Damage> damage_;
  std::vector<std::string> notes_;
  Batch waiting_;  ///< paced: packets that were read and are not due yet
  std::size_t due_from_ = 0;
};

FileSource::FileSource(std::vector<std::string> paths, const FileOptions& options)
    : paths_(std::move(paths)), interrupt_(options.interrupt) {
  if (std::count(paths_.begin(), paths_.end(), standard_input) > 1) {
    throw Error(Error::Kind::usage, "standard input (-) can be read only once");
  }
  for (const std::string& path : paths_) {
    const std::optional<std::uint64_t> size = check(path);
    size_ = size && size_ ? std::optional{*size + *size_} : std::nullopt;
  }
  if (!options.filter.empty()) filter_.emplace(options.filter);
  if (options.pace == Pace::as_recorded) pacer_.emplace(interrupt_);
  open_first();
}

/// Throws where there is no capture at all, for the first file.
void FileSource::open_first() {
  try {
    open_next();
  } catch (const Error& error) {
    // Stopped while a pipe had not said yet what it holds: an end like any other.
    if (stopped()) return;
    if (error.kind() != Error::Kind::not_a_capture) throw;
    damage_.push_back(damage_of(error));
    if (!have_file() && !stopped()) throw;
  }
}

void FileSource::open_next() {
  const std::string& path = paths_[next_path_++];
  refuse_directory(path);
  file_ = std::make_unique<CaptureFile>(open_stream(path, interrupt_), interfaces_, name_of(path));
}

/// Goes on to the next file that is a capture; false when there is none.
bool FileSource::have_file() {
  while (!file_ && next_path_ < paths_.size()) {
    try {
      open_next();
    } catch (const Error& error) {
      if (stopped()) return false;  // as in open_first()
      damage_.push_back(damage_of(error));
    }
  }
  return file_ != nullptr;
}

void FileSource::close_file() {
  if (const auto& damage = file_->damage()) damage_.push_back(*damage);
  finished_ += file_->position();
  told_ += file_->counters();
  file_.reset();
}

Counters FileSource::counters() {
  Counters all = told_;
  if (file_) all += file_->counters();
  return all;
}

Status FileSource::read(Batch& batch) {
  return pacer_ ? read_paced(batch, *pacer_) : read_unpaced(batch);
}

Status FileSource::read_unpaced(Batch& batch) {
  constexpr int patience = 1024;  // batches without a match before the caller gets a turn
  for (int fruitless = 0; fruitless < patience; ++fruitless) {
    batch.count = 0;
    if (stopped() || !have_file()) return Status::end;
    const Status status = file_->read(batch);
    if (status == Status::idle) return stopped() ? Status::end : Status::idle;
    if (status == Status::end) {
      close_file();
      continue;
    }
    select(batch);
    if (batch.count > 0) return Status::packets;
  }
  return Status::idle;
}

/// Hands over what is due, as much of it as one batch of the reader holds; nothing for a while is
/// told as of an idle link.
Status FileSource::read_paced(Batch& batch, Pacer& pacer) {
  constexpr Duration patience = std::chrono::milliseconds{100};
  batch.count = 0;
  if (due_from_ == waiting_.count) {
    due_from_ = 0;
    const Status status = read_unpaced(waiting_);
    if (status != Status::packets) return status;
  }
  if (stopped()) return Status::end;
  if (!pacer.wait(waiting_.packets[due_from_].time, patience))
    return stopped() ? Status::end : Status::idle;
  do {
    batch.packets[batch.count++] = waiting_.packets[due_from_++];
  } while (due_from_ < waiting_.count &&
           pacer.until_due(waiting_.packets[due_from_].time) <= Duration::zero());
  return Status::packets;
}

/// How far the replay has come. Only while a packet waits to be due: the clock of those that have
/// not been read yet is theirs.
std::optional<Timestamp> FileSource::clock() {
  if (!pacer_ || due_from_ == waiting_.count) return std::nullopt;
  const Timestamp next = waiting_.packets[due_from_].time;
  return next - std::max(pacer_->until_due(next), Duration::zero());
}

/// Leaves what the filter lets through, and numbers it.
void FileSource::select(Batch& batch) {
  std::size_t kept = 0;
  had_packets_ = had_packets_ || batch.count != 0;
  if (filter_) {
    const std::size_t known_notes = filter_->notes().size();
    for (std::size_t i = 0; i < batch.count; ++i) {
      if (filter_->matches(batch.packets[i])) batch.packets[kept++] = batch.packets[i];
    }
    batch.count = kept;
    notes_.insert(notes_.end(), filter_->notes().begin() + static_cast<std::ptrdiff_t>(known_notes),
                  filter_->notes().end());
  }
  for (std::size_t i = 0; i < batch.count; ++i) batch.packets[i].number = ++packets_;
}

}  // namespace

std::unique_ptr<Source> open_files(const std::vector<std::string>& paths,
                                   const FileOptions& options) {
  return std::make_unique<FileSource>(paths, options);
}

}  // namespace ntan::source
