// Packets from a network interface, through libpcap's ring.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "source/interrupt.h"
#include "source/source.h"

namespace ntan::source {

enum class Promiscuity : std::uint8_t { on, off };
enum class Delivery : std::uint8_t {
  blocks,     ///< the kernel hands over packets in blocks: cheap, late by block_time at most
  immediate,  ///< one by one: costs 30 times as much per packet and loses packets in bursts
};
enum class CaptureDirection : std::uint8_t { both, in, out };

struct LiveOptions {
  std::string interface{};  ///< a name, a number of list_interfaces() counted from 1, or `any`
  std::string filter{};     ///< of pcap-filter(7), run by the kernel; empty: all packets
  std::uint32_t snaplen = 262'144;
  std::size_t ring_size = std::size_t{64}
                          << 20U;             ///< halved until the kernel grants it, then noted
  std::chrono::milliseconds block_time{10};   ///< a packet waits at most about so long
  std::chrono::milliseconds poll_time{100};   ///< read() returns idle after this
  Promiscuity promiscuity = Promiscuity::on;  ///< never on `any`
  Delivery delivery = Delivery::blocks;
  CaptureDirection direction = CaptureDirection::both;
  Interrupt* interrupt = nullptr;  ///< wakes and stops read(); may be null; outlives the source
};

/// Opens the interface. counters() are 64-bit sums and are read at least every second. On `any`,
/// and on the loopback of kernels before 4.20, `received` counts packets twice that loop back.
/// Packets of `any` have the interface that each came from, and no VLAN tags. When the interface
/// goes away the source ends with Damage; a link that is down is only idle. Throws
/// Error{permission | not_found | usage | runtime} with hints.
[[nodiscard]] std::unique_ptr<Source> open_live(const LiveOptions& options);

}  // namespace ntan::source
