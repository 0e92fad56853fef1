// A record is a plain struct whose members are declared once:
//
//   struct Ntp {
//     std::uint8_t version = 0;
//     std::optional<std::uint8_t> stratum;
//
//     static constexpr event::RecordInfo info{
//         .name = "ntp", .doc = "One NTP packet", .order = event::Order::protocol};
//     static constexpr auto fields() {
//       return event::fields(
//           event::field<"version", &Ntp::version>("Protocol version, 1 to 4"),
//           event::field<"stratum", &Ntp::stratum>("Distance from a reference clock"));
//     }
//   };
//
// From that follow the JSON members and their order (a fold with compile-time keys and one capacity
// check), and by `schema_of<Ntp>` the CSV columns, the table, the JSON Schema and the manual.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "event/value.h"

namespace ntan::event {

/// Rank of events that were decided at the same trace time.
enum class Order : std::uint8_t {
  timer = 0,
  packet = 1,
  protocol = 2,
  flow = 3,
  scan = 4,
  anomaly = 5,
  summary = 6
};

struct RecordInfo {
  std::string_view name;  ///< event name, or what one entry of a list is
  std::string_view doc;
  Order order = Order::protocol;
  bool tables = false;  ///< its lists of records are tables of their own, which CSV leaves out
  std::span<const std::string_view> line;  ///< fields that a line for people shows; empty: all
};

/// A string as template argument.
template <std::size_t size>
struct Name {
  std::array<char, size> text{};

  consteval Name(const char (&literal)[size]) {  // NOLINT(*-explicit-*, *-c-arrays)
    for (std::size_t i = 0; i < size; ++i) text[i] = literal[i];
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text.data(), size - 1}; }
};

template <auto member>
struct MemberOf;

template <class Owner, class T, T Owner::* member>
struct MemberOf<member> {
  using Record = Owner;
  using Type = T;
};

template <Name name_, auto member_>
struct FieldOf {
  using Record = typename MemberOf<member_>::Record;
  using Type = typename MemberOf<member_>::Type;
  using Renderer = Render<Type>;
  static constexpr std::string_view name = name_.view();
  static constexpr auto member = member_;

  /// `"name":` as it stands in the line.
  static constexpr auto key = [] {
    std::array<char, name.size() + 3> text{};
    text[0] = '"';
    for (std::size_t i = 0; i < name.size(); ++i) text[i + 1] = name[i];
    text[name.size() + 1] = '"';
    text[name.size() + 2] = ':';
    return text;
  }();

  std::string_view doc;
};

/// One member of a record, with what it means: unit, shape, when it is absent.
template <Name name, auto member>
constexpr FieldOf<name, member> field(std::string_view doc) noexcept {
  return {doc};
}

template <class... Fields>
constexpr std::tuple<Fields...> fields(Fields... all) noexcept {
  return {all...};
}

template <class T>
concept Record = requires {
  { T::info } -> std::convertible_to<const RecordInfo&>;
  T::fields();
};

/// The members, put together by the compiler and not once a record.
template <Record R>
inline constexpr auto members_of = R::fields();

/// Octets that rendering `record` can take at most, braces and separators included. What the types
/// tell is a constant; only text and lists are looked at.
template <Record R>
std::size_t json_bound(const R& record) noexcept {
  return std::apply(
      [&record]<class... F>(const F&...) {
        return (std::size_t{2} + ... +
                (F::key.size() + 1 + bound_of<typename F::Renderer>(record.*F::member)));
      },
      members_of<R>);
}

/// Appends `"a":1,"b":2,` with a comma after each member.
template <Record R>
char* append_members(char* out, const R& record, const Style& style) noexcept {
  const auto one = [&]<class F>(const F&) {
    const auto& value = record.*F::member;
    if (F::Renderer::optional && F::Renderer::absent(value)) return;
    out = append_literal(out, F::key);
    out = F::Renderer::json(out, value, style);
    *out++ = ',';
  };
  std::apply([&one](const auto&... all) { (one(all), ...); }, members_of<R>);
  return out;
}

/// Appends `{…}`.
template <Record R>
char* append_object(char* out, const R& record, const Style& style) noexcept {
  *out++ = '{';
  char* end = append_members(out, record, style);
  if (end == out) {
    *end++ = '}';
  } else {
    end[-1] = '}';
  }
  return end;
}

/// The run-time description of one member.
struct Field {
  std::string_view name;
  std::string_view doc;
  Kind kind{};
  Kind element_kind{};             ///< of a plain list
  bool optional = false;           ///< may be absent
  std::span<const Field> members;  ///< of a list of records
  Value (*get)(const void* record) = nullptr;
};

/// Version of the event format: additions only while it stands.
inline constexpr std::uint32_t format_version = 1;

/// The run-time description of a record. `name` identifies it; equal names are the same record.
struct Schema {
  std::string_view name;
  std::string_view doc;
  Order order{};
  bool tables = false;                     ///< see RecordInfo
  std::span<const std::string_view> line;  ///< see RecordInfo
  std::span<const Field> fields;
  std::string_view line_start;  ///< `{"v":1,"event":"name",`
  std::string_view line_key;    ///< `"name":`
  std::size_t (*json_bound)(const void* record) = nullptr;
  char* (*append_json)(char* out, const void* record, const Style& style) = nullptr;
};

