#include "run/run_records.h"

namespace ntan::run {

std::string_view to_text(InputKind kind) noexcept {
  return kind == InputKind::live ? "live" : "files";
}

std::string_view to_text(StopReason reason) noexcept {
  switch (reason) {
    case StopReason::end_of_input: return "end_of_input";
    case StopReason::count: return "count";
    case StopReason::duration: return "duration";
    case StopReason::file_size: return "file_size";
    case StopReason::signal: return "signal";
    case StopReason::output_closed: return "output_closed";
    case StopReason::interface_gone: return "interface_gone";
    case StopReason::output_failed: return "output_failed";
  }
  return "end_of_input";
}

}  // namespace ntan::run
