// What goes to stderr: one line at a time, safe on a terminal.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ntan::run {

/// Text that was made printable. That nobody reads it, or no longer can, stops nothing.
void to_stderr(std::string_view octets) noexcept;

/// `ntan: error: …` and its hints. Text that may hold names of files or packets is made printable.
void say_error(std::string_view message, std::span<const std::string> hints = {});
void say_warning(std::string_view message);
void say(std::string_view message);

}  // namespace ntan::run
