#include "run/offload.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <catch2/catch.hpp>

#include "tests/support/analysis.h"
#include "tests/support/bytes.h"
#include "tests/support/traffic.h"
#include "wire/checksum.h"

using namespace ntan;
using namespace ntan::run;
using Catch::Contains;
using test::Frame;
using test::Frames;

namespace {

using Verdict = ChecksumVerdict;

enum class Filling : std::uint8_t { right, pseudo_header };

/// Fills in the checksum of a TCP segment in IPv4 in Ethernet, or what is given to a network card.
void fill(Frame& frame, Filling filling) {
  constexpr std::size_t segment_at = 34;
  constexpr std::size_t field_at = segment_at + 16;
  const Bytes segment = Bytes{frame.data}.subspan(segment_at);
  wire::ChecksumSum sum = wire::pseudo_header(
      IpAddress::v4(frame.data.data() + 26), IpAddress::v4(frame.data.data() + 30),
      ip_protocol::tcp, static_cast<std::uint32_t>(segment.size()));
  if (filling == Filling::right) sum.add(segment);
  const auto value =
      static_cast<std::uint16_t>(filling == Filling::right ? ~sum.folded() : sum.folded());
  std::memcpy(frame.data.data() + field_at, &value, sizeof value);
}

constexpr test::Pair ends{.src = test::ipv4(10, 0, 0, 1),
                          .dst = test::ipv4(10, 0, 0, 2),
                          .src_port = 40'000,
                          .dst_port = 80};
constexpr std::string_view request = "GET /page HTTP/1.1\r\nHost: a.example\r\n\r\n";
constexpr std::string_view response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// One request and its answer, checksums filled in.
Frames exchange(const test::Pair& pair, Timestamp start) {
  Frames frames;
  test::TcpScript script(frames, pair, start);
  script.handshake();
  script.send(true, test::octets(request));
  script.send(false, test::octets(response));
  script.fin_both();
  for (Frame& frame : frames) fill(frame, Filling::right);
  return frames;
}

bool from_client(const Frame& frame) {
  return frame.data[29] == 1;
}

}  // namespace

TEST_CASE("offload: what is to be filled in by a network card is told by each packet") {
  OffloadWatch watch;
  const wire::Decoded good{.bucket = wire::Bucket::flow};
  wire::Decoded unfilled = good;
  unfilled.checksum_bad = unfilled.checksum_unfilled = true;
  for (int i = 0; i < 100; ++i) CHECK(watch.judge(0, {}, good) == Verdict::good);
  CHECK(watch.judge(0, {}, unfilled) == Verdict::unfilled);
}

TEST_CASE("offload: of other wrong checksums the sender's first fifty tell what they are") {
  OffloadWatch watch;
  const wire::Decoded good{.bucket = wire::Bucket::flow};
  wire::Decoded wrong = good;
  wrong.checksum_bad = true;
  SECTION("nearly all are wrong") {
    CHECK(watch.judge(0, {}, wrong) == Verdict::doubtful);
    CHECK(watch.judge(0, {}, good) == Verdict::good);
    for (int i = 2; i < 50; ++i) CHECK(watch.judge(0, {}, wrong) == Verdict::doubtful);
    CHECK(watch.judge(0, {}, wrong) == Verdict::unfilled);
    CHECK(watch.judge(0, {}, good) == Verdict::good);
    CHECK(watch.judge(1, {}, wrong) == Verdict::doubtful);  // another interface
  }
  SECTION("one is") {
    CHECK(watch.judge(0, {}, good) == Verdict::good);
    CHECK(watch.judge(0, {}, wrong) == Verdict::damaged);
    for (int i = 2; i < 60; ++i) CHECK(watch.judge(0, {}, good) == Verdict::good);
    CHECK(watch.judge(0, {}, wrong) == Verdict::damaged);
  }
}

TEST_CASE("offload: a connection of the capturing host is followed from its first packet") {
  // What its network card fills in: the rest of the sum, or all of it.
  const bool begun = GENERATE(true, false);
  const std::size_t threads = GENERATE(std::size_t{1}, std::size_t{3});
  Frames frames = exchange(ends, test::traffic_start);
  for (Frame& frame : frames) {
    if (!from_client(frame)) continue;
    if (begun) {
      fill(frame, Filling::pseudo_header);
    } else {
      frame.data[50] = frame.data[51] = 0;
    }
  }
  const test::Analysis analysis =
      test::analyse(frames, {.threads = threads, .verify_checksums = true});
  REQUIRE(analysis.of("http").size() == 1);
  CHECK_THAT(analysis.of("http")[0], Contains(R"("status":200)"));
  REQUIRE(analysis.of("flow").size() == 1);
  CHECK_THAT(analysis.of("flow")[0], Contains(R"("state":"SF")"));
  CHECK(analysis.of("anomaly").empty());
  CHECK(analysis.ledger.offload_checksums == begun);
  CHECK(analysis.ledger.bad_checksums ==
        static_cast<std::uint64_t>(std::ranges::count_if(frames, from_client)));
}

TEST_CASE("offload: a damaged segment between good ones moves nothing, its repetition does") {
  Frames frames = exchange(ends, test::traffic_start);
  const auto sent = std::ranges::find_if(frames, [](const Frame& frame) {
    return std::ranges::search(frame.data, request).begin() != frame.data.end();
  });
  REQUIRE(sent != frames.end());
  Frame damaged = *sent;
  damaged.data.back() ^= 0x20U;
  damaged.data[54 + 5] ^= 0x02U;
  frames.insert(sent, damaged);
  const test::Analysis analysis = test::analyse(frames, {.verify_checksums = true});
  CHECK(analysis.ledger.bad_checksums == 1);
  CHECK_FALSE(analysis.ledger.offload_checksums);
  REQUIRE(analysis.of("http").size() == 1);
  CHECK_THAT(analysis.of("http")[0], Contains(R"("uri":"/page")"));
  REQUIRE(analysis.of("flow").size() == 1);
  CHECK_THAT(analysis.of("flow")[0], Contains(R"("state":"SF")") && Contains(R"("csum_bad":1)"));
}
