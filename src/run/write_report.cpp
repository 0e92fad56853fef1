#include "run/write_report.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "run/child.h"
#include "run/command_text.h"
#include "run/console.h"
#include "run/file_name.h"
#include "run/line_feed.h"
#include "run/outputs.h"
#include "run/print.h"
#include "serve/digest.h"
#include "serve/report.h"
#include "sink/output_file.h"
#include "source/source.h"

namespace ntan::run {
namespace {

constexpr std::size_t read_size = std::size_t{64} << 10U;

[[noreturn]] void cannot_read(const std::string& file) {
  throw std::system_error(errno, std::generic_category(), fmt::format("cannot read {}", file));
}

/// Calls `take` with what comes until its end or an interrupt.
template <class Take>
void read_all(int descriptor, const std::string& name, const source::Interrupt& interrupt,
              Take&& take) {
  std::array<char, read_size> block{};
  while (!interrupt.stopped()) {
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got > 0) {
      take(std::string_view{block.data(), static_cast<std::size_t>(got)});
    } else if (got == 0) {
      return;
    } else if (errno != EINTR) {
      cannot_read(name);
    }
  }
}

/// Whether a file holds events: NDJSON begins with a brace, no capture does. An editor may have put
/// a byte order mark or empty lines before it; pcapng begins with line ends too, but not a brace
/// behind them.
bool holds_events(const std::string& file) {
  const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!descriptor.open()) cannot_read(file);
  std::array<char, 4096> octets{};
  const ssize_t got = ::read(descriptor.get(), octets.data(), octets.size());
  if (got <= 0) return false;
  std::string_view begin{octets.data(), static_cast<std::size_t>(got)};
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (begin.starts_with(byte_order_mark)) begin.remove_prefix(byte_order_mark.size());
  const std::size_t at = begin.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && begin[at] == '{';
}

void take_events(const std::string& file, serve::Digest& digest,
                 const source::Interrupt& interrupt) {
  const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!descriptor.open()) cannot_read(file);
  LineFeed feed;
  const auto take = [&digest](std::string_view line) {
    // An editor's empty lines are not worth a warning.
    if (line.find_first_not_of("\xef\xbb\xbf \t\r") != std::string_view::npos)
      (void)digest.take(line);
  };
  read_all(descriptor.get(), file, interrupt,
           [&](std::string_view octets) { feed.take(octets, take); });
  feed.flush(take);
}

std::vector<std::string> read_arguments(const Options& options) {
  std::vector<std::string> words = event_arguments("read", options);
  if (!options.filter.empty()) words.insert(words.end(), {"-f", options.filter});
  if (options.filter_file) words.insert(words.end(), {"-F", *options.filter_file});
  append_files(words, options.files);
  return words;
}

/// Waits until the child writes, ends, or the user stops us.
void wait_for(Child& child, const source::Interrupt& interrupt) {
  std::array<pollfd, 3> polls{pollfd{child.output().get(), POLLIN, 0},
                              pollfd{child.errors().get(), POLLIN, 0},
                              pollfd{interrupt.descriptor(), POLLIN, 0}};
  constexpr int wait_ms = 1'000;
  if (::poll(polls.data(), polls.size(), wait_ms) < 0 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "cannot wait for the run");
}

/// A run of its own over the captures; its standard error is ours.
int take_packets(const Options& options, serve::Digest& digest, source::Interrupt& interrupt) {
  const Descriptor program = own_program();
  Child child(program, read_arguments(options), {});
  LineFeed feed;
  const auto take = [&digest](std::string_view line) { (void)digest.take(line); };
  bool stop_told = false;
  while (child.output().open() || child.errors().open()) {
    wait_for(child, interrupt);
    interrupt.clear();
    // Once: the second time it would leave at once, without the events that it still holds.
    if (interrupt.stopped() && !std::exchange(stop_told, true)) child.stop();
    (void)take_some(child.output(), [&](std::string_view octets) { feed.take(octets, take); });
    (void)take_some(child.errors(), [](std::string_view octets) {
      to_stderr(octets);  // it has made its text printable
    });
  }
  feed.flush(take);
  while (true) {
    if (const auto code = child.ended()) return *code;
    constexpr int moment_ms = 10;
    (void)::poll(nullptr, 0, moment_ms);
  }
}

