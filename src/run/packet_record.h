// The `packet` event: one line per packet, only when asked for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/direction.h"
#include "event/event.h"
#include "wire/decoded.h"

namespace ntan::run {

/// Which side of its flow sent a packet.
enum class Sender : std::uint8_t { src, dst };
[[nodiscard]] std::string_view to_text(Sender sender) noexcept;

struct PacketRecord {
  std::uint64_t number = 0;
  Timestamp packet_ts;
  std::uint32_t bytes = 0;
  std::uint32_t captured_bytes = 0;
  std::string_view link;
  std::string_view bucket;
  std::optional<Sender> dir;
  std::optional<std::uint8_t> ttl;
  std::optional<std::uint32_t> ip_id;
  std::optional<std::uint32_t> l3_bytes;
  std::optional<std::uint32_t> payload_bytes;
  event::FixedText<8> tcp_flags;
  std::optional<std::uint32_t> seq;
  std::optional<std::uint32_t> ack;
  std::optional<std::uint16_t> window;
  std::optional<std::uint8_t> icmp_type;
  std::optional<std::uint8_t> icmp_code;
  std::string_view app;
  std::string_view words;
  std::string_view flaw_layer;
  std::optional<Flaw> flaw;

  static constexpr std::array<std::string_view, 4> line{"bytes", "dir", "info", "flaw"};
  static constexpr event::RecordInfo info{.name = "packet",
                                          .doc = "One packet; written only when --events names it",
                                          .order = event::Order::packet,
                                          .line = line};
  static constexpr auto fields() {
    using event::field;
    using R = PacketRecord;
    return event::fields(
        field<"number", &R::number>(
            "Number of the packet among those that match the filter, from 1"),
        field<"packet_ts", &R::packet_ts>(
            "The packet's own time; ts is the trace clock, which never goes back"),
        field<"bytes", &R::bytes>("Length on the wire"),
        field<"captured_bytes", &R::captured_bytes>("Octets captured"),
        field<"link", &R::link>("Link type"),
        field<"bucket", &R::bucket>(
            "Where the packet is counted in the ledger; a fragment, until its datagram is whole"),
        field<"dir", &R::dir>("Who sent it: src or dst of the flow"),
        field<"ttl", &R::ttl>("TTL or hop limit"),
        field<"ip_id", &R::ip_id>("IPv4 identification, or that of an IPv6 fragment"),
        field<"l3_bytes", &R::l3_bytes>("Length of the innermost IP datagram"),
        field<"payload_bytes", &R::payload_bytes>(
            "Transport payload as sent; absent of a fragment, and if its header could not be read"),
        field<"tcp_flags", &R::tcp_flags>("TCP flags: F S R P A U E C"),
        field<"seq", &R::seq>("TCP sequence number"),
        field<"ack", &R::ack>("TCP acknowledgement number"),
        field<"window", &R::window>("TCP window, unscaled"),
        field<"icmp_type", &R::icmp_type>("ICMP type"),
        field<"icmp_code", &R::icmp_code>("ICMP code"),
        field<"app", &R::app>("Application protocol of the flow, as known by this packet"),
        field<"info", &R::words>(
            "The packet in a few words: what its payload says, else its transport header"),
        field<"flaw_layer", &R::flaw_layer>("Layer in which decoding found a flaw"),
        field<"flaw", &R::flaw>("truncated, bad_length, bad_value or unsupported"));
  }
};

/// Without `app` and `words`.
[[nodiscard]] PacketRecord make_packet_record(const PacketView& packet,
                                              const wire::Decoded& decoded,
                                              std::optional<Sender> sender) noexcept;

}  // namespace ntan::run
