#include "run/served_run.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "run/command_text.h"
#include "run/console.h"
#include "run/exit_code.h"
#include "run/file_name.h"
#include "run/filter_file.h"
#include "run/process_clock.h"
#include "run/replay_progress.h"
#include "source/capture_file.h"
#include "source/file_source.h"
#include "source/filter.h"
#include "source/filter_words.h"
#include "source/interfaces.h"

namespace ntan::run {
namespace {

using serve::Mode;
using serve::Refused;
using serve::Status;

/// One of the inputs can be read only once.
bool has_pipe(const std::vector<std::string>& files) {
  return std::ranges::any_of(files, [](const std::string& file) {
    struct stat status{};
    return file == "-" || (::stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode));
  });
}

constexpr std::size_t most_notes = 20;
constexpr std::size_t most_error_lines = 200;
constexpr std::size_t most_cuts = 4;
/// Exports that are held in memory until their clients have read them.
constexpr std::size_t most_exports = 8;
constexpr const char* export_name = "ntan-export";
/// A run that was told to stop is ended after so long.
constexpr unsigned patience_ticks = 10;

Timestamp wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::uint64_t size_of(int descriptor) noexcept {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool write_all(int descriptor, std::string_view octets) noexcept {
  while (!octets.empty()) {
    const ssize_t written = ::write(descriptor, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The server closes them when it has sent them, without a word: the system is asked what is open.
std::size_t exports_in_memory() {
  const std::string wanted = fmt::format("/memfd:{}", export_name);
  std::size_t held = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", failed)) {
    const std::string target = std::filesystem::read_symlink(entry.path(), failed).string();
    held += target.starts_with(wanted) ? 1U : 0U;
  }
  return held;
}

serve::Reply capture_reply(Descriptor file, std::string name) {
  serve::Reply reply;
  reply.type = "application/vnd.tcpdump.pcap";
  reply.file_name = std::move(name);
  reply.file_size = size_of(file.get());
  reply.file = std::move(file);
  return reply;
}

/// The error that a run ended with, as say_error() writes it: one line and indented hints.
serve::Failure failure_of(const std::vector<std::string>& lines, int code) {
  constexpr std::string_view mark = "ntan: error: ";
  serve::Failure failure{.error = {}, .hints = {}, .exit_code = code};
  for (const std::string& line : lines) {
    if (line.starts_with(mark)) {
      failure.error = line.substr(mark.size());
      failure.hints.clear();
    } else if (line.starts_with("  ") && !failure.error.empty()) {
      failure.hints.push_back(line.substr(2));
    }
  }
  if (failure.error.empty()) failure.error = fmt::format("the run ended with exit code {}", code);
  // The run names its own command line, which is not the one that its user has given.
  for (std::string& hint : failure.hints) {
    if (hint.starts_with("hint: sudo ntan ")) hint = "hint: sudo ntan serve";
  }
  return failure;
}

/// Whoever asks can mend all but what this machine has failed at.
Refused refused_by(const source::Error& error) {
  const bool here = error.kind() == source::Error::Kind::runtime;
  return Refused{here ? 500U : 422U, error.what(), error.hints()};
}

/// Where none are named, our own networks are the addresses of the interface: what it receives is
/// told from what it sends.
std::string own_networks(const std::string& interface) {
  const bool every_one = interface == "any";
  std::vector<Network> own;
  for (const source::NetworkInterface& one : source::list_interfaces()) {
    if (one.name != interface && !every_one) continue;
    for (const std::string& text : one.addresses) {
      if (const auto address = parse_address(text)) {
        own.push_back(
            {.address = *address, .bits = static_cast<std::uint8_t>(8 * address->bytes().size())});
      }
    }
  }
  return networks_text(own);
}

/// As many names as one line holds.
std::string names_of(const std::vector<std::string>& files) {
  constexpr std::size_t most = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(files.size(), most); ++i)
    names += (i == 0 ? "" : ", ") + without_folder(files[i]);
  if (files.size() > most) names += fmt::format(" and {} more", files.size() - most);
  return names;
}

}  // namespace

/// A capture file on its way: another run writes it, and the reply waits for its end.
struct ServedRun::Cut {
  std::unique_ptr<Child> child;
  Descriptor input;  ///< what it reads, if that is not a file of the user's
  Descriptor file;
  std::string name;
  std::string errors;
  std::shared_ptr<serve::PendingReply> later;
};

ServedRun::ServedRun(const Options& options, serve::Digest& digest)
    : options_(&options), digest_(&digest), program_(own_program()), ring_(options.ring_size) {
  state_.mode = !options.files.empty() ? Mode::replay
                : options.event_stream ? Mode::events
                                       : Mode::live;
  state_.status = Status::idle;
  state_.promiscuous = options.promiscuous == Promiscuous::on;
  if (!options.files.empty()) state_.file = names_of(options.files);
  if (options.event_stream) state_.file = without_folder(*options.event_stream);
  if (!options.interfaces.empty()) state_.interface = options.interfaces.front();
  state_.filter = options.filter_file ? read_filter_file(*options.filter_file) : options.filter;
}

ServedRun::~ServedRun() = default;

serve::RunState ServedRun::state() {
  serve::RunState now = state_;
  if (now.status == Status::running) now.elapsed_us = elapsed_us();
  if (now.mode != Mode::events) {
    now.packets = serve::PacketsKept{.packets = ring_.packets(),
                                     .bytes = ring_.octets(),
                                     .capacity = ring_.capacity(),
                                     .given_up = ring_.given_up()};
  }
  if (now.mode == Mode::replay) now.packets.reset();
  return now;
}

std::uint64_t ServedRun::elapsed_us() const noexcept {
  return static_cast<std::uint64_t>(process_clock_ns() - started_ns_) / 1'000;
}

// Where none is wanted it stays that of the last run. Throws source::Error.
std::string ServedRun::choose_interface(std::string wanted) const {
  using Kind = source::Error::Kind;
  if (wanted.empty()) wanted = state_.interface;
  if (wanted.empty()) wanted = source::default_interface().value_or("");
  if (wanted.empty()) {
    throw source::Error(Kind::usage,
                        "no interface is named, and there is no default route to choose one by");
  }
  std::string names;
  for (const source::NetworkInterface& one : source::list_interfaces()) {
    if (one.name == wanted && one.state == source::NetworkInterface::State::down) {
      throw source::interface_is_down(wanted);
    }
    if (one.name == wanted) return wanted;
    names += (names.empty() ? "" : ", ") + one.name;
  }
  throw source::Error(Kind::not_found, fmt::format("there is no interface '{}'", wanted),
                      {"interfaces: " + names});
}

/// Throws source::Error where the request asks for what cannot be.
ServedRun::Plan ServedRun::plan_run(const serve::StartRequest& request) const {
  const bool live = state_.mode == Mode::live;
  Plan plan{
      .interface = {}, .filter = live ? request.filter : state_.filter, .filter_effective = {}};
  if (!plan.filter.empty()) source::check_filter(plan.filter);
  plan.filter_effective = live ? effective_filter(plan.filter) : plan.filter;
  if (live) plan.interface = choose_interface(request.interface);
  return plan;
}

std::optional<Refused> ServedRun::start(const serve::StartRequest& request) {
  if (state_.mode == Mode::events)
    return Refused{409, "the events come from somewhere else: there is nothing to start here"};
  if (child_ != nullptr) {
    return Refused{409, stop_asked_ ? "the last run is still coming to its end"
                                    : "a run is going on: stop it first"};
  }
  const bool live = state_.mode == Mode::live;
  if (!live && request != serve::StartRequest{})
    return Refused{422, "a replay starts again as it was: nothing of it can be changed here"};
  Plan plan;
  try {
    plan = plan_run(request);
    child_ = std::make_unique<Child>(program_,
                                     live ? capture_arguments(request, plan) : replay_arguments(),
                                     Child::Wiring{.packets = live});
  } catch (const source::Error& error) {
    return refused_by(error);
  } catch (const std::system_error& error) {
    return Refused{500, error.what()};
  }
  state_.interface = std::move(plan.interface);
  state_.filter = std::move(plan.filter);
  state_.filter_effective = std::move(plan.filter_effective);
  state_.own_traffic_excluded = live;
  begin_run();
  return std::nullopt;
}

void ServedRun::begin_run() {
  digest_->clear();
  ring_.clear();
  lines_.clear();
  errors_.clear();
  error_lines_.clear();
  stop_asked_ = false;
  started_ns_ = process_clock_ns();
  state_.status = Status::running;
  state_.started = wall_clock();
  state_.elapsed_us = 0;
  state_.failure.reset();
  state_.progress.reset();
  state_.notes.clear();
  listener_->run_begins();
  say_changed();
}

std::optional<Refused> ServedRun::stop() {
  if (child_ == nullptr || stop_asked_) return Refused{409, "nothing is running"};
  stop_asked_ = true;
  ticks_of_stop_ = 0;
  child_->stop();
  state_.elapsed_us = elapsed_us();
  state_.status = Status::stopped;
  say_changed();
  return std::nullopt;
}

serve::FilterVerdict ServedRun::check(const std::string& filter) {
  serve::FilterVerdict verdict;
  if (filter.empty()) return {.good = true, .instructions = 0};
  try {
    verdict.instructions = source::check_filter(filter);
    verdict.good = true;
  } catch (const source::Error& error) {
    verdict.error = error.what();
    if (const auto unknown = source::unknown_word(filter)) {
      verdict.word = unknown->text;
      verdict.offset = unknown->at;
      verdict.suggestions.assign(unknown->suggestions.begin(), unknown->suggestions.end());
    }
  }
  return verdict;
}

std::vector<serve::InterfaceState> ServedRun::interfaces() {
  std::vector<serve::InterfaceState> all;
  for (const source::NetworkInterface& one : source::list_interfaces()) {
    all.push_back({.name = one.name,
                   .up = one.state == source::NetworkInterface::State::up,
                   .loopback = one.loopback,
                   .default_route = one.default_route,
                   .addresses = one.addresses,
                   .bps = rates_.of(one.name)});
  }
  return all;
}

std::string ServedRun::effective_filter(const std::string& filter) const {
  const std::string& host = options_->listen.host;
  const std::string hosts = host == "localhost"                 ? "(host 127.0.0.1 or host ::1)"
                            : host == "0.0.0.0" || host == "::" ? ""
                                                                : fmt::format("host {}", host);
  const std::string own =
      hosts.empty() ? fmt::format("not (tcp port {})", options_->listen.port)
                    : fmt::format("not (tcp port {} and {})", options_->listen.port, hosts);
  // In front: `vlan`, `mpls` and `pppoes` change what all behind them looks at.
  return filter.empty() ? own : fmt::format("{} and ({})", own, filter);
}

std::vector<std::string> ServedRun::capture_arguments(const serve::StartRequest& request,
                                                      const Plan& plan) const {
  std::vector<std::string> words = event_arguments("capture", *options_);
  const auto add = [&words](std::string_view name, std::string value) {
    words.emplace_back(name);
    words.push_back(std::move(value));
  };
  add("-i", plan.interface);
  add("-f", plan.filter_effective);
  add("-w", "/dev/fd/3");
  if (request.snaplen || options_->snaplen != Options{}.snaplen)
    add("-s", fmt::format("{}", request.snaplen.value_or(options_->snaplen)));
  if (request.duration_s) add("--duration", fmt::format("{}s", *request.duration_s));
  if (options_->scan.home.empty()) {
    if (std::string own = own_networks(plan.interface); !own.empty()) add("--home", std::move(own));
  }
  if (!request.promiscuous || options_->promiscuous == Promiscuous::off) words.emplace_back("-p");
  return words;
}

std::vector<std::string> ServedRun::replay_arguments() const {
  std::vector<std::string> words = event_arguments("read", *options_);
  // Into a pipe, events of files would wait for a full block.
  if (options_->pace == Pace::recorded) words.insert(words.end(), {"--pace", "-l"});
  if (!state_.filter.empty()) words.insert(words.end(), {"-f", state_.filter});
  append_files(words, options_->files);
  return words;
}

void ServedRun::begin() {
  if (options_->event_stream) {
    read_events(*options_->event_stream);
    return;
  }
  if (state_.mode == Mode::live && options_->interfaces.empty()) {
    if (!state_.filter.empty()) source::check_filter(state_.filter);
    return;
  }
  if (state_.mode == Mode::live) (void)choose_interface(state_.interface);
  check_files();
  serve::StartRequest request;
  if (state_.mode == Mode::live) request = {.interface = state_.interface, .filter = state_.filter};
  if (const auto refused = start(request))
    throw source::Error(source::Error::Kind::usage, refused->error, refused->hints);
}

// Better told now than by a page of a run that never was. What can be read once is left to the run.
void ServedRun::check_files() const {
  if (!options_->files.empty() && !has_pipe(options_->files))
    (void)source::open_files(options_->files, {});
}

void ServedRun::read_events(const std::string& path) {
  events_ = Descriptor{path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                   : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!events_.open())
    throw std::system_error(errno, std::generic_category(), fmt::format("cannot read {}", path));
  std::array<std::uint8_t, 4> head{};
  // A pipe keeps what it holds: there is no looking ahead.
  const ssize_t size = ::pread(events_.get(), head.data(), head.size(), 0);
  if (size == std::ssize(head) && source::looks_like_capture(head)) {
    throw source::Error(source::Error::Kind::usage,
                        fmt::format("{} holds packets: --events takes what ntan read writes", path),
                        {"show a capture: ntan serve -r FILE"});
  }
  // Of a terminal or file of others this may not be possible; then poll() tells before each read.
  (void)::fcntl(events_.get(), F_SETFL, ::fcntl(events_.get(), F_GETFL) | O_NONBLOCK);
  begin_run();
}

void ServedRun::descriptors(std::vector<int>& out) {
  const auto add = [&out](const Descriptor& one) {
    if (one.open()) out.push_back(one.get());
  };
  if (child_ != nullptr) {
    add(child_->output());
    add(child_->errors());
    add(child_->packets());
  }
  add(events_);
  for (const auto& cut : cuts_) add(cut->child->errors());
}

bool ServedRun::run() {
  bool more = false;
  if (child_ != nullptr) {
    more = take_output(child_->output());
    more = take_packets() || more;
    take_errors();
    take_end();
  }
  if (events_.open()) {
    more = take_output(events_) || more;
    if (!events_.open()) {
      state_.elapsed_us = elapsed_us();
      state_.status = Status::ended;
      changed_ = true;
    }
  }
  run_cuts();
  // Once, whatever has changed: listeners have had no turn to read in between, and one for whom too
  // much waits is cut off.
  if (std::exchange(changed_, false)) say_changed();
  return more;
}

bool ServedRun::take_output(Descriptor& from) {
  const bool was_open = from.open();
  const bool more = take_some(from, [this](std::string_view octets) {
    lines_.take(octets, [this](std::string_view line) { take_line(line); });
  });
  if (was_open && !from.open()) lines_.flush([this](std::string_view line) { take_line(line); });
  return more;
}

void ServedRun::take_line(std::string_view line) {
  if (digest_->take(line) == serve::Digest::Line::scan) listener_->scan_told(line);
}

// The page shows them, and whoever has started it on a terminal sees them too.
void ServedRun::take_errors() {
  const auto take = [this](std::string_view line) {
    if (error_lines_.size() < most_error_lines) error_lines_.emplace_back(line);
    state_.notes.emplace_back(line);
    if (state_.notes.size() > most_notes) state_.notes.erase(state_.notes.begin());
    to_stderr(fmt::format("{}\n", line));  // the run has made it printable
    changed_ = true;
  };
  Descriptor& from = child_->errors();
  const bool was_open = from.open();
  (void)take_some(from, [&](std::string_view octets) { errors_.take(octets, take); });
  if (was_open && !from.open()) errors_.flush(take);
}

bool ServedRun::take_packets() {
  return take_some(child_->packets(), [this](std::string_view octets) { ring_.take(octets); });
}

// Over when all its pipes are closed: nothing that it has written is lost.
void ServedRun::take_end() {
  if (child_->output().open() || child_->packets().open() || child_->errors().open()) return;
  const auto code = child_->ended();
  if (!code) return;
  if (!stop_asked_) state_.elapsed_us = elapsed_us();
  child_.reset();
  state_.run_load.reset();
  const bool good = *code == static_cast<int>(ExitCode::done);
  if (stop_asked_) {
    state_.status = Status::stopped;
  } else if (good || state_.mode == Mode::replay) {
    // A damaged capture has been read as far as it goes; what was wrong stands in the notes.
    state_.status = good || digest_->kept().seen() != 0 ? Status::ended : Status::failed;
  } else {
    state_.status = Status::failed;
  }
  if (state_.status == Status::ended && state_.progress)
    state_.progress->bytes = state_.progress->size;
  if (state_.status == Status::failed) state_.failure = failure_of(error_lines_, *code);
  changed_ = true;
}

void ServedRun::tick() {
  // A run that has been told to stop has nothing left to wait for but its readers, which are we.
  if (child_ != nullptr && stop_asked_ && ++ticks_of_stop_ == patience_ticks) child_->kill();
  if (child_ != nullptr && state_.mode == Mode::replay) {
    if (const auto progress = replay_progress(child_->process(), options_->files))
      state_.progress = progress;
  }
  rates_.sample(source::link_counts());
  const std::int64_t now = process_clock_ns();
  state_.page_load = page_meter_.look(::getpid(), now);
  state_.run_load = child_ != nullptr ? run_meter_.look(child_->process(), now) : std::nullopt;
}

void ServedRun::finish() {
  if (child_ != nullptr) child_->stop();
  constexpr int looks = 20;
  for (int i = 0; i < looks && child_ != nullptr; ++i) {
    (void)run();
    std::this_thread::sleep_for(std::chrono::milliseconds{25});
  }
}

void ServedRun::say_changed() {
  if (listener_ != nullptr) listener_->state_changed();
}

// --- packets for export

void ServedRun::packets(const serve::PacketChoice& choice,
                        const std::shared_ptr<serve::PendingReply>& later) {
  if (const auto refused = cut_out(choice, later))
    later->complete(serve::error_reply(refused->status, refused->error));
}

std::optional<Refused> ServedRun::refused_cut(bool all) {
  if (state_.mode == Mode::events)
    return Refused{409, "packets are not here: these events come from somewhere else"};
  if (state_.mode == Mode::live && ring_.packets() == 0)
    return Refused{409, "no packets are kept yet: start a capture first"};
  if (has_pipe(options_->files)) return Refused{409, "what came by a pipe cannot be read again"};
  drop_unwanted_cuts();
  if (cuts_.size() == most_cuts || exports_in_memory() >= most_exports)
    return Refused{503, "other exports are on their way: try again in a moment"};
  if (!all || !was_stopped()) return std::nullopt;
  if (child_ != nullptr) return Refused{503, "the run is about to end: try again in a moment"};
  if (digest_->totals().packets == 0)
    return Refused{409, "it was stopped before any packet was read"};
  return std::nullopt;
}

std::optional<Refused> ServedRun::cut_out(const serve::PacketChoice& choice,
                                          const std::shared_ptr<serve::PendingReply>& later) {
  const bool all = !choice.scan && !choice.flow;
  if (auto refused = refused_cut(all)) return refused;
  auto cut = std::make_unique<Cut>();
  cut->later = later;
  cut->name = choice.scan   ? fmt::format("scan-{}.pcap", *choice.scan)
              : choice.flow ? fmt::format("flow-{}.pcap", *choice.flow)
                            : "ntan.pcap";
  if (state_.mode == Mode::live) {
    Descriptor packets = packets_held();
    if (!packets.open()) return Refused{500, "there is no memory for an export"};
    if (all) {
      later->complete(capture_reply(std::move(packets), cut->name));
      return std::nullopt;
    }
    cut->input = std::move(packets);
  }
  if (all && !was_stopped() && state_.filter.empty() && options_->files.size() == 1 &&
      digest_->totals().packets != 0) {
    // What was read, as it is: no copy of it in memory.
    Descriptor whole{::open(options_->files.front().c_str(), O_RDONLY | O_CLOEXEC)};
    if (!whole.open()) return Refused{409, fmt::format("{} cannot be read any more", state_.file)};
    later->complete(capture_reply(std::move(whole), state_.file));
    return std::nullopt;
  }
  cut->file = Descriptor{::memfd_create(export_name, MFD_CLOEXEC)};
  if (!cut->file.open()) return Refused{500, "there is no memory for an export"};
  try {
    cut->child = std::make_unique<Child>(
        program_, cut_arguments(choice),
        Child::Wiring{.input = cut->input.get(), .output = cut->file.get()});
  } catch (const std::system_error& error) {
    return Refused{500, error.what()};
  }
  cuts_.push_back(std::move(cut));
  return std::nullopt;
}

/// What the ring holds, as a file; none where there is no memory for it.
Descriptor ServedRun::packets_held() const {
  Descriptor file{::memfd_create(export_name, MFD_CLOEXEC)};
  bool good = file.open();
  ring_.each([&](std::string_view octets) { good = good && write_all(file.get(), octets); });
  return good ? std::move(file) : Descriptor{};
}

/// A replay of which only the first packets were read.
bool ServedRun::was_stopped() const noexcept {
  return state_.mode == Mode::replay && state_.status == Status::stopped;
}

/// Of the run that writes a choice of packets to its standard output.
std::vector<std::string> ServedRun::cut_arguments(const serve::PacketChoice& choice) const {
  const bool all = !choice.scan && !choice.flow;
  std::vector<std::string> words{all ? "read" : "extract", "-w", "-", "-q"};
  if (all) {
    words.insert(words.end(), {"--format", "none", "--no-progress"});
    append_user(words);
  }
  // In one word, so that no id is taken for an option.
  if (choice.scan) words.push_back("--scan=" + *choice.scan);
  if (choice.flow && !choice.scan) words.push_back("--flow=" + *choice.flow);
  const bool live = state_.mode == Mode::live;
  append_files(words, live ? std::vector<std::string>{"/proc/self/fd/0"} : options_->files);
  if (!live && !state_.filter.empty()) words.insert(words.end(), {"-f", state_.filter});
  if (all && was_stopped())
    words.insert(words.end(), {"-c", fmt::format("{}", digest_->totals().packets)});
  if (!all) {
    for (std::string& word : analysis_arguments(*options_)) words.push_back(std::move(word));
  }
  return words;
}

/// Those whose client has gone: the run that cuts ends with its entry.
void ServedRun::drop_unwanted_cuts() {
  std::erase_if(cuts_, [](const std::unique_ptr<Cut>& cut) {
    if (!cut->later->gone()) return false;
    cut->later->complete(serve::error_reply(503, "nobody waits for this"));
    return true;
  });
}

void ServedRun::run_cuts() {
  drop_unwanted_cuts();
  for (const auto& cut : cuts_) {
    Descriptor& from = cut->child->errors();
    (void)take_some(from, [&cut](std::string_view octets) {
      if (cut->errors.size() < longest_line) cut->errors += octets;
    });
    if (from.open()) continue;
    const auto code = cut->child->ended();
    if (!code) continue;
    if (*code != 0 || size_of(cut->file.get()) == 0) {
      std::vector<std::string> lines;
      const auto keep = [&lines](std::string_view line) { lines.emplace_back(line); };
      LineFeed feed;
      feed.take(cut->errors, keep);
      feed.flush(keep);
      const serve::Failure failure = failure_of(lines, *code);
      cut->later->complete(serve::error_reply(409, failure.error, failure.hints));
    } else {
      cut->later->complete(capture_reply(std::move(cut->file), cut->name));
    }
    cut->later.reset();
  }
  std::erase_if(cuts_, [](const std::unique_ptr<Cut>& cut) { return cut->later == nullptr; });
}

}  // namespace ntan::run
