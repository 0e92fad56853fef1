#include "run/console.h"

#include <cstdio>

#include <fmt/core.h>

#include "event/text.h"

namespace ntan::run {

void to_stderr(std::string_view octets) noexcept {
  (void)std::fwrite(octets.data(), 1, octets.size(), stderr);
}

void say_error(std::string_view message, std::span<const std::string> hints) {
  to_stderr(fmt::format("ntan: error: {}\n", event::printable(message)));
  for (const std::string& hint : hints) to_stderr(fmt::format("  {}\n", event::printable(hint)));
}

void say_warning(std::string_view message) {
  to_stderr(fmt::format("ntan: warning: {}\n", event::printable(message)));
}

void say(std::string_view message) {
  to_stderr(fmt::format("ntan: {}\n", event::printable(message)));
}

}  // namespace ntan::run
