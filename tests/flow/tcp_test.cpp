#include "flow/tcp.h"

#include <chrono>
#include <optional>
#include <string_view>

#include <catch2/catch.hpp>

#include "tests/flow/segment.h"
#include "tests/support/bytes.h"

namespace ntan::flow {
namespace {

using namespace std::chrono_literals;
using test::Segment;
using test::Talk;
using test::literals::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it
namespace flag = wire::tcp_flag;

constexpr auto to_server = Direction::to_server;
constexpr auto to_client = Direction::to_client;
constexpr std::string_view handshake = ">S +40 <SA +10 >A ";

Talk established() {
  return Talk{handshake};
}

}  // namespace

TEST_CASE("tcp: packets give the state and history that Zeek names") {
  struct Case {
    std::string_view script;
    std::string_view state;
    std::string_view history;
  };
  const auto c = GENERATE(values<Case>({
      {">S", "S0", "S"},
      {">S >*", "S0", "S"},
      {">S <SA", "S1", "Sh"},
      {">S <SA >A", "S1", "ShA"},
      {">S <SA >A >D10A <A <D20A >A", "S1", "ShADad"},
      {">S <SA >A >D10A <A >FA <A <FA >A", "SF", "ShADaFf"},
      {">S <SA >A >FA <FA >A", "SF", "ShAFf"},
      {">S <RA", "REJ", "Sr"},
      {">S <R", "REJ", "Sr"},
      {">S <RA >R", "REJ", "SrR"},
      {">S <SA >A >FA <A", "S2", "ShAFa"},
      {">S <SA >A <FA >A", "S3", "ShAf"},
      {">S <SA >A >R", "RSTO", "ShAR"},
      {">S <SA >R", "RSTO", "ShR"},
      {">S <SA >A <RA", "RSTR", "ShAr"},
      {">S <SA >A >D5A <RA", "RSTR", "ShADr"},
      {">S >R", "RSTOS0", "SR"},
      {"<SA <R", "RSTRH", "hr"},
      {">S >F", "SH", "SF"},
      {"<SA <FA", "SHR", "hf"},
      {">D10A <A", "OTH", "Da"},
      {"<SA", "OTH", "h"},
      {">A <R", "RSTRH", "Ar"},
      {">D1A <D1A >FA <FA", "SF", "DdFf"},
      {">S <S >SA <SA", "S1", "SsHh"},
      {">SF", "SH", "Q"},
      {">SR", "RSTOS0", "I"},
      {">S <SA >A >FR", "RSTO", "ShAI"},
      // A RST after both FINs, or of one that had sent its FIN, ends what had ended.
      {">S <SA >A >FA <FA >A >R", "SF", "ShAFfR"},
      {">S <SA >A >FA <FA <R", "SF", "ShAFfr"},
      {">S <SA >A <FA >FA <RA", "SF", "ShAfFr"},
      {">S <SA >A >FA >R <FA", "SF", "ShAFRf"},
      {">S <SA >A <FA <R >FA", "SF", "ShAfrF"},
      {">S <SA >A >FA >R <A", "RSTO", "ShAFRa"},
      {">S <SA >A >FA <R", "RSTR", "ShAFr"},
      {">S <SA >A >R <FA", "RSTO", "ShARf"},
      {">S <SA >A >FR <FA", "RSTO", "ShAIf"},
  }));
  CAPTURE(c.script);
  const Talk talk(c.script);
  CHECK(talk.state() == c.state);
  CHECK(talk.history.text().view() == c.history);
}

TEST_CASE("tcp: the same packets say the same where sequence numbers wrap") {
  const std::uint32_t isn = GENERATE(0xffffffffU, 0xfffffffeU, 0xfffffff0U, 0x7fffffffU);
  const Talk talk(">S +40 <SA +10 >A >D30A <A <D40A >FA <FA >A", isn, isn + 3);
  CHECK(talk.state() == "SF");
  CHECK(talk.tcp.handshake_server() == Duration{40ms});
  CHECK(talk.client().goodput_bytes == 30);
  CHECK(talk.server().goodput_bytes == 40);
  CHECK(talk.client().fin_seq == isn + 1 + 30 + 1);
  CHECK_FALSE(talk.effect().window_violation);
}

TEST_CASE("tcp: handshake halves, and what leaves them out") {
  struct Case {
    std::string_view script;
    std::optional<Duration> server;
    std::optional<Duration> client;
    std::optional<Duration> connect;
  };
  const auto c = GENERATE(values<Case>({
      {">S +40 <SA +10 >A", 40ms, 10ms, 50ms},
      {">S +40 <SA", 40ms, {}, {}},
      {">S +40 <SA +10 >D5A", 40ms, 10ms, 50ms},
      // A repeated SYN: which one was answered? (Karn)
      {">S +1000 >* +40 <SA +10 >A", {}, 10ms, 1050ms},
      // Repeated after the answer: no doubt about the server's half.
      {">S +40 <SA +960 >* +10 >A", 40ms, 970ms, 1010ms},
      // A repeated SYN-ACK.
      {">S +40 <SA +1000 <* +10 >A", 40ms, {}, 1050ms},
      {">S +1000 >* +40 <SA +1000 <* +10 >A", {}, {}, 2050ms},
      // Without the SYN, and mid-stream.
      {"<SA +10 >A", {}, 10ms, {}},
      {">D5A +10 <A +10 >A", {}, {}, {}},
      // A simultaneous open has no such halves.
      {">S +5 <S +5 >SA +5 <SA +5 >A", {}, {}, 20ms},
      // Time went back between two packets.
      {">S +-5 <SA +10 >A", {}, 10ms, 5ms},
      {">S +40 <SA +-5 >A", 40ms, {}, 35ms},
      // Fast open: the SYN-ACK covers the SYN's data (RFC 7413 3).
      {">SD100 +40 <SA +10 >A", 40ms, 10ms, 50ms},
      {">S <RA", {}, {}, {}},
  }));
  CAPTURE(c.script);
  const Talk talk(c.script);
  CHECK(talk.tcp.handshake_server() == c.server);
  CHECK(talk.tcp.handshake_client() == c.client);
  CHECK(talk.tcp.connect() == c.connect);
}

TEST_CASE("tcp: a remembered SYN counts as if it had just been seen") {
  const auto repeated = GENERATE(false, true);
  FirstSyn syn = FirstSyn::of(
      test::decoded({.flags = flag::syn, .seq = 1000, .options = "020405b4 01030307"_hex}));
  CHECK(syn.seen);
  CHECK(syn.mss == 1460);
  syn.repeats = repeated ? 1 : 0;
  Talk talk(1001);
  talk.remember(syn);
  talk.play("+40 <SA +10 >A");
  CHECK(talk.state() == "S1");
  CHECK(talk.tcp.handshake_server() ==
        (repeated ? std::optional<Duration>{} : std::optional<Duration>{40ms}));
  CHECK(talk.tcp.connect() == Duration{50ms});
  CHECK(talk.client().mss == 1460);
  CHECK(talk.client().window_scale == 7);
}

TEST_CASE("tcp: a SYN that came again sooner than any time-out was not sent by one") {
  struct Case {
    Duration later;
    std::uint8_t timeouts;
  };
  const auto c = GENERATE(
      values<Case>({{10us, 1}, {100ms, 1}, {159'999us, 1}, {160ms, 2}, {1s, 2}, {-1s, 1}}));
  CAPTURE(c.later.count());
  const wire::Decoded again = test::decoded({.flags = flag::syn, .seq = 1000});
  FirstSyn syn = FirstSyn::of(again);
  CHECK(syn.repeat(c.later) == (c.timeouts == 1));
  CHECK_FALSE(syn.repeat(3s));
  CHECK(syn.timeouts() == c.timeouts);
  Talk talk(1001);
  talk.remember(syn);
  const TcpTrouble* trouble = talk.tcp.meter()->trouble(to_server);
  REQUIRE(trouble != nullptr);
  CHECK(trouble->syn_repeats == 2);
  CHECK(trouble->of(SegmentKind::timeout) == c.timeouts);
  CHECK(trouble->of(SegmentKind::other) == 2U - c.timeouts);
}

TEST_CASE("tcp: a SYN that comes again after a reset may be answered after all") {
  struct Case {
    std::string_view script;
    std::string_view state;
    bool was_reset;
  };
  const auto c = GENERATE(values<Case>({
      // Refused, and accepted half a second later: some stacks ask again.
      {">S +40 <RA +500 >* +40 <SA", "S1", false},
      {">S +40 <RA +500 >* +40 <SA +10 >A >D5A <A >FA <FA", "SF", false},
      {">S +40 <RA +500 >* +40 <R +500 >* +40 <SA >A", "S1", false},
      // What follows an attempt that the client gave up itself.
      {">S +10 >R +500 >S +40 <SA >A", "S1", false},
      // Accepted, and reset after that.
      {">S +40 <RA +500 >* +40 <SA >A <R", "RSTR", true},
      {">S +40 <RA +500 >* +40 <SA >R", "RSTO", true},
      // Refused again, or nobody answers.
      {">S +40 <RA +500 >*", "REJ", true},
      {">S +40 <RA +500 >* +40 <RA", "REJ", true},
      {">S +10 >R +500 >S", "RSTOS0", true},
      // What answers the first SYN, too late.
      {">S +40 <RA <SA", "RSTR", true},
      {">S +10 >R <SA", "RSTO", true},
      {">S +40 <RA +500 >* >R <SA", "RSTR", true},
      // A connection that was there is not begun once more.
      {">S <SA >A <R +500 <SA", "RSTR", true},
  }));
  CAPTURE(c.script);
  const Talk talk(c.script);
  CHECK(talk.state() == c.state);
  CHECK(talk.tcp.was_reset() == c.was_reset);
}

TEST_CASE("tcp: a RST that refused a SYN stays measured when the SYN comes again") {
  Talk talk(">S +40 <RA +460 >* +40 <RA");
  CHECK(talk.tcp.refusal() == Duration{40ms});
  REQUIRE(talk.tcp.meter() != nullptr);
  CHECK(talk.tcp.meter()->side(to_server).rtt.n() == 1);
  CHECK(talk.tcp.meter()->side(to_server).rtt.smoothed() == 40'000);
}

TEST_CASE("tcp: what acknowledged an older connection is no measure of the one that a SYN begins") {
  // RFC 9293 3.5.1: one end has forgotten the connection, and its SYN meets a challenge ACK.
  const std::uint32_t old = GENERATE(0xfaa2b828U, 0x7fff0000U, 1U, 1000U);
  CAPTURE(old);
  Talk talk(">S +40");
  talk.send({.direction = to_client, .flags = flag::ack, .seq = 77, .ack = old});
  talk.send({.flags = flag::rst, .seq = old});
  talk.play("+950 >S");
  talk.play("+40 <SA +10 >A >D5A <A >D5A <A");
  CHECK(talk.state() == "S1");
  CHECK_FALSE(talk.tcp.was_reset());
  CHECK(talk.client().goodput_bytes == 10);
  CHECK(talk.tcp.meter()->side(to_server).most_in_flight == 5);
  CHECK(talk.server().ack_max == 1011);
}

TEST_CASE("tcp: in a simultaneous open each SYN-ACK repeats a number, and no SYN") {
  // RFC 9293 3.5, figure 7.
  const std::string_view script =
      GENERATE(as<std::string_view>{}, ">S +10 <S +40 <SA +10 >SA +40 >A >D10A",
               ">S +10 <S +40 >SA +10 <SA +40 >A >D10A");
  CAPTURE(script);
  Talk talk(script);
  CHECK(talk.state() == "S1");
  CHECK(talk.tcp.handshake_server() == std::nullopt);
  CHECK(talk.tcp.handshake_client() == std::nullopt);
  REQUIRE(talk.tcp.meter() != nullptr);
  CHECK(talk.tcp.meter()->trouble(to_server) == nullptr);
  CHECK(talk.tcp.meter()->trouble(to_client) == nullptr);
}

TEST_CASE("tcp: a SYN-ACK of a simultaneous open that comes again is a repeat") {
  const auto [later, kind] = GENERATE(table<std::string_view, SegmentKind>(
      {{"+40", SegmentKind::other}, {"+160", SegmentKind::timeout}}));
  CAPTURE(later);
  Talk talk(">S +10 <S +1000 <SA");
  talk.play(later);
  talk.play("<*");
  CHECK(talk.effect().kind == kind);
  REQUIRE(talk.tcp.meter() != nullptr);
  REQUIRE(talk.tcp.meter()->trouble(to_client) != nullptr);
  CHECK(talk.tcp.meter()->trouble(to_client)->syn_repeats == 1);
}

TEST_CASE("tcp: a SYN that met another is repeated by a time-out counted from itself") {
  const auto [later, kind] = GENERATE(table<std::string_view, SegmentKind>(
      {{"+40", SegmentKind::other}, {"+160", SegmentKind::timeout}}));
  CAPTURE(later);
  Talk talk(">S +1000 <S");
  talk.play(later);
  talk.play("<*");
  CHECK(talk.effect().kind == kind);
}

TEST_CASE("tcp: the segment that completes the handshake says so once") {
  Talk talk;
  talk.play(">S <SA");
  CHECK_FALSE(talk.effect().established);
  CHECK(talk.tcp.embryonic());
  talk.play(">A");
  CHECK(talk.effect().established);
  CHECK_FALSE(talk.tcp.embryonic());
  talk.play(">*");
  CHECK_FALSE(talk.effect().established);
}

TEST_CASE("tcp: a SYN-ACK that answers no SYN of this connection changes nothing") {
  // RFC 9293 3.10.7.3: an ACK outside of what was sent is refused.
  const std::uint32_t ack = GENERATE(0U, 1000U, 1002U, 0x80000000U);
  Talk talk(">S");
  CHECK(talk.send({.direction = to_client, .flags = flag::syn | flag::ack, .seq = 77, .ack = ack})
            .window_violation);
  CHECK(talk.state() == "S0");
  talk.play("+40 <SA +10 >A");
  CHECK(talk.state() == "S1");
  CHECK(talk.tcp.handshake_server() == Duration{40ms});
  CHECK(talk.server().isn == 5000);
}

TEST_CASE("tcp: data that overtook its SYN-ACK belongs to the connection and counts once") {
  Talk talk(">S");
  const Segment data{
      .direction = to_client, .flags = flag::ack, .seq = 5001, .ack = 1001, .size = 10};
  talk.send(data);
  talk.play("<SA >A");
  talk.send(data);
  CHECK(talk.state() == "S1");
  CHECK(talk.server().goodput_bytes == 10);
  CHECK(talk.server().gaps == 0);
}

TEST_CASE("tcp: goodput counts each octet once, holes filled late included") {
  Talk talk = established();
  const auto data = [&talk](std::uint32_t offset, std::uint32_t size) {
    return talk.send({.flags = flag::ack, .seq = 1001 + offset, .ack = 5001, .size = size});
  };
  CHECK(data(0, 100).payload_accepted);
  talk.play("+2");
  CHECK(data(0, 100).payload_accepted);
  CHECK(talk.client().goodput_bytes == 100);
  data(300, 100);
  CHECK(talk.client().gaps == 1);
  CHECK(talk.client().goodput_bytes == 200);
  data(50, 300);  // fills the hole and repeats both its neighbours
  CHECK(talk.client().goodput_bytes == 400);
  data(0, 400);
  CHECK(talk.client().goodput_bytes == 400);
  CHECK(talk.history.text().view() == "ShADTG");
}

TEST_CASE("tcp: the first segments of each end tell whether any before them are missing") {
  using enum Continuation;
  Talk talk("<SA ");
  const auto from_client = [&talk](std::uint32_t seq, std::uint32_t ack, std::uint32_t size) {
    return talk.send({.flags = flag::ack, .seq = seq, .ack = ack, .size = size}).continuation;
  };
  const auto from_server = [&talk](std::uint32_t seq, std::uint32_t ack, std::uint32_t size) {
    return talk
        .send({.direction = to_client, .flags = flag::ack, .seq = seq, .ack = ack, .size = size})
        .continuation;
  };
  CHECK(talk.effect().continuation == unknown);
  CHECK(from_client(1001, 5001, 0) == follows);
  CHECK(from_client(1001, 5001, 0) == unknown);    // acknowledges nothing new
  CHECK(from_client(1001, 5001, 100) == unknown);  // its first data
  CHECK(from_client(1201, 5001, 50) == jumps);     // 100 octets are missing
  CHECK(from_client(1101, 5001, 100) == unknown);
  CHECK(from_client(1251, 5001, 10) == follows);
  CHECK(from_client(1300, 5001, 10) == unknown);  // three have told
  CHECK(from_server(5001, 1310, 20) == follows);
  CHECK(from_server(5021, 1400, 0) == jumps);  // 90 octets were acknowledged and not seen
  CHECK(from_server(5121, 1400, 0) == jumps);  // 100 octets were sent and not seen
}

TEST_CASE("tcp: a FIN that overtook data leaves the hole open") {
  Talk talk = established();
  const std::uint32_t size = GENERATE(0U, 20U);
  talk.send({.flags = flag::fin | flag::ack, .seq = 1101, .ack = 5001, .size = size});
  CHECK(talk.client().gaps == 1);
  talk.send({.flags = flag::ack, .seq = 1001, .ack = 5001, .size = 100});
  CHECK(talk.client().goodput_bytes == 100 + size);
  CHECK(talk.client().fin_seq == 1101 + size + 1);
  CHECK(talk.state() == "S2");
}

TEST_CASE("tcp: a FIN in a SYN lies behind the SYN's own number") {
  const Talk talk(">SFD10");
  CHECK(talk.client().fin_seq == 1000 + 1 + 10 + 1);
  CHECK(talk.client().goodput_bytes == 10);
  CHECK(talk.client().space.next() == talk.client().fin_seq);
}

TEST_CASE("tcp: what lies outside of the window moves nothing") {
  struct Case {
    int flags;
    std::uint32_t size;
  };
  const auto c = GENERATE(values<Case>({{flag::ack, 10},
                                        {flag::fin | flag::ack, 0},
                                        {flag::fin | flag::ack, 10},
                                        {flag::rst, 0},
                                        {flag::rst | flag::ack, 0}}));
  const std::uint32_t seq = GENERATE(1001U + (2U << 20U), 1001U - (65U << 10U), 0x90000000U);
  CAPTURE(c.flags, c.size, seq);
  Talk talk = established();
  const auto effect = talk.send({.flags = c.flags, .seq = seq, .ack = 0x70000000, .size = c.size});
  CHECK(effect.window_violation);
  CHECK_FALSE(effect.payload_accepted);
  CHECK_FALSE(effect.reset);
  CHECK(talk.state() == "S1");
  CHECK_FALSE(talk.client().fin_seen);
  CHECK(talk.client().ack_max == 5001);
  CHECK(talk.client().space.next() == 1001);
  talk.play(">D10A <A");
  CHECK(talk.client().goodput_bytes == 10);
  CHECK_FALSE(talk.effect().window_violation);
}

TEST_CASE("tcp: a RST at the next number or inside the window resets") {
  const std::uint32_t ahead = GENERATE(0U, 1U, 0x4000U);
  Talk talk = established();
  const auto effect = talk.send({.direction = to_client, .flags = flag::rst, .seq = 5001 + ahead});
  CHECK(effect.reset);
  CHECK_FALSE(effect.window_violation);
  CHECK(talk.state() == "RSTR");
  CHECK(talk.tcp.was_reset());
  CHECK(talk.tcp.closed());
}

TEST_CASE("tcp: a RST after both FINs resets nothing") {
  const Talk talk(">S <SA >A >FA <FA >A <R");
  CHECK(talk.effect().reset);
  CHECK_FALSE(talk.tcp.was_reset());
  CHECK(talk.tcp.closed());
}

TEST_CASE("tcp: a scaled window above 1 MiB admits data that far ahead") {
  // Both SYNs carry a shift of 14; the server's window is then 0x400 << 14, 16 MiB.
  Talk talk;
  talk.send({.flags = flag::syn, .seq = 1000, .options = "0303 0e 00"_hex});
  talk.send({.direction = to_client,
             .flags = flag::syn | flag::ack,
             .seq = 5000,
             .ack = 1001,
             .options = "0303 0e 00"_hex});
  CHECK(talk.server().window == 0x4000);  // RFC 7323 2.2: never scaled in a SYN
  talk.send({.flags = flag::ack, .seq = 1001, .ack = 5001});
  talk.send(
      {.direction = to_client, .flags = flag::ack, .seq = 5001, .ack = 1001, .window = 0x400});
  CHECK(talk.server().window == 16U << 20U);
  CHECK(talk.send({.flags = flag::ack, .seq = 1001 + (15U << 20U), .ack = 5001, .size = 1})
            .payload_accepted);
  CHECK(talk.send({.flags = flag::ack, .seq = 1001 + (40U << 20U), .ack = 5001, .size = 1})
            .window_violation);
}

TEST_CASE("tcp: a window is scaled only if both SYNs offered it") {
  Talk talk;
  talk.send({.flags = flag::syn, .seq = 1000, .options = "03030700"_hex});
  talk.play("<SA");
  talk.send({.flags = flag::ack, .seq = 1001, .ack = 5001, .window = 100});
  CHECK(talk.client().has_window_scale);
  CHECK(talk.client().window == 100);
}

TEST_CASE("tcp: data in one direction alone needs no acknowledgement") {
  Talk talk;
  for (int i = 0; i < 100; ++i) talk.play(">D50000A");
  CHECK(talk.client().goodput_bytes == 5'000'000);
  CHECK_FALSE(talk.effect().window_violation);
}

TEST_CASE("tcp: a capture of one direction goes on behind a hole larger than any window") {
  Talk talk;
  talk.play(">D1000A");
  const std::uint32_t far = talk.client().space.next() + (3U << 20U);
  CHECK(talk.send({.flags = flag::ack, .seq = far, .size = 1000}).window_violation);
  CHECK(talk.send({.flags = flag::ack, .seq = far + 5000, .size = 1000}).window_violation);
  CHECK(talk.send({.flags = flag::ack, .seq = far + 6000, .size = 1000}).payload_accepted);
  CHECK(talk.send({.flags = flag::ack, .seq = far + 7000, .size = 1000}).payload_accepted);
  CHECK(talk.client().space.next() == far + 8000);
}

TEST_CASE("tcp: two refused segments in a row move nothing that an ACK speaks against") {
  Talk talk = established();
  constexpr std::uint32_t far = 1001U + (3U << 20U);
  for (const std::uint32_t at : {far, far + 1000, far + 2000})
    CHECK(talk.send({.flags = flag::ack, .seq = at, .ack = 5001, .size = 1000}).window_violation);
  CHECK(talk.client().space.next() == 1001);
}

TEST_CASE("tcp: what both ends agree on moves the stream over a loss larger than any window") {
  Talk talk = established();
  talk.play("<D100A >A");
  constexpr std::uint32_t far = 5101 + 3'000'000;
  // Only a claim as yet.
  CHECK_FALSE(talk.send({.flags = flag::ack, .seq = 1001, .ack = far}).acknowledges);
  CHECK(talk.client().ack_max == 5101);
  CHECK(talk.server().space.next() == 5101);
  const auto from_server = [&talk](std::uint32_t seq, std::uint32_t size) {
    return talk.send(
        {.direction = to_client, .flags = flag::ack, .seq = seq, .ack = 1001, .size = size});
  };
  SECTION("data exactly there") {
    const auto effect = from_server(far, 200);
    CHECK(effect.payload_accepted);
    CHECK(effect.missed == 3'000'000);
    CHECK(talk.server().space.next() == far + 200);
    CHECK(talk.server().gaps == 0);
    CHECK(talk.server().goodput_bytes == 300);
  }
  SECTION("data a little above: what lies between may yet come") {
    CHECK(from_server(far + 50'000, 200).missed == 3'000'000);
    CHECK(talk.server().gaps == 1);
    CHECK(talk.server().space.missing(far, far + 50'000) == 50'000);
  }
  SECTION("data a little below: it was acknowledged, and comes late") {
    const auto effect = from_server(far - 1000, 1000);
    CHECK(effect.missed == 3'000'000);
    CHECK(effect.kind == SegmentKind::late);
    CHECK(effect.recovered == 1000);
    CHECK(talk.tcp.meter()->trouble(to_client)->unseen_bytes == 2'999'000);
  }
  SECTION("a pure ACK that says the same number") {
    CHECK(from_server(far - 1, 0).missed == 0);
    CHECK(from_server(far, 0).missed == 3'000'000);
    CHECK(talk.server().space.next() == far);
  }
  SECTION("a FIN") {
    CHECK(
        talk.send({.direction = to_client, .flags = flag::fin | flag::ack, .seq = far, .ack = 1001})
            .missed == 3'000'000);
    CHECK(talk.server().fin_seq == far + 1);
  }
  CHECK(talk.client().ack_max == far);
  // It goes on as if nothing had been lost.
  const std::uint32_t next = talk.server().space.next();
  CHECK(talk.send({.flags = flag::ack, .seq = 1001, .ack = next}).ack.unseen ==
        (talk.server().gaps == 1 ? 50'000U : 0U));
  CHECK(talk.client().ack_max == next);
}

TEST_CASE("tcp: far data that the peer then acknowledges to the octet shows a loss") {
  Talk talk = established();
  constexpr std::uint32_t far = 1001 + 3'000'000;
  const auto data = [&talk](std::uint32_t seq) {
    return talk.send({.flags = flag::ack, .seq = seq, .ack = 5001, .size = 100});
  };
  CHECK(data(far).window_violation);
  CHECK(data(far + 100).window_violation);
  const auto effect =
      talk.send({.direction = to_client, .flags = flag::ack, .seq = 5001, .ack = far + 200});
  // What was refused counts as not seen.
  CHECK(effect.ack.unseen == 3'000'200);
  CHECK(talk.client().space.next() == far + 200);
  CHECK(data(far + 200).payload_accepted);
  CHECK(talk.client().goodput_bytes == 100);
  CHECK(talk.tcp.meter()->trouble(to_server)->unseen_bytes == 3'000'200);
}

TEST_CASE("tcp: one end alone moves nothing, however far it says that it is") {
  Talk talk = established();
  constexpr std::uint32_t far = 1001 + 500'000'000;
  const auto from_server = [&talk](std::uint32_t ack) {
    return talk.send({.direction = to_client, .flags = flag::ack, .seq = 5001, .ack = ack});
  };
  SECTION("acknowledgements") {
    for (const std::uint32_t ack : {far, far + 100, far + 200})
      CHECK(from_server(ack).ack.unseen == 0);
    talk.play(">D10A");
    CHECK(talk.effect().kind == SegmentKind::fresh);
  }
  SECTION("an acknowledgement that the next one takes back, then data there") {
    from_server(far);
    from_server(1001);
    CHECK(talk.send({.flags = flag::ack, .seq = far, .ack = 5001, .size = 10}).window_violation);
    talk.play(">D10A");
  }
  SECTION("an acknowledgement, and data elsewhere") {
    from_server(far);
    for (const std::uint32_t seq : {far + (2U << 20U), far - (65U << 10U), 1001 + (2U << 20U)}) {
      CAPTURE(seq);
      CHECK(talk.send({.flags = flag::ack, .seq = seq, .ack = 5001, .size = 10}).window_violation);
    }
    CHECK_FALSE(talk.send({.flags = flag::rst, .seq = far + 1}).reset);
    talk.play(">D10A");
  }
  SECTION("data, and an acknowledgement that is not of their end") {
    CHECK(talk.send({.flags = flag::ack, .seq = far, .ack = 5001, .size = 10}).window_violation);
    CHECK(from_server(far + 9).ack.unseen == 0);
    talk.play(">D10A");
  }
  CHECK(talk.client().space.next() == 1011);
  CHECK(talk.client().goodput_bytes == 10);
  CHECK(talk.server().ack_max == 1001);
  const TcpTrouble* trouble = talk.tcp.meter()->trouble(to_server);
  CHECK((trouble == nullptr || trouble->unseen_bytes == 0));
  // The real acknowledgement counts as ever.
  CHECK(from_server(1011).acknowledges);
  CHECK(talk.server().ack_max == 1011);
}

TEST_CASE("tcp: zero windows are written down at the 1st and 10th time") {
  Talk talk = established();
  for (int i = 0; i < 10; ++i) talk.play("<AZ");
  CHECK(talk.server().zero_windows == 10);
  CHECK(talk.history.text().view() == "ShAaww");
  const Talk closing(">SZ <SAZ >RZ");
  CHECK(closing.client().zero_windows == 0);
  CHECK(closing.server().zero_windows == 0);
}

TEST_CASE("tcp: a header that was not captured shows neither window nor number") {
  wire::Decoded cut = test::decoded({});
  cut.window = 0;
  cut.ports_only = true;
  Talk talk;
  talk.tcp.on_segment(cut, to_server, talk.now(), talk.history);
  CHECK(talk.state() == "OTH");
  CHECK(talk.history.text().view().empty());
  CHECK(talk.client().state == EndState::inactive);
  CHECK(talk.client().zero_windows == 0);
  CHECK_FALSE(talk.client().space.started());
  talk.play(handshake);
  talk.play(">D10A");
  talk.tcp.on_segment(cut, to_server, talk.now(), talk.history);
  talk.play("<A");
  CHECK(talk.state() == "S1");
  CHECK(talk.history.text().view() == "ShADa");
  CHECK(talk.client().space.next() == 1011);
  CHECK(talk.client().window == 0x4000);
  CHECK(talk.tcp.meter()->trouble(to_server) == nullptr);
}

TEST_CASE("tcp: a payload in a RST is no data") {
  Talk talk = established();
  talk.play(">RD20");
  CHECK(talk.effect().reset);
  CHECK(talk.client().goodput_bytes == 0);
  CHECK(talk.history.text().view() == "ShAR");
}

TEST_CASE("tcp: only a handshake that is not complete is embryonic") {
  struct Case {
    std::string_view script;
    bool embryonic;
    bool closed;
  };
  const auto c = GENERATE(values<Case>({{">S", true, false},
                                        {">S <SA", true, false},
                                        {"<SA", true, false},
                                        {">S <SA >A", false, false},
                                        {">S <RA", false, true},
                                        {">A <A", false, false},
                                        {">D1A", false, false},
                                        {">S <SA >D5A", false, false},
                                        {">S <SA >A >FA", false, false},
                                        {">S <SA >A >FA <FA", false, true}}));
  CAPTURE(c.script);
  const Talk talk(c.script);
  CHECK(talk.tcp.embryonic() == c.embryonic);
  CHECK(talk.tcp.closed() == c.closed);
}

TEST_CASE("tcp: which SYN begins another connection") {
  struct Case {
    std::string_view script;
    std::uint32_t isn;
    Duration idle;
    bool reused;
  };
  const auto c = GENERATE(values<Case>({
      {handshake, 1000, 1s, false},    // the same SYN once more
      {handshake, 1000, 100s, false},  // however late
      {handshake, 1500, 1s, false},    // a number inside the window
      {handshake, 1500, 60s, true},    // after a silence
      {handshake, 1500, 59s, false},
      {handshake, 1001 + (2U << 20U), 1s, true},  // beyond the window
      {handshake, 1001 - (65U << 10U), 1s, true},
      {">S <SA >A >FA <FA >A", 1500, 0s, true},  // after the end
      {">S <SA >A >R", 1500, 0s, true},
      {">S <SA >A >FA <FA >A", 1000, 0s, false},
      {">A <A", 1500, 0s, true},    // mid-stream, then a SYN
      {"<SA >A", 1000, 0s, false},  // the SYN of a SYN-ACK seen before it
  }));
  CAPTURE(c.script, c.isn, c.idle.count());
  const Talk talk(c.script);
  CHECK(talk.tcp.reused_by(c.isn, to_server, c.idle) == c.reused);
}

}  // namespace ntan::flow
