// Opening a libpcap handle for live capture, and what to say when that fails.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <pcap/pcap.h>

#include "source/live_source.h"

namespace ntan::source {

struct ClosePcap {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};

using PcapHandle = std::unique_ptr<pcap_t, ClosePcap>;

struct OpenedRing {
  PcapHandle handle;
  std::string interface;  ///< the name, also where a number was given
  bool promiscuous = false;
  std::vector<std::string> notes;
};

/// An activated, non-blocking handle with filter and direction set.
[[nodiscard]] OpenedRing open_ring(const LiveOptions& options);

}  // namespace ntan::source
