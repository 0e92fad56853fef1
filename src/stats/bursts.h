// Bursts: milliseconds in a row that carry far more than their second does on average.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace ntan::stats {

/// What bursts there were. A millisecond belongs to one if it carries more than ten times the mean
/// millisecond of its second; such milliseconds in a row are one burst, over the border of a second
/// too. A second has 1,000 milliseconds, whatever part of it was seen.
struct BurstCounts {
  std::uint64_t bursts = 0;
  std::uint64_t longest_ms = 0;
  std::uint64_t octets = 0;  ///< in all of them
  /// The fullest millisecond against the mean millisecond of its second. Absent without octets.
  std::optional<double> peak_to_mean;
};

/// Told of every millisecond that carried something, in order. 8 kB: a second is judged when it is
/// over.
class Bursts {
 public:
  static constexpr std::int64_t bin_length = 1'000'000;  ///< ns
  static constexpr std::size_t bins_per_second = 1000;
  static constexpr std::uint64_t times_mean = 10;

  /// `begin`: in ns, a multiple of bin_length and later than those before.
  void add(std::int64_t begin, std::uint64_t octets) noexcept;
  void clear() noexcept;

  /// As if the present second ended here. `begin`, `octets`: a last bin that was not added.
  [[nodiscard]] BurstCounts counts(std::int64_t begin, std::uint64_t octets) const noexcept;

 private:
  struct Bin {
    std::uint32_t octets = 0;  ///< up to 2^32-1
    std::uint32_t ms = 0;      ///< within the second
  };

  /// Judges the bins of a second.
  void settle() noexcept;

  std::array<Bin, bins_per_second> bins_{};
  std::size_t size_ = 0;
  std::int64_t second_ = 0;  ///< begin of that of the bins, with `size_`
  std::int64_t run_end_ = std::numeric_limits<std::int64_t>::min();  ///< of the last burst
  std::uint64_t run_ms_ = 0;
  std::uint64_t peak_ = 0;  ///< octets of the fullest bin
  BurstCounts counts_;
};

}  // namespace ntan::stats
