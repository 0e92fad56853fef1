#include "tests/support/traffic.h"

#include <algorithm>
#include <array>
#include <string>

namespace ntan::test {
namespace {

constexpr std::uint8_t proto_icmp = 1, proto_tcp = 6, proto_udp = 17;
constexpr std::size_t ipv4_head = 20;

void put(Octets& out, std::uint64_t value, std::size_t octets) {
  for (std::size_t i = octets; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void put(Octets& out, Bytes more) {
  out.insert(out.end(), more.begin(), more.end());
}

void put(Octets& out, std::string_view text) {
  put(out, as_bytes(text));
}

void set16(Octets& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8U);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

/// RFC 1071.
std::uint16_t checksum(Bytes data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); ++i)
    sum += i % 2 == 0 ? std::uint32_t{data[i]} << 8U : data[i];
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

void put_name(Octets& out, std::string_view name) {
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    put(out, label.size(), 1);
    put(out, label);
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  put(out, 0, 1);
}

Octets dns_message(std::uint16_t id, std::uint16_t flags, std::string_view name,
                   std::uint16_t answers) {
  Octets out;
  put(out, id, 2);
  put(out, flags, 2);
  put(out, 1, 2);
  put(out, answers, 2);
  put(out, 0, 4);
  put_name(out, name);
  put(out, 0x00010001, 4);
  return out;
}

Octets tls_record(std::uint8_t kind, const Octets& body) {
  Octets out{kind, 3, 3};
  put(out, body.size(), 2);
  put(out, body);
  return out;
}

Octets tls_hello(bool client, Dice& dice, std::string_view name) {
  Octets extensions;
  if (client) {
    put(extensions, 0, 2);
    put(extensions, name.size() + 5, 2);
    put(extensions, name.size() + 3, 2);
    put(extensions, 0, 1);
    put(extensions, name.size(), 2);
    put(extensions, name);
    put(extensions, as_bytes({"\x00\x2b\x00\x03\x02\x03\x04", 7}));
  } else {
    put(extensions, as_bytes({"\x00\x2b\x00\x02\x03\x04", 6}));
  }
  Octets body{3, 3};
  put(body, dice.octets(32));
  put(body, 0, 1);
  put(body,
      client ? as_bytes({"\x00\x04\x13\x01\x13\x02\x01\x00", 8}) : as_bytes({"\x13\x01\x00", 3}));
  put(body, extensions.size(), 2);
  put(body, extensions);
  Octets message{static_cast<std::uint8_t>(client ? 1 : 2)};
  put(message, body.size(), 3);
  put(message, body);
  return tls_record(22, message);
}

/// Adds conversations to a trace. One method per kind of traffic.
class Generator {
 public:
  explicit Generator(const TrafficMix& mix) : mix_(mix), dice_(mix.seed) {}

  Frames make() {
    repeat(mix_.tcp, &Generator::tcp);
    repeat(mix_.http, &Generator::http);
    repeat(mix_.dns, &Generator::dns);
    repeat(mix_.tls, &Generator::tls);
    repeat(mix_.udp, &Generator::udp);
    repeat(mix_.pings, &Generator::ping);
    repeat(mix_.arps, &Generator::arp);
    repeat(mix_.fragmented, &Generator::fragmented);
    repeat(mix_.tunnelled, &Generator::tunnelled);
    repeat(mix_.scanned, &Generator::scanned);
    repeat(mix_.icmp_errors, &Generator::icmp_error);
    repeat(mix_.garbage, &Generator::garbage);
    sort_by_time(frames_);
    return std::move(frames_);
  }

 private:
  void repeat(std::size_t count, void (Generator::*one)()) {
    for (number_ = 0; number_ < count; ++number_) (this->*one)();
  }

  Timestamp when() {
    const auto ms = static_cast<std::uint32_t>(mix_.length / std::chrono::milliseconds{1});
    return mix_.start + std::chrono::milliseconds{dice_.below(std::max(ms, 1U))};
  }

  Pair ends(std::uint16_t port) {
    const auto client_port = static_cast<std::uint16_t>(32'768 + next_port_++ % 28'000);
    return {ipv4(10, 0, dice_.below(4), 1 + dice_.below(200)),
            ipv4(198, 51, 100, 1 + dice_.below(40)), client_port, port};
  }

  void add(Timestamp time, Octets data) {
    frames_.push_back({.time = time, .data = std::move(data)});
  }

  void tcp() {
    TcpScript script(frames_, ends(static_cast<std::uint16_t>(9'000 + number_ % 5)), when());
    script.handshake();
    const std::uint32_t segments = 1 + dice_.below(20);
    for (std::uint32_t i = 0; i < segments; ++i) {
      const std::uint32_t fate = dice_.below(12);
      if (fate == 0) script.lose_next();
      script.send(dice_.below(3) == 0, dice_.octets(1 + dice_.below(1'200)));
      if (fate == 1) script.repeat_last();
      if (fate == 2) script.swap_last_two();
      if (fate == 3) script.wait(std::chrono::seconds{dice_.below(40)});
    }
    const std::uint32_t end = dice_.below(4);
    if (end < 2) script.fin_both();
    if (end == 2) script.reset(dice_.below(2) == 0);
  }

  void http() {
    TcpScript script(frames_, ends(80), when());
    script.handshake();
    for (std::uint32_t i = dice_.below(3) + 1; i-- > 0;) {
      const std::string path = "/p" + std::to_string(dice_.below(1'000));
      script.send(true,
                  as_bytes("GET " + path + " HTTP/1.1\r\nHost: www.example.com\r\n" + "\r\n"));
      const std::string body(dice_.below(3'000), 'x');
      const std::string answer =
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      for (std::size_t at = 0; at < answer.size(); at += 1'400)
        script.send(false, as_bytes(std::string_view{answer}.substr(at, 1'400)));
    }
    script.fin_both();
  }

  void dns() {
    const Pair pair = ends(53);
    const auto id = static_cast<std::uint16_t>(dice_.next());
    const std::string name = "n" + std::to_string(dice_.below(100)) + ".example.org";
    const Timestamp time = when();
    add(time, in_ethernet(udp_packet(pair, dns_query(id, name))));
    if (number_ % 8 == 0) return;
    const std::uint32_t address = number_ % 3 == 0 ? 0 : ipv4(192, 0, 2, 1);
    add(time + std::chrono::microseconds{dice_.below(50'000)},
        in_ethernet(udp_packet(pair.back(), dns_answer(id, name, address))));
  }

  void tls() {
    TcpScript script(frames_, ends(443), when());
    script.handshake();
    script.send(true, tls_hello(true, dice_, "www.example.net"));
    script.send(false, tls_hello(false, dice_, {}));
    for (int i = 0; i < 4; ++i) script.send(i % 2 == 0, tls_record(23, dice_.octets(300)));
    script.fin_both();
  }

  void udp() {
    const Pair pair = ends(static_cast<std::uint16_t>(20'000 + number_));
    Timestamp time = when();
    for (std::uint32_t i = dice_.below(30) + 1; i-- > 0;) {
      const bool there = dice_.below(2) == 0;
      add(time,
          in_ethernet(udp_packet(there ? pair : pair.back(), dice_.octets(dice_.below(500)))));
      time += std::chrono::milliseconds{dice_.below(4'000)};
    }
  }

  void ping() {
    const Pair pair = ends(0);
    const Timestamp time = when();
    for (std::uint16_t i = 1; i <= 3; ++i) {
      const Timestamp sent = time + std::chrono::seconds{i};
      const auto id = static_cast<std::uint16_t>(number_ + 1);
      add(sent, in_ethernet(echo_packet(pair, 8, id, i, dice_.octets(48))));
      if (dice_.below(4) == 0) continue;
      add(sent + std::chrono::milliseconds{20}, in_ethernet(echo_packet(pair.back(), 0, id, i)));
    }
  }

  void arp() {
    const Timestamp time = when();
    const std::uint32_t sender = ipv4(10, 0, 0, 1 + dice_.below(200));
    const std::uint32_t target = ipv4(10, 0, 0, 1 + dice_.below(200));
    add(time, arp_frame(1, sender, target));
    if (number_ % 3 == 0) return;
    // NOLINTNEXTLINE(*-suspicious-call-argument): the reply goes back
    add(time + std::chrono::microseconds{300}, arp_frame(2, target, sender));
  }

  void fragmented() {
    const Octets whole = udp_packet(ends(7'777), dice_.octets(3'000));
    std::vector<Octets> pieces = fragments_of(whole, 1'480);
    if (number_ % 3 == 2) pieces.pop_back();
    if (number_ % 3 == 1) std::swap(pieces.front(), pieces.back());
    Timestamp time = when();
    for (const Octets& piece : pieces)
      add(time += std::chrono::milliseconds{2}, in_ethernet(piece));
  }

  void tunnelled() {
    const Pair outer{ipv4(172, 16, 0, 1), ipv4(172, 16, 0, 2), 50'000, 4'789};
    const Pair inner = ends(6'000);
    const Timestamp time = when();
    for (int i = 0; i < 4; ++i) {
      const Pair now = i % 2 == 0 ? inner : inner.back();
      const Octets packet = udp_packet(now, dice_.octets(80));
      const Timestamp at = time + std::chrono::milliseconds{i};
      add(at, in_ethernet(in_vxlan(i % 2 == 0 ? outer : outer.back(), in_ethernet(packet), 42)));
      add(at, in_vlan(packet, static_cast<std::uint16_t>(100 + number_ % 2)));
    }
  }

  void scanned() {
    const auto port = static_cast<std::uint16_t>(1 + number_ * 7);
    const Pair pair{ipv4(203, 0, 113, 66), ipv4(10, 0, 0, 10), 51'515, port};
    const Timestamp time = mix_.start + std::chrono::seconds{5} +
                           std::chrono::milliseconds{static_cast<std::int64_t>(10 * number_)};
    add(time, in_ethernet(tcp_packet(pair, {.seq = 1'000, .flags = tcp::syn, .window = 1'024})));
    if (number_ % 5 == 0) return;
    add(time + std::chrono::microseconds{200},
        in_ethernet(tcp_packet(pair.back(), {.ack = 1'001, .flags = tcp::rst | tcp::ack})));
  }

  void icmp_error() {
    const Pair pair = ends(33'434);
    const Octets quoted = udp_packet(pair, dice_.octets(20));
    const Timestamp time = when();
    add(time, in_ethernet(quoted));
    Octets body{3, 3, 0, 0, 0, 0, 0, 0};
    put(body, quoted);
    set16(body, 2, checksum(body));
    add(time + std::chrono::milliseconds{7},
        in_ethernet(ipv4_packet(pair.dst, pair.src, proto_icmp, body)));
  }

  void garbage() {
    const Timestamp time = when();
    switch (number_ % 5) {
      case 0: add(time, dice_.octets(dice_.below(200))); break;
      case 1: add(time, in_ethernet(dice_.octets(60), 0x88cc)); break;
      case 2: add(time, in_ethernet(dice_.octets(60))); break;
      case 3:
        frames_.push_back({.time = time,
                           .data = in_ethernet(udp_packet(ends(9'999), dice_.octets(40))),
                           .wire_size = 1'500});
        break;
      default: {
        Octets cut = in_ethernet(tcp_packet(ends(9'998), {.seq = 1, .flags = tcp::ack}));
        cut.resize(14 + dice_.below(40));
        frames_.push_back({.time = time, .data = cut, .wire_size = 54});
      }
    }
  }

  TrafficMix mix_;
  Dice dice_;
  Frames frames_;
  std::size_t number_ = 0;
  std::size_t next_port_ = 0;
};

template <class Make>
Frames flood(std::size_t count, Timestamp start, std::uint64_t seed, Make&& make) {
  Dice dice(seed);
  Frames frames;
  frames.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t ends = dice.next();
    const Pair pair{
        static_cast<std::uint32_t>(ends), ipv4(198, 51, 100, static_cast<unsigned>(ends >> 56U)),
        static_cast<std::uint16_t>(ends >> 40U), static_cast<std::uint16_t>(dice.next())};
    frames.push_back({.time = start + std::chrono::microseconds{static_cast<std::int64_t>(i)},
                      .data = make(pair, static_cast<std::uint32_t>(ends >> 8U))});
  }
  return frames;
}

}  // namespace

std::uint64_t Dice::next() noexcept {
  state_ += 0x9e3779b97f4a7c15U;  // splitmix64
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

Octets Dice::octets(std::size_t count) {
  Octets all(count);
  for (auto& octet : all) octet = static_cast<std::uint8_t>(next() >> 56U);
  return all;
}

Octets ipv4_packet(std::uint32_t src, std::uint32_t dst, std::uint8_t proto, Bytes payload,
                   std::uint16_t id, std::uint16_t fragment) {
  Octets out{0x45, 0};
  put(out, ipv4_head + payload.size(), 2);
  put(out, id, 2);
  put(out, fragment, 2);
  put(out, 64, 1);
  put(out, proto, 1);
  put(out, 0, 2);
  put(out, src, 4);
  put(out, dst, 4);
  set16(out, 10, checksum(out));
  put(out, payload);
  return out;
}

Octets tcp_packet(const Pair& ends, const TcpHeader& header, Bytes payload) {
  Octets out;
  put(out, ends.src_port, 2);
  put(out, ends.dst_port, 2);
  put(out, header.seq, 4);
  put(out, header.ack, 4);
  put(out, 0x50, 1);
  put(out, header.flags, 1);
  put(out, header.window, 2);
  put(out, 0, 4);
  put(out, payload);
  return ipv4_packet(ends.src, ends.dst, proto_tcp, out);
}

Octets udp_packet(const Pair& ends, Bytes payload) {
  Octets out;
  put(out, ends.src_port, 2);
  put(out, ends.dst_port, 2);
  put(out, 8 + payload.size(), 2);
  put(out, 0, 2);
  put(out, payload);
  return ipv4_packet(ends.src, ends.dst, proto_udp, out);
}

Octets echo_packet(const Pair& ends, std::uint8_t type, std::uint16_t id, std::uint16_t number,
                   Bytes payload) {
  Octets out{type, 0, 0, 0};
  put(out, id, 2);
  put(out, number, 2);
  put(out, payload);
  set16(out, 2, checksum(out));
  return ipv4_packet(ends.src, ends.dst, proto_icmp, out);
}

Octets in_ethernet(Bytes packet, std::uint16_t ether_type) {
  Octets out{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01, 0x00, 0x00, 0x5e, 0x00, 0x53, 0x02};
  put(out, ether_type, 2);
  put(out, packet);
  return out;
}

Octets in_vlan(Bytes packet, std::uint16_t vlan) {
  Octets tagged;
  put(tagged, vlan, 2);
  put(tagged, 0x0800, 2);
  put(tagged, packet);
  return in_ethernet(tagged, 0x8100);
}

Octets in_vxlan(const Pair& ends, Bytes frame, std::uint32_t vni) {
  Octets out{0x08, 0, 0, 0};
  put(out, std::uint64_t{vni} << 8U, 4);
  put(out, frame);
  return udp_packet(ends, out);
}

Octets arp_frame(std::uint16_t operation, std::uint32_t sender, std::uint32_t target) {
  const auto put_mac = [](Octets& out, std::uint32_t address) {
    put(out, 0x0200, 2);
    put(out, address, 4);
  };
  Octets body;
  put(body, 0x0001080006040000U | operation, 8);
  put_mac(body, sender);
  put(body, sender, 4);
  put_mac(body, operation == 1 ? 0 : target);
  put(body, target, 4);
  Octets out;
  if (operation == 1) {
    put(out, 0xffffffffffffU, 6);
  } else {
    put_mac(out, target);
  }
  put_mac(out, sender);
  put(out, 0x0806, 2);
  put(out, body);
  return out;
}

std::vector<Octets> fragments_of(Bytes packet, std::size_t piece) {
  const Bytes payload = packet.subspan(ipv4_head);
  const auto src = load_be<std::uint32_t>(&packet[12]);
  const auto dst = load_be<std::uint32_t>(&packet[16]);
  const auto id = checksum(payload);
  std::vector<Octets> all;
  for (std::size_t at = 0; at < payload.size(); at += piece) {
    const Bytes part = payload.subspan(at, std::min(piece, payload.size() - at));
    const bool more = at + part.size() < payload.size();
    const auto word = static_cast<std::uint16_t>((more ? 0x2000U : 0U) | at / 8);
    all.push_back(ipv4_packet(src, dst, packet[9], part, id, word));
  }
  return all;
}

Octets dns_query(std::uint16_t id, std::string_view name) {
  return dns_message(id, 0x0100, name, 0);
}

Octets dns_answer(std::uint16_t id, std::string_view name, std::uint32_t address) {
  if (address == 0) return dns_message(id, 0x8183, name, 0);
  Octets out = dns_message(id, 0x8180, name, 1);
  put(out, as_bytes({"\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04", 12}));
  put(out, address, 4);
  return out;
}

void TcpScript::handshake() {
  segment(true, tcp::syn, {});
  segment(false, tcp::syn | tcp::ack, {});
  segment(true, tcp::ack, {});
}

void TcpScript::send(bool from_client, Bytes payload) {
  segment(from_client, tcp::psh | tcp::ack, payload);
}

void TcpScript::fin_both() {
  segment(true, tcp::fin | tcp::ack, {});
  segment(false, tcp::fin | tcp::ack, {});
  segment(true, tcp::ack, {});
}

void TcpScript::reset(bool from_client) {
  segment(from_client, tcp::rst | tcp::ack, {});
}

void TcpScript::repeat_last() {
  if (out_->empty()) return;
  Frame copy = out_->back();
  now_ += std::chrono::milliseconds{2};  // sooner it would be a mirror port's copy
  copy.time = now_;
  now_ += step_;
  out_->push_back(std::move(copy));
}

void TcpScript::swap_last_two() {
  if (out_->size() < 2) return;
  std::swap(out_->back().data, out_->at(out_->size() - 2).data);
}

void TcpScript::segment(bool from_client, std::uint8_t flags, Bytes payload) {
  std::uint32_t& own = from_client ? client_seq_ : server_seq_;
  const std::uint32_t other = from_client ? server_seq_ : client_seq_;
  const bool acks = (flags & tcp::ack) != 0;
  const Pair pair = from_client ? ends_ : ends_.back();
  if (!lose_) {
    out_->push_back({.time = now_,
                     .data = in_ethernet(tcp_packet(
                         pair, {.seq = own, .ack = acks ? other : 0, .flags = flags}, payload))});
  }
  lose_ = false;
  own +=
      static_cast<std::uint32_t>(payload.size()) + ((flags & (tcp::syn | tcp::fin)) != 0 ? 1 : 0);
  now_ += step_;
}

Frames make_traffic(const TrafficMix& mix) {
  return Generator(mix).make();
}

Frames syn_flood(std::size_t count, Timestamp start, std::uint64_t seed) {
  return flood(count, start, seed, [](const Pair& pair, std::uint32_t seq) {
    return in_ethernet(tcp_packet(pair, {.seq = seq, .flags = tcp::syn}));
  });
}

Frames udp_flood(std::size_t count, Timestamp start, std::uint64_t seed) {
  return flood(count, start, seed, [](const Pair& pair, std::uint32_t word) {
    return in_ethernet(udp_packet(pair, Octets(word % 64)));
  });
}

void sort_by_time(Frames& frames) {
  std::stable_sort(frames.begin(), frames.end(),
                   [](const Frame& a, const Frame& b) { return a.time < b.time; });
}

void mix_in(Frames& frames, const Frames& more) {
  frames.insert(frames.end(), more.begin(), more.end());
  sort_by_time(frames);
}

Octets as_pcap(const Frames& frames) {
  Octets out;
  put(out, 0xa1b23c4d00020004U, 8);
  put(out, 0, 8);
  put(out, 0x0004000000000001U, 8);
  for (const Frame& frame : frames) {
    const auto ns = static_cast<std::uint64_t>(to_ns(frame.time));
    put(out, ns / 1'000'000'000, 4);
    put(out, ns % 1'000'000'000, 4);
    put(out, frame.data.size(), 4);
    put(out, frame.size_on_wire(), 4);
    put(out, frame.data);
  }
  return out;
}

}  // namespace ntan::test
