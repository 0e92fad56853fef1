// Command lines as a shell takes them: for hints, and for events that name their own packets.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "run/extract_line.h"
#include "run/options.h"

namespace ntan::run {

/// One word, quoted where a POSIX shell would read something else.
[[nodiscard]] std::string shell_word(std::string_view word);

/// `ntan` with these arguments.
[[nodiscard]] std::string command_line(std::span<const std::string> arguments);

/// How to cut a scan's packets out of what this run reads or, live, keeps by -w, with the options
/// that decide what a scan is. Not known where there is no such file: standard input, a live run
/// without -w.
[[nodiscard]] ExtractLine extract_line(const Options& options);

}  // namespace ntan::run
