// The slow, obvious twin of the defragmenter: one datagram as a map of octets, without limits.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tests/wire/frame.h"
#include "wire/defragment.h"

namespace ntan::test {

/// A fragment as a test wants it sent; `captured` octets of it are kept by a snaplen.
struct Fragment {
  std::uint16_t offset = 0;
  Octets octets;
  bool last = false;
  std::size_t captured = SIZE_MAX;
};

/// A protocol number that nobody parses, so that what is reassembled can be seen as it is.
inline constexpr std::uint8_t unparsed_protocol = 253;

inline Octets fragment_packet(IpVersion version, const Fragment& fragment, std::uint16_t id) {
  const auto offset = static_cast<std::size_t>(fragment.offset);
  if (version == IpVersion::v4) {
    Octets packet = ipv4(unparsed_protocol, fragment.octets);
    put_be16(packet, 4, id);
    put_be16(packet, 6, offset / 8 + (fragment.last ? 0 : 0x2000));
    put_be16(packet, 10, 0);
    put_be16(packet, 10, wire::internet_checksum(Bytes{packet}.first(20)));
    return packet;
  }
  Octets header(8);
  header[0] = unparsed_protocol;
  put_be16(header, 2, offset + (fragment.last ? 0 : 1));
  put_be16(header, 6, id);
  return ipv6(44, join(header, fragment.octets));
}

inline DecodedFrame fragment_frame(IpVersion version, const Fragment& fragment, std::uint16_t id) {
  const Octets packet = fragment_packet(version, fragment, id);
  const std::size_t headers = packet.size() - fragment.octets.size();
  const std::size_t kept = std::min(fragment.captured, fragment.octets.size());
  return decode_frame(packet, {.link = LinkType::raw, .captured = headers + kept});
}

class NaiveDatagram {
 public:
  using Reason = wire::Defragmenter::Reason;

  explicit NaiveDatagram(IpVersion version) : version_(version) {}

  /// Why the fragment is dropped, if it is.
  Reason add(const Fragment& fragment) {
    const std::size_t end = fragment.offset + fragment.octets.size();
    if (fragment.octets.empty()) return Reason::empty;
    if (end > 65535) return Reason::too_long;
    if (!fragment.last && fragment.octets.size() % 8 != 0) return Reason::bad_length;
    if (discarded_) return Reason::discarded;
    octets_.resize(std::max(octets_.size(), end), nothing);
    if (is_duplicate(fragment)) return Reason::none;
    if (ends_disagree(fragment, end)) {
      discarded_ = version_ == IpVersion::v6;
      return Reason::end_conflict;
    }
    const auto from = octets_.begin() + fragment.offset;
    const auto to = octets_.begin() + static_cast<std::ptrdiff_t>(end);
    if (std::any_of(from, to, [](int octet) { return octet != nothing; })) overlapped_ = true;
    if (overlapped_ && version_ == IpVersion::v6) {
      discarded_ = true;
      return Reason::overlap;
    }
    if (fragments_.size() == 64) {
      discarded_ = true;
      return Reason::too_many_fragments;
    }
    fragments_.push_back(fragment);
    if (fragment.last) end_ = end;
    for (std::size_t i = 0; i < fragment.octets.size(); ++i) {
      int& octet = octets_[fragment.offset + i];
      if (octet == nothing) octet = i < fragment.captured ? fragment.octets[i] : not_captured;
    }
    return Reason::none;
  }

  [[nodiscard]] bool whole() const {
    if (!end_ || discarded_) return false;
    const auto to = octets_.begin() + static_cast<std::ptrdiff_t>(*end_);
    return std::find(octets_.begin(), to, nothing) == to;
  }

  /// Up to the first octet that was not captured.
  [[nodiscard]] Octets payload() const {
    Octets out;
    for (std::size_t i = 0; i < *end_ && octets_[i] != not_captured; ++i) {
      out.push_back(static_cast<std::uint8_t>(octets_[i]));
    }
    return out;
  }

  [[nodiscard]] std::size_t size() const { return *end_; }
  [[nodiscard]] bool overlapped() const { return overlapped_; }

 private:
  static constexpr int nothing = -1;
  static constexpr int not_captured = -2;

  [[nodiscard]] bool is_duplicate(const Fragment& fragment) const {
    const bool same_range =
        std::any_of(fragments_.begin(), fragments_.end(), [&fragment](const Fragment& other) {
          return other.offset == fragment.offset && other.last == fragment.last &&
                 other.octets.size() == fragment.octets.size();
        });
    if (!same_range) return false;
    for (std::size_t i = 0; i < std::min(fragment.captured, fragment.octets.size()); ++i) {
      const int octet = octets_[fragment.offset + i];
      if (octet != not_captured && octet != fragment.octets[i]) return false;
    }
    return true;
  }

  [[nodiscard]] bool ends_disagree(const Fragment& fragment, std::size_t end) const {
    if (end_) return end > *end_ || (fragment.last && end != *end_);
    if (!fragment.last) return false;
    return std::any_of(fragments_.begin(), fragments_.end(), [end](const Fragment& other) {
      return other.offset + other.octets.size() > end;
    });
  }

  IpVersion version_;
  std::vector<int> octets_;
  std::vector<Fragment> fragments_;
  std::optional<std::size_t> end_;
  bool overlapped_ = false;
  bool discarded_ = false;
};

}  // namespace ntan::test
