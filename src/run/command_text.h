// Command lines: for hints, for events that name their own packets, and of runs of this program for
// itself.
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

/// `command` with all that makes a run hand its events over: lines on standard output, a summary of
/// each second and of a file as a whole, the analysis of these options.
[[nodiscard]] std::vector<std::string> event_arguments(std::string_view command,
                                                       const Options& options);

/// A run that root starts stays root's: there is nobody left to become, and of several files who
/// may read the first is to read all.
void append_user(std::vector<std::string>& words);

void append_files(std::vector<std::string>& words, std::span<const std::string> files);

/// How to cut a scan's packets out of what this run reads or, live, keeps by -w, with the options
/// that decide what a scan is and how far the input is read. Not known where there is no such file:
/// standard input, a pipe, a device, a live run without -w; nor where a name or the filter has a
/// backslash or octets that events do not show as they are.
[[nodiscard]] ExtractLine extract_line(const Options& options);

}  // namespace ntan::run
