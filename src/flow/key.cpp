#include "flow/key.h"

#include <tuple>
#include <utility>

#include "base/bytes.h"

namespace ntan::flow {
namespace {

struct End {
  std::uint64_t address_high = 0;
  std::uint64_t address_low = 0;
  std::uint16_t port = 0;

  friend constexpr auto operator<=>(const End&, const End&) = default;
};

End make_end(const IpAddress& address, std::uint16_t port) noexcept {
  return {load_be<std::uint64_t>(address.octets.data()), load_be<std::uint64_t>(&address.octets[8]),
          port};
}

struct Context {
  std::uint16_t vlan = 0;
  std::uint8_t proto = 0;
  IpVersion version{};
  std::uint32_t vni = 0;
};

DirectedKey join(const End& source, const End& destination, const Context& context) noexcept {
  const bool from_low = source <= destination;
  const End& low = from_low ? source : destination;
  const End& high = from_low ? destination : source;
  const std::uint64_t ports =
      static_cast<std::uint64_t>(low.port) << 48U | static_cast<std::uint64_t>(high.port) << 32U;
  const std::uint64_t rest = static_cast<std::uint64_t>(context.vlan) << 16U |
                             static_cast<std::uint64_t>(context.proto) << 8U |
                             static_cast<std::uint64_t>(context.version);
  return {FlowKey{{low.address_high, low.address_low, high.address_high, high.address_low,
                   ports | rest, context.vni}},
          from_low};
}

IpAddress address(std::uint64_t high, std::uint64_t low, IpVersion version) noexcept {
  IpAddress out;
  store_be(out.octets.data(), high);
  store_be(&out.octets[8], low);
  out.version = version;
  return out;
}

}  // namespace

DirectedKey make_key(const wire::Decoded& packet, VlanUse vlan) noexcept {
  const Context context{.vlan = vlan == VlanUse::keep ? packet.vlan : std::uint16_t{0},
                        .proto = packet.proto,
                        .version = packet.src.version,
                        .vni = packet.vni};
  return join(make_end(packet.src, packet.src_port), make_end(packet.dst, packet.dst_port),
              context);
}

DirectedKey quoted_key(const wire::Decoded& error, const wire::Extra& extra,
                       VlanUse vlan) noexcept {
  const Context context{.vlan = vlan == VlanUse::keep ? error.vlan : std::uint16_t{0},
                        .proto = extra.quoted_proto,
                        .version = extra.quoted_src.version,
                        .vni = error.vni};
  return join(make_end(extra.quoted_src, extra.quoted_src_port),
              make_end(extra.quoted_dst, extra.quoted_dst_port), context);
}

Ends ends(const FlowKey& key) noexcept {
  const auto version = static_cast<IpVersion>(key.words[4] & 0xffU);
  return {.low = address(key.words[0], key.words[1], version),
          .high = address(key.words[2], key.words[3], version),
          .low_port = static_cast<std::uint16_t>(key.words[4] >> 48U),
          .high_port = static_cast<std::uint16_t>(key.words[4] >> 32U),
          .vlan = static_cast<std::uint16_t>(key.words[4] >> 16U),
          .proto = static_cast<std::uint8_t>(key.words[4] >> 8U)};
}

}  // namespace ntan::flow
