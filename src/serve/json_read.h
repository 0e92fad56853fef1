// Members of a JSON object that may be missing or of another type: nothing that comes in is
// trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <simdjson.h>

namespace ntan::serve {

/// Empty where there is no such text. Borrows from the parser.
[[nodiscard]] inline std::string_view text_of(const simdjson::dom::object& object,
                                              std::string_view member) noexcept {
  std::string_view value;
  return object[member].get(value) == simdjson::SUCCESS ? value : std::string_view{};
}

/// Of an object in the object.
[[nodiscard]] inline std::string_view text_of(const simdjson::dom::object& event,
                                              std::string_view object,
                                              std::string_view member) noexcept {
  simdjson::dom::object inner;
  return event[object].get(inner) == simdjson::SUCCESS ? text_of(inner, member)
                                                       : std::string_view{};
}

[[nodiscard]] inline std::optional<std::uint64_t> number_of(const simdjson::dom::object& object,
                                                            std::string_view member) noexcept {
  std::uint64_t value = 0;
  return object[member].get(value) == simdjson::SUCCESS ? std::optional{value} : std::nullopt;
}

/// True if the member is missing, or is of this type.
template <class T>
[[nodiscard]] bool is_or_absent(const simdjson::dom::object& object,
                                std::string_view member) noexcept {
  T value{};
  const auto found = object[member].get(value);
  return found == simdjson::SUCCESS || found == simdjson::NO_SUCH_FIELD;
}

}  // namespace ntan::serve
