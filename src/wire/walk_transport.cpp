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
  out_.options_size = static_cast<std::uint16_t>(header->options.size());
  return flow({.src = header->src_port, .dst = header->dst_port}, header->payload);
}

Walk::Next Walk::udp() noexcept {
  const auto header = Udp::parse(rest_);
  if (!header) return ports_only(Layer::udp, header.flaw());
  if (header->length_bad) note(Layer::udp, Flaw::bad_length);
  return flow({.src = header->src_port, .dst = header->dst_port}, header->payload);
}

}  // namespace ntan::wire
