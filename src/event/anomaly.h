// Traffic that is malformed, evasive or contradicts itself, as an event. Rate limited per flow and
// reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/record.h"

namespace ntan::event {

/// Why an anomaly was raised: a closed list. `reason_doc` says each in a sentence.
enum class Reason : std::uint8_t {
  truncated,  ///< a header ends before it should, though the frame is whole
  bad_length,
  bad_value,
  too_deep,          ///< more headers in each other than are followed
  overlap_conflict,  ///< overlapping TCP data differ
  fragment_overlap,
  fragment_too_long,
  fragment_tiny,
  window_violation,  ///< TCP data or RST far outside the window
  dns_malformed,
  http_malformed,
  http_smuggling,  ///< Content-Length against Transfer-Encoding, or contradicting copies
  tls_malformed,
  quic_malformed,
  ssh_malformed,
  dhcp_malformed,
  ntp_malformed,
  icmp_malformed,
  arp_malformed,
  arp_mismatch,  ///< the hardware address in the frame is not the one ARP claims
};
[[nodiscard]] std::string_view to_text(Reason reason) noexcept;
[[nodiscard]] std::string_view reason_doc(Reason reason) noexcept;
inline constexpr std::size_t reason_count = 20;
static_assert(static_cast<std::size_t>(Reason::arp_mismatch) + 1 == reason_count);

struct Anomaly {
  std::string_view layer;  ///< ipv4, tcp, dns, …
  Reason reason{};
  std::string_view detail;

  static constexpr RecordInfo info{
      .name = "anomaly",
      .doc =
          "Malformed, evasive or contradictory traffic; at most one per flow and reason, and "
          "where there is no flow per source and second",
      .order = Order::anomaly};

  static constexpr auto fields() {
    return event::fields(field<"layer", &Anomaly::layer>("Protocol layer it was seen in"),
                         field<"reason", &Anomaly::reason>("Why, from a closed list"),
                         field<"detail", &Anomaly::detail>("What exactly"));
  }
};

}  // namespace ntan::event
