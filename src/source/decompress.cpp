#include "source/decompress.h"

#include <algorithm>
#include <new>
#include <string_view>

#include <fmt/format.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

namespace ntan::source {
namespace {

/// One step of a decoder.
struct Step {
  std::size_t taken = 0;
  std::size_t given = 0;
  bool between_members = false;  ///< the input may end here
  std::string flaw;              ///< not empty: the data are corrupt
};

/// Feeds a decoder from a buffer until something comes out.
template <class Decoder>
class UnpackedStream final : public ByteStream {
 public:
  explicit UnpackedStream(InputBuffer& input) : input_(&input) {}

  std::size_t read(std::span<std::uint8_t> into) override {
    while (state() == StreamState::open) {
      // Asking with no input too: a decoder may still hold output.
      const Step step = decoder_.step(input_->unread(), into, exhausted_);
      input_->consume(step.taken);
      if (step.taken > 0 || step.given > 0 || step.between_members) {
        between_members_ = step.between_members;
      }
      if (step.given > 0) return step.given;
      if (!step.flaw.empty()) {
        return finish(StreamState::corrupt,
                      fmt::format("{} data corrupt ({})", Decoder::name, step.flaw));
      }
      if (step.taken != 0 || input_->fill(input_->unread().size() + 1)) continue;
      // A decoder that waited for more has to make do with what there is.
      if (exhausted_ || input_->stream().state() == StreamState::open) return out_of_input();
      exhausted_ = true;
    }
    return 0;
  }

  [[nodiscard]] std::uint64_t position() const noexcept override {
    return input_->stream().position();
  }

 private:
  std::size_t out_of_input() {
    const ByteStream& packed = input_->stream();
    if (packed.state() == StreamState::open) return 0;
    if (packed.state() == StreamState::failed) return finish(packed.state(), packed.problem());
    if (between_members_) return finish(StreamState::ended);
    return finish(StreamState::truncated, fmt::format("{} data cut off", Decoder::name));
  }

  InputBuffer* input_;
  Decoder decoder_;
  bool between_members_ = false;
  bool exhausted_ = false;  ///< all of the input is in the buffer
};

class Gzip {
 public:
  static constexpr std::string_view name = "gzip";

  Gzip() {
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, gzip_only + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }

  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  ~Gzip() { inflateEnd(&stream_); }

  Step step(Bytes in, std::span<std::uint8_t> out, bool /*last*/) {
    if (member_ended_) {
      // RFC 1952 2.2: members follow one another. Zeros behind them are the padding of tapes.
      const auto next =
          std::find_if(in.begin(), in.end(), [](std::uint8_t octet) { return octet != 0; });
      const auto zeros = static_cast<std::size_t>(next - in.begin());
      if (in.empty() || zeros > 0) {
        return {.taken = zeros, .given = 0, .between_members = true, .flaw = {}};
      }
      inflateReset(&stream_);
      member_ended_ = false;
    }
    return inflate_some(in, out);
  }

 private:
  Step inflate_some(Bytes in, std::span<std::uint8_t> out) {
    stream_.next_in = const_cast<Bytef*>(in.data());  // NOLINT(*-const-cast): zlib only reads it
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    Step step{.taken = in.size() - stream_.avail_in,
              .given = out.size() - stream_.avail_out,
              .between_members = result == Z_STREAM_END,
              .flaw = {}};
    member_ended_ = step.between_members;
    if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) {
      step.flaw = stream_.msg == nullptr ? "zlib error" : stream_.msg;
    }
    return step;
  }

  z_stream stream_{};
  bool member_ended_ = false;
};

/// What a call of zstd or lz4 did, and what it wants next: the rest of a block and the header after
/// it.
struct Call {
  std::size_t taken = 0;
  std::size_t given = 0;
  std::size_t hint = 0;  ///< 0: a frame has ended
  const char* flaw = nullptr;
};

class Zstd {
 public:
  static constexpr std::string_view name = "zstd";
  static constexpr std::size_t frame_start = 5;
  static constexpr std::size_t block_header = 3;
  /// A block that is not compressed would be unpacked in the pieces in which it comes, and a broken
  /// one lost in such.
  static constexpr bool whole_blocks = true;

  Zstd() : stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc();
  }

  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  ~Zstd() { ZSTD_freeDStream(stream_); }

  Call call(Bytes in, std::span<std::uint8_t> out) {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t hint = ZSTD_decompressStream(stream_, &to, &from);
    if (ZSTD_isError(hint) != 0)
      return {.taken = 0, .given = 0, .hint = 0, .flaw = ZSTD_getErrorName(hint)};
    return {.taken = from.pos, .given = to.pos, .hint = hint, .flaw = nullptr};
  }

 private:
  ZSTD_DStream* stream_;
};

class Lz4 {
 public:
  static constexpr std::string_view name = "lz4";
  static constexpr std::size_t frame_start = 7;
  static constexpr std::size_t block_header = 4;
  static constexpr bool whole_blocks = false;  // they have up to 4 MiB

