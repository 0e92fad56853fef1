// A record that has every shape a member can have, for the tests of the renderers.
#pragma once

#include "event/event.h"

namespace ntan::test {

enum class Mode : std::uint8_t { client, server };

inline std::string_view to_text(Mode mode) {
  return mode == Mode::client ? "client" : "server";
}

struct SampleAnswer {
  std::string_view name;
  std::uint32_t ttl = 0;
  IpAddress address;

  static constexpr event::RecordInfo info{.name = "answer", .doc = "One answer"};

  static constexpr auto fields() {
    return event::fields(event::field<"name", &SampleAnswer::name>("Owner"),
                         event::field<"ttl", &SampleAnswer::ttl>("Seconds"),
                         event::field<"address", &SampleAnswer::address>("Address"));
  }
};

struct Sample {
  Mode mode = Mode::client;
  std::string_view text;
  bool complete = false;
  std::optional<std::int32_t> number;
  std::optional<std::uint64_t> rtt_us;
  double loss_ratio = 0;
  std::uint64_t src_bytes = 0;
  Timestamp first_ts;
  std::optional<MacAddress> mac;
  IpAddress peer;
  event::Id id;
  std::span<const std::uint16_t> ports;
  std::span<const std::string_view> names;
  std::span<const SampleAnswer> answers;
  event::FixedText<4> code;

  static constexpr event::RecordInfo info{
      .name = "sample", .doc = "A record of every shape", .order = event::Order::protocol};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"mode", &Sample::mode>("Mode"), field<"text", &Sample::text>("Text"),
        field<"complete", &Sample::complete>("Whether \"all\" was seen"),
        field<"number", &Sample::number>("Number"), field<"rtt_us", &Sample::rtt_us>("Round trip"),
        field<"loss_ratio", &Sample::loss_ratio>("Lost, 0 to 1"),
        field<"src_bytes", &Sample::src_bytes>("Octets"),
        field<"first_ts", &Sample::first_ts>("First packet"),
        field<"mac", &Sample::mac>("Hardware address"), field<"peer", &Sample::peer>("Peer"),
        field<"id", &Sample::id>("Id"), field<"ports", &Sample::ports>("Ports"),
        field<"names", &Sample::names>("Names | aliases"),
        field<"answers", &Sample::answers>("Answers"), field<"code", &Sample::code>("Code"));
  }
};

/// The same lists in an event that is a set of tables.
struct SampleSummary {
  std::uint64_t packets = 0;
  std::uint64_t rate_bps = 0;
  std::span<const SampleAnswer> talkers;

  static constexpr event::RecordInfo info{
      .name = "totals", .doc = "Figures", .order = event::Order::summary, .tables = true};

  static constexpr auto fields() {
    using event::field;
    return event::fields(field<"packets", &SampleSummary::packets>("Packets"),
                         field<"rate_bps", &SampleSummary::rate_bps>("Rate"),
                         field<"talkers", &SampleSummary::talkers>("Talkers"));
  }
};

/// An envelope with every member.
inline event::Common full_common() {
  static constexpr std::array<std::uint16_t, 2> vlan{5, 7};
  static constexpr std::array<std::string_view, 2> tunnel{"gre", "vxlan:42"};
  return {.ts = from_ns(1'700'000'000'123'456'789),
          .flow_id = event::Id{0x9f1c0a55e0b1d2c3},
          .community_id = event::FixedText<30>{"1:abc="},
          .src_ip = *parse_address("10.0.0.1"),
          .src_port = 40001,
          .dst_ip = *parse_address("2001:db8::1"),
          .dst_port = 53,
          .proto = "udp",
          .vlan = vlan,
          .tunnel = tunnel,
          .in_if = "eth0",
          .sensor = "gw1"};
}

}  // namespace ntan::test
