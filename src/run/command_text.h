// Command lines as a shell takes them: for hints, and for events that name their own packets.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "run/extract_line.h"
#include "run/options.h"

namespace ntan::run {

/// One word, quoted where a POSIX shell would read something else.
[[nodiscard]] std::string shell_word(std::string_view word);

/// `ntan` with these arguments.
[[nodiscard]] std::string command_line(std::span<const std::string> arguments);

/// Networks as options take them: `192.0.2.0/24,2001:db8::/32`.
[[nodiscard]] std::string networks_text(const std::vector<Network>& networks);

/// The options without which another run would name other scans.
[[nodiscard]] std::vector<std::string> analysis_arguments(const Options& options);

/// How to cut a scan's packets out of what this run reads or, live, keeps by -w, with the options
/// that decide what a scan is. Not known where there is no such file: standard input, a live run
/// without -w; nor where a name or the filter has a backslash or octets that events do not show as
/// they are.
[[nodiscard]] ExtractLine extract_line(const Options& options);

}  // namespace ntan::run
