#include "run/console.h"

#include <cstdio>

#include <fmt/core.h>

#include "event/text.h"

namespace ntan::run {

void say_error(std::string_view message, std::span<const std::string> hints) {
  fmt::print(stderr, "ntan: error: {}\n", event::printable(message));
  for (const std::string& hint : hints) fmt::print(stderr, "  {}\n", event::printable(hint));
}

void say_warning(std::string_view message) {
  fmt::print(stderr, "ntan: warning: {}\n", event::printable(message));
}

void say(std::string_view message) {
  fmt::print(stderr, "ntan: {}\n", event::printable(message));
}

}  // namespace ntan::run
