// Every kind of value an output can hold, and how each reads in JSON. A record's members have these
// types and no others; a new type joins by one specialisation of `Render`.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/address.h"
#include "base/digits.h"
#include "base/time.h"
#include "event/text.h"

namespace ntan::event {

/// An id: 64 bits, written as 16 hex digits.
struct Id {
  std::uint64_t value = 0;
  friend constexpr bool operator==(Id, Id) = default;
};

/// A short text of our own, kept in the record itself (a fingerprint, a community id): printable
/// ASCII with nothing to escape, never octets of a packet.
template <std::size_t capacity>
struct FixedText {
  std::array<char, capacity> octets{};
  std::uint8_t size = 0;

  constexpr FixedText() = default;

  /// Keeps the first `capacity` octets.
  constexpr explicit FixedText(std::string_view text) noexcept {
    size = static_cast<std::uint8_t>(std::min(text.size(), capacity));
    std::copy_n(text.begin(), size, octets.data());
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {octets.data(), size}; }
};

/// How values read, the same for every record of a run.
struct Style {
  TimeDigits digits = TimeDigits::micro;
  DayText* day = nullptr;  ///< of who renders many events, from one to the next; may be null
};

/// What a field holds, for the JSON Schema, the tables of the manual and CSV.
enum class Kind : std::uint8_t {
  boolean,
  integer,
  number,
  text,
  time,
  address,
  mac,
  id,
  list,
  records
};

struct Field;

/// A value taken out of a record by its field; the slow path of CSV, tables and tests.
/// Views borrow from the record.
struct List {
  const void* items = nullptr;
  std::size_t size = 0;
  const Field* element = nullptr;  ///< one pseudo-field for plain lists, the members for records
  std::size_t element_fields = 0;  ///< how many `element` points at
  const void* (*at)(const void* items, std::size_t index) = nullptr;
};

using Value = std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double,
                           std::string_view, Timestamp, IpAddress, MacAddress, Id, List>;

/// Most octets of a rendered double.
inline constexpr std::size_t max_number_text = 32;
/// Appends the shortest decimal text that reads back the same; never NaN or infinity (0 instead).
char* append_number(char* out, double value) noexcept;

/// Copies a literal whose size the compiler knows.
template <std::size_t size>
[[gnu::always_inline]] inline char* append_literal(char* out,
                                                   const std::array<char, size>& literal) noexcept {
  std::memcpy(out, literal.data(), size);
  return out + size;
}

/// One type's rendering: `most` octets suffice for every value, or `bound` for this one; `absent`
/// values are left out, `json` appends.
template <class T>
struct Render;

/// The type alone tells how many octets suffice.
template <class R>
concept FixedBound = requires { R::most; };

template <class R, class T>
constexpr std::size_t bound_of(const T& value) noexcept {
  if constexpr (FixedBound<R>) {
    return R::most;
  } else {
    return R::bound(value);
  }
}

template <class T>
concept TextEnum = std::is_enum_v<T> && requires(T value) {
  { to_text(value) } -> std::convertible_to<std::string_view>;
};

template <>
struct Render<bool> {
  static constexpr Kind kind = Kind::boolean;
  static constexpr bool optional = false;

  static constexpr std::size_t most = 5;

  static bool absent(bool) noexcept { return false; }

  static char* json(char* out, bool value, const Style&) noexcept {
    return value ? append_literal(out, std::array{'t', 'r', 'u', 'e'})
                 : append_literal(out, std::array{'f', 'a', 'l', 's', 'e'});
  }

  static Value value(bool v) noexcept { return v; }
};

template <std::integral T>
  requires(!std::same_as<T, bool>)
struct Render<T> {
  static constexpr Kind kind = Kind::integer;
  static constexpr bool optional = false;

  static constexpr std::size_t most = max_integer_text;

  static bool absent(T) noexcept { return false; }

  static char* json(char* out, T value, const Style&) noexcept {
    if constexpr (std::signed_integral<T>) {
      return append_signed(out, value);
    } else {
      return append_unsigned(out, value);
    }
  }

  static Value value(T v) noexcept {
    if constexpr (std::signed_integral<T>) {
      return static_cast<std::int64_t>(v);
    } else {
      return static_cast<std::uint64_t>(v);
    }
  }
};

template <>
struct Render<double> {
  static constexpr Kind kind = Kind::number;
  static constexpr bool optional = false;

  static constexpr std::size_t most = max_number_text;

  static bool absent(double) noexcept { return false; }

  static char* json(char* out, double value, const Style&) noexcept {
    return append_number(out, value);
  }

  static Value value(double v) noexcept { return v; }
};

template <>
struct Render<std::string_view> {
  static constexpr Kind kind = Kind::text;
  static constexpr bool optional = true;  // empty text is "not observed"

