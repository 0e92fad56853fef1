// How many different hosts: exact while they are few, then an estimate.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ntan::detect {

/// Counts distinct 64-bit hashes. Exact up to 1,024, then HyperLogLog with 4,096 registers
/// (standard error 1.6 %). At most 20 KiB.
class HostCount {
 public:
  /// True if the hash was certainly not added before.
  bool add(std::uint64_t hash);
  [[nodiscard]] std::uint64_t count() const noexcept;

 private:
  static constexpr std::size_t max_exact = 1024;
  static constexpr unsigned register_bits = 12;
  static constexpr std::size_t register_count = std::size_t{1} << register_bits;
  static constexpr std::size_t rank_count = 64 - register_bits + 2;

  struct Registers {
    std::array<std::uint8_t, register_count> ranks{};
    std::array<std::uint16_t, rank_count> with_rank{register_count};  // how many hold each rank
  };

  void observe(std::uint64_t hash) noexcept;
  bool place(std::uint64_t hash) noexcept;

  std::vector<std::uint64_t> slots_;  // open addressing, at most half full; 0 is free
  std::size_t size_ = 0;
  std::unique_ptr<Registers> registers_;
};

}  // namespace ntan::detect
