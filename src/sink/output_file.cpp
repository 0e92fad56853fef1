#include "sink/output_file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "event/text.h"

namespace ntan::sink {
namespace {

constexpr std::size_t block_size = std::size_t{64} << 10U;

// What a reader may take to come back before its end is assumed.
constexpr std::chrono::milliseconds last_patience{2000};
// A reader at work empties a pipe in less; one that is not costs no more than this per flush.
constexpr std::chrono::milliseconds flush_patience{1};
constexpr std::size_t most_per_flush = std::size_t{4} << 20U;

std::string cannot_write(const std::string& name) {
  return fmt::format("cannot write {}", event::printable(name));
}

struct Written {
  std::size_t octets = 0;
  int error = 0;
};

/// Writes all of `data`, or as much as goes before an error.
Written write_all(int descriptor, std::string_view data) noexcept {
  Written written;
  while (written.octets < data.size()) {
    const std::string_view rest = data.substr(written.octets);
    const ssize_t count = ::write(descriptor, rest.data(), rest.size());
    if (count >= 0) {
      written.octets += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      // The caller of our process made the pipe non-blocking.
      pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
      (void)::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      written.error = errno;
      break;
    }
  }
  return written;
}

/// Whether a file may become so large; its old octets stay. False, and errno, where there is no
/// room; file systems that cannot tell say yes.
bool has_room(const Descriptor& file, const struct stat& facts, std::uint64_t octets) noexcept {
  const auto size = static_cast<off_t>(octets);
  if (size <= facts.st_size || ::fallocate(file.get(), 0, 0, size) == 0) return true;
  const int reason = errno;
  if (reason == EOPNOTSUPP || reason == ENOSYS) return true;
  (void)::ftruncate(file.get(), facts.st_size);  // what it got of that
  errno = reason;
  return false;
}

}  // namespace

OutputFile OutputFile::create(const std::string& path, const Writing& writing) {
  const auto check = [&path](bool good) {
    if (good) return;
    // The system's words for these speak of something else.
    if (errno == ELOOP) {
      throw std::system_error(ELOOP, std::generic_category(),
                              cannot_write(path) + " through a symbolic link");
    }
    if (errno == EWOULDBLOCK) {
      throw std::system_error(EBUSY, std::generic_category(),
                              cannot_write(path) + ", it is being written already");
    }
    // At the start of a run the reader of a named pipe is waited for, until a signal comes.
    if (errno == ENXIO || errno == EINTR) {
      throw std::system_error(errno, std::generic_category(),
                              cannot_write(path) + ", which nobody reads");
    }
    throw std::system_error(errno, std::generic_category(), cannot_write(path));
  };
  constexpr mode_t mode = 0640;
  const int blocking = writing.midway ? O_NONBLOCK : 0;
  // Emptied only once it is known to be ours.
  Descriptor opened{::open(
      path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | blocking, mode)};
  check(opened.open());
  struct stat facts{};
  check(::fstat(opened.get(), &facts) == 0);
  if (S_ISREG(facts.st_mode)) {
    check(::flock(opened.get(), LOCK_EX | LOCK_NB) == 0);
    check(has_room(opened, facts, writing.room));
    check(::ftruncate(opened.get(), 0) == 0);
  }
  OutputFile file{std::move(opened), path, writing.flushing};
  if (writing.backlog != 0) file.drop_when_slow(writing.backlog);
  return file;
}

OutputFile OutputFile::standard_output(Flushing flushing) {
  Descriptor copy{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)};
  if (!copy.open())
    throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
  return {std::move(copy), "standard output", flushing};
}

OutputFile::OutputFile(Descriptor descriptor, std::string name, Flushing flushing)
    : descriptor_(std::move(descriptor)), name_(std::move(name)), flushing_(flushing) {}

void OutputFile::append(std::string_view record, std::string_view rest) {
  if (state_ != State::good) {
    ++lost_;
    return;
  }
  if (queue_) {
    enqueue(record, rest);
    return;
  }
  if (block_.size() + record.size() + rest.size() > block_size) {
    flush();
    if (state_ != State::good) {
      ++lost_;
      return;
    }
  }
  block_ += record;
  block_ += rest;
  ends_.push_back(block_.size());
  if (flushing_ == Flushing::records || block_.size() >= block_size) flush();
}

