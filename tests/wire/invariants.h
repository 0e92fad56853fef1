// What holds for every frame, whatever its octets: shared by tests and fuzzers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

#include "base/packet.h"
#include "wire/decoded.h"
#include "wire/walk.h"

namespace ntan::test {

/// `part` lies inside `whole`, or is empty.
inline bool is_inside(Bytes part, Bytes whole) {
  if (part.empty()) return true;
  const std::less_equal<const std::uint8_t*> not_after;
  return not_after(whole.data(), part.data()) &&
         not_after(part.data() + part.size(), whole.data() + whole.size());
}

/// Views stay inside `input`, and nothing passes its cap.
inline bool is_sound(Bytes input, const wire::Decoded& decoded, const wire::Extra& extra) {
  using wire::Bucket;
  const bool is_packet = decoded.bucket == Bucket::flow || decoded.bucket == Bucket::fragment ||
                         decoded.bucket == Bucket::icmp_error;
  return is_inside(decoded.payload_bytes(), input) && is_inside(decoded.option_bytes(), input) &&
         decoded.payload_captured <= decoded.payload_size &&
         decoded.payload_cut == (decoded.payload_captured < decoded.payload_size) &&
         decoded.options_size <= 40 && decoded.vlan_count <= wire::Extra::max_vlans &&
         decoded.tunnel_depth <= wire::Extra::max_tunnels &&
         extra.layers <= wire::Walk::max_layers &&
         (decoded.bucket != Bucket::undecodable || decoded.flaw_layer != wire::Layer::none) &&
         (!is_packet || (decoded.src.known() && decoded.src.version == decoded.dst.version)) &&
         (decoded.bucket == Bucket::fragment || decoded.bucket != Bucket::fragment_incomplete);
}

/// decode() says what the walk alone says.
inline bool agrees_with_walk(const PacketView& packet, const wire::DecodeOptions& options,
                             const wire::Decoded& decoded, const wire::Extra& extra) {
  wire::Decoded expected;
  wire::Extra expected_extra;
  wire::walk_frame(packet, options, expected, expected_extra);
  const auto vlans = static_cast<std::ptrdiff_t>(decoded.vlan_count);
  return decoded == expected && extra.layers == expected_extra.layers &&
         extra.has_mac == expected_extra.has_mac &&
         (!extra.has_mac ||
          (extra.src_mac == expected_extra.src_mac && extra.dst_mac == expected_extra.dst_mac)) &&
         std::equal(extra.vlans.begin(), extra.vlans.begin() + vlans, expected_extra.vlans.begin());
}

}  // namespace ntan::test
