// Who has asked a question that is answered from another address or port than it went to.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/hash.h"
#include "base/time.h"
#include "detect/keys.h"

namespace ntan::detect {

/// Where a question came from, and its answers go to.
struct Asker {
  IpAddress host;
  std::uint16_t port = 0;
  /// Both have this port, as with mDNS and NetBIOS: whoever asks listens there to everybody, so
  /// that only what comes from that port, too, is an answer.
  bool alike = false;
};

/// Ports of hosts that a question came from lately. Where two share a place the later one has it:
/// an answer to the other then counts as what it looks like.
class Asked {
 public:
  /// A question came from there, or an answer went there: more may follow.
  void note(const Asker& asker, Timestamp now) noexcept {
    const std::uint64_t hash = hash_of(asker);
    entries_[hash % places] = {.tag = tag_of(hash), .second = second_of(now)};
  }

  /// Whether a question came from there within the last ten minutes.
  [[nodiscard]] bool holds(const Asker& asker, Timestamp now) const noexcept {
    constexpr std::uint32_t memory = 600;
    const std::uint64_t hash = hash_of(asker);
    const Entry& entry = entries_[hash % places];
    return entry.tag == tag_of(hash) && second_of(now) - entry.second <= memory;
  }

 private:
  struct Entry {
    std::uint32_t tag = 0;  ///< 0: free
    std::uint32_t second = 0;
  };

  static std::uint64_t hash_of(const Asker& asker) noexcept {
    const std::uint64_t port = std::uint64_t{asker.alike} << 16U | asker.port;
    return hash_words(std::array<std::uint64_t, 2>{host_key(asker.host), port}, fixed_hash_key);
  }
  static std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32U) | 1U;
  }
  static std::uint32_t second_of(Timestamp time) noexcept {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
  }
  static constexpr std::size_t places = 2048;
  std::array<Entry, places> entries_{};
};

}  // namespace ntan::detect