void OutputFile::drop_when_slow(std::size_t backlog) {
  if (!PipeQueue::fits(descriptor_.get())) return;
  queue_ = std::make_unique<PipeQueue>(backlog);
  write_at_ = block_size;
}

void OutputFile::enqueue(std::string_view record, std::string_view rest) {
  const auto patience = reader_is_awaited_ ? last_patience : std::chrono::milliseconds{0};
  if (!queue_->push(record, rest)) {
    write_queue(patience, SIZE_MAX);
    if (state_ != State::good || !queue_->push(record, rest)) {
      ++lost_;
      return;
    }
  }
  if (flushing_ == Flushing::records) {
    write_queue(patience, most_per_flush);  // what does not go now goes with the next flush
  } else if (queue_->size() >= write_at_) {
    write_queue(patience, SIZE_MAX);
    // A full pipe is not asked again for each record.
    write_at_ = queue_->size() + block_size;
  }
}

void OutputFile::write_queue(std::chrono::milliseconds patience, std::size_t most) {
  const int error = queue_->write(descriptor_.get(), patience, most);
  const bool given_up = reader_is_awaited_ && queue_->size() != 0;
  if (error == 0 && !given_up) return;
  lost_ += queue_->records();
  queue_->clear();
  if (error != 0) {
    fail(error, 0);
  } else {
    state_ = State::closed;
  }
}

void OutputFile::flush() {
  if (queue_ && state_ == State::good) {
    if (queue_->size() == 0) {
      // `| head` on a quiet link: no write will tell.
      if (PipeQueue::abandoned(descriptor_.get())) state_ = State::closed;
    } else if (reader_is_awaited_) {
      write_queue(last_patience, SIZE_MAX);
    } else {
      write_queue(flush_patience, most_per_flush);
    }
    write_at_ = queue_->size() + block_size;
    return;
  }
  if (block_.empty() || state_ != State::good) return;
  const Written written = write_all(descriptor_.get(), block_);
  if (written.error != 0) fail(written.error, written.octets);
  block_.clear();
  ends_.clear();
}

void OutputFile::close(Rest rest) {
  if (rest == Rest::awaits_reader) wait_for_reader();
  // A reader that has taken all of it may be gone.
  if (pending()) flush();
  if (queue_) {
    lost_ += queue_->records();
    queue_->clear();
  }
  if (!descriptor_.open()) return;
  // Some file systems tell of a full disk only here.
  const int result = ::close(descriptor_.release());
  if (result != 0 && errno != EINTR && state_ == State::good) fail(errno, 0);
}

std::string OutputFile::problem() const {
  return state_ == State::closed ? cannot_write(name_) + ": nobody reads it" : message_;
}

void OutputFile::fail(int error, std::size_t written) {
  const auto border = std::upper_bound(ends_.begin(), ends_.end(), written);
  lost_ += static_cast<std::uint64_t>(ends_.end() - border);
  if (error == EPIPE) {
    state_ = State::closed;
    return;
  }
  state_ = State::failed;
  message_ = fmt::format("{}: {}", cannot_write(name_), std::generic_category().message(error));
  cut_to_border(written, border == ends_.begin() ? 0 : *(border - 1));
}

// Half a record would be taken for a whole one by some readers and stop others. Only where the file
// ends at our own last octet: standard output may be shared.
void OutputFile::cut_to_border(std::size_t written, std::size_t border) noexcept {
  struct stat facts{};
  if (written == border || ::fstat(descriptor_.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
    return;
  const off_t end = ::lseek(descriptor_.get(), 0, SEEK_CUR);
  if (end < 0 || end != facts.st_size) return;
  const off_t whole = end - static_cast<off_t>(written - border);
  if (::ftruncate(descriptor_.get(), whole) == 0) (void)::lseek(descriptor_.get(), whole, SEEK_SET);
}

bool same_file(const std::string& a, const std::string& b) noexcept {
  struct stat first{};
  struct stat second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace ntan::sink