  Lz4() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0) {
      throw std::bad_alloc();
    }
  }

  Lz4(const Lz4&) = delete;
  Lz4& operator=(const Lz4&) = delete;

  ~Lz4() { LZ4F_freeDecompressionContext(context_); }

  Call call(Bytes in, std::span<std::uint8_t> out) {
    std::size_t taken = in.size();
    std::size_t given = out.size();
    const std::size_t hint =
        LZ4F_decompress(context_, out.data(), &given, in.data(), &taken, nullptr);
    if (LZ4F_isError(hint) != 0)
      return {.taken = 0, .given = 0, .hint = 0, .flaw = LZ4F_getErrorName(hint)};
    return {.taken = taken, .given = given, .hint = hint, .flaw = nullptr};
  }

 private:
  LZ4F_dctx* context_ = nullptr;
};

/// Both libraries drop what a call has unpacked when the same call meets an error. So they get the
/// rest of one block, then nothing until its octets are out, then the next block's header: only
/// the broken block is lost.
template <class Codec>
class ByBlock {
 public:
  static constexpr std::string_view name = Codec::name;

  Step step(Bytes in, std::span<std::uint8_t> out, bool last) {
    if (flushing_) {
      const Step flushed = call({}, out);
      if (flushed.given > 0 || !flushed.flaw.empty()) return flushed;
    }
    if (Codec::whole_blocks && in.size() < next_ && !last) return {};
    return call(in.first(std::min(in.size(), next_)), out);
  }

 private:
  Step call(Bytes in, std::span<std::uint8_t> out) {
    const Call done = codec_.call(in, out);
    if (done.flaw != nullptr) {
      return {.taken = 0, .given = 0, .between_members = false, .flaw = done.flaw};
    }
    flushing_ = done.given == out.size();
    next_ = done.hint == 0                    ? Codec::frame_start
            : done.hint > Codec::block_header ? done.hint - Codec::block_header
                                              : done.hint;
    return {
        .taken = done.taken, .given = done.given, .between_members = done.hint == 0, .flaw = {}};
  }

  Codec codec_;
  std::size_t next_ = Codec::frame_start;
  bool flushing_ = false;
};

/// A frame that decoders pass over (RFC 8878 3.1.2), of zstd and lz4 alike: what follows it tells
/// which of the two this is. Parallel zstd writes one first.
bool is_skippable(std::uint32_t magic) noexcept {
  return (magic & 0xf0ffffffU) == 0x502a4d18U;
}

/// Consumes this many octets; false if the stream ends before.
bool pass(InputBuffer& input, std::uint64_t octets) {
  while (octets > 0) {
    if (!input.fill(1) && input.stream().state() != StreamState::open) return false;
    const auto step =
        static_cast<std::size_t>(std::min<std::uint64_t>(octets, input.unread().size()));
    input.consume(step);
    octets -= step;
  }
  return true;
}

}  // namespace

Packing packing_of(Bytes head) noexcept {
  Reader reader{head};
  const std::uint32_t magic = reader.be32();
  if (!reader.ok()) return Packing::none;
  if ((magic >> 8U) == 0x1f8b08U) return Packing::gzip;
  if (magic == 0x28b52ffdU) return Packing::zstd;
  if (magic == 0x04224d18U) return Packing::lz4;
  if (is_skippable(magic)) return Packing::zstd;
  return Packing::none;
}

Packing find_packing(InputBuffer& input) {
  constexpr std::size_t magic_size = 4;
  constexpr std::size_t head_size = 8;  // magic and size of a frame that is passed over
  Packing packing = Packing::none;
  while (true) {
    const Bytes magic = input.front(magic_size);
    const bool skippable = magic.size() == magic_size && is_skippable(Reader{magic}.be32());
    if (!skippable) {
      const Packing found = packing_of(magic);
      const bool frame = found == Packing::zstd || found == Packing::lz4;
      // What else follows such a frame is a flaw of the packing, if there is anything.
      return frame || magic.empty() || packing == Packing::none ? found : packing;
    }
    packing = Packing::zstd;
    const Bytes head = input.front(head_size);
    if (head.size() < head_size) return packing;
    const std::uint32_t size = __builtin_bswap32(Reader{head.subspan(magic_size)}.be32());
    if (!pass(input, head_size + std::uint64_t{size})) return packing;
  }
}

std::unique_ptr<ByteStream> unpack(Packing packing, InputBuffer& input) {
  switch (packing) {
    case Packing::gzip: return std::make_unique<UnpackedStream<Gzip>>(input);
    case Packing::zstd: return std::make_unique<UnpackedStream<ByBlock<Zstd>>>(input);
    default: return std::make_unique<UnpackedStream<ByBlock<Lz4>>>(input);
  }
}

}  // namespace ntan::source
