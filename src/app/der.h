// DER (X.690) as far as certificates need it: one level of elements at a time, definite lengths and
// low tag numbers only. Nesting is the caller's: a Der per level, never recursion.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ntan::app {

namespace der {
inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t oid = 0x06;
inline constexpr std::uint8_t utf8_string = 0x0c;
inline constexpr std::uint8_t numeric_string = 0x12;
inline constexpr std::uint8_t printable_string = 0x13;
inline constexpr std::uint8_t teletex_string = 0x14;
inline constexpr std::uint8_t ia5_string = 0x16;
inline constexpr std::uint8_t utc_time = 0x17;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t visible_string = 0x1a;
inline constexpr std::uint8_t universal_string = 0x1c;
inline constexpr std::uint8_t bmp_string = 0x1e;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t set = 0x31;

/// A context-specific tag: primitive, or with what it wraps inside.
[[nodiscard]] constexpr std::uint8_t context(std::uint8_t number) noexcept {
  return static_cast<std::uint8_t>(0x80U | number);
}

[[nodiscard]] constexpr std::uint8_t context_constructed(std::uint8_t number) noexcept {
  return static_cast<std::uint8_t>(0xa0U | number);
}
}  // namespace der

struct DerElement {
  std::uint8_t tag = 0;
  Bytes content;
  Bytes whole;  ///< tag and length included
};

/// How many elements of one document may still be read, on all levels together. Certificates of
/// content networks name sixty hosts in their subject, four elements each.
struct DerAllowance {
  static constexpr std::uint32_t most = 1024;

  std::uint32_t left = most;
};

/// Reads the elements of one level. As with Reader, a failed read stays failed and yields nothing,
/// so a parser reads all it wants and asks ok() once.
class Der {
 public:
  Der(Bytes input, DerAllowance& allowance) noexcept : reader_(input), allowance_(&allowance) {}

  // Inlined by force: what a caller does not use of the element is then not made, and that is most.
  [[nodiscard, gnu::always_inline]] DerElement next() noexcept {
    const Bytes before = reader_.rest();
    DerElement element;
    element.tag = reader_.u8();
    const std::size_t length = read_length();
    // Tag numbers past 30 take more octets; certificates have none.
    if ((element.tag & 0x1fU) == 0x1f || allowance_->left == 0) {
      fail();
    } else {
      --allowance_->left;
    }
    element.content = reader_.take(length);
    if (!ok()) return {};
    element.whole = before.first(before.size() - reader_.left());
    return element;
  }

  /// The content of the next element, which must have this tag.
  [[nodiscard]] Bytes expect(std::uint8_t tag) noexcept {
    const DerElement element = next();
    if (element.tag != tag) fail();
    return ok() ? element.content : Bytes{};
  }

  /// Whether an element with this tag comes next.
  [[nodiscard]] bool at(std::uint8_t tag) const noexcept {
    return !done() && reader_.peek() == tag;
  }

  void fail() noexcept { reader_.skip(reader_.left() + 1); }

  [[nodiscard]] bool ok() const noexcept { return reader_.ok(); }

  [[nodiscard]] bool done() const noexcept { return reader_.done(); }

 private:
  /// X.690 8.1.3. Refuses the indefinite form and lengths of more than three octets.
  [[nodiscard]] std::size_t read_length() noexcept {
    const std::uint8_t first = reader_.u8();
    switch (first) {
      case 0x81: return reader_.u8();
      case 0x82: return reader_.be16();
      case 0x83: return reader_.be24();
      default: break;
    }
    if (first >= 0x80) fail();
    return first;
  }

  Reader reader_;
  DerAllowance* allowance_;
};

}  // namespace ntan::app