std::string title_of(const Options& options) {
  std::string title;
  for (const std::string& file : options.files) {
    if (!title.empty()) title += ", ";
    title += without_folder(file);
  }
  return title;
}

/// Whether the files hold events, not packets. Throws if they do not go together.
bool are_events(const Options& options) {
  const auto of_events = static_cast<std::size_t>(
      std::count_if(options.files.begin(), options.files.end(), holds_events));
  if (of_events != 0 && of_events != options.files.size()) {
    throw source::Error(source::Error::Kind::usage,
                        "a report is of captures or of saved events, not of both",
                        {"turn the captures into events first: ntan read FILE > events.ndjson"});
  }
  if (of_events != 0 && (!options.filter.empty() || options.filter_file)) {
    throw source::Error(source::Error::Kind::usage,
                        "a filter is for packets: saved events have none",
                        {"ntan read FILE -f BPF --json > events.ndjson"});
  }
  return of_events != 0;
}

void warn_of_gaps(const serve::Digest& digest) {
  if (digest.malformed() != 0)
    say_warning(fmt::format("{} lines are no events and are left out", digest.malformed()));
  if (!digest.has_totals()) {
    say_warning(
        "no summary and no run_end among the events: packets, bytes, protocols and talkers are not "
        "known, and scans may be missing");
  }
}

/// Throws what can be known before everything is read.
void check_target(const std::string& name) {
  if (name == "-") return;
  const auto writable = [](const std::string& path) {
    return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
  };
  if (writable(name)) return;
  const std::string folder = name.substr(0, name.rfind('/') + 1);
  if (errno == ENOENT && writable(folder.empty() ? "." : folder)) return;
  throw std::system_error(errno, std::generic_category(), fmt::format("cannot write {}", name));
}

ExitCode write_out(const std::string& text, const std::string& name, ExitCode code) {
  if (name == "-") {
    const ExitCode printed = print(text);
    return printed == ExitCode::done ? code : printed;
  }
  sink::OutputFile file =
      sink::OutputFile::create(name, {.flushing = sink::Flushing::blocks, .room = text.size()});
  file.append(text);
  file.close();
  if (file.state() != sink::State::good)
    throw source::Error(source::Error::Kind::runtime, file.problem(), {});
  return code;
}

}  // namespace

ExitCode write_report(const Options& options, source::Interrupt& interrupt) {
  keep_inputs(options, {&options.report_file, 1});
  check_target(options.report_file);
  const bool of_events = are_events(options);
  serve::Digest digest(options.keep_size);
  auto code = ExitCode::done;
  if (of_events) {
    for (const std::string& file : options.files) {
      take_events(file, digest, interrupt);
      digest.end_input();
    }
  } else {
    code = static_cast<ExitCode>(take_packets(options, digest, interrupt));
  }
  if (interrupt.stopped()) {
    throw source::Error(source::Error::Kind::runtime,
                        "interrupted: a report of half the input is none", {});
  }
  if (digest.kept().seen() == 0) {
    if (code != ExitCode::done) return code;
    throw source::Error(source::Error::Kind::not_a_capture,
                        fmt::format("{}: no events in it", title_of(options)), {});
  }
  warn_of_gaps(digest);

  serve::RunState run;
  run.mode = of_events ? serve::Mode::events : serve::Mode::replay;
  run.status = serve::Status::ended;
  run.file = title_of(options);
  run.filter = options.filter;
  return write_out(
      serve::report(digest, run, options.report_form, {.title = run.file, .version = NTAN_VERSION}),
      options.report_file, code);
}

}  // namespace ntan::run
