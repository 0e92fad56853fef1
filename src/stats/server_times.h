// How long servers take: latencies of those that were measured most.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/address.h"
#include "event/note.h"
#include "stats/histogram.h"

namespace ntan::stats {

/// What a server and its half of the path are measured by, once per exchange or connection.
[[nodiscard]] constexpr bool measures_server(event::Note::Kind kind) noexcept {
  using Kind = event::Note::Kind;
  return kind == Kind::dns_rtt_us || kind == Kind::http_ttfb_us || kind == Kind::tls_ch_sh_us ||
         kind == Kind::icmp_rtt_us || kind == Kind::tcp_hs_rtt_server_us;
}

/// Histograms of the most measured pairs of server and metric, by Space-Saving over the number of
/// measurements: a pair with more than n / capacity of all n has one. A pair that takes the place
/// of another begins with nothing, and knows how many it may have missed. 3.5 kB a pair.
///
/// Where servers are many, places change hands all the time: the first few measurements of a pair
/// are kept as they are, and only more are worth clearing a histogram.
class ServerTimes {
 public:
  static constexpr std::size_t capacity = 32;

  struct Row {
    IpAddress server;
    event::Note::Kind metric{};
    std::uint64_t missed = 0;  ///< measurements before it had a place, at most
    const CoarseHistogram* times = nullptr;
  };

  /// Requires: measures_server(metric).
  void add(const IpAddress& server, event::Note::Kind metric, std::uint64_t ns);
  void clear() noexcept { size_ = 0; }

  /// The `count` most measured, most first; equals by address and metric. Valid until add() or
  /// clear().
  [[nodiscard]] std::vector<Row> top(std::size_t count);

 private:
  struct Pair {
    IpAddress server;
    event::Note::Kind metric{};
    std::uint64_t missed = 0;
    std::array<std::uint64_t, 8> first{};  ///< ns; `kept` of them are not in the histogram
    std::uint8_t kept = 0;
    bool in_histogram = false;
  };

  void fill_histogram(std::size_t place) noexcept;
  [[nodiscard]] std::size_t place_of(const IpAddress& server, event::Note::Kind metric);
  [[nodiscard]] std::size_t make_place();

  // Apart from the pairs, since every search and every change of hands goes through them.
  std::array<std::uint32_t, capacity> tags_{};    ///< hashes of the pairs
  std::array<std::uint64_t, capacity> counts_{};  ///< measurements and missed ones
  std::array<Pair, capacity> pairs_;
  std::unique_ptr<CoarseHistogram[]> times_;  // NOLINT(*-avoid-c-arrays): made without touching
  std::size_t size_ = 0;
};

}  // namespace ntan::stats
