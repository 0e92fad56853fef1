// The Internet checksum (RFC 1071) over headers, messages and pseudo headers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/address.h"
#include "base/bytes.h"

namespace ntan::wire {

/// A one's-complement sum in the machine's own octet order: the order does not matter to the result
/// being all ones (RFC 1071 1.B), so words are added as they lie in memory.
class ChecksumSum {
 public:
  /// Adds octets; every part but the last must have an even size.
  void add(Bytes bytes) noexcept;

  /// Adds one 16-bit word given by value.
  void add_word(std::uint16_t word) noexcept {
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap16(word);
    add_native(word);
  }

  /// The folded sum in the machine's octet order; 0xffff over octets that hold a right checksum.
  [[nodiscard]] std::uint16_t folded() const noexcept {
    std::uint64_t sum = (sum_ & 0xffffffffU) + (sum_ >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(sum);
  }

  /// The octets that were added, checksum field included, are intact.
  [[nodiscard]] bool good() const noexcept { return folded() == 0xffffU; }

 private:
  void add_native(std::uint64_t word) noexcept {
    sum_ += word;
    sum_ += sum_ < word ? 1U : 0U;  // end-around carry
  }

  std::uint64_t sum_ = 0;
};

/// The checksum field for `bytes` whose field is zero, as a big-endian value.
[[nodiscard]] std::uint16_t internet_checksum(Bytes bytes) noexcept;

/// Whether an IPv4 header, checksum field included, sums up. Requires: a multiple of 4, at
/// least 20.
[[nodiscard]] bool header_checksum_good(Bytes header) noexcept;

/// The same for a header without options.
[[nodiscard]] inline bool header_checksum_good(std::span<const std::uint8_t, 20> header) noexcept {
  const auto word = [header](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, header.data() + at, sizeof(value));
    return std::uint64_t{value};
  };
  // Written out: a loop over so few words is not unrolled at -O2.
  std::uint64_t sum = word(0) + word(4) + word(8) + word(12) + word(16);
  sum = (sum & 0xffffU) + ((sum >> 16U) & 0xffffU) + (sum >> 32U);
  sum = (sum & 0xffffU) + (sum >> 16U);
  return sum == 0xffffU;
}

/// The pseudo header of TCP, UDP and ICMPv6 (RFC 793 3.1, RFC 8200 8.1).
[[nodiscard]] ChecksumSum pseudo_header(const IpAddress& src, const IpAddress& dst,
                                        std::uint8_t proto, std::uint32_t size) noexcept;

}  // namespace ntan::wire
