// A packet of NTP (RFC 5905 7.3), with the fields behind it (RFC 7822, 8915), and its times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/parsed.h"
#include "base/time.h"

namespace ntan::app::ntp {

inline constexpr std::uint16_t port = 123;
inline constexpr std::size_t header_size = 48;

enum class Mode : std::uint8_t {
  reserved = 0,
  symmetric_active = 1,
  symmetric_passive = 2,
  client = 3,
  server = 4,
  broadcast = 5,
  control = 6,
  private_use = 7
};
[[nodiscard]] std::string_view to_text(Mode mode) noexcept;

[[nodiscard]] constexpr Mode mode_of(std::uint8_t first) noexcept {
  return static_cast<Mode>(first & 7U);
}

[[nodiscard]] constexpr std::uint8_t version_of(std::uint8_t first) noexcept {
  return first >> 3U & 7U;
}

/// Seconds since 1900 and, in the low half, their 2^32nds; from 2036 on they begin again.
using Stamp = std::uint64_t;

[[nodiscard]] Stamp to_stamp(Timestamp time) noexcept;

/// From one to the other, of the two ways around the nearer.
[[nodiscard]] Duration between(Stamp from, Stamp to) noexcept;

/// The time of a stamp in the era that brings it nearest to `now`.
[[nodiscard]] Timestamp to_time(Stamp stamp, Timestamp now) noexcept;

/// Modes 1 to 5.
struct Packet {
  std::uint8_t leap = 0;
  std::uint8_t version = 0;
  Mode mode = Mode::reserved;
  std::uint8_t stratum = 0;
  std::int8_t poll = 0;       ///< power of two, seconds
  std::int8_t precision = 0;  ///< the same
  std::uint32_t root_delay = 0;
  std::uint32_t root_dispersion = 0;
  std::array<std::uint8_t, 4> reference_id{};
  Stamp reference = 0;
  Stamp origin = 0;
  Stamp receive = 0;
  Stamp transmit = 0;
  std::uint16_t extensions = 0;  ///< fields, not the MAC
  bool nts = false;              ///< one of them is of RFC 8915
  bool crypto_nak = false;
  std::optional<std::uint32_t> key_id;  ///< a MAC is there

  [[nodiscard]] constexpr bool synchronized() const noexcept {
    constexpr std::uint8_t unknown = 3;
    constexpr std::uint8_t unreachable = 16;
    return leap != unknown && stratum != 0 && stratum < unreachable;
  }
};

/// What is wrong behind a header that was read.
struct Defect {
  Flaw flaw{};
  std::string_view where;
};

struct ReadPacket {
  Packet packet;
  std::optional<Defect> defect;
};

/// Nothing where the header is not whole.
[[nodiscard]] std::optional<ReadPacket> read_packet(Bytes octets) noexcept;

/// Whether octets on any port are the answer of a server whose clock runs: enough of them must make
/// sense that nothing else looks like it.
[[nodiscard]] bool is_plain_answer(Bytes octets) noexcept;

/// Modes 6 (RFC 9327) and 7, which ask for more than the time, and may be answered with far more
/// octets than were asked with.
struct Query {
  std::uint8_t version = 0;
  Mode mode = Mode::reserved;
  bool response = false;
  bool goes_on = false;  ///< what an answer began before
  std::uint8_t implementation = 0;
  std::uint8_t code = 0;
};

/// Nothing where it is shorter than its header. Requires: an octet, of one of these modes.
[[nodiscard]] std::optional<Query> read_query(Bytes octets) noexcept;

}  // namespace ntan::app::ntp
