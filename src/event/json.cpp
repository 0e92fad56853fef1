#include "event/event.h"

namespace ntan::event {

std::size_t json_bound(const Event& event) noexcept {
  constexpr std::size_t line_end = 2;
  return event.schema.line_start.size() + json_bound(event.common) + event.schema.line_key.size() +
         event.schema.json_bound(event.record) + line_end;
}

char* append_json(char* out, const Event& event, const Style& style) noexcept {
  out = append_own(out, event.schema.line_start);
  out = append_members(out, event.common, style);
  out = append_own(out, event.schema.line_key);
  out = event.schema.append_json(out, event.record, style);
  *out++ = '}';
  *out++ = '\n';
  return out;
}

}  // namespace ntan::event
