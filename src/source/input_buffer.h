// A window that moves over a byte stream: readers look at whole records in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "source/byte_stream.h"

namespace ntan::source {

class InputBuffer {
 public:
  /// What the kernel has just copied is still in the second-level cache when it is read, also
  /// beside the tables of an analysis (a run takes 4 % less than with 1 MiB; 128 KiB gain no more).
  static constexpr std::size_t default_size = std::size_t{1} << 18U;
  /// Room for the longest record that readers accept (16 MiB of packet and its headers).
  static constexpr std::size_t max_size = (std::size_t{16} << 20U) + 4096;

  /// `stream` outlives the buffer. Requires: 0 < size <= max_size.
  explicit InputBuffer(ByteStream& stream, std::size_t size = default_size);

  /// Borrowed until the next fill().
  [[nodiscard]] Bytes unread() const noexcept { return Bytes{octets_.get(), end_}.subspan(begin_); }

  /// Requires: count <= unread().size().
  void consume(std::size_t count) noexcept {
    begin_ += count;
    offset_ += count;
  }

  /// Reads on until `wanted` octets are unread. False when the stream has no more now, see
  /// stream().state(). The buffer grows only as octets arrive, never by what a length field claims.
  /// Requires: wanted <= max_size.
  [[nodiscard]] bool fill(std::size_t wanted);

  /// Reads on while the stream is only woken; what lies at the front then, at most `wanted` octets.
  /// Requires: wanted <= max_size.
  [[nodiscard]] Bytes front(std::size_t wanted);

  /// Octets of the (unpacked) stream before unread().
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

  [[nodiscard]] const ByteStream& stream() const noexcept { return *stream_; }

 private:
  void move_to_front();
  void grow();

  ByteStream* stream_;
  std::size_t capacity_;
  std::unique_ptr<std::uint8_t[]> octets_;  // NOLINT(*-avoid-c-arrays): left uninitialised
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace ntan::source
