#pragma once

namespace ntan::run {

/// How ntan ends; listed in ntan(1), EXIT STATUS.
enum class ExitCode : int {
  done = 0,     ///< also: stopped by a condition or a signal, or the reader closed the pipe
  runtime = 1,  ///< input, output or disk failed on the way
  usage = 2,
  not_a_capture = 3,  ///< one of the files is none; with --strict also damaged input, with
                      ///< --fail-empty no event
  permission = 4,
  not_found = 5,  ///< interface, file, scan or flow
  matched = 10,   ///< what --fail-on names was found
};

}  // namespace ntan::run
