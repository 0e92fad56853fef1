#include "flow/stream.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/support/stream_twin.h"

namespace ntan::flow {
namespace {

using test::StreamOctet;
using test::StreamRecorder;
using test::StreamTwin;

Timestamp at(std::int64_t ms) {
  return from_ns(1'700'000'000'000'000'000 + ms * 1'000'000);
}

/// A stream that writes down all it says: `data:abc gap:3 conflict:5+1 end`.
class StreamRun : public StreamRecorder {
 public:
  explicit StreamRun(std::uint32_t first_seq = 1000, std::size_t memory = std::size_t{1} << 20U)
      : budget{.limit = memory}, stream(budget), first_seq_(first_seq) {
    stream.begin(first_seq);
  }

  /// `text` at `offset` of the stream.
  void segment(std::int64_t offset, std::string_view text, std::int64_t ms = 0) {
    segment_cut(offset, text, static_cast<std::uint32_t>(text.size()), ms);
  }

  void segment_cut(std::int64_t offset, std::string_view text, std::uint32_t sent,
                   std::int64_t ms = 0) {
    stream.on_segment({.seq = seq(offset), .size = sent, .captured = as_bytes(text)}, at(ms),
                      *this);
  }

  void fin(std::int64_t offset, std::int64_t ms = 0) { stream.on_fin(seq(offset), at(ms), *this); }

  void ack(std::int64_t offset, std::int64_t ms = 0) {
    stream.on_ack(seq(offset), Stream::Ack::more, at(ms), *this);
  }

  void bare_ack(std::int64_t offset, std::int64_t ms = 0) {
    stream.on_ack(seq(offset), Stream::Ack::bare, at(ms), *this);
  }

  [[nodiscard]] std::uint32_t seq(std::int64_t offset) const {
    return first_seq_ + static_cast<std::uint32_t>(offset);
  }

  /// Octets handed over; `?` where there are none.
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const StreamOctet& octet : octets) all.push_back(octet ? static_cast<char>(*octet) : '?');
    return all;
  }

  Budget budget;
  Stream stream;

 private:
  std::uint32_t first_seq_;
};

TEST_CASE("stream: octets in order go straight through without memory") {
  StreamRun run(1000, 0);
  run.segment(0, "GET /");
  run.segment(5, " HTTP");
  CHECK(run.text() == "GET / HTTP");
  CHECK(run.stream.offset() == 10);
  CHECK(run.stream.next_seq() == 1010);
  CHECK(run.budget.refused == 0);
  CHECK(run.stream.steps() == 0);
}

