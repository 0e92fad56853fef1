// Opening a libpcap handle for live capture, and what to say when that fails.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <pcap/pcap.h>

#include "source/filter.h"
#include "source/live_source.h"

namespace ntan::source {

struct ClosePcap {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};

using PcapHandle = std::unique_ptr<pcap_t, ClosePcap>;

struct OpenedRing {
  PcapHandle handle;
  std::string interface;  ///< the name, also where a number was given
  bool knows_interface_drops = false;
  pcap_stat early{};  ///< counted before there was a filter
  std::vector<std::string> notes;
  std::unique_ptr<PacketFilter> filter;  ///< null: the kernel applies it, or there is none
};

/// The kernel hands over a block that has waited for the block time; a timer may be this late.
inline constexpr std::chrono::milliseconds last_block_time{100};

/// The kernel passes no packet on from now; what is in the ring stays.
void reject_all(pcap_t* handle) noexcept;

/// Waits until the ring has a block to read; false once the deadline has passed. Signals do not
/// shorten it.
[[nodiscard]] bool await_block(pcap_t* handle,
                               std::chrono::steady_clock::time_point deadline) noexcept;

/// An activated, non-blocking handle with filter and direction set.
[[nodiscard]] OpenedRing open_ring(const LiveOptions& options);

}  // namespace ntan::source
