// Integers of capture files, which come in the byte order of the machine that wrote them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace ntan::source {

enum class ByteOrder : std::uint8_t { big, little };

/// Reads fields like ntan::Reader (a read past the end gives zero and fails for good), in `order`.
template <ByteOrder order>
class FileFields {
 public:
  constexpr explicit FileFields(Bytes input) noexcept : reader_(input) {}

  [[nodiscard]] constexpr std::uint8_t u8() noexcept { return reader_.u8(); }

  [[nodiscard]] constexpr std::uint16_t u16() noexcept {
    const std::uint16_t value = reader_.be16();
    return order == ByteOrder::big ? value : __builtin_bswap16(value);
  }

  [[nodiscard]] constexpr std::uint32_t u32() noexcept {
    const std::uint32_t value = reader_.be32();
    return order == ByteOrder::big ? value : __builtin_bswap32(value);
  }

  [[nodiscard]] constexpr std::uint64_t u64() noexcept {
    const std::uint64_t value = reader_.be64();
    return order == ByteOrder::big ? value : __builtin_bswap64(value);
  }

  constexpr Bytes take(std::size_t count) noexcept { return reader_.take(count); }

  constexpr void skip(std::size_t count) noexcept { reader_.skip(count); }

  [[nodiscard]] constexpr bool ok() const noexcept { return reader_.ok(); }

  [[nodiscard]] constexpr std::size_t left() const noexcept { return reader_.left(); }

 private:
  Reader reader_;
};

}  // namespace ntan::source
