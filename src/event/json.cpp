#include <cstring>

#include "event/event.h"

namespace ntan::event {
namespace {

char* append(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

}  // namespace

std::size_t json_bound(const Event& event) noexcept {
  constexpr std::size_t frame = 64;  // {"v":1,"event":"","":}\n and the version's digits
  return frame + 2 * event.schema.name.size() + json_bound(event.common) +
         event.schema.json_bound(event.record);
}

char* append_json(char* out, const Event& event, const Style& style) noexcept {
  out = append(out, R"({"v":)");
  out = append_unsigned(out, format_version);
  out = append(out, R"(,"event":")");
  out = append(out, event.schema.name);
  out = append(out, R"(",)");
  out = append_members(out, event.common, style);
  *out++ = '"';
  out = append(out, event.schema.name);
  out = append(out, R"(":)");
  out = event.schema.append_json(out, event.record, style);
  *out++ = '}';
  *out++ = '\n';
  return out;
}

}  // namespace ntan::event
