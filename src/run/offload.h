// Tells checksums that are wrong on the wire from those a network card was going to fill in.
#pragma once

#include <array>
#include <cstdint>

#include "base/address.h"
#include "wire/decoded.h"

namespace ntan::run {

/// Counts per (interface, sending hardware address). When more than nine in ten of the first fifty
/// checked packets of a sender are wrong, its later ones are excused: only the capturing host's own
/// packets look like that.
class OffloadWatch {
 public:
  /// Takes a packet whose checksum was looked at; true if it is wrong and excused.
  [[nodiscard]] bool excuses(std::uint32_t interface, const wire::Extra& extra,
                             const wire::Decoded& packet) noexcept;

 private:
  static constexpr std::uint32_t judged_after = 50;

  struct Sender {
    MacAddress address;
    std::uint32_t interface = 0;
    std::uint32_t checked = 0;
    std::uint32_t wrong = 0;
  };

  // Few senders can be the capturing host; those beyond these are not excused.
  std::array<Sender, 64> senders_{};
  std::size_t count_ = 0;
};

}  // namespace ntan::run
