// The coverage ledger: every packet read ends in exactly one bucket, and buckets sum to what was
// read.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "base/packet.h"
#include "wire/decoded.h"

namespace ntan::run {

struct Tally {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  Tally& operator+=(const Tally& other) noexcept {
    packets += other.packets;
    bytes += other.bytes;
    return *this;
  }
  Tally& operator-=(const Tally& other) noexcept {
    packets -= other.packets;
    bytes -= other.bytes;
    return *this;
  }
};

struct Ledger {
  Tally total;  ///< packets read, octets on the wire
  std::uint64_t captured_bytes = 0;
  std::uint64_t cut_packets = 0;       ///< captured shorter than they were
  std::uint64_t backwards = 0;         ///< packets older than one before them
  std::uint64_t backwards_second = 0;  ///< by more than a second
  std::array<Tally, wire::bucket_count> buckets{};
  std::map<LinkType, Tally> unknown_links;
  std::uint64_t bad_checksums = 0;  ///< packets whose checksum was looked at and wrong
  std::uint64_t oversized = 0;      ///< larger than any frame of a network: the host merged some
  bool offload_checksums = false;   ///< nearly all checksums of one sender are wrong

  /// Segments were merged or checksums left out by the capturing host's network card or driver.
  [[nodiscard]] bool offload_suspected() const noexcept {
    return oversized != 0 || offload_checksums;
  }

  [[nodiscard]] Tally& of(wire::Bucket bucket) noexcept {
    return buckets[static_cast<std::size_t>(bucket)];
  }
  [[nodiscard]] const Tally& of(wire::Bucket bucket) const noexcept {
    return buckets[static_cast<std::size_t>(bucket)];
  }
  /// Fragments that waited have found their place.
  void move(const Tally& what, wire::Bucket from, wire::Bucket to) noexcept {
    of(from) -= what;
    of(to) += what;
  }
};

}  // namespace ntan::run
