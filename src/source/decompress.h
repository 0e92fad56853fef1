// Packed inputs: gzip, zstd and lz4 as byte streams of their own.
#pragma once

#include <memory>

#include "source/byte_stream.h"
#include "source/input_buffer.h"

namespace ntan::source {

enum class Packing : std::uint8_t { none, gzip, zstd, lz4 };

/// By the magic at the front of a file.
[[nodiscard]] Packing packing_of(Bytes head) noexcept;

/// The same of an input at its front. Consumes frames that zstd and lz4 pass over, which do not
/// tell one from the other: what follows does.
[[nodiscard]] Packing find_packing(InputBuffer& input);

/// Unpacks what `input` holds, member after member as gzip, zstd and lz4 themselves do. Memory is
/// that of the format's window (zstd: at most 128 MiB); how much comes out is not limited.
/// `input` outlives the stream. Requires: packing != Packing::none.
[[nodiscard]] std::unique_ptr<ByteStream> unpack(Packing packing, InputBuffer& input);

}  // namespace ntan::source
