// One capture file from its descriptor to its packets: unpacking, telling the format, reading.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "source/byte_stream.h"
#include "source/capture_reader.h"
#include "source/input_buffer.h"

namespace ntan::source {

class CaptureFile {
 public:
  /// Tells what `stream` holds and reads its file header. `name` is what messages call it.
  /// Throws Error{not_a_capture}.
  CaptureFile(std::unique_ptr<ByteStream> stream, InterfaceTable& interfaces,
              const std::string& name, std::size_t buffer_size = InputBuffer::default_size);

  CaptureFile(const CaptureFile&) = delete;  // buffer and reader point into it
  CaptureFile& operator=(const CaptureFile&) = delete;
  ~CaptureFile() = default;

  /// As CaptureReader::read().
  Status read(Batch& batch) { return reader_->read(batch); }

  /// As CaptureReader::counters().
  [[nodiscard]] Counters counters() const { return reader_->counters(); }

  [[nodiscard]] const std::optional<Damage>& damage() const noexcept { return reader_->damage(); }

  /// Octets of the file consumed, as they lie on disk.
  [[nodiscard]] std::uint64_t position() const noexcept { return stream_->position(); }

 private:
  std::unique_ptr<ByteStream> stream_;
  InputBuffer buffer_;
  std::unique_ptr<ByteStream> unpacked_;
  std::optional<InputBuffer> unpacked_buffer_;
  std::unique_ptr<CaptureReader> reader_;
};

/// Whether a file that begins so is a capture or packed: at least four octets tell.
[[nodiscard]] bool looks_like_capture(Bytes head) noexcept;

/// Opens `path`, `-` being standard input. Throws Error{not_found | permission | runtime}.
[[nodiscard]] std::unique_ptr<ByteStream> open_stream(const std::string& path,
                                                      Interrupt* interrupt);

}  // namespace ntan::source
