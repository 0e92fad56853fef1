#include "app/quic_packet.h"

#include <optional>
#include <string_view>

#include "base/digits.h"

namespace ntan::app {
namespace {

constexpr std::uint32_t first_draft = 0xff000000;
constexpr std::uint32_t last_draft = 0xff0000ff;

QuicPacketType type_of(std::uint8_t first, std::uint32_t version) noexcept {
  if (version == quic_version::negotiation) return QuicPacketType::version_negotiation;
  if (!is_readable_quic(version)) return QuicPacketType::opaque;
  constexpr std::array order{QuicPacketType::initial, QuicPacketType::zero_rtt,
                             QuicPacketType::handshake, QuicPacketType::retry};
  const unsigned bits = first >> 4U & 3U;
  // RFC 9369 3.2: the types of version 2 are those of version 1, each one further.
  return order[version == quic_version::v2 ? (bits + 3U) % 4U : bits];
}

std::optional<QuicConnectionId> take_id(Reader& reader) noexcept {
  const Bytes octets = reader.take(reader.u8());
  if (octets.size() > QuicConnectionId::max_size) return std::nullopt;
  return QuicConnectionId{octets};
}

}  // namespace

bool is_google_quic(std::uint32_t version) noexcept {
  const auto letter = static_cast<char>(version >> 24U);
  constexpr std::array shifts{16U, 8U, 0U};
  return (letter == 'Q' || letter == 'T') && std::ranges::all_of(shifts, [version](unsigned shift) {
           const auto digit = static_cast<char>(version >> shift & 0xffU);
           return digit >= '0' && digit <= '9';
         });
}

std::uint64_t read_quic_integer(Reader& reader) noexcept {
  switch (reader.peek() >> 6U) {
    case 0: return reader.u8();
    case 1: return reader.be16() & 0x3fffU;
    case 2: return reader.be32() & 0x3fffffffU;
    default: return reader.be64() & 0x3fffffffffffffffU;
  }
}

QuicVersionName quic_version_name(std::uint32_t version) noexcept {
  if (version == quic_version::v1) return QuicVersionName{"v1"};
  if (version == quic_version::v2) return QuicVersionName{"v2"};
  QuicVersionName name;
  if (version > first_draft && version <= last_draft) {
    name = QuicVersionName{"draft-"};
    const char* const end = append_unsigned(name.octets.data() + name.size, version - first_draft);
    name.size = static_cast<std::uint8_t>(end - name.octets.data());
    return name;
  }
  if (is_google_quic(version)) {
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      name.octets[name.size++] = static_cast<char>(version >> shift & 0xffU);
    return name;
  }
  name = QuicVersionName{"VERSION_0x"};
  const char* const end = append_upper_hex(name.octets.data() + name.size, version, 8);
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

Parsed<QuicPacket> take_quic_packet(Reader& datagram) noexcept {
  const Bytes rest = datagram.rest();
  const std::uint8_t first = datagram.u8();
  QuicPacket packet{.version = datagram.be32()};
  packet.type = type_of(first, packet.version);
  const auto dcid = take_id(datagram);
  const auto scid = take_id(datagram);
  if (!datagram.ok()) return Flaw::bad_length;
  if (!dcid || !scid)
    return is_readable_quic(packet.version) ? Flaw::bad_length : Flaw::unsupported;
  packet.dcid = *dcid;
  packet.scid = *scid;
  packet.octets = rest;
  switch (packet.type) {
    case QuicPacketType::version_negotiation:
      packet.versions = datagram.take(datagram.left());
      return packet;
    case QuicPacketType::retry:
    case QuicPacketType::opaque: datagram.skip(datagram.left()); return packet;
    case QuicPacketType::initial: packet.token = datagram.take(read_quic_integer(datagram)); break;
    case QuicPacketType::zero_rtt:
    case QuicPacketType::handshake: break;
  }
  const std::uint64_t length = read_quic_integer(datagram);
  packet.number_offset = rest.size() - datagram.left();
  datagram.skip(length);
  packet.cut = !datagram.ok();
  if (!packet.cut) packet.octets = rest.first(packet.number_offset + length);
  return packet;
}

}  // namespace ntan::app
