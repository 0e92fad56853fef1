#include "run/packet_record.h"

#include "flow/record.h"

namespace ntan::run {
namespace {

void add_network(PacketRecord& record, const wire::Decoded& decoded) noexcept {
  record.ttl = decoded.ttl;
  record.l3_bytes = decoded.l3_size;
  if (decoded.src.version == IpVersion::v4 || decoded.fragmented) record.ip_id = decoded.ip_id;
}

void add_transport(PacketRecord& record, const wire::Decoded& decoded) noexcept {
  if (!decoded.has_transport()) return;
  record.payload_bytes = decoded.payload_size;
  if (decoded.proto == ip_protocol::tcp) {
    record.tcp_flags = flow::flag_text(decoded.tcp_flags);
    record.seq = decoded.seq;
    if (decoded.has(wire::tcp_flag::ack)) record.ack = decoded.ack;
    record.window = decoded.window;
  } else if (decoded.is_icmp()) {
    record.icmp_type = decoded.icmp_type;
    record.icmp_code = decoded.icmp_code;
  }
}

}  // namespace

std::string_view to_text(Sender sender) noexcept {
  return sender == Sender::src ? "src" : "dst";
}

PacketRecord make_packet_record(const PacketView& packet, const wire::Decoded& decoded,
                                std::optional<Sender> sender) noexcept {
  PacketRecord record{.number = packet.number,
                      .packet_ts = packet.time,
                      .bytes = packet.wire_size,
                      .captured_bytes = static_cast<std::uint32_t>(packet.data.size()),
                      .link = to_text(packet.link),
                      .bucket = to_text(decoded.bucket),
                      .dir = sender};
  if (decoded.src.known() && decoded.bucket != wire::Bucket::arp) {
    add_network(record, decoded);
    add_transport(record, decoded);
  }
  if (decoded.flaw_layer != wire::Layer::none) {
    record.flaw_layer = to_text(decoded.flaw_layer);
    record.flaw = decoded.flaw;
  }
  return record;
}

}  // namespace ntan::run
