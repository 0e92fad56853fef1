#include <cstring>

#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/sctp.h"
#include "wire/tcp.h"
#include "wire/udp.h"
#include "wire/walk.h"

namespace ntan::wire {

Walk::Next Walk::tcp() noexcept {
  const auto header = Tcp::parse(rest_);
  // A segment that its receiver would discard shows no flags, so that it moves no state.
  if (!header) return ports_only(Layer::tcp, header.flaw());
  if (header->options_cut) note(Layer::tcp, Flaw::truncated);
  out_.seq = header->seq;
  out_.ack = header->ack;
  out_.tcp_flags = header->flags;
  out_.window = header->window;
  out_.options = header->options.data();
  out_.options_cut = header->options_cut;
  out_.options_size = static_cast<std::uint16_t>(header->options.size());
  if (options_.verify_checksums) check(rest_.captured, out_.src.version, Tcp::checksum_at);
  return flow({.src = header->src_port, .dst = header->dst_port}, header->payload);
}

Walk::Next Walk::udp() noexcept {
  const auto header = Udp::parse(rest_);
  if (!header) return ports_only(Layer::udp, header.flaw());
  if (header->length_bad) note(Layer::udp, Flaw::bad_length);
  const bool has_checksum = header->checksum != 0 && !header->length_bad;
  if (options_.verify_checksums && has_checksum) {
    rest_ = rest_.first(Udp::header_size + header->payload.sent);
    check(rest_.captured, out_.src.version, Udp::checksum_at);
  }
  flow({.src = header->src_port, .dst = header->dst_port}, header->payload);
  look_for_udp_tunnel();
  return Next::done;
}

Walk::Next Walk::udp_lite() noexcept {
  const auto header = Udp::parse_lite(rest_);
  if (!header) return ports_only(Layer::udp, header.flaw());
  if (header->length_bad) note(Layer::udp, Flaw::bad_length);
  if (options_.verify_checksums && !header->length_bad) {
    const std::size_t covered = header->length == 0 ? rest_.sent : header->length;
    check(rest_.first(covered).captured, out_.src.version, Udp::checksum_at);
  }
  return flow({.src = header->src_port, .dst = header->dst_port}, header->payload);
}

Walk::Next Walk::sctp() noexcept {
  const auto header = Sctp::parse(rest_);
  if (!header) return ports_only(Layer::sctp, header.flaw());
  out_.seq = header->verification_tag;
  return flow({.src = header->src_port, .dst = header->dst_port}, header->payload);
}

Walk::Next Walk::icmp(IpVersion version) noexcept {
  const auto message = Icmp::parse(rest_, version);
  if (!message) return stop(Layer::icmp, message.flaw());
  if (message->too_short) note(Layer::icmp, rest_.missing(Icmp::header_size));
  out_.icmp_type = message->type;
  out_.icmp_code = message->code;
  if (options_.verify_checksums) {
    check(rest_.captured, version == IpVersion::v6 ? version : IpVersion::none, Icmp::checksum_at);
  }
  flow(message->ports, rest_);
  if (!message->is_error) return Next::done;
  quote(message->quote, version);
  return end(Bucket::icmp_error);
}

void Walk::quote(Slice quoted, IpVersion version) noexcept {
  const Quote found = Quote::parse(quoted, version).value_or(Quote{});
  extra_.quoted_src = found.src;
  extra_.quoted_dst = found.dst;
  extra_.quoted_proto = found.proto;
  extra_.quoted_src_port = found.ports.src;
  extra_.quoted_dst_port = found.ports.dst;
}

void Walk::check(Bytes covered, IpVersion pseudo_version, std::size_t field) noexcept {
  // What was not captured cannot be summed, and a source route hides the address that was.
  if (rest_.cut() || (pseudo_version != IpVersion::none && !final_address_)) return;
  ChecksumSum sum;
  if (pseudo_version != IpVersion::none) {
    sum = pseudo_header(out_.src, out_.dst, out_.proto, static_cast<std::uint32_t>(rest_.sent));
  }
  const std::uint16_t pseudo = sum.folded();
  sum.add(covered);
  if (sum.good()) return;
  // Operating systems put the sum of the pseudo header there for a network card to add the rest.
  // One of 65,536 damaged ones looks the same.
  std::uint16_t found = 0;
  if (field + sizeof found <= covered.size())
    std::memcpy(&found, covered.data() + field, sizeof found);
  const bool unfilled = pseudo_version != IpVersion::none && found == pseudo;
  out_.checksum_unfilled = unfilled && (out_.checksum_unfilled || !out_.checksum_bad);
  out_.checksum_bad = true;
}

}  // namespace ntan::wire
