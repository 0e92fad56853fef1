// What is reported: an envelope common to all events, and one record named after the event.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "event/record.h"

namespace ntan::event {

/// The envelope after `v` and `event`. src_* is the originator of the flow, dst_* its responder,
/// never the direction of a packet; without a flow, src_* is the packet's sender.
struct Common {
  Timestamp ts;
  std::optional<Id> flow_id;
  FixedText<30> community_id;
  IpAddress src_ip;
  std::optional<std::uint16_t> src_port;
  IpAddress dst_ip;
  std::optional<std::uint16_t> dst_port;
  std::string_view proto;
  std::span<const std::uint16_t> vlan;
  std::span<const std::string_view> tunnel;
  std::string_view in_if;
  std::string_view sensor;

  static constexpr RecordInfo info{.name = "common", .doc = "Members that every event may have"};

  static constexpr auto fields() {
    return event::fields(
        field<"ts", &Common::ts>("Trace time at which the event was decided, UTC (RFC 3339)"),
        field<"flow_id", &Common::flow_id>(
            "Flow this belongs to: 16 hex digits, the same in every run over the same packets"),
        field<"community_id", &Common::community_id>("Community ID v1 of the flow, seed 0"),
        field<"src_ip", &Common::src_ip>("Originator of the flow; without a flow, the sender"),
        field<"src_port", &Common::src_port>("Port of the originator"),
        field<"dst_ip", &Common::dst_ip>("Responder of the flow; without a flow, the receiver"),
        field<"dst_port", &Common::dst_port>("Port of the responder"),
        field<"proto", &Common::proto>(
            "Transport protocol: tcp, udp, icmp, … or its IP protocol number"),
        field<"vlan", &Common::vlan>("VLAN ids, outermost first"),
        field<"tunnel", &Common::tunnel>(
            "Tunnels around the flow, outermost first: gre, vxlan:42, …"),
        field<"in_if", &Common::in_if>(
            "Interface the packet came from, where the input has several"),
        field<"sensor", &Common::sensor>("Name given by --sensor"));
  }
};

/// A borrowed view: valid only during the call that hands it over.
struct Event {
  const Common& common;
  const Schema& schema;
  const void* record;
};

template <Record R>
[[nodiscard]] Event make_event(const Common& common, const R& record) noexcept {
  return {common, schema_of<R>, &record};
}

/// Octets that append_json can take at most, the line end included.
[[nodiscard]] std::size_t json_bound(const Event& event) noexcept;

/// Appends one line of NDJSON and returns the new end. Requires: json_bound(event) octets at `out`.
char* append_json(char* out, const Event& event, const Style& style) noexcept;

}  // namespace ntan::event
