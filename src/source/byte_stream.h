// Octets of an input in order: files and pipes here, what is packed in decompress.h, memory in
// tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/descriptor.h"
#include "source/interrupt.h"

namespace ntan::source {

enum class StreamState : std::uint8_t {
  open,       ///< more may come; a read that gave nothing was interrupted, or nothing came for long
  ended,      ///< the regular end
  truncated,  ///< packed data that ends early
  corrupt,    ///< packed data that cannot be unpacked
  failed,     ///< the system could not read on
};

class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  /// Fills the front of `into` and returns how many octets; may block. 0: state() says why. Each
  /// pause of a pipe gives one such read, after a tenth of a second.
  /// Requires: `into` is not empty.
  virtual std::size_t read(std::span<std::uint8_t> into) = 0;
  /// Octets taken from the file or pipe, before unpacking.
  [[nodiscard]] virtual std::uint64_t position() const noexcept = 0;

  [[nodiscard]] StreamState state() const noexcept { return state_; }

  /// What went wrong, without the name of the input; empty unless truncated, corrupt or failed.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 protected:
  /// Ends the stream for good; 0, for use in read().
  std::size_t finish(StreamState state, std::string problem = {}) {
    state_ = state;
    problem_ = std::move(problem);
    return 0;
  }

 private:
  StreamState state_ = StreamState::open;
  std::string problem_;
};

/// A file, pipe, socket or device by read(2).
class DescriptorStream final : public ByteStream {
 public:
  /// `interrupt` may be null: then nothing but data ends a wait.
  DescriptorStream(Descriptor descriptor, Interrupt* interrupt);

  std::size_t read(std::span<std::uint8_t> into) override;

  [[nodiscard]] std::uint64_t position() const noexcept override { return position_; }

 private:
  bool wait();

  Descriptor descriptor_;
  Interrupt* interrupt_;
  bool may_block_;
  bool pause_told_ = false;
  std::uint64_t position_ = 0;
};

}  // namespace ntan::source
