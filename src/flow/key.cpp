#include "flow/key.h"

#include "base/bytes.h"

namespace ntan::flow {
namespace {

IpAddress address(std::uint64_t high, std::uint64_t low, IpVersion version) noexcept {
  IpAddress out;
  store_be(out.octets.data(), high);
  store_be(&out.octets[8], low);
  out.version = version;
  return out;
}

}  // namespace

DirectedKey quoted_key(const wire::Decoded& error, const wire::Extra& extra,
                       VlanUse vlan) noexcept {
  return join_ends({extra.quoted_src, extra.quoted_src_port},
                   {extra.quoted_dst, extra.quoted_dst_port},
                   {.vlan = vlan == VlanUse::keep ? error.vlan : std::uint16_t{0},
                    .proto = extra.quoted_proto,
                    .vni = error.vni});
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
