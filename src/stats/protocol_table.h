// Packets, octets and flows per protocol name of one level.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "stats/rate.h"

namespace ntan::stats {

/// The first 64 names seen have a row; all that comes later is counted as `other`. Names live for
/// ever.
class ProtocolTable {
 public:
  static constexpr std::size_t capacity = 64;
  static constexpr std::string_view other_name = "other";

  struct Row {
    std::string_view name;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t flows = 0;  ///< that began
    PeakSecond second;
  };

  /// Place of the name's row, made if need be: at most 64 comparisons.
  [[nodiscard]] std::size_t place_of(std::string_view name) noexcept;

  /// Requires: a place given since the last clear().
  [[nodiscard]] Row& at(std::size_t place) noexcept { return rows_[place]; }

  [[nodiscard]] Row& row(std::string_view name) noexcept { return at(place_of(name)); }

  void clear() noexcept { *this = {}; }

  /// In the order of first appearance, without `other`.
  [[nodiscard]] std::span<const Row> rows() const noexcept { return std::span{rows_}.first(size_); }

  [[nodiscard]] const Row& other() const noexcept { return rows_.back(); }

 private:
  std::array<Row, capacity + 1> rows_{};
  std::size_t size_ = 0;
};

}  // namespace ntan::stats
