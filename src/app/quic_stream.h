// The octets of CRYPTO frames (RFC 9000 19.6): they come in any order, twice, and cut anywhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/budget.h"
#include "base/bytes.h"

namespace ntan::app {

/// Puts one side's octets in order. Of octets that come twice the first copy stands.
class QuicCryptoStream {
 public:
  /// Octets that may be held; a ClientHello with keys for two groups has less than 2,000.
  static constexpr std::uint32_t max_size = std::uint32_t{16} << 10U;

  explicit QuicCryptoStream(Budget& memory) noexcept : octets_(memory, max_size) {}

  enum class Added : std::uint8_t {
    fresh,    ///< some of it was not there before
    known,    ///< all of it was
    excess,   ///< too far ahead or in too many pieces: all is lost
    refused,  ///< without memory: all is lost
  };
  Added add(std::uint64_t offset, Bytes data);

  /// What is there without a hole, from the first octet that was not taken. Until the next call.
  [[nodiscard]] Bytes ready() const noexcept;
  /// Forgets octets at the front. Requires: count <= ready().size().
  void take(std::size_t count) noexcept;
  /// Nothing more is wanted: what comes is known from now on.
  void close() noexcept;
  /// Begins anew, as a connection does that was answered with other versions.
  void restart() noexcept;

 private:
  /// Octets that are there, from base_ on.
  struct Piece {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  static constexpr std::size_t max_pieces = 32;

  [[nodiscard]] Added give_up(Added why) noexcept;
  Added put(Piece piece, Bytes data);
  bool fill(Piece piece, std::span<const Piece> known, Bytes data) noexcept;
  void merge(std::size_t first, std::size_t count, Piece whole) noexcept;

  std::uint64_t base_ = 0;  ///< octets taken
  Buffer octets_;
  std::array<Piece, max_pieces> pieces_{};  ///< in order, neither touching nor overlapping
  std::uint8_t size_ = 0;                   ///< of those
  bool closed_ = false;
};

}  // namespace ntan::app
