#include "wire/checksum.h"

namespace ntan::wire {

namespace {

template <class Word>
Word load_native(const std::uint8_t* at) noexcept {
  Word word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

}  // namespace

void ChecksumSum::add(Bytes bytes) noexcept {
  while (bytes.size() >= 8) {
    add_native(load_native<std::uint64_t>(bytes.data()));
    bytes = bytes.subspan(8);
  }
  // The tail is padded with zeros at its end (RFC 1071 1).
  std::uint64_t tail = 0;
  if (!bytes.empty()) std::memcpy(&tail, bytes.data(), bytes.size());
  add_native(tail);
}

std::uint16_t internet_checksum(Bytes bytes) noexcept {
  ChecksumSum sum;
  sum.add(bytes);
  auto folded = sum.folded();
  if constexpr (std::endian::native == std::endian::little) folded = __builtin_bswap16(folded);
  return static_cast<std::uint16_t>(~folded);
}

bool header_checksum_good(Bytes header) noexcept {
  // At most 15 words of 32 bits: the carries fit in the upper half and fold at the end.
  std::uint64_t sum = 0;
  for (; header.size() >= 4; header = header.subspan(4)) {
    sum += load_native<std::uint32_t>(header.data());
  }
  sum = (sum & 0xffffU) + ((sum >> 16U) & 0xffffU) + (sum >> 32U);
  sum = (sum & 0xffffU) + (sum >> 16U);
  return ((sum & 0xffffU) + (sum >> 16U)) == 0xffffU;
}

ChecksumSum pseudo_header(const IpAddress& src, const IpAddress& dst, std::uint8_t proto,
                          std::uint32_t size) noexcept {
  ChecksumSum sum;
  sum.add(src.bytes());
  sum.add(dst.bytes());
  sum.add_word(static_cast<std::uint16_t>(size >> 16U));
  sum.add_word(static_cast<std::uint16_t>(size));
  sum.add_word(proto);
  return sum;
}

}  // namespace ntan::wire
