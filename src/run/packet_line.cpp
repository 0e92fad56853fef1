#include "run/packet_line.h"

#include "flow/flow.h"
#include "flow/record.h"

namespace ntan::run {
namespace {

namespace ip = ip_protocol;

app::Transport transport_of(const wire::Decoded& decoded) noexcept {
  if (decoded.bucket == wire::Bucket::arp) return app::Transport::arp;
  if (decoded.bucket == wire::Bucket::icmp_error) return app::Transport::icmp_error;
  if (decoded.proto == ip::tcp) return app::Transport::tcp;
  if (decoded.proto == ip::udp) return app::Transport::udp;
  return app::Transport::icmp;
}

bool is_flowless(app::Transport transport) noexcept {
  return transport == app::Transport::arp || transport == app::Transport::icmp_error;
}

// What the payload says, behind the protocol's name.
bool add_payload(const wire::Decoded& decoded, const app::Protocol* protocol, TextLine& line) {
  const app::Transport transport = transport_of(decoded);
  if (is_flowless(transport)) protocol = app::protocols_over(transport).front();
  if (protocol == nullptr || protocol->describe == nullptr || decoded.payload_captured == 0)
    return false;
  const bool error = transport == app::Transport::icmp_error;
  line.add(error ? flow::proto_text(decoded.proto) : protocol->name).add(" ");
  const std::size_t before = line.size();
  const app::Segment segment{.data = decoded.payload_bytes(),
                             .size = decoded.payload_size,
                             .ip_version = decoded.src.version};
  protocol->describe(transport, segment, line);
  return line.size() != before;
}

void add_fragment(const wire::Decoded& decoded, const wire::Extra& extra, TextLine& line) {
  line.add(" fragment id ").add(decoded.ip_id).add(" offset ").add(extra.fragment_offset);
  line.add(" len ").add(decoded.payload_size);
  if (extra.more_fragments) line.add(" more");
}

void add_tcp(const wire::Decoded& decoded, TextLine& line) {
  const auto flags = flow::flag_text(decoded.tcp_flags);
  if (!flags.view().empty()) line.add(" ").add(flags.view());
  line.add(" seq ").add(decoded.seq);
  if (decoded.has(wire::tcp_flag::ack)) line.add(" ack ").add(decoded.ack);
  line.add(" win ").add(decoded.window).add(" len ").add(decoded.payload_size);
}

}  // namespace

void describe_packet(const wire::Decoded& decoded, const wire::Extra& extra,
                     const app::Protocol* protocol, TextLine& line) {
  line.clear();
  // One that its datagram has no room for is given up as it comes.
  const bool fragment = decoded.bucket == wire::Bucket::fragment ||
                        decoded.bucket == wire::Bucket::fragment_incomplete;
  if (!fragment && add_payload(decoded, protocol, line)) return;
  line.clear();
  const bool in_chain = decoded.bucket == wire::Bucket::undecodable && decoded.proto == 0;
  if (!decoded.src.known() || decoded.bucket == wire::Bucket::arp || in_chain) {
    line.add(to_text(decoded.bucket));
    return;
  }
  line.add(flow::proto_text(decoded.proto));
  if (fragment) return add_fragment(decoded, extra, line);
  if (!decoded.has_transport()) return;
  if (decoded.proto == ip::tcp) return add_tcp(decoded, line);
  line.add(" len ").add(decoded.payload_size);
}

}  // namespace ntan::run
