#include "run/status_line.h"

#include <chrono>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "event/units.h"
#include "run/console.h"

namespace ntan::run {
namespace {

constexpr std::int64_t restored_every_ns = 200'000'000;
// To the beginning of the line; erase from there to its end (ECMA-48 8.3.41).
constexpr std::string_view rewind = "\r\x1b[K";

bool can_erase() {
  if (::isatty(STDERR_FILENO) == 0) return false;
  const char* terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): no thread yet
  return terminal != nullptr && *terminal != 0 && std::string_view{terminal} != "dumb";
}

/// A longer line would go on in the next row, where it is not erased.
std::size_t most_columns() noexcept {
  constexpr std::size_t usual = 80;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return (known ? size.ws_col : usual) - 1;
}

}  // namespace

std::string reading_status(const Progress& progress) {
  const auto size = [](std::uint64_t octets) {
    return event::size_text(static_cast<double>(octets), "B");
  };
  const std::string of = progress.size ? " of " + size(*progress.size) : std::string{};
  return fmt::format("{}{}  {} packets  {} events", size(progress.position), of, progress.packets,
                     progress.events);
}

std::string capture_status(const Progress& now, const Progress& before, Duration elapsed) {
  constexpr double bits = 8;
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const auto rate = [seconds](std::uint64_t after, std::uint64_t earlier) {
    return static_cast<double>(after - earlier) / seconds;
  };
  return fmt::format("{:.0f} packets/s  {}  {} packets  {} events  {} dropped",
                     rate(now.packets, before.packets),
                     event::size_text(bits * rate(now.wire_bytes, before.wire_bytes), "bit/s"),
                     now.packets, now.events, now.dropped);
}

StatusLine::StatusLine() : possible_(can_erase()) {}

void StatusLine::show(std::string text, std::int64_t now_ns) {
  text_ = std::move(text);
  written_ns_ = now_ns;
  write();
}

void StatusLine::erase() noexcept {
  if (!std::exchange(visible_, false)) return;
  to_stderr(rewind);
}

void StatusLine::restore(std::int64_t now_ns) {
  if (visible_ || text_.empty() || now_ns - written_ns_ < restored_every_ns) return;
  written_ns_ = now_ns;
  write();
}

void StatusLine::write() noexcept {
  std::string line{rewind};
  line += std::string_view{text_}.substr(0, most_columns());
  to_stderr(line);
  visible_ = true;
}

}  // namespace ntan::run
