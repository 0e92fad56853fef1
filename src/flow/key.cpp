#include "flow/key.h"

namespace ntan::flow {

DirectedKey quoted_key(const wire::Decoded& error, const wire::Extra& extra,
                       VlanUse vlan) noexcept {
  const bool keep = vlan == VlanUse::keep;
  return join_ends({extra.quoted_src, extra.quoted_src_port},
                   {extra.quoted_dst, extra.quoted_dst_port},
                   {.vlan = keep ? error.vlan : std::uint16_t{0},
                    .proto = extra.quoted_proto,
                    .network = keep ? error.network : error.network & wire::network_mask});
}

}  // namespace ntan::flow
