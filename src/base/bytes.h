// Vocabulary for borrowed octets: everything that comes from the network is read through `Reader`.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace ntan {

/// A borrowed range of octets. Who owns it, and for how long, is said where it is handed over.
using Bytes = std::span<const std::uint8_t>;

/// The same octets as text. Nothing is checked: network text is any octets until a renderer escapes
/// it.
inline std::string_view as_text(Bytes bytes) noexcept {
  // The one place where octets become characters; both are byte types that may alias.
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // NOLINT(*-reinterpret-cast)
}

inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()),  // NOLINT(*-reinterpret-cast)
          text.size()};
}

/// Loads a big-endian integer. Requires: sizeof(T) octets at `at`.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T load_be(const std::uint8_t* at) noexcept {
  if (std::is_constant_evaluated()) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>((static_cast<std::uint64_t>(value) << 8U) | at[i]);
    }
    return value;
  }
  T value = 0;
  std::memcpy(&value, at, sizeof(T));
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return __builtin_bswap16(value);
  } else if constexpr (sizeof(T) == 4) {
    return __builtin_bswap32(value);
  } else {
    return __builtin_bswap64(value);
  }
}

/// Stores a big-endian integer. Requires: sizeof(T) octets at `at`.
template <std::unsigned_integral T>
void store_be(std::uint8_t* at, T value) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
  }
  std::memcpy(at, &value, sizeof(T));
}

/// Reads fields from the front of a byte range.
///
/// A read past the end yields zero (or an empty range) and marks the reader failed for good, so a
/// parser reads every field first and asks ok() once.
class Reader {
 public:
  constexpr explicit Reader(Bytes input) noexcept
      : at_(input.data()), end_(input.data() + input.size()) {}

  // Inlined by force: a few instructions each, yet g++ calls them where a parser has many. Two
  // pointers instead of a span: a step is one addition, checked once.

  /// The next big-endian integer.
  template <std::unsigned_integral T>
  [[nodiscard, gnu::always_inline]] constexpr T be() noexcept {
    if (left() < sizeof(T)) [[unlikely]]
      return static_cast<T>(fail());
    const T value = load_be<T>(at_);
    at_ += sizeof(T);
    return value;
  }

  [[nodiscard, gnu::always_inline]] constexpr std::uint8_t u8() noexcept {
    return be<std::uint8_t>();
  }

  [[nodiscard, gnu::always_inline]] constexpr std::uint16_t be16() noexcept {
    return be<std::uint16_t>();
  }

  [[nodiscard, gnu::always_inline]] constexpr std::uint32_t be32() noexcept {
    return be<std::uint32_t>();
  }

  [[nodiscard, gnu::always_inline]] constexpr std::uint64_t be64() noexcept {
    return be<std::uint64_t>();
  }

  /// A 24-bit number: lengths in TLS, OUIs, network identifiers.
  [[nodiscard]] constexpr std::uint32_t be24() noexcept {
    const std::uint32_t high = u8();
    const std::uint32_t low = be16();
    return ok() ? high << 16U | low : 0;
  }

  /// The next `count` octets; all or nothing.
  [[gnu::always_inline]] constexpr Bytes take(std::size_t count) noexcept {
    if (left() < count) [[unlikely]] {
      fail();
      return {};
    }
    const Bytes taken{at_, count};
    at_ += count;
    return taken;
  }

  constexpr void skip(std::size_t count) noexcept { (void)take(count); }

  /// The next octet without consuming it; 0 at the end, which is no failure.
  [[nodiscard]] constexpr std::uint8_t peek() const noexcept {
    return done() ? std::uint8_t{0} : *at_;
  }

  [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }

  [[nodiscard]] constexpr bool done() const noexcept { return at_ == end_; }

  [[nodiscard]] constexpr std::size_t left() const noexcept {
    return static_cast<std::size_t>(end_ - at_);
  }

  [[nodiscard]] constexpr Bytes rest() const noexcept { return {at_, left()}; }

 private:
  constexpr std::uint8_t fail() noexcept {
    ok_ = false;
    at_ = end_;
    return 0;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

}  // namespace ntan
