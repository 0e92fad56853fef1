// The result of reading bytes: a value, or the one reason there is none.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

namespace ntan {

enum class Flaw : std::uint8_t {
  truncated,    ///< the capture ends before the field (snaplen), not the sender's fault
  bad_length,   ///< a length field contradicts the bytes that are there
  bad_value,    ///< a field has a value the protocol forbids
  unsupported,  ///< well formed, but a variant that is not decoded here
};

[[nodiscard]] constexpr std::string_view to_text(Flaw flaw) noexcept {
  switch (flaw) {
    case Flaw::truncated: return "truncated";
    case Flaw::bad_length: return "bad_length";
    case Flaw::bad_value: return "bad_value";
    case Flaw::unsupported: return "unsupported";
  }
  return "unsupported";
}

template <class T>
class [[nodiscard]] Parsed {
 public:
  // Implicit on purpose: a parser returns either of the two as it stands.
  constexpr Parsed(T value) : result_(std::move(value)) {}  // NOLINT(*-explicit-*)

  constexpr Parsed(Flaw flaw) : result_(flaw) {}  // NOLINT(*-explicit-*)

  constexpr explicit operator bool() const noexcept { return result_.index() == 0; }

  constexpr const T& operator*() const noexcept { return *std::get_if<0>(&result_); }

  constexpr const T* operator->() const noexcept { return std::get_if<0>(&result_); }

  /// Requires: no value.
  [[nodiscard]] constexpr Flaw flaw() const noexcept { return *std::get_if<1>(&result_); }

 private:
  std::variant<T, Flaw> result_;
};

}  // namespace ntan
