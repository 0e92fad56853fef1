// A byte stream over octets in memory, handed out in pieces of a chosen size.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "source/byte_stream.h"

namespace ntan::test {

class MemoryStream final : public source::ByteStream {
 public:
  /// `octets` outlive the stream.
  explicit MemoryStream(Bytes octets, std::size_t piece = std::numeric_limits<std::size_t>::max())
      : rest_(octets), piece_(piece), size_(octets.size()) {}

  std::size_t read(std::span<std::uint8_t> into) override {
    if (rest_.empty()) return finish(source::StreamState::ended);
    const std::size_t count = std::min({into.size(), rest_.size(), piece_});
    std::copy_n(rest_.begin(), count, into.begin());
    rest_ = rest_.subspan(count);
    return count;
  }

  [[nodiscard]] std::uint64_t position() const noexcept override { return size_ - rest_.size(); }

 private:
  Bytes rest_;
  std::size_t piece_;
  std::size_t size_;
};

}  // namespace ntan::test
