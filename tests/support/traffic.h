// Synthetic traffic in memory, the same octets for the same seed: for tests of the whole analysis
// and for benchmarks. Frames are built by hand from the RFCs; nothing of src/ that reads packets
// takes part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/packet.h"
#include "base/time.h"

namespace ntan::test {

using Octets = std::vector<std::uint8_t>;

/// One packet of an input, owning its octets.
struct Frame {
  Timestamp time;
  Octets data;
  std::uint32_t wire_size = 0;  ///< 0: as long as `data`
  LinkType link = LinkType::ethernet;
  std::uint32_t interface = 0;

  [[nodiscard]] std::uint32_t size_on_wire() const noexcept {
    return wire_size == 0 ? static_cast<std::uint32_t>(data.size()) : wire_size;
  }
};

using Frames = std::vector<Frame>;

/// Reproducible numbers.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) noexcept : state_(seed) {}

  /// A number in [0, limit). Requires: limit > 0.
  std::uint32_t below(std::uint32_t limit) noexcept {
    return static_cast<std::uint32_t>((next() >> 32U) % limit);
  }

  std::uint64_t next() noexcept;
  Octets octets(std::size_t count);

 private:
  std::uint64_t state_;
};

/// 2023-11-14T22:13:20Z, on a border of ten seconds.
inline constexpr Timestamp traffic_start =
    Timestamp{Duration{std::int64_t{1'700'000'000} * 1'000'000'000}};

/// IPv4 addresses as numbers: 10.0.0.1 is ipv4(10, 0, 0, 1).
[[nodiscard]] constexpr std::uint32_t ipv4(unsigned a, unsigned b, unsigned c,
                                           unsigned d) noexcept {
  return a << 24U | b << 16U | c << 8U | d;
}

/// Two hosts and their ports, in the direction of a packet.
struct Pair {
  std::uint32_t src = 0;
  std::uint32_t dst = 0;
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;

  [[nodiscard]] constexpr Pair back() const noexcept { return {dst, src, dst_port, src_port}; }
};

struct TcpHeader {
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 64'240;
};

namespace tcp {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10;
}

// Ethernet frames with right IPv4 header checksums. TCP and UDP checksums are left zero.
[[nodiscard]] Octets ipv4_packet(std::uint32_t src, std::uint32_t dst, std::uint8_t proto,
                                 Bytes payload, std::uint16_t id = 0, std::uint16_t fragment = 0);
[[nodiscard]] Octets tcp_packet(const Pair& ends, const TcpHeader& header, Bytes payload = {});
[[nodiscard]] Octets udp_packet(const Pair& ends, Bytes payload);
[[nodiscard]] Octets echo_packet(const Pair& ends, std::uint8_t type, std::uint16_t id,
                                 std::uint16_t number, Bytes payload = {});
[[nodiscard]] Octets in_ethernet(Bytes packet, std::uint16_t ether_type = 0x0800);
[[nodiscard]] Octets in_vlan(Bytes packet, std::uint16_t vlan);
/// An Ethernet frame in VXLAN, itself an IPv4 packet.
[[nodiscard]] Octets in_vxlan(const Pair& ends, Bytes frame, std::uint32_t vni);
[[nodiscard]] Octets arp_frame(std::uint16_t operation, std::uint32_t sender, std::uint32_t target);
/// An IPv4 packet in pieces whose payloads are `piece` octets. Requires: piece is a multiple of 8.
[[nodiscard]] std::vector<Octets> fragments_of(Bytes packet, std::size_t piece);
[[nodiscard]] Octets dns_query(std::uint16_t id, std::string_view name);
/// An answer with one address, or NXDOMAIN without.
[[nodiscard]] Octets dns_answer(std::uint16_t id, std::string_view name, std::uint32_t address);

/// One end-to-end TCP connection written down segment by segment.
class TcpScript {
 public:
  /// `step` passes between segments.
  TcpScript(Frames& out, const Pair& ends, Timestamp start,
            Duration step = std::chrono::milliseconds{1})
      : out_(&out), ends_(ends), now_(start), step_(step) {}

  void handshake();
  void send(bool from_client, Bytes payload);
  void fin_both();
  void reset(bool from_client);

  void wait(Duration duration) noexcept { now_ += duration; }

  /// The next frame sent is left out of `out`, or comes twice, or after its successor.
  void lose_next() noexcept { lose_ = true; }

  void repeat_last();
  void swap_last_two();

  [[nodiscard]] Timestamp now() const noexcept { return now_; }

 private:
  void segment(bool from_client, std::uint8_t flags, Bytes payload);

  Frames* out_;
  Pair ends_;
  Timestamp now_;
  Duration step_;
  std::uint32_t client_seq_ = 0x10000000;
  std::uint32_t server_seq_ = 0xfffffff0;  // wraps inside every connection
  bool lose_ = false;
};

/// How much of what; everything is spread over `length`.
struct TrafficMix {
  std::uint64_t seed = 1;
  Timestamp start = traffic_start;
  Duration length = std::chrono::seconds{150};
  std::size_t tcp = 40;  ///< with retransmissions, losses, reordering, FIN, RST, or left open
  std::size_t http = 20;
  std::size_t dns = 40;  ///< every eighth without answer
  std::size_t tls = 8;
  std::size_t udp = 20;
  std::size_t pings = 10;
  std::size_t arps = 10;
  std::size_t fragmented = 6;   ///< datagrams; every third never whole
  std::size_t tunnelled = 6;    ///< in VXLAN; as many in VLANs
  std::size_t scanned = 60;     ///< ports that one host tries on another
  std::size_t icmp_errors = 6;  ///< port unreachable
  std::size_t garbage = 20;     ///< random octets, other link-level protocols, cut frames
};

/// Frames in the order of their times.
[[nodiscard]] Frames make_traffic(const TrafficMix& mix = {});

/// SYNs (or UDP datagrams) from random addresses, one each microsecond.
[[nodiscard]] Frames syn_flood(std::size_t count, Timestamp start, std::uint64_t seed);
[[nodiscard]] Frames udp_flood(std::size_t count, Timestamp start, std::uint64_t seed);

/// Sorts by time; frames of one time stay in their order.
void sort_by_time(Frames& frames);
/// Appends `more` and sorts by time.
void mix_in(Frames& frames, const Frames& more);

/// The frames as a classic pcap file with nanoseconds. Requires: times from 1970 to 2106, Ethernet.
[[nodiscard]] Octets as_pcap(const Frames& frames);

}  // namespace ntan::test
