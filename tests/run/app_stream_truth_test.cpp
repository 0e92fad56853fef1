// Protocols in streams that are cut, shuffled, repeated or seen in part.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/app/tls_bytes.h"
#include "tests/run/app_truth.h"
#include "tests/support/analysis.h"
#include "tests/support/traffic.h"

namespace ntan {
namespace {

using namespace test::truth;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
using test::Frames;
using test::in_ethernet;
using test::join;
using test::Octets;
using test::octets;
using test::Pair;
using test::traffic_start;
using test::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it
namespace tcp = test::tcp;

}  // namespace

namespace {

/// Part of what the client sends.
struct Piece {
  std::size_t begin = 0;
  std::size_t size = 0;
};
using Pieces = std::vector<Piece>;

struct Said {
  Octets client;
  Octets server;
};

/// A connection of its own, by its port, whose client sends the pieces all at one time.
void add_pieces(Frames& frames, std::uint16_t port, std::uint16_t server_port, const Said& said,
                const Pieces& pieces) {
  const Pair there{client, server, port, server_port};
  constexpr std::uint32_t isn = 0xffffff80;  // the numbers wrap inside what is said
  constexpr std::uint32_t server_isn = 5000;
  const auto segment = [&](std::chrono::microseconds at, const Pair& way,
                           const test::TcpHeader& header, Bytes payload = {}) {
    add(frames, at, test::tcp_packet(way, header, payload));
  };
  const auto size = static_cast<std::uint32_t>(said.client.size());
  segment(0ms, there, {.seq = isn, .flags = tcp::syn});
  segment(1ms, there.back(), {.seq = server_isn, .ack = isn + 1, .flags = tcp::syn | tcp::ack});
  segment(2ms, there, {.seq = isn + 1, .ack = server_isn + 1, .flags = tcp::ack});
  for (const Piece& piece : pieces) {
    segment(10ms, there,
            {.seq = isn + 1 + static_cast<std::uint32_t>(piece.begin),
             .ack = server_isn + 1,
             .flags = tcp::psh | tcp::ack},
            Bytes{said.client}.subspan(piece.begin, piece.size));
  }
  segment(30ms, there.back(),
          {.seq = server_isn + 1, .ack = isn + 1 + size, .flags = tcp::psh | tcp::ack},
          said.server);
  segment(40ms, there,
          {.seq = isn + 1 + size,
           .ack = server_isn + 1 + static_cast<std::uint32_t>(said.server.size()),
           .flags = tcp::rst | tcp::ack});
}

/// Every cut in two, in several orders and with copies; then octet by octet.
std::vector<Pieces> all_cuts(std::size_t size) {
  std::vector<Pieces> all{{{0, size}}};
  for (std::size_t cut = 1; cut < size; ++cut) {
    const Piece head{0, cut};
    const Piece rest{cut, size - cut};
    all.insert(all.end(), {{head, rest},
                           {rest, head},
                           {head, head, rest, rest},
                           {rest, rest, head, head},
                           {rest, {0, size}}});
  }
  Pieces single;
  for (std::size_t at = 0; at < size; ++at) single.push_back({at, 1});
  all.push_back(single);
  test::Dice dice(7);
  for (std::size_t i = single.size(); i-- > 1;) {
    const std::size_t low = i - i % 32;  // no more than may wait for those before them
    std::swap(single[i], single[low + dice.below(static_cast<std::uint32_t>(i - low + 1))]);
  }
  all.push_back(single);
  return all;
}

/// What the event of each connection says, without its envelope.
void check_same(std::string_view event, std::uint16_t server_port, const Said& said) {
  const std::vector<Pieces> cuts = all_cuts(said.client.size());
  Frames frames;
  for (std::size_t i = 0; i < cuts.size(); ++i)
    add_pieces(frames, static_cast<std::uint16_t>(10'000 + i), server_port, said, cuts[i]);
  test::sort_by_time(frames);
  const test::Analysis analysis = test::analyse(frames, {.only = {event, "anomaly"}});
  CHECK(analysis.of("anomaly").empty());
  const std::vector<std::string> lines = analysis.of(event);
  REQUIRE(lines.size() == cuts.size());
  const std::string key = "\"" + std::string(event) + "\":{";
  const auto body = [&](const std::string& line) { return line.substr(line.find(key)); };
  const auto differs = [&](const std::string& line) { return body(line) != body(lines.front()); };
  CHECK(std::ranges::count_if(lines, differs) == 0);
  const auto first = std::ranges::find_if(lines, differs);
  CHECK((first == lines.end() ? "" : *first) == "");
}

}  // namespace

TEST_CASE("truth: a ClientHello cut anywhere, shuffled and sent twice, is the same") {
  const Octets extensions =
      join(test::sni_extension("www.example.net"), "002b 0003 02 0304"_hex,
           "0010 000e 000c 02 6832 08 687474702f312e31"_hex, "000a 0004 0002 001d"_hex);
  check_same("tls", 443,
             {.client = test::client_hello("1301 1302 c02f"_hex, extensions),
              .server = test::server_hello("1301"_hex, "002b 0002 0304"_hex)});
}

TEST_CASE("truth: what a client acknowledges was answered, though nobody saw the answer") {
  Frames frames;
  Talk talk(frames);
  for (const auto at : {100ms, 200ms, 300ms}) {
    talk.client_says(at, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"sv);
    talk.server_says(at + 10ms, std::string(3'000'000, 'x'));
  }
  talk.close();
  // The client's side from its first request on: not even the handshake.
  constexpr std::size_t source_address = 14 + 12;
  const auto unseen = [](const test::Frame& frame) {
    return load_be<std::uint32_t>(&frame.data[source_address]) != client ||
           frame.time < traffic_start + 100ms;
  };
  std::erase_if(frames, unseen);
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 3);
  for (std::size_t i = 0; i < events.size(); ++i) {
    CAPTURE(i);
    CHECK(events[i]["depth"] == static_cast<std::int64_t>(i + 1));
    CHECK(events[i].flag("gap") == true);
    CHECK_FALSE(events[i].flag("pipelined"));
  }
}

TEST_CASE("truth: what follows a beginning that was lost is not taken for it") {
  Frames frames;
  test::TcpScript script(frames, {client, server, 40'000, 22}, traffic_start);
  script.handshake();
  script.lose_next();
  script.send(true, octets("SSH-2.0-lost\r\n"));
  script.send(false, octets("SSH-2.0-seen\r\n"));
  for (const bool from_client : {true, false, true, false})
    script.send(from_client, Octets(600, std::uint8_t{0x5a}));
  script.fin_both();
  const test::Analysis analysis = test::analyse(frames);
  const auto events = records(analysis, "ssh");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("server") == "SSH-2.0-seen");
  CHECK(events[0].text("client").empty());
  const auto anomalies = records(analysis, "anomaly");
  CHECK(std::ranges::none_of(anomalies, [](const auto& one) {
    return one.text("reason") == "ssh_malformed" && one.text("detail") == "identification";
  }));
}

TEST_CASE("truth: an answer captured before its request, at the start, is paired") {
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(110ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.client_says(200ms, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(210ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  std::erase_if(frames, [](const auto& frame) { return frame.time < traffic_start + 100ms; });
  REQUIRE(frames.size() >= 2);
  std::swap(frames[0].data, frames[1].data);
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 2);
  CHECK(events[0].text("uri") == "/a");
  CHECK(events[0]["status"] == 204);
  CHECK(events[1].text("uri") == "/b");
}

TEST_CASE("truth: what is captured after its acknowledgement is paired, what is not ends with it") {
  const bool lost = GENERATE(false, true);
  CAPTURE(lost);
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(110ms, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc"sv);
  talk.server_says(120ms, "def"sv);
  talk.client_says(200ms, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(210ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  std::size_t swapped = 0;
  for (std::size_t at = 3; at + 1 < frames.size(); at += 2) {
    REQUIRE(frames[at].data.size() > frames[at + 1].data.size());
    std::swap(frames[at].data, frames[at + 1].data);
    ++swapped;
  }
  REQUIRE(swapped == 5);
  if (lost) frames.erase(frames.begin() + 8);  // "def"
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 2);
  CHECK(events[0].text("uri") == "/a");
  CHECK(events[0]["status"] == 200);
  CHECK(events[0]["total_us"] == 20'000);
  CHECK(events[0].flag("gap") == (lost ? std::optional{true} : std::nullopt));
  CHECK(events[0].flag("complete") == true);
  CHECK(events[1].text("uri") == "/b");
  CHECK(events[1]["status"] == 204);
}

TEST_CASE("truth: a snaplen that cuts request lines leaves what they asked for") {
  const bool one_sided = GENERATE(false, true);
  CAPTURE(one_sided);
  Frames frames;
  Talk talk(frames);
  for (const std::string_view uri : {"/one/long/path"sv, "/two/long/path"sv, "/three/lo/path"sv}) {
    talk.client_says(100ms,
                     "GET " + std::string(uri) + std::string(300, 'x') + " HTTP/1.1\r\n\r\n");
    talk.server_says(110ms,
                     "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" + std::string(300, 'y'));
  }
  talk.close();
  constexpr std::size_t source_address = 14 + 12;
  if (one_sided) {
    std::erase_if(frames, [](const test::Frame& frame) {
      return load_be<std::uint32_t>(&frame.data[source_address]) != client;
    });
  }
  constexpr std::size_t headers = 14 + 20 + 20;
  for (test::Frame& frame : frames) {
    frame.wire_size = frame.size_on_wire();
    frame.data.resize(std::min(frame.data.size(), headers + "GET /one/long/path"sv.size()));
  }
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 3);
  CHECK(events[0].text("uri") == "/one/long/path");
  CHECK(events[1].text("uri") == "/two/long/path");
  CHECK(events[2].text("uri") == "/three/lo/path");
  for (const Record& event : events) {
    CHECK(event.flag("gap") == true);
    if (!one_sided) CHECK(event["status"] == 200);
  }
}

/// A server's greeting, a client's command, and TLS from its ClientHello on, which comes in two
/// segments.
void check_tls_after(std::string_view command, std::size_t cut) {
  const Octets hello = test::client_hello("1301"_hex, test::sni_extension("a.test"));
  Frames frames;
  Talk talk(frames);
  talk.server_says(100ms, "220 ready\r\n"sv);
  talk.client_says(110ms, command);
  talk.server_says(120ms, "220 go on\r\n"sv);
  if (cut != 0) talk.client_says(130ms, as_text(hello).substr(0, cut));
  talk.client_says(131ms, as_text(hello).substr(cut));
  talk.server_says(140ms, as_text(test::server_hello("1301"_hex, "002b 0002 0304"_hex)));
  talk.close();
  const auto events = records(test::analyse(frames), "tls");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("sni") == "a.test");
  CHECK(events[0].text("cipher") == "TLS_AES_128_GCM_SHA256");
}

TEST_CASE("truth: TLS that follows is found however its hello is cut") {
  const std::size_t size = test::client_hello("1301"_hex, test::sni_extension("a.test")).size();
  // The second command could have been the beginning of a request.
  for (const std::string_view command : {"EHLO h\r\nSTARTTLS\r\n"sv, "AUTH TLS\r\n"sv}) {
    for (std::size_t cut = 0; cut < size; ++cut) {
      CAPTURE(command, cut);
      check_tls_after(command, cut);
    }
  }
}

TEST_CASE("truth: TLS is found in records that hold an octet each") {
  const Octets whole = test::client_hello("1301"_hex, test::sni_extension("a.test"));
  for (std::size_t piece = 1; piece < 6; ++piece) {
    CAPTURE(piece);
    Octets hello;
    for (std::size_t at = 5; at < whole.size(); at += piece) {
      const std::size_t size = std::min(piece, whole.size() - at);
      const Bytes body = Bytes{whole}.subspan(at, size);
      hello = join(hello, "16 0301 00"_hex, Octets{static_cast<std::uint8_t>(size)}, body);
    }
    Frames frames;
    Talk talk(frames, 4433);
    talk.client_says(100ms, as_text(hello));
    talk.server_says(120ms, as_text(test::server_hello("1301"_hex, "002b 0002 0304"_hex)));
    talk.close();
    const auto events = records(test::analyse(frames), "tls");
    REQUIRE(events.size() == 1);
    CHECK(events[0].text("sni") == "a.test");
  }
}

TEST_CASE("truth: behind a few octets alone a segment of any size is read whole") {
  constexpr std::size_t size = 30'000;  // more than is held of what is not known
  const auto cut = GENERATE(1U, 2U, 5U);
  CAPTURE(cut);
  Frames frames;
  {
    Talk talk(frames);
    const std::string post = "POST /up HTTP/1.1\r\nContent-Length: 30000\r\n\r\n";
    talk.client_says(100ms, post.substr(0, cut));
    talk.client_says(110ms, post.substr(cut) + std::string(size, 'x'));
    talk.server_says(120ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
    talk.close();
  }
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("uri") == "/up");
  CHECK(events[0]["request_body_bytes"] == static_cast<std::int64_t>(size));
  CHECK(events[0]["ttfb_us"] == 10'000);
  CHECK(events[0]["total_us"] == 20'000);
  CHECK_FALSE(events[0].flag("gap"));

  // The padding of RFC 7685 makes it long; once more behind a command.
  const Octets hello = test::client_hello(
      "1301"_hex, join(test::sni_extension("a.test"), test::extension(21, Octets(10'000))));
  for (const std::string_view command : {""sv, "EHLO h\r\nSTARTTLS\r\n"sv, "AUTH TLS\r\n"sv}) {
    CAPTURE(command);
    Frames secret;
    Talk tls(secret, 443);
    if (!command.empty()) tls.client_says(90ms, command);
    tls.client_says(100ms, as_text(hello).substr(0, cut));
    tls.client_says(110ms, as_text(hello).substr(cut));
    tls.server_says(130ms, as_text(test::server_hello("1301"_hex, "002b 0002 0304"_hex)));
    tls.close();
    const auto hellos = records(test::analyse(secret), "tls");
    REQUIRE(hellos.size() == 1);
    CHECK(hellos[0].text("sni") == "a.test");
    CHECK(hellos[0]["ch_sh_us"] == 20'000);
  }
}

TEST_CASE("truth: what was held while its protocol was not known keeps its time") {
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, "GET /slo"sv);
  talk.client_says(1'100ms, "w HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(1'130ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.close();
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("uri") == "/slow");
  CHECK(events[0]["ttfb_us"] == 30'000);
  CHECK(events[0]["total_us"] == 1'030'000);

  const Octets hello = test::client_hello("1301"_hex, test::sni_extension("a.test"));
  Frames secret;
  Talk tls(secret, 443);
  tls.client_says(100ms, as_text(hello).substr(0, 6));
  tls.client_says(1'100ms, as_text(hello).substr(6));
  tls.server_says(1'130ms, as_text(test::server_hello("1301"_hex, "002b 0002 0304"_hex)));
  tls.close();
  const auto hellos = records(test::analyse(secret), "tls");
  REQUIRE(hellos.size() == 1);
  CHECK(hellos[0]["ch_sh_us"] == 1'030'000);
}

TEST_CASE("truth: the end of something older is no beginning of a request or a response") {
  const bool by_server = GENERATE(false, true);
  Frames frames;
  Talk talk(frames);
  if (by_server) {
    talk.server_says(50ms, "var words = in the middle of a script"sv);
  } else {
    talk.client_says(50ms, "hello world upload tail"sv);
  }
  talk.client_says(100ms, "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(130ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.close();
  frames.erase(frames.begin(), frames.begin() + 3);  // the handshake
  const test::Analysis analysis = test::analyse(frames);
  CHECK(analysis.of("anomaly").empty());
  const auto events = records(analysis, "http");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("method") == "GET");
  CHECK(events[0].text("uri") == "/2");
  CHECK(events[0]["status"] == 204);
}

TEST_CASE("truth: a request cut inside its method is read as one wherever the capture begins") {
  const std::size_t cut = GENERATE(1U, 2U, 3U);
  const std::ptrdiff_t unseen = GENERATE(0, 1, 3);  // packets of the handshake
  const std::string_view request = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, request.substr(0, cut));
  talk.client_says(110ms, request.substr(cut));
  talk.server_says(130ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.close();
  frames.erase(frames.begin(), frames.begin() + unseen);
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("method") == "GET");
  CHECK(events[0].text("uri") == "/x");
  CHECK(events[0]["status"] == 204);
}

TEST_CASE("truth: what a receiver throws away moves no stream") {
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(110ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  const std::size_t at = frames.size();
  talk.client_says(200ms, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(210ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.close();
  // A FIN 500 million octets ahead, which acknowledges what the server has not sent.
  const Octets far = test::tcp_packet(
      {client, server, 40'000, 80},
      {.seq = 0x10000000 + 500'000'000, .ack = 30'000, .flags = tcp::fin | tcp::ack});
  frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(at),
                {.time = traffic_start + 150ms, .data = in_ethernet(far)});
  const test::Analysis analysis = test::analyse(frames);
  REQUIRE(analysis.of("anomaly").size() == 1);
  const auto events = records(analysis, "http");
  REQUIRE(events.size() == 2);
  for (const Record& event : events) {
    CHECK(event["status"] == 204);
    CHECK_FALSE(event.flag("gap"));
  }
  CHECK(events[1].text("uri") == "/b");
}

TEST_CASE("truth: a request head cut anywhere, shuffled and sent twice, is the same") {
  check_same("http", 80,
             {.client = octets("POST /path?a=b HTTP/1.1\r\nHost: www.example.net\r\n"
                               "User-Agent: a b\r\nContent-Length: 5\r\n\r\nhello"),
              .server = octets("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
}

}  // namespace ntan
