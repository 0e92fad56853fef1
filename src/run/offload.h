// Tells checksums that are wrong on the wire from those a network card was going to fill in.
#pragma once

#include <array>
#include <cstdint>

#include "base/address.h"
#include "wire/decoded.h"

namespace ntan::run {

/// What a packet's checksum says of it.
enum class ChecksumVerdict : std::uint8_t {
  good,
  unfilled,  ///< a network card fills it in later: nothing
  doubtful,  ///< wrong, and so were most of this sender's: its receiver may well take it
  damaged,   ///< wrong, and its receiver throws it away
};

/// Operating systems that leave a TCP or UDP checksum to the network card put the sum of the pseudo
/// header in its place, which tells for each packet. Of other wrong ones the sender does, known by
/// (interface, hardware address): when more than nine in ten of its first fifty were wrong, its
/// later ones are unfilled; until then a wrong one is doubtful while most were.
class OffloadWatch {
 public:
  /// Takes a packet whose checksum was looked at.
  [[nodiscard]] ChecksumVerdict judge(std::uint32_t interface, const wire::Extra& extra,
                                      const wire::Decoded& packet) noexcept;

 private:
  static constexpr std::uint32_t judged_after = 50;

  struct Sender {
    MacAddress address;
    std::uint32_t interface = 0;
    std::uint32_t checked = 0;
    std::uint32_t wrong = 0;
  };

  /// Null: there are too many.
  Sender* find(std::uint32_t interface, const wire::Extra& extra) noexcept;

  // Few senders can be the capturing host; wrong ones of those beyond these are damaged.
  std::array<Sender, 64> senders_{};
  std::size_t count_ = 0;
};

}  // namespace ntan::run