  static std::size_t bound(std::string_view text) noexcept {
    return max_text_growth * text.size() + 2;
  }

  static bool absent(std::string_view text) noexcept { return text.empty(); }

  static char* json(char* out, std::string_view text, const Style&) noexcept {
    *out++ = '"';
    out = append_text(out, text, TextForm::json);
    *out++ = '"';
    return out;
  }

  static Value value(std::string_view text) noexcept { return text; }
};

template <>
struct Render<std::string> : Render<std::string_view> {};

template <std::size_t capacity>
struct Render<FixedText<capacity>> {
  static constexpr Kind kind = Kind::text;
  static constexpr bool optional = true;

  static constexpr std::size_t most = capacity + 2;

  static bool absent(const FixedText<capacity>& text) noexcept { return text.size == 0; }

  static char* json(char* out, const FixedText<capacity>& text, const Style&) noexcept {
    *out++ = '"';
    std::memcpy(out, text.octets.data(), capacity);  // a size the compiler knows
    out += text.size;
    *out++ = '"';
    return out;
  }

  static Value value(const FixedText<capacity>& text) noexcept { return text.view(); }
};

template <TextEnum T>
struct Render<T> {
  static constexpr Kind kind = Kind::text;
  static constexpr bool optional = false;

  static std::size_t bound(T value) noexcept { return std::string_view{to_text(value)}.size() + 2; }

  static bool absent(T) noexcept { return false; }

  static char* json(char* out, T value, const Style&) noexcept {
    *out++ = '"';
    out = append_own(out, to_text(value));
    *out++ = '"';
    return out;
  }

  static Value value(T v) noexcept { return std::string_view{to_text(v)}; }
};

template <>
struct Render<Timestamp> {
  static constexpr Kind kind = Kind::time;
  static constexpr bool optional = false;

  static constexpr std::size_t most = max_time_text + 2;

  static bool absent(Timestamp) noexcept { return false; }

  static char* json(char* out, Timestamp time, const Style& style) noexcept {
    *out++ = '"';
    out = style.day != nullptr ? append_time(out, time, style.digits, *style.day)
                               : append_time(out, time, style.digits);
    *out++ = '"';
    return out;
  }

  static Value value(Timestamp time) noexcept { return time; }
};

template <>
struct Render<IpAddress> {
  static constexpr Kind kind = Kind::address;
  static constexpr bool optional = true;

  static constexpr std::size_t most = max_address_text + 2;

  static bool absent(const IpAddress& address) noexcept { return !address.known(); }

  static char* json(char* out, const IpAddress& address, const Style&) noexcept {
    *out++ = '"';
    out = append_address(out, address);
    *out++ = '"';
    return out;
  }

  static Value value(const IpAddress& address) noexcept { return address; }
};

template <>
struct Render<MacAddress> {
  static constexpr Kind kind = Kind::mac;
  static constexpr bool optional = false;

  static constexpr std::size_t most = max_mac_text + 2;

  static bool absent(const MacAddress&) noexcept { return false; }

  static char* json(char* out, const MacAddress& address, const Style&) noexcept {
    *out++ = '"';
    out = append_mac(out, address);
    *out++ = '"';
    return out;
  }

  static Value value(const MacAddress& address) noexcept { return address; }
};

template <>
struct Render<Id> {
  static constexpr Kind kind = Kind::id;
  static constexpr bool optional = false;

  static constexpr std::size_t most = 18;

  static bool absent(Id) noexcept { return false; }

  static char* json(char* out, Id id, const Style&) noexcept {
    *out++ = '"';
    out = append_hex64(out, id.value);
    *out++ = '"';
    return out;
  }

  static Value value(Id id) noexcept { return id; }
};

/// What an optional value takes: as much as its type, if that has a bound of its own.
template <class T>
struct OptionalBound {
  static std::size_t bound(const std::optional<T>& v) noexcept {
    return v ? Render<T>::bound(*v) : 0;
  }
};

template <class T>
  requires FixedBound<Render<T>>
struct OptionalBound<T> {
  static constexpr std::size_t most = Render<T>::most;
};

template <class T>
struct Render<std::optional<T>> : OptionalBound<T> {
  static constexpr Kind kind = Render<T>::kind;
  static constexpr bool optional = true;

  static bool absent(const std::optional<T>& v) noexcept { return !v || Render<T>::absent(*v); }

  static char* json(char* out, const std::optional<T>& v, const Style& style) noexcept {
    return Render<T>::json(out, *v, style);  // NOLINT(*-optional-access): asked only when present
  }

  static Value value(const std::optional<T>& v) noexcept {
    return v ? Render<T>::value(*v) : Value{};
  }
};

}  // namespace ntan::event
