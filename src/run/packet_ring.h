// The latest packets of a run as a pcap stream, within a bound of octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace ntan::run {

/// Takes the stream that `-w` writes on this machine: a file header, then whole records.
class PacketRing {
 public:
  explicit PacketRing(std::size_t capacity) noexcept : capacity_(capacity) {}

  /// The next octets of the stream, cut anywhere. A record that alone is larger than the bound is
  /// given up before it is there.
  void take(std::string_view octets);
  void clear() noexcept;

  /// Calls `write` with the header and then every record that is kept, in pieces.
  template <class Write>
  void each(Write&& write) const {
    write(std::string_view{header_});
    for (const Chunk& chunk : chunks_) write(std::string_view{chunk.records});
  }

  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
  [[nodiscard]] std::uint64_t octets() const noexcept { return octets_; }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::uint64_t given_up() const noexcept { return given_up_; }

 private:
  static constexpr std::size_t chunk_size = std::size_t{256} << 10U;

  struct Chunk {
    std::string records;
    std::uint64_t packets = 0;
  };

  /// Requires: no more octets than the bound.
  void keep(std::string_view record);

  std::size_t capacity_;
  std::string header_;
  std::string partial_;        // the begin of a record
  std::uint64_t passing_ = 0;  // octets to come of a record that is too large
  std::deque<Chunk> chunks_;
  std::uint64_t packets_ = 0;
  std::uint64_t octets_ = 0;
  std::uint64_t given_up_ = 0;
};

}  // namespace ntan::run
