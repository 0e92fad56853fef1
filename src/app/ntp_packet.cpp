#include "app/ntp_packet.h"

#include <algorithm>
#include <bit>

namespace ntan::app::ntp {
namespace {

constexpr std::uint64_t epoch = 2'208'988'800;  // 1970 in seconds of NTP
constexpr std::uint64_t second_ns = 1'000'000'000;

constexpr std::size_t max_mac = 24;
constexpr std::size_t crypto_nak_size = 4;

// What lies behind the point. Nanoseconds are wider than 2^32nds: rounded, they come back the same.
Duration part_of(Stamp stamp) noexcept {
  constexpr std::uint64_t half = std::uint64_t{1} << 31U;
  return Duration{static_cast<std::int64_t>(((stamp & UINT32_MAX) * second_ns + half) >> 32U)};
}

bool is_mac(std::size_t size) noexcept {
  constexpr std::size_t md5 = 20;
  return size == md5 || size == max_mac;
}

// RFC 8915 5: unique identifier, cookie, placeholder of one, authenticator.
bool is_nts(std::uint16_t type) noexcept {
  return type == 0x0104 || type == 0x0204 || type == 0x0304 || type == 0x0404;
}

// RFC 7822 3: what is left may be a MAC, or a crypto-NAK in its place.
std::optional<Defect> read_extensions(Reader& rest, Packet& packet) noexcept {
  constexpr std::size_t smallest = 16;
  constexpr std::size_t head = 4;
  while (!rest.done()) {
    const std::size_t left = rest.left();
    if (left == crypto_nak_size || is_mac(left)) {
      packet.key_id = rest.be32();
      packet.crypto_nak = left == crypto_nak_size;
      return std::nullopt;
    }
    const std::uint16_t type = rest.be16();
    const std::size_t size = rest.be16();
    if (!rest.ok()) return Defect{Flaw::truncated, "extension field"};
    if (size < smallest || size % head != 0) return Defect{Flaw::bad_length, "extension field"};
    rest.skip(size - head);
    if (!rest.ok()) return Defect{Flaw::truncated, "extension field"};
    ++packet.extensions;
    packet.nts = packet.nts || is_nts(type);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_text(Mode mode) noexcept {
  switch (mode) {
    case Mode::reserved: return "reserved";
    case Mode::symmetric_active: return "symmetric_active";
    case Mode::symmetric_passive: return "symmetric_passive";
    case Mode::client: return "client";
    case Mode::server: return "server";
    case Mode::broadcast: return "broadcast";
    case Mode::control: return "control";
    case Mode::private_use: return "private";
  }
  return "reserved";
}

Stamp to_stamp(Timestamp time) noexcept {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto ns = static_cast<std::uint64_t>((time - second).count());
  const auto seconds = static_cast<std::uint64_t>(second.time_since_epoch().count()) + epoch;
  return seconds << 32U | (ns << 32U) / second_ns;
}

Duration between(Stamp from, Stamp to) noexcept {
  const Stamp apart = to - from;
  return std::chrono::seconds{std::bit_cast<std::int64_t>(apart) >> 32U} + part_of(apart);
}

Timestamp to_time(Stamp stamp, Timestamp now) noexcept {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto apart =
      static_cast<std::uint32_t>(stamp >> 32U) - static_cast<std::uint32_t>(to_stamp(now) >> 32U);
  return second + std::chrono::seconds{std::bit_cast<std::int32_t>(apart)} + part_of(stamp);
}

std::optional<ReadPacket> read_packet(Bytes octets) noexcept {
  constexpr std::uint8_t with_extensions = 4;
  Reader reader{octets};
  ReadPacket read;
  Packet& packet = read.packet;
  const std::uint8_t first = reader.u8();
  packet.leap = first >> 6U;
  packet.version = version_of(first);
  packet.mode = mode_of(first);
  packet.stratum = reader.u8();
  packet.poll = std::bit_cast<std::int8_t>(reader.u8());
  packet.precision = std::bit_cast<std::int8_t>(reader.u8());
  packet.root_delay = reader.be32();
  packet.root_dispersion = reader.be32();
  const Bytes reference_id = reader.take(packet.reference_id.size());
  std::ranges::copy(reference_id, packet.reference_id.begin());
  packet.reference = reader.be64();
  packet.origin = reader.be64();
  packet.receive = reader.be64();
  packet.transmit = reader.be64();
  if (!reader.ok()) return std::nullopt;
  if (packet.version == with_extensions) read.defect = read_extensions(reader, packet);
  return read;
}

bool is_plain_answer(Bytes octets) noexcept {
  constexpr std::uint8_t oldest = 3;
  constexpr std::uint8_t newest = 4;
  constexpr std::uint32_t sane = 16U << 16U;       // seconds, as root delay has them
  constexpr std::uint32_t reset_within = 172'800;  // seconds since the clock was set
  if (octets.size() != header_size || mode_of(octets.front()) != Mode::server) return false;
  const auto read = read_packet(octets);
  if (!read) return false;
  const Packet& packet = read->packet;
  const auto seconds = [](Stamp stamp) { return static_cast<std::uint32_t>(stamp >> 32U); };
  return packet.version >= oldest && packet.version <= newest && packet.synchronized() &&
         packet.precision < 0 && packet.precision >= -32 && packet.root_delay < sane &&
         packet.root_dispersion < sane && packet.transmit != 0 &&
         seconds(packet.transmit) - seconds(packet.receive) <= 1 &&
         seconds(packet.transmit) - seconds(packet.reference) <= reset_within;
}

std::optional<Query> read_query(Bytes octets) noexcept {
  constexpr std::uint8_t response = 0x80;
  Reader reader{octets};
  Query query;
  const std::uint8_t first = reader.u8();
  query.version = version_of(first);
  query.mode = mode_of(first);
  const std::uint8_t second = reader.u8();
  if (query.mode == Mode::control) {
    query.response = (second & response) != 0;
    query.code = second & 0x1fU;
    reader.skip(6);  // sequence, status, association
    query.goes_on = query.response && reader.be16() != 0;
    reader.skip(query.response ? 2 : 4);
  } else {
    query.response = (first & response) != 0;
    query.goes_on = query.response && (second & 0x7fU) != 0;
    query.implementation = reader.u8();
    query.code = reader.u8();
    reader.skip(4);  // error, items and their size
  }
  if (!reader.ok()) return std::nullopt;
  return query;
}

}  // namespace ntan::app::ntp