TEST_CASE("stream: every order of 8 segments gives one stream") {
  const std::string source = "The quick brown fox jumps over a lazy dog";
  const std::array<std::size_t, 9> cut{0, 3, 4, 10, 16, 20, 26, 31, source.size()};
  std::array<std::size_t, 8> order{};
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::size_t orders = 0;
  std::size_t wrong = 0;
  do {
    StreamRun run(0xfffffff0U);  // wraps inside
    run.ack(0);
    for (const std::size_t i : order) {
      run.segment(static_cast<std::int64_t>(cut.at(i)),
                  std::string_view{source}.substr(cut.at(i), cut.at(i + 1) - cut.at(i)));
    }
    wrong += run.text() == source && run.gaps.empty() && run.budget.used == 0 ? 0U : 1U;
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(orders == 40'320);
  CHECK(wrong == 0);
}

TEST_CASE("stream: sequence numbers wrap at 2^32 exactly") {
  const auto first = GENERATE(0xffffffffU, 0xfffffffeU, 0U, 1U, 0x7fffffffU, 0x80000000U);
  StreamRun run(first);
  run.segment(2, "c");
  run.segment(1, "b");
  run.segment(0, "a");
  run.segment(3, "d");
  CHECK(run.text() == "abcd");
}

TEST_CASE("stream: a flow beyond 4 GiB keeps its place") {
  struct Counter {
    std::uint64_t octets = 0;
    std::uint64_t gaps = 0;

    void data(Bytes bytes, Since) { octets += bytes.size(); }

    void cut(std::uint64_t size, Since) { gaps += size; }

    void gap(std::uint64_t size, std::optional<Timestamp>) { gaps += size; }

    void conflict(std::uint64_t, std::uint64_t) {}

    void end(Since) {}
  } counter;

  Budget budget{.limit = 1U << 20U};
  Stream stream(budget);
  std::uint32_t seq = 4'000'000'000U;
  stream.begin(seq);
  constexpr std::uint32_t size = 60'000;
  constexpr std::uint64_t segments = 90'000;  // 5.4 GB, of which the capture kept 64 octets each
  const std::array<std::uint8_t, 64> kept{};
  for (std::uint64_t i = 0; i < segments; ++i, seq += size) {
    stream.on_segment({.seq = seq, .size = size, .captured = kept}, at(0), counter);
  }
  CHECK(stream.offset() == segments * size);
  CHECK(counter.octets == segments * 64);
  CHECK(counter.gaps == segments * (size - 64));
  CHECK(budget.used == 0);
}

TEST_CASE("stream: what the snaplen cut is a gap at its place") {
  StreamRun run;
  run.segment_cut(0, "abc", 5);
  run.segment(5, "fg");
  run.segment_cut(9, "jk", 4);  // waits for the hole
  run.segment(7, "hi");
  CHECK(run.text() == "abc??fghijk??");
  CHECK(run.gaps == std::vector<std::uint64_t>{2, 2});
}

TEST_CASE("stream: a retransmission of what was handed over is dropped silently") {
  StreamRun run;
  run.segment(0, "abcdef");
  run.segment(2, "XY");
  run.segment(-1, "?");     // keep-alive: one octet that is old
  run.segment(4, "..ghi");  // new octets behind old ones
  run.segment(9, "");
  CHECK(run.text() == "abcdefghi");
  CHECK(run.conflicts.empty());
}

TEST_CASE("stream: a hole filled late with other octets is a conflict, and the first copy wins") {
  StreamRun run;
  run.ack(0);
  run.segment(6, "attack");
  run.segment(0, "hello!!harmle");  // differs at 6 to 11
  CHECK(run.text() == "hello!attacke");
  CHECK(run.conflicts == std::vector<std::uint64_t>{6, 6});
  run.segment(20, "xyz");
  run.segment(20, "XYZ");
  CHECK(run.conflicts.size() == 2);  // once per stream
}

TEST_CASE("stream: a conflict names the octets that differ") {
  StreamRun run;
  run.segment(10, "abcdef");
  run.segment(8, "..abXdYf");
  CHECK(run.conflicts == std::vector<std::uint64_t>{12, 3});
}

TEST_CASE("stream: an acknowledgement that passes a hole gives it up at once") {
  StreamRun run;
  run.segment(0, "ab");
  run.ack(2);
  run.segment(5, "fg");
  run.ack(4);
  CHECK(run.text() == "ab??");
  run.ack(7);
  CHECK(run.text() == "ab???fg");
  run.ack(10);  // octets that the capture never saw
  CHECK(run.text() == "ab???fg???");
  run.segment(7, "hij");  // too late
  CHECK(run.text() == "ab???fg???");
  CHECK(run.budget.used == 0);
}

TEST_CASE("stream: what is captured after its bare acknowledgement is there") {
  StreamRun run;
  run.bare_ack(4);
  run.bare_ack(6, 9);
  run.bare_ack(5, 9);  // older than the one before
  CHECK(run.stream.due() == at(10));
  run.segment(0, "abcd", 9);
  CHECK(run.stream.waits());
  run.segment(4, "efg", 9);
  CHECK(run.text() == "abcdefg");
  CHECK_FALSE(run.stream.waits());
  run.bare_ack(10, 20);  // covers the FIN
  run.segment(7, "hi", 20);
  run.fin(9, 20);
  CHECK(run.text() == "abcdefghi");
  CHECK(run.gaps.empty());
  CHECK(run.ends == 1);
  CHECK(run.budget.used == 0);
}

TEST_CASE("stream: a bare acknowledgement gives up what does not come at once") {
  StreamRun run;
  run.bare_ack(4);
  run.bare_ack(4, 5);
  SECTION("after 10 ms") {
    run.stream.expire(at(9), run);
    CHECK(run.text().empty());
    run.stream.expire(at(10), run);
    CHECK(run.text() == "????");
  }
  SECTION("when something behind it comes") {
    run.segment(4, "ef");
    CHECK(run.text() == "????ef");
    CHECK(run.budget.used == 0);
  }
  SECTION("what precedes the part that comes") {
    run.segment(2, "c");
    CHECK(run.text() == "??c");
    CHECK(run.stream.waits());
    run.segment(3, "d");
    CHECK(run.text() == "??cd");
  }
  SECTION("when something comes that waits for more") {
    run.segment(6, "gh");
    CHECK(run.text() == "????");
    CHECK(run.stream.waiting_octets() == 2);
  }
  SECTION("when the peer goes on") {
    run.ack(4);
    CHECK(run.text() == "????");
  }
  SECTION("when the peer goes on and has more, which is a gap of its own") {
    run.ack(6);
    CHECK(run.gaps == std::vector<std::uint64_t>{4, 2});
  }
  SECTION("at the FIN") {
    run.fin(4);
    CHECK(run.text() == "????");
    CHECK(run.ends == 1);
  }
  SECTION("at the end of the flow") {
    run.stream.flush(run);
    CHECK(run.text() == "????");
  }
  CHECK(run.gaps_since.at(0) == at(0));
}

TEST_CASE("stream: a bare acknowledgement above octets that wait gives the hole up at once") {
  StreamRun run;
  SECTION("octets") {
    run.segment(2, "c");
    run.bare_ack(3);
    CHECK(run.text() == "??c");
  }
  SECTION("the FIN") {
    run.fin(2);
    run.bare_ack(3);
    CHECK(run.text() == "??");
    CHECK(run.ends == 1);
  }
}

TEST_CASE("stream: what waited above a hole came with what filled it") {
  StreamRun run;
  run.segment(2, "c", 10);
  run.segment(3, "d", 20);
  run.fin(4, 30);
  run.segment(0, "ab", 40);
  CHECK(run.text() == "abcd");
  CHECK(run.data_since == std::vector<Since>(4));
  CHECK(run.end_since == std::nullopt);
}

TEST_CASE("stream: what waited above a hole that is given up came when it was captured") {
  StreamRun run;
  run.segment(3, "d", 20);
  run.segment(2, "c", 10 + 25);  // the network had it overtaken
  run.segment(6, "g", 50);
  run.fin(7, 60);
  SECTION("the peer has all") {
    run.ack(8, 500);
  }
  SECTION("nothing more comes") {
    run.stream.flush(run);
  }
  CHECK(run.text() == "??cd??g");
  CHECK(run.gaps_since == std::vector<Since>{at(35), at(50)});
  CHECK(run.data_since == std::vector<Since>{{}, {}, at(35), at(35), {}, {}, at(50)});
  CHECK(run.end_since == at(60));
}

TEST_CASE("stream: a hole is given up when it is 2 s old") {
  StreamRun run;
  run.ack(0);
  run.segment(2, "cd", 100);
  CHECK(run.stream.due() == at(2100));
  run.segment(5, "f", 1000);
  run.stream.expire(at(2099), run);
  CHECK(run.text().empty());
  run.stream.expire(at(2100), run);
  CHECK(run.text() == "??cd");
  CHECK(run.stream.due() == at(3000));  // the second hole is younger
  run.segment(10, "k", 3000);
  CHECK(run.text() == "??cd?f");
}

TEST_CASE("stream: without any acknowledgement 16 KiB above a hole give it up") {
  const std::string half(8 * 1024, 'x');
  StreamRun run;
  run.segment(1, half);
  run.segment(1 + 8 * 1024, half);
  CHECK(run.octets.empty());
  run.segment(1 + 16 * 1024, "y");
  CHECK(run.octets.size() == 2 + 16 * 1024);
  CHECK(run.gaps == std::vector<std::uint64_t>{1});
  CHECK(run.stream.waiting_runs() == 0);
}

TEST_CASE("stream: of a peer that was captured an acknowledgement is waited for") {
  const std::string half(8 * 1024, 'x');
  StreamRun run;
  run.stream.hear_peer();
  for (std::int64_t i = 0; i < 4; ++i) run.segment(1 + i * 8 * 1024, half);
  CHECK(run.octets.empty());
  run.segment(0, "y");
  CHECK(run.octets.size() == 1 + 32 * 1024);
  CHECK(run.gaps.empty());
}

TEST_CASE("stream: a full store gives up the first hole") {
  const std::string kilo(1024, 'x');
  StreamRun run;
  run.ack(0);
  for (std::int64_t i = 0; i < 64; ++i) run.segment(1 + i * 1024, kilo);
  CHECK(run.stream.waiting_octets() == WaitingRuns::max_octets);
  CHECK(run.octets.empty());
  run.segment(1 + 64 * 1024 + 10, "y");
  CHECK(run.octets.size() == 1 + 64 * 1024);
  CHECK(run.stream.waiting_runs() == 1);
  CHECK(run.budget.refused == 1);
}

TEST_CASE("stream: a segment larger than the store is handed over behind a gap") {
  const std::string large(70'000, 'x');
  StreamRun run;
  run.ack(0);
  run.segment(5, large);
  CHECK(run.gaps == std::vector<std::uint64_t>{5});
  CHECK(run.octets.size() == 70'005);
  CHECK(run.budget.used == 0);
}

TEST_CASE("stream: without memory a hole is given up at once and counted") {
  StreamRun run(1000, 100);
  run.ack(0);
  run.segment(3, "def");
  run.segment(0, "abc");
  CHECK(run.text() == "???def");
  CHECK(run.budget.refused == 1);
  CHECK(run.budget.used == 0);
}

TEST_CASE("stream: one-octet segments with alternating holes cost linear work in bounded memory") {
  const auto work = [](std::int64_t count) {
    StreamRun run;
    run.ack(0);
    for (std::int64_t i = 0; i < count; ++i) {
      run.segment(2 * i + 1, "x");
      REQUIRE(run.stream.waiting_runs() <= WaitingRuns::max_runs);
      REQUIRE(run.budget.used <= 8 * 1024);
    }
    run.stream.flush(run);
    CHECK(run.octets.size() == static_cast<std::size_t>(2 * count));
    CHECK(run.budget.used == 0);
    return run.stream.steps();
  };
  const std::uint64_t once = work(10'000);
  CHECK(once <= 40'000);
  CHECK(work(20'000) <= 2 * once + 100);
}

TEST_CASE("stream: FIN ends the stream after all that precedes it") {
  StreamRun run;
  run.segment(0, "ab");
  run.segment(4, "ef");
  run.fin(6);
  CHECK(run.ends == 0);
  run.segment(2, "cd");
  CHECK(run.text() == "abcdef");
  CHECK(run.ends == 1);
  CHECK_FALSE(run.stream.open());
  run.segment(6, "beyond");
  run.fin(6);
  run.ack(7);
  CHECK(run.text() == "abcdef");
  CHECK(run.ends == 1);
}

TEST_CASE("stream: a FIN above a hole is reported once the hole is given up") {
  StreamRun run;
  run.segment(0, "ab");
  SECTION("acknowledged: the FIN itself is no octet") {
    run.fin(4);
    run.ack(5);
  }
  SECTION("after 2 s") {
    run.fin(4);
    run.stream.expire(at(2000), run);
  }
  SECTION("at the end of the flow") {
    run.fin(4);
    run.stream.flush(run);
  }
  CHECK(run.text() == "ab??");
  CHECK(run.ends == 1);
}

TEST_CASE("stream: octets above the first FIN are dropped, seen before or after it") {
  StreamRun run;
  run.ack(0);
  run.segment(2, "cdEF");
  run.fin(4);
  run.fin(6);
  run.segment(0, "abcdEFGH");
  CHECK(run.text() == "abcd");
  CHECK(run.ends == 1);
}

TEST_CASE("stream: a FIN below what was handed over is ignored") {
  StreamRun run;
  run.segment(0, "abcd");
  run.fin(2);
  run.segment(4, "ef");
  CHECK(run.text() == "abcdef");
  CHECK(run.ends == 0);
}

TEST_CASE("stream: flush hands over what waits") {
  StreamRun run;
  run.segment(3, "d");
  run.segment(6, "g");
  run.stream.flush(run);
  CHECK(run.text() == "???d??g");
  CHECK(run.ends == 0);
  CHECK_FALSE(run.stream.due());
}

TEST_CASE("stream: detach gives memory back and ignores what follows, begin starts over") {
  StreamRun run;
  run.segment(3, "d");
  CHECK(run.budget.used > 0);
  run.stream.detach();
  CHECK(run.budget.used == 0);
  run.segment(0, "abc");
  CHECK(run.octets.empty());
  run.stream.begin(run.seq(10));
  run.segment(10, "new");
  CHECK(run.text() == "new");
}

TEST_CASE("stream: a capture longer than the segment is cut to it") {
  StreamRun run;
  run.segment_cut(0, "abcPAD", 3);
  run.segment(3, "def");
  CHECK(run.text() == "abcdef");
}

TEST_CASE("stream: the window accepts 64 KiB back and the larger of 1 MiB and the offer ahead") {
  struct Row {
    std::int64_t distance;
    std::uint32_t size;
    std::uint32_t window;
    bool accepted;
  };

  const auto row = GENERATE(values<Row>({
      {0, 0, 0, true},
      {-65'536, 1, 0, true},
      {-65'537, 1, 0, false},
      {1'048'575, 1, 0, true},
      {1'048'575, 2, 65'535, false},
      {1'048'576, 1'000, 2'000'000, true},
      {2'000'000, 0, 2'000'000, true},
      {2'000'000, 1, 2'000'000, false},
      {0x7fffffff, 0, 0, false},
  }));
  const auto ack = GENERATE(0U, 1U, 0xffffffffU, 0xfffff000U, 0x80000000U);
  CHECK(in_window(ack + static_cast<std::uint32_t>(row.distance), row.size, ack, row.window) ==
        row.accepted);
}

TEST_CASE("stream: equals a byte map over random segments, overlaps, duplicates and wraps") {
  std::mt19937 random{20240611};  // NOLINT(*-msc51-cpp): the same cases in every run
  const auto below = [&random](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  for (int round = 0; round < 3'000; ++round) {
    const std::uint32_t first =
        below(2) == 0 ? 0U - below(200) : static_cast<std::uint32_t>(random());
    StreamRun run(first);
    run.ack(0);
    StreamTwin twin;
    const std::uint32_t length = 20 + below(300);
    for (int step = 0; step < 28; ++step) {
      const auto start = static_cast<std::int64_t>(below(length)) - 5;
      const std::uint32_t size = below(1 + below(60));
      std::string text(below(8) == 0 ? below(size + 1) : size, 'a');
      for (std::size_t i = 0; i < text.size(); ++i) {
        const bool other = below(200) == 0;
        text[i] = static_cast<char>((other ? 'A' : 'a') +
                                    (start + 5 + static_cast<std::int64_t>(i)) % 26);
      }
      const std::uint32_t kind = below(32);
      if (kind == 0) {
        run.ack(start);
        twin.seal(start);
      } else if (kind == 2 || kind == 3) {
        run.bare_ack(start);
        twin.await(start);
      } else if (kind == 1) {
        run.fin(start);
        twin.fin(start);
      } else {
        run.segment_cut(start, text, size);
        twin.segment(start, size, as_bytes(text));
      }
      REQUIRE(run.octets == twin.handed_over());
      REQUIRE(run.conflicts.empty() == !twin.conflict().has_value());
    }
    run.stream.flush(run);
    twin.flush();
    REQUIRE(run.octets == twin.handed_over());
    REQUIRE(run.ends == (twin.ended() ? 1 : 0));
    REQUIRE(run.budget.used == 0);
    if (twin.conflict()) {
      REQUIRE(run.conflicts.at(0) == static_cast<std::uint64_t>(*twin.conflict()));
    }
  }
}

}  // namespace
}  // namespace ntan::flow
