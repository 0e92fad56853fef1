// Any sequence of segments, FINs and acknowledgements against the byte map.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "flow/stream.h"
#include "tests/support/stream_twin.h"

namespace {

using namespace ntan;

/// With this few operations no limit can be reached: one segment adds two runs at most.
constexpr int exact_operations = 30;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

struct Operation {
  std::uint8_t kind = 0;
  std::uint16_t start = 0;
  std::uint8_t size = 0;
  std::uint8_t missing = 0;
  std::uint8_t value = 0;
};

Operation read_operation(Reader& in) {
  return {
      .kind = in.u8(), .start = in.be16(), .size = in.u8(), .missing = in.u8(), .value = in.u8()};
}

/// Octets that mostly agree with their place, so that conflicts are possible but not the rule.
std::array<std::uint8_t, 256> payload(const Operation& operation) {
  std::array<std::uint8_t, 256> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    octets.at(i) = static_cast<std::uint8_t>(operation.start + i);
  }
  if (operation.value != 0) octets.at(operation.value % octets.size()) ^= 1U;
  return octets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in({data, size});
  const std::uint32_t first = in.be32();
  const std::uint16_t span = in.be16() % 1024;
  Budget budget{.limit = std::size_t{128} * 1024};
  flow::Stream stream(budget);
  test::StreamRecorder seen;
  test::StreamTwin twin;
  stream.begin(first);
  stream.on_ack(first, flow::Stream::Ack::more, Timestamp{}, seen);
  std::int64_t ns = 0;
  int operations = 0;
  bool exact = true;
  while (!in.done()) {
    const Operation op = read_operation(in);
    const std::int64_t start = op.start % (span + 1) - 8;
    const std::uint32_t seq = first + static_cast<std::uint32_t>(start);
    exact = exact && ++operations <= exact_operations;
    if (op.kind == 1) {
      stream.on_fin(seq, from_ns(ns), seen);
      twin.fin(start);
    } else if (op.kind == 2) {
      stream.on_ack(seq, flow::Stream::Ack::more, from_ns(ns), seen);
      twin.seal(start);
    } else if (op.kind == 5) {
      stream.on_ack(seq, flow::Stream::Ack::bare, from_ns(ns), seen);
      twin.await(start);
    } else if (op.kind == 3) {
      ns += op.size * std::int64_t{10'000'000};
      stream.expire(from_ns(ns), seen);
      if (op.size != 0) twin.give_up_awaited();
      exact = exact && ns < 2'000'000'000;
    } else {
      const auto octets = payload(op);
      const std::size_t captured = op.size - std::min(op.size, op.missing);
      const Bytes bytes = Bytes{octets}.first(op.kind == 4 ? captured : op.size);
      stream.on_segment({.seq = seq, .size = op.size, .captured = bytes}, from_ns(ns), seen);
      twin.segment(start, op.size, bytes);
    }
    require(seen.octets.size() == stream.offset());
    require(stream.waiting_runs() <= flow::WaitingRuns::max_runs);
    require(stream.waiting_octets() <= flow::WaitingRuns::max_octets);
    if (exact) require(seen.octets == twin.handed_over());
  }
  stream.flush(seen);
  twin.flush();
  require(budget.used == 0);
  require(!stream.due());
  if (exact) {
    require(seen.octets == twin.handed_over());
    require(seen.ends == (twin.ended() ? 1 : 0));
    require(seen.conflicts.empty() == !twin.conflict().has_value());
  }
  return 0;
}
