#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "app/ntp_packet.h"
#include "app/protocol.h"
#include "tests/app/ntp_bytes.h"
#include "tests/support/dissect.h"

namespace ntan::app {

extern const Protocol ntp_protocol;

namespace {

using namespace test;            // NOLINT(*-using-namespace)
using namespace test::literals;  // NOLINT(*-using-namespace)

using Lines = std::vector<std::string>;

constexpr Direction to_server = Direction::to_server;
constexpr Direction to_client = Direction::to_client;

FlowContext to_port(std::uint16_t port, std::string_view server = "192.0.2.1") {
  return {.transport = Transport::udp,
          .client = *parse_address("192.0.2.9"),
          .server = *parse_address(server),
          .client_port = 40000,
          .server_port = port};
}

const FlowContext flow = to_port(123);

/// What a clock shows that many microseconds after the test's begins, at 22:13:20.
std::uint64_t clock_at(std::int64_t us) {
  return ntp::to_stamp(from_ns(1'700'000'000'000'000'000) + Duration{us * 1000});
}

NtpPacket question(std::uint64_t transmit = 0x1234) {
  return {.precision = 0, .transmit = transmit};
}

NtpPacket answer(std::uint64_t origin = 0x1234) {
  return {.first = 0x24,
          .stratum = 2,
          .root_delay = 0x1000,
          .root_dispersion = 0x2000,
          .reference_id = {192, 0, 2, 77},
          .reference = clock_at(-60'000'000),
          .origin = origin,
          .receive = clock_at(10'000),
          .transmit = clock_at(12'000)};
}

const std::string facts =
    R"("poll_s":64,"precision":-23,"root_delay_us":62500,"root_dispersion_us":125000,)"
    R"("ref_time":"2023-11-14T22:12:20.000000Z","xmt_time":"2023-11-14T22:13:20.012000Z")";

const std::string exchange =
    R"(ntp {"version":4,"mode":"client","queried":true,"answered":true,"retries":0,"stratum":2,)"
    R"("ref_id":"192.0.2.77",)" +
    facts + R"(,"rtt_us":20000,"server_us":2000,"offset_us":1000})";

Dissected one(const Octets& message, const FlowContext& context = flow) {
  DissectorRun run{ntp_protocol, context};
  run.feed(to_client, message, 0);
  run.end(1);
  CHECK(run.memory().used == 0);
  return run.result();
}

std::string line_of(const NtpPacket& packet) {
  const Dissected result = one(ntp_packet(packet));
  REQUIRE(result.lines.size() == 1);
  return result.lines[0];
}

bool has(const std::string& line, std::string_view member) {
  return line.find(member) != std::string::npos;
}

Verdict probe(const Octets& data, const FlowContext& context = flow) {
  return ntp_protocol.probe({.data = data, .size = static_cast<std::uint32_t>(data.size())},
                            context);
}

}  // namespace

TEST_CASE("ntp: a question and its answer are one event") {
  DissectorRun run{ntp_protocol, flow};
  run.feed(to_server, ntp_packet(question()), 0);
  CHECK(run.result().progress == Progress::more);
  CHECK(run.result().lines.empty());
  run.feed(to_client, ntp_packet(answer()), 20);
  CHECK(run.result().lines == Lines{exchange});
  CHECK(run.result().progress == Progress::idle);
  CHECK(run.memory().used == 0);
  run.advance(20'000);
  CHECK(run.result().lines.size() == 1);
}

TEST_CASE("ntp: a question without answer is told after ten seconds") {
  DissectorRun run{ntp_protocol, flow};
  run.feed(to_server, ntp_packet(question()), 0);
  run.feed(to_server, ntp_packet(question()), 1000);
  run.advance(10'999);
  CHECK(run.result().lines.empty());
  run.advance(11'000);
  CHECK(run.result().lines ==
        Lines{R"(ntp {"version":4,"mode":"client","queried":true,"answered":false,"retries":1,)"
              R"("poll_s":64,"root_delay_us":0,"root_dispersion_us":0})"});
  CHECK(run.memory().used == 0);
  run.feed(to_client, ntp_packet(answer()), 12'000);
  REQUIRE(run.result().lines.size() == 2);
  CHECK(has(run.result().lines[1], R"("mode":"server","queried":false,"answered":true,"stratum")"));
  CHECK_FALSE(has(run.result().lines[1], "rtt_us"));
}

TEST_CASE("ntp: answers find their questions in any order") {
  DissectorRun run{ntp_protocol, flow};
  run.feed(to_server, ntp_packet(question(1)), 0);
  run.feed(to_server, ntp_packet(question(2)), 5);
  run.feed(to_client, ntp_packet(answer(2)), 10);
  run.feed(to_client, ntp_packet(answer(1)), 15);
  run.feed(to_client, ntp_packet(answer(1)), 16);
  run.end(20);
  REQUIRE(run.result().lines.size() == 3);
  CHECK(has(run.result().lines[0], R"("rtt_us":5000)"));
  CHECK(has(run.result().lines[1], R"("rtt_us":15000)"));
  CHECK(has(run.result().lines[2], R"("queried":false)"));
}

TEST_CASE("ntp: an answer in the interleaved mode has times of another") {
  NtpPacket asked = question();
  asked.receive = 0x9999;
  DissectorRun run{ntp_protocol, flow};
  run.feed(to_server, ntp_packet(asked), 0);
  run.feed(to_client, ntp_packet(answer(0x9999)), 20);
  REQUIRE(run.result().lines.size() == 1);
  CHECK(has(run.result().lines[0], R"("rtt_us":20000,"interleaved":true})"));
}

TEST_CASE("ntp: a server that does not know the time has no offset") {
  NtpPacket lost = answer();
  lost.first = 0xe4;
  lost.stratum = 16;
  lost.reference_id = octets("INIT");
  DissectorRun run{ntp_protocol, flow};
  run.feed(to_server, ntp_packet(question()), 0);
  run.feed(to_client, ntp_packet(lost), 20);
  REQUIRE(run.result().lines.size() == 1);
  const std::string& line = run.result().lines[0];
  CHECK(has(line, R"("leap":"unsynchronized","stratum":16,"ref_id":"INIT")"));
  CHECK(has(line, R"("server_us":2000})"));
}

TEST_CASE("ntp: a kiss says why there is no time, a reference clock is named by letters") {
  NtpPacket kiss = answer();
  kiss.stratum = 0;
  kiss.reference_id = octets("RATE");
  CHECK(has(line_of(kiss), R"("answered":true,"kiss":"RATE","poll_s":64)"));
  NtpPacket first = answer();
  first.stratum = 1;
  first.reference_id = Octets{'G', 'P', 'S', 0};
  CHECK(has(line_of(first), R"("stratum":1,"ref_id":"GPS")"));
  first.reference_id = Octets{0xff, 27, '"', '\\'};
  CHECK(has(line_of(first), R"("ref_id":"\\xff\\x1b\"\\\\")"));
}

TEST_CASE("ntp: numbers that say nothing are absent") {
  NtpPacket odd = answer();
  odd.poll = 0;
  odd.precision = 0;
  odd.reference = 0;
  CHECK_FALSE(has(line_of(odd), "poll_s"));
  CHECK_FALSE(has(line_of(odd), "precision"));
  CHECK_FALSE(has(line_of(odd), "ref_time"));
  odd.poll = 0x80;
  CHECK_FALSE(has(line_of(odd), "poll_s"));
  odd.root_delay = 0xffff'0000;
  CHECK(has(line_of(odd), R"("root_delay_us":65535000000)"));
  odd.first = 0x1c;
  CHECK(has(line_of(odd), R"("root_delay_us":-1000000)"));
}

TEST_CASE("ntp: symmetric peers and broadcasts stand alone, and so do questions to a group") {
  for (const auto& [first, mode] :
       {std::pair{0x21, "symmetric_active"}, {0x22, "symmetric_passive"}, {0x25, "broadcast"}}) {
    NtpPacket packet = answer();
    packet.first = static_cast<std::uint8_t>(first);
    CHECK(line_of(packet) == R"(ntp {"version":4,"mode":")" + std::string{mode} +
                                 R"(","stratum":2,"ref_id":"192.0.2.77",)" + facts + "}");
  }
  DissectorRun run{ntp_protocol, to_port(123, "224.0.1.1")};
  run.feed(to_server, ntp_packet(question()), 0);
  CHECK(run.result().lines ==
        Lines{R"(ntp {"version":4,"mode":"client","queried":true,"retries":0,"poll_s":64,)"
              R"("root_delay_us":0,"root_dispersion_us":0})"});
}

TEST_CASE("ntp: what is behind the header is told in a word") {
  const Dissected secured = one(join(ntp_packet(answer()), ntp_extension(0x0104, Octets(32)),
                                     ntp_extension(0x0404, Octets(40))));
  CHECK(has(secured.lines.at(0), R"("extensions":2,"nts":true})"));
  const Dissected keyed = one(join(ntp_packet(answer()), "0000002a"_hex, Octets(16)));
  CHECK(has(keyed.lines.at(0), R"("key_id":42})"));
  const Dissected refused = one(join(ntp_packet(answer()), Octets(4)));
  CHECK(has(refused.lines.at(0), R"("key_id":0,"crypto_nak":true})"));
}

TEST_CASE("ntp: what asks for more than the time is told as such, long answers once") {
  const auto lines = [](Bytes message) { return one({message.begin(), message.end()}).lines; };
  CHECK(lines("16 02 0001 0000 0000 0000 0000"_hex) ==
        Lines{R"(ntp {"version":2,"mode":"control","response":false,"opcode":"read_variables"})"});
  CHECK(lines("16 8d 0001 0000 0000 0000 0000"_hex) ==
        Lines{R"(ntp {"version":2,"mode":"control","response":true,"opcode":"OP13"})"});
  CHECK(lines("17 00 03 2a 0000 0000"_hex) ==
        Lines{R"(ntp {"version":2,"mode":"private","response":false,"implementation":3,)"
              R"("request_code":42})"});
  CHECK(lines("d7 00 03 2a 0006 0048"_hex).size() == 1);
  CHECK(lines("d7 01 03 2a 0006 0048"_hex).empty());
  CHECK(lines("16 82 0001 0000 0000 01d4 0010"_hex).empty());
}

TEST_CASE("ntp: what does not parse is an anomaly; five in a row end it") {
  const Lines malformed{"ntp ntp_malformed"};
  CHECK(one(Octets(48)).anomalies == malformed);
  CHECK(one(Octets(47, 0x24)).anomalies == malformed);
  CHECK(one(octets("\x16\x02")).anomalies == malformed);
  const Dissected read = one(join(ntp_packet(answer()), Octets(3)));
  CHECK(read.anomalies == malformed);
  CHECK(read.lines.size() == 1);
  DissectorRun run{ntp_protocol, flow};
  run.feed(to_server, ntp_packet(question()), 0);
  for (int i = 0; i < 5; ++i) {
    CHECK(run.result().progress == Progress::more);
    run.feed(to_client, Octets(48), 1);
  }
  CHECK(run.result().progress == Progress::give_up);
  CHECK(run.result().lines.size() == 1);
}

TEST_CASE("ntp: what the capture cut off is nobody's fault") {
  const Octets whole = join(ntp_packet(answer()), ntp_extension(9, Octets(60)));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    DissectorRun run{ntp_protocol, flow};
    run.feed(to_client, Bytes{whole}.first(size), 0, static_cast<std::uint32_t>(whole.size()));
    CHECK(run.result().anomalies.empty());
    CHECK(run.result().lines.size() == (size < 48 ? 0 : 1));
  }
}

TEST_CASE("ntp: too many open questions give way, and without memory none waits") {
  DissectorRun run{ntp_protocol, flow};
  for (std::uint64_t i = 1; i <= 257; ++i) run.feed(to_server, ntp_packet(question(i)), 0);
  CHECK(run.result().lines.size() == 64);
  CHECK(run.memory().crowded_out == 64);
  CHECK_FALSE(has(run.result().lines[0], "answered"));
  run.end(1);
  CHECK(run.result().lines.size() == 257);
  DissectorRun poor{ntp_protocol, flow, 10};
  poor.feed(to_server, ntp_packet(question()), 0);
  CHECK(poor.result().lines.size() == 1);
  CHECK(poor.memory().refused == 1);
}

TEST_CASE("ntp: probe wants a header that makes sense on the port of NTP") {
  CHECK(probe(ntp_packet(question())) == Verdict::yes);
  CHECK(probe(ntp_packet(answer())) == Verdict::yes);
  CHECK(probe(ntp_packet({.first = 0x20})) == Verdict::no);
  CHECK(probe(ntp_packet({.first = 0x2b})) == Verdict::no);
  CHECK(probe(ntp_packet({.first = 0x03})) == Verdict::no);
  CHECK(probe(ntp_packet({.stratum = 17})) == Verdict::no);
  CHECK(probe(Octets(47, 0x23)) == Verdict::no);
  CHECK(probe(octets("\x17")) == Verdict::no);
  CHECK(probe(join("17 00 03 2a"_hex, Octets(4))) == Verdict::yes);
  CHECK(probe(join("16 02"_hex, Octets(9))) == Verdict::no);
  CHECK(probe(join("16 02"_hex, Octets(10))) == Verdict::yes);
}

TEST_CASE("ntp: probe takes nothing but a server's answer on other ports") {
  const FlowContext elsewhere = to_port(9000);
  CHECK(probe(ntp_packet(answer()), elsewhere) == Verdict::yes);
  CHECK(probe(ntp_packet(question()), elsewhere) == Verdict::no);
  CHECK(probe(Octets(48, 0x24), elsewhere) == Verdict::no);
}

TEST_CASE("ntp: a packet's line says who speaks") {
  const auto line = [](Bytes message) {
    TextLine text;
    ntp_protocol.describe(Transport::udp, {.data = message, .size = 0}, text);
    return std::string{text.view()};
  };
  CHECK(line(ntp_packet(question())) == "v4 client");
  CHECK(line(ntp_packet(answer())) == "v4 server stratum 2");
  CHECK(line("16 82 0001 0000 0000 0000 0000"_hex) == "v2 control response read_variables");
  CHECK(line("17 00 03 2a 0000 0000"_hex) == "v2 private request 42");
  CHECK(line("17"_hex).empty());
}

}  // namespace ntan::app