// Lists of plain values and of records. Declared after Field, which describes their elements.
template <class T>
struct Render<std::span<const T>> {
  static constexpr Kind kind = Record<T> ? Kind::records : Kind::list;
  static constexpr bool optional = true;

  static std::size_t bound(std::span<const T> items) noexcept {
    std::size_t size = 2;
    for (const T& item : items) {
      if constexpr (Record<T>) {
        size += json_bound(item) + 1;
      } else {
        size += bound_of<Render<T>>(item) + 1;
      }
    }
    return size;
  }

  static bool absent(std::span<const T> items) noexcept { return items.empty(); }

  static char* json(char* out, std::span<const T> items, const Style& style) noexcept {
    *out++ = '[';
    for (const T& item : items) {
      if constexpr (Record<T>) {
        out = append_object(out, item, style);
      } else {
        out = Render<T>::json(out, item, style);
      }
      *out++ = ',';
    }
    out[-1] = ']';  // an empty list is absent, so the last octet is a comma
    return out;
  }

  static Value value(std::span<const T> items) noexcept;
};

namespace detail {

template <class F>
Value get_value(const void* record) {
  const auto& value = static_cast<const typename F::Record*>(record)->*F::member;
  if (F::Renderer::absent(value)) return {};
  return F::Renderer::value(value);
}

template <class T>
struct ElementOf {
  using Type = void;
};

template <class T>
struct ElementOf<std::span<const T>> {
  using Type = T;
};

template <class T>
struct ElementOf<std::optional<std::span<const T>>> {
  using Type = T;
};

template <class T>
Value get_element(const void* item) {
  return Render<T>::value(*static_cast<const T*>(item));
}

/// The one pseudo-field of a plain list's elements.
template <class T>
inline constexpr Field element_field{.name = "",
                                     .doc = "",
                                     .kind = Render<T>::kind,
                                     .element_kind = {},
                                     .optional = false,
                                     .members = {},
                                     .get = get_element<T>};

template <Record R>
constexpr auto make_fields();

template <Record R>
inline constexpr auto fields_of = make_fields<R>();

template <class F>
constexpr Field make_field(std::string_view doc) {
  using Element = typename ElementOf<typename F::Type>::Type;
  Field field{.name = F::name,
              .doc = doc,
              .kind = F::Renderer::kind,
              .element_kind = {},
              .optional = F::Renderer::optional,
              .members = {},
              .get = get_value<F>};
  if constexpr (Record<Element>) {
    field.members = fields_of<Element>;
  } else if constexpr (!std::is_void_v<Element>) {
    field.element_kind = Render<Element>::kind;
  }
  return field;
}

template <Record R>
constexpr auto make_fields() {
  return std::apply(
      []<class... F>(const F&... all) {
        return std::array<Field, sizeof...(F)>{make_field<F>(all.doc)...};
      },
      members_of<R>);
}

/// Words one behind the other, put together by the compiler.
consteval FixedText<64> join(std::initializer_list<std::string_view> words) {
  FixedText<64> text;
  for (const std::string_view word : words) {
    for (const char c : word) text.octets.at(text.size++) = c;
  }
  return text;
}

static_assert(format_version < 10);
inline constexpr std::array version_digits{static_cast<char>('0' + format_version)};

template <Record R>
inline constexpr auto line_start_of = join({"{\"v\":",
                                            {version_digits.data(), version_digits.size()},
                                            ",\"event\":\"",
                                            R::info.name,
                                            "\","});

template <Record R>
inline constexpr auto line_key_of = join({"\"", R::info.name, "\":"});

}  // namespace detail

template <class T>
Value Render<std::span<const T>>::value(std::span<const T> items) noexcept {
  List list{.items = items.data(),
            .size = items.size(),
            .element = nullptr,
            .element_fields = 0,
            .at = [](const void* first, std::size_t index) -> const void* {
              return static_cast<const T*>(first) + index;
            }};
  if constexpr (Record<T>) {
    list.element = detail::fields_of<T>.data();
    list.element_fields = detail::fields_of<T>.size();
  } else {
    list.element = &detail::element_field<T>;
    list.element_fields = 1;
  }
  return list;
}

namespace detail {

template <Record R>
constexpr bool has_field(std::string_view name) {
  return std::ranges::any_of(fields_of<R>,
                             [name](const Field& field) { return field.name == name; });
}

template <Record R>
consteval std::span<const std::string_view> line_of() {
  constexpr bool all_known =
      std::ranges::all_of(R::info.line, [](std::string_view name) { return has_field<R>(name); });
  static_assert(all_known, "RecordInfo::line names what is no field");
  return R::info.line;
}

}  // namespace detail

/// The description of R, made once by the compiler.
template <Record R>
inline constexpr Schema schema_of{
    .name = R::info.name,
    .doc = R::info.doc,
    .order = R::info.order,
    .tables = R::info.tables,
    .line = detail::line_of<R>(),
    .fields = detail::fields_of<R>,
    .line_start = detail::line_start_of<R>.view(),
    .line_key = detail::line_key_of<R>.view(),
    .json_bound = [](const void* record) { return json_bound(*static_cast<const R*>(record)); },
    .append_json =
        [](char* out, const void* record, const Style& style) {
          return append_object(out, *static_cast<const R*>(record), style);
        },
};

}  // namespace ntan::event
