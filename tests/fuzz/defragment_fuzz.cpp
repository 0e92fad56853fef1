// The defragmenter beside its slow twin: octets become fragments of two datagrams in IPv4 and IPv6.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "tests/wire/defragment_twin.h"
#include "tests/wire/invariants.h"
#include "wire/defragment.h"

namespace {

using namespace ntan;
using wire::Defragmenter;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

struct Input {
  IpVersion version = IpVersion::v4;
  std::uint16_t id = 0;
  test::Fragment fragment;
};

/// Five octets a fragment; offsets and sizes stay small so that they meet.
Input next_input(Reader& r) {
  constexpr std::uint8_t far = 0xff;
  const auto flags = r.u8();
  const auto offset = r.u8();
  const auto size = r.u8();
  const auto fill = r.u8();
  const auto captured = r.u8();
  Input input;
  input.version = (flags & 1U) != 0 ? IpVersion::v6 : IpVersion::v4;
  input.id = static_cast<std::uint16_t>((flags >> 1U) & 1U);
  input.fragment.last = (flags & 4U) != 0;
  const std::size_t units = offset == far ? 8191 : offset % 32;
  input.fragment.offset = static_cast<std::uint16_t>(units * 8);
  const bool odd = (flags & 8U) != 0;
  input.fragment.octets.assign(odd ? size % 64 : size % 8 * std::size_t{8}, fill);
  if ((flags & 16U) != 0) input.fragment.captured = captured;
  return input;
}

class Pair {
 public:
  void feed(const Input& input) {
    test::DecodedFrame frame = test::fragment_frame(input.version, input.fragment, input.id);
    if (frame.decoded.bucket != wire::Bucket::fragment) return;
    ++fed_;
    const auto key = std::pair{input.version, input.id};
    const auto [twin, fresh] = twins_.try_emplace(key, input.version);
    const auto expected = twin->second.add(input.fragment);
    const auto result = fast_.add(frame.packet, frame.decoded, frame.extra);
    require(result.reason == expected);
    require(fast_.budget().used <= fast_.budget().limit);
    if (result.verdict == Defragmenter::Verdict::dropped) {
      ++settled_;
      if (fresh) twins_.erase(twin);
      return;
    }
    require((result.verdict == Defragmenter::Verdict::whole) == twin->second.whole());
    if (!twin->second.whole()) return;
    require(frame.payload() == twin->second.payload());
    require(frame.decoded.payload_size == twin->second.size());
    settled_ += result.earlier.packets + 1;
    twins_.erase(twin);
    fast_.release();
  }

  /// Every frame is in exactly one place.
  void finish() {
    fast_.drain([this](const auto& datagram) { settled_ += datagram.counts.packets; });
    require(settled_ == fed_);
    require(fast_.budget().used == 0);
  }

 private:
  Defragmenter fast_{wire::DecodeOptions{}};
  std::map<std::pair<IpVersion, std::uint16_t>, test::NaiveDatagram> twins_;
  std::uint64_t fed_ = 0;
  std::uint64_t settled_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t max_fragments = 400;
  Reader input(Bytes{data, size});
  Pair pair;
  for (std::size_t count = 0; count < max_fragments && input.left() >= 5; ++count) {
    pair.feed(next_input(input));
  }
  pair.finish();
  return 0;
}
