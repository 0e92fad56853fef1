#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "app/protocol.h"
#include "tests/app/quic_bytes.h"
#include "tests/support/dissect.h"

namespace ntan::app {

extern const Protocol quic_protocol;

namespace {

using namespace test;            // NOLINT(*-using-namespace)
using namespace test::literals;  // NOLINT(*-using-namespace)

constexpr Direction to_server = Direction::to_server;
constexpr Direction to_client = Direction::to_client;

const Bytes dcid = "8394c8f03e515708"_hex;
const Bytes client_id = "c1c2c3c4"_hex;
const Bytes server_id = "5152535455"_hex;

const FlowContext flow{.transport = Transport::udp, .client_port = 40000, .server_port = 443};

/// A ClientHello for the name, with one cipher suite and TLS 1.3.
Octets hello_for(std::string_view name, std::size_t padding = 0) {
  Octets extensions = join(sni_extension(name), extension(43, "020304"_hex));
  if (padding != 0) extensions = join(extensions, extension(21, Octets(padding)));
  return tls_message(1, client_hello_body("1301"_hex, extensions));
}

Octets server_hello_message() {
  return tls_message(2, server_hello_body("1301"_hex, extension(43, "0304"_hex)));
}

const Octets ack = octets(std::string_view{"\x02\0\0\0\0", 5});

Octets client_packet(Octets frames, Bytes to = dcid, Bytes key_id = dcid) {
  return sealed({.key_id = key_id, .dcid = to, .scid = client_id, .frames = std::move(frames)});
}

Octets server_packet(Octets frames, Bytes key_id = dcid) {
  return sealed({.side = QuicSide::server,
                 .key_id = key_id,
                 .dcid = client_id,
                 .scid = server_id,
                 .frames = std::move(frames),
                 .size = 200});
}

Octets short_packet(Bytes to, std::uint8_t first = 0x41) {
  return join(Octets{first}, to, Octets(30, 0xa5));
}

/// A connection as it usually goes: hellos, the client's Handshake, its first 1-RTT packet.
struct Usual {
  Octets hello = client_packet(crypto_frame(0, hello_for("www.example.org")));
  Octets answer = join(server_packet(join(ack, crypto_frame(0, server_hello_message()))),
                       quic_long(0xe0, 1, client_id, server_id));
  Octets finished = join(client_packet(ack, server_id), quic_long(0xe0, 1, server_id, client_id));
  Octets data = short_packet(server_id);
};

Dissected usual(const Usual& packets) {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, packets.hello, 0);
  run.feed(to_client, packets.answer, 20);
  run.feed(to_server, packets.finished, 25);
  run.feed(to_server, packets.data, 26);
  run.end(10'000);
  return run.result();
}

std::string quic_line(const Dissected& result) {
  REQUIRE_FALSE(result.lines.empty());
  return result.lines.front();
}

bool says(const Dissected& result, std::string_view words) {
  return std::ranges::any_of(result.lines, [words](const std::string& line) {
    return line.find(words) != std::string::npos;
  });
}

Verdict probe(Bytes data, std::uint32_t size = 0) {
  return quic_protocol.probe(
      {.data = data, .size = size != 0 ? size : static_cast<std::uint32_t>(data.size())}, flow);
}

}  // namespace

TEST_CASE("quic: a connection is one event, the handshake inside another") {
  const Dissected result = usual({});
  CHECK(
      result.lines ==
      std::vector<std::string>{
          R"(quic {"version":"v1","sni":"www.example.org","dcid":"8394c8f03e515708",)"
          R"("client_scid":"c1c2c3c4","server_scid":"5152535455","decrypted":true,)"
          R"("answered":true,"established":true,"hs_rtt_server_us":20000,)"
          R"("hs_rtt_client_us":5000})",
          R"(tls {"sni":"www.example.org","version":"TLSv1.3",)"
          R"("cipher":"TLS_AES_128_GCM_SHA256","ja3":"56c6570d0a7ba0fe6e87bebfd10931de",)"
          R"("ja3s":"cce84e7a8b742462e40afb585a3e3ccc","ja4":"q13d010200_0f2cb44170f4_b9a491fefe05",)"
          R"("resumed":false,"client_version":"TLSv1.3","established":true,)"
          R"("handshake_us":26000,"ch_sh_us":20000})"});
  CHECK(result.anomalies.empty());
  CHECK(result.progress == Progress::idle);
  CHECK(note_texts(result).size() == 3);
}

TEST_CASE("quic: without readers the notes stay, the lines are not made") {
  const Usual packets;
  DissectorRun run{quic_protocol, flow};
  run.want_no_records();
  run.feed(to_server, packets.hello, 0);
  run.feed(to_client, packets.answer, 20);
  run.feed(to_server, packets.data, 26);
  CHECK(note_texts(run.result()) == note_texts(usual({})));
}

TEST_CASE("quic: a hello is put together from frames in any order, over several packets") {
  const Octets hello = hello_for("shuffled.example", 1500);
  const Bytes all{hello};
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server,
           client_packet(join(crypto_frame(700, all.subspan(700, 300)), "01"_hex,
                              crypto_frame(0, all.first(200)))),
           0);
  run.feed(to_server, client_packet(crypto_frame(1000, all.subspan(1000))), 1);
  CHECK(run.result().lines.empty());
  run.feed(to_server, client_packet(crypto_frame(200, all.subspan(200, 500))), 2);
  run.feed(to_client, server_packet(crypto_frame(0, server_hello_message())), 22);
  run.end(10'000);
  CHECK(says(run.result(), R"(quic {"version":"v1","sni":"shuffled.example")"));
  // From the last packet that the server needed.
  CHECK(says(run.result(), R"("hs_rtt_server_us":20000)"));
  CHECK(run.memory().used == 0);
}

TEST_CASE("quic: after a Retry the keys follow from what the server chose") {
  const Bytes token = "746f6b656e"_hex;
  const Bytes chosen = "a0a1a2a3a4a5a6a7"_hex;
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, Usual{}.hello, 0);
  run.feed(
      to_client,
      join("f0 00000001"_hex, with_length(1, client_id), with_length(1, chosen), token, Octets(16)),
      10);
  run.feed(to_server,
           sealed({.key_id = chosen,
                   .dcid = chosen,
                   .scid = client_id,
                   .token = token,
                   .frames = crypto_frame(0, hello_for("www.example.org"))}),
           20);
  run.feed(to_client, server_packet(crypto_frame(0, server_hello_message()), chosen), 30);
  run.end(10'000);
  CHECK(says(run.result(), R"("retry":true,"token":true,"decrypted":true,"answered":true)"));
  CHECK(says(run.result(), R"("cipher":"TLS_AES_128_GCM_SHA256")"));
  CHECK_FALSE(says(run.result(), "hs_rtt_server_us"));
}

TEST_CASE("quic: after a Version Negotiation the client begins anew") {
  const Bytes again = "0102030405060708"_hex;
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, join(quic_long(0xc0, 0x1a2a3a4a, dcid, client_id), Octets(1200)), 0);
  run.feed(to_client,
           join("80 00000000"_hex, with_length(1, client_id), with_length(1, dcid),
                "00000001 6b3343cf 5a6a7a8a"_hex),
           10);
  run.feed(to_server,
           sealed({.version = quic_version::v2,
                   .key_id = again,
                   .dcid = again,
                   .scid = client_id,
                   .frames = crypto_frame(0, hello_for("www.example.org"))}),
           20);
  run.end(10'000);
  CHECK(says(run.result(),
             R"(quic {"version":"v2","sni":"www.example.org","dcid":"0102030405060708")"));
  CHECK(says(run.result(), R"("server_versions":["v1","v2","VERSION_0x5A6A7A8A"])"));
}

TEST_CASE("quic: of a version that nobody knows the server's answer tells") {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_client,
           join("80 00000000"_hex, with_length(1, client_id), with_length(1, dcid), "00000001"_hex),
           10);
  run.end(10'000);
  CHECK(run.result().lines ==
        std::vector<std::string>{R"(quic {"dcid":"8394c8f03e515708","server_versions":["v1"],)"
                                 R"("answered":false})"});
}

TEST_CASE("quic: the server may choose another version on the way (RFC 9368)") {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, Usual{}.hello, 0);
  run.feed(to_client,
           sealed({.version = quic_version::v2,
                   .side = QuicSide::server,
                   .key_id = dcid,
                   .dcid = client_id,
                   .scid = server_id,
                   .frames = crypto_frame(0, server_hello_message()),
                   .size = 200}),
           10);
  run.end(10'000);
  CHECK(says(run.result(), R"(quic {"version":"v2","sni":"www.example.org")"));
  CHECK(says(run.result(), R"("cipher":"TLS_AES_128_GCM_SHA256")"));
}

TEST_CASE("quic: a close in an Initial has its reason") {
  const auto closed = [](Bytes error) {
    DissectorRun run{quic_protocol, flow};
    run.feed(to_server, Usual{}.hello, 0);
    run.feed(to_client, server_packet(join("1c"_hex, error, "00 00"_hex)), 10);
    CHECK(run.result().progress == Progress::idle);
    return run.result();
  };
  CHECK(says(closed("02"_hex), R"("established":false,"error":"connection_refused")"));
  const Dissected no_alpn = closed("4178"_hex);
  CHECK(says(no_alpn, R"("error":"tls_no_application_protocol")"));
  CHECK(says(no_alpn, R"("alert":"no_application_protocol","established":false)"));
  CHECK(says(closed("7f00"_hex), R"("error":"ERROR_0x3F00")"));
}

TEST_CASE("quic: who is not answered is not established") {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, Usual{}.hello, 0);
  run.feed(to_server, Usual{}.hello, 300);
  run.end(60'000);
  CHECK(quic_line(run.result())
            .ends_with(R"("decrypted":true,"answered":false,"established":false})"));
  CHECK(note_texts(run.result()).size() == 1);  // tls_failed
}

TEST_CASE("quic: a repeated Initial has no round-trip time") {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, Usual{}.hello, 0);
  run.feed(to_server, Usual{}.hello, 300);
  run.feed(to_client, Usual{}.answer, 320);
  run.end(10'000);
  CHECK_FALSE(says(run.result(), "hs_rtt_server_us"));
}

TEST_CASE("quic: a datagram that does not parse takes nothing from those that do") {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, "c0 00000001 14 616263"_hex, 0);
  run.feed(to_server, Usual{}.hello, 1);
  run.end(10'000);
  CHECK(run.result().anomalies == std::vector<std::string>{"quic quic_malformed"});
  CHECK(says(run.result(), R"("sni":"www.example.org")"));
}

TEST_CASE("quic: what the capture has cut tells by its headers") {
  const Usual packets;
  DissectorRun run{quic_protocol, flow};
  const auto feed = [&run](Direction direction, const Octets& octets, std::int64_t ms) {
    run.feed(direction, Bytes{octets}.first(std::min<std::size_t>(54, octets.size())), ms,
             static_cast<std::uint32_t>(octets.size()));
  };
  feed(to_server, packets.hello, 0);
  feed(to_client, packets.answer, 20);
  feed(to_server, packets.data, 26);
  CHECK(run.result().lines ==
        std::vector<std::string>{
            R"(quic {"version":"v1","dcid":"8394c8f03e515708","client_scid":"c1c2c3c4",)"
            R"("server_scid":"5152535455","answered":true,"established":true,)"
            R"("hs_rtt_server_us":20000,"hs_rtt_client_us":6000})"});
  CHECK(run.result().anomalies.empty());
}

TEST_CASE("quic: a version that is not read is answered and established all the same") {
  const std::uint32_t google = 0x51303530;
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, join(quic_long(0xc0, google, dcid, client_id), Octets(1200)), 0);
  run.feed(to_client, quic_long(0xc0, google, client_id, server_id), 10);
  run.feed(to_server, short_packet(server_id), 20);
  CHECK(run.result().lines ==
        std::vector<std::string>{
            R"(quic {"version":"Q050","dcid":"8394c8f03e515708","client_scid":"c1c2c3c4",)"
            R"("server_scid":"5152535455","answered":true,"established":true,)"
            R"("hs_rtt_client_us":10000})"});
}

TEST_CASE("quic: a client that repeats itself leaves the server's packets their tries") {
  const Usual packets;
  DissectorRun run{quic_protocol, flow};
  for (int i = 0; i < 12; ++i) run.feed(to_server, packets.hello, i);
  run.feed(to_client, packets.answer, 20);
  run.end(10'000);
  CHECK(says(run.result(), R"("cipher":"TLS_AES_128_GCM_SHA256")"));
}

TEST_CASE("quic: the version in force may follow an answer in the client's") {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, Usual{}.hello, 0);
  run.feed(to_client, server_packet(ack), 10);
  run.feed(to_client, quic_long(0xf0, quic_version::v2, client_id, server_id), 20);
  run.end(10'000);
  CHECK(says(run.result(), R"(quic {"version":"v2")"));
}

TEST_CASE("quic: a hello that a Version Negotiation made void is not mixed with the next") {
  const Octets old_hello = hello_for("old.example", 1500);
  const Octets new_hello = hello_for("new.example");
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, client_packet(crypto_frame(0, Bytes{old_hello}.first(100))), 0);
  run.feed(to_client,
           join("80 00000000"_hex, with_length(1, client_id), with_length(1, dcid), "6b3343cf"_hex),
           10);
  run.feed(to_server,
           sealed({.version = quic_version::v2,
                   .key_id = dcid,
                   .dcid = dcid,
                   .scid = server_id,
                   .frames = crypto_frame(0, new_hello)}),
           20);
  run.end(10'000);
  CHECK(says(run.result(), R"("sni":"new.example")"));
  CHECK(says(run.result(), R"("client_scid":"5152535455")"));
}

TEST_CASE("quic: a close behind the hello of the server is read, one that does not parse is not") {
  const auto after_hello = [](Octets frames) {
    DissectorRun run{quic_protocol, flow};
    run.feed(to_server, Usual{}.hello, 0);
    run.feed(to_client, server_packet(crypto_frame(0, server_hello_message())), 10);
    run.feed(to_client, server_packet(std::move(frames)), 20);
    run.end(10'000);
    return run.result();
  };
  CHECK(says(after_hello(join("1c 4128 00 00"_hex)), R"("error":"tls_handshake_failure")"));
  CHECK_FALSE(says(after_hello(join("1c 4128 00 00 08 00"_hex)), "error"));
}

TEST_CASE("quic: two Initials in one datagram repeat nothing") {
  const Octets hello = hello_for("www.example.org");
  const auto small = [](Octets frames) {
    return sealed({.key_id = dcid, .dcid = dcid, .frames = std::move(frames), .size = 600});
  };
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, join(small(crypto_frame(0, hello)), small(join("01"_hex))), 0);
  run.feed(to_client, Usual{}.answer, 20);
  run.end(10'000);
  CHECK(says(run.result(), R"("hs_rtt_server_us":20000)"));
}

TEST_CASE("quic: CRYPTO octets beyond what is held are an anomaly") {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, client_packet(join("06 80010000 01 00"_hex)), 0);
  CHECK(run.result().anomalies == std::vector<std::string>{"quic quic_malformed"});
}

TEST_CASE("quic: a later connection id of the server may be another") {
  Usual packets;
  packets.data = short_packet("e1e2e3e4"_hex);
  CHECK(says(usual(packets), R"("established":true)"));
}

TEST_CASE("quic: what fills a datagram up is no 1-RTT packet") {
  Usual packets;
  packets.finished = join(packets.finished, Octets(40));
  packets.data = {};
  CHECK(says(usual(packets), R"("established":false)"));
  // RFC 9287 allows the bit to be off: the connection ID tells.
  packets.data = short_packet(server_id, 0x01);
  CHECK(says(usual(packets), R"("established":true)"));
}

TEST_CASE("quic: tries are bounded, of one connection and in all") {
  const Bytes other = "aaaaaaaaaaaaaaaa"_hex;
  {
    DissectorRun run{quic_protocol, flow};
    // Sealed with keys of something else: each costs one try.
    for (int i = 0; i < 8; ++i) run.feed(to_server, client_packet(ack, dcid, other), i);
    run.feed(to_server, Usual{}.hello, 10);
    run.end(10'000);
    CHECK(says(run.result(), R"("decrypted":false)"));
    CHECK_FALSE(says(run.result(), "example"));
  }
  DissectorRun run{quic_protocol, flow};
  run.forbid_decryption();
  run.feed(to_server, Usual{}.hello, 0);
  run.end(10'000);
  CHECK(says(run.result(), R"("decrypted":false)"));
}

TEST_CASE("quic: a client's Initial in a small datagram is not tried") {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server,
           sealed({.key_id = dcid,
                   .dcid = dcid,
                   .frames = crypto_frame(0, hello_for("www.example.org")),
                   .size = 600}),
           0);
  run.end(10'000);
  CHECK_FALSE(says(run.result(), "decrypted"));
}

TEST_CASE("quic: ends the wrong way round are seen by the keys") {
  DissectorRun run{quic_protocol, flow};
  const Usual packets;
  run.feed(to_client, packets.hello, 0);
  run.feed(to_server, packets.answer, 20);
  run.feed(to_client, packets.data, 26);
  CHECK(says(run.result(), R"("sni":"www.example.org")"));
  CHECK(says(run.result(), R"("established":true)"));
}

TEST_CASE("quic: who has heard of the server was answered, whatever of that was captured") {
  const Usual packets;
  DissectorRun run{quic_protocol, flow};
  SECTION("the client alone") {
    run.feed(to_server, packets.hello, 0);
  }
  SECTION("the client alone, from its Handshake packets on") {}
  run.feed(to_server, packets.finished, 25);
  run.feed(to_server, packets.data, 26);
  run.end(10'000);
  const std::string line = quic_line(run.result());
  CHECK(line.find("\"server_scid\":\"5152535455\"") != std::string::npos);
  CHECK(line.find("\"answered\":true,\"established\":true") != std::string::npos);
}

namespace {

const Bytes other_dcid = "6f74686572444349"_hex;
const Bytes other_client_id = "c5c6c7c8"_hex;
const Bytes other_server_id = "6162636465"_hex;

Octets other_hello(Bytes client = other_client_id) {
  return sealed({.key_id = other_dcid,
                 .dcid = other_dcid,
                 .scid = client,
                 .frames = crypto_frame(0, hello_for("other.example.org"))});
}

Octets other_answer(Bytes client = other_client_id) {
  return sealed({.side = QuicSide::server,
                 .key_id = other_dcid,
                 .dcid = client,
                 .scid = other_server_id,
                 .frames = join(ack, crypto_frame(0, server_hello_message())),
                 .size = 200});
}

std::size_t count(const Dissected& result, std::string_view event, std::string_view words) {
  return static_cast<std::size_t>(std::ranges::count_if(result.lines, [&](const std::string& line) {
    return line.starts_with(event) && line.find(words) != std::string::npos;
  }));
}

/// Up to the first connection's 1-RTT packet.
void connect_once(DissectorRun& run) {
  const Usual first;
  run.feed(to_server, first.hello, 0);
  run.feed(to_client, first.answer, 20);
  run.feed(to_server, first.finished, 25);
  run.feed(to_server, first.data, 26);
}

}  // namespace

TEST_CASE("quic: a client may connect again from the same port") {
  const Usual first;
  const bool named = GENERATE(true, false);
  const Bytes client = named ? other_client_id : Bytes{};
  CAPTURE(named);
  DissectorRun run{quic_protocol, flow};
  connect_once(run);
  run.feed(to_server, other_hello(client), 5'000);
  if (named) {
    // What the first one still has to say is none of it.
    run.feed(to_client, first.answer, 5'005);
    run.feed(to_server, first.finished, 5'006);
  }
  run.feed(to_server, first.data, 5'007);
  run.feed(to_client, other_answer(client), 5'030);
  run.feed(to_server, first.data, 5'035);
  run.feed(to_server, short_packet(other_server_id), 5'040);
  run.end(10'000);
  const Dissected& result = run.result();
  CHECK(result.lines.size() == 4);
  CHECK(count(result, "quic", "\"dcid\":\"8394c8f03e515708\"") == 1);
  REQUIRE(count(result, "quic", "\"dcid\":\"6f74686572444349\"") == 1);
  CHECK(count(result, "quic", "\"sni\":\"other.example.org\"") == 1);
  CHECK(count(result, "quic", "\"server_scid\":\"6162636465\"") == 1);
  CHECK(count(result, "quic", "\"hs_rtt_server_us\":30000") == 1);
  CHECK(count(result, "quic", "\"hs_rtt_client_us\":10000") == 1);
  CHECK(count(result, "quic", "\"established\":true") == 2);
  CHECK(count(result, "tls", "\"sni\":\"other.example.org\"") == 1);
  CHECK(result.anomalies.empty());
}

TEST_CASE("quic: behind a connection nothing but a client's Initial is another") {
  const Usual first;
  DissectorRun run{quic_protocol, flow};
  connect_once(run);
  run.feed(to_client, first.answer, 30);
  run.feed(to_server, first.finished, 31);
  run.feed(to_server, quic_long(0xe0, 1, server_id, client_id), 32);
  run.feed(to_client, join(Octets{0xc0, 0, 0, 0, 1, 20}, Octets(60)), 33);
  run.feed(to_server, Octets(1'300, 0xff), 34);
  run.feed(to_server, {}, 35);
  run.end(10'000);
  CHECK(run.result().lines.size() == 2);
  CHECK(run.result().anomalies.empty());
}

TEST_CASE("quic: a client that gives up and tries anew has tried twice") {
  DissectorRun run{quic_protocol, flow};
  run.feed(to_server, client_packet(crypto_frame(0, hello_for("www.example.org"))), 0);
  run.feed(to_server, client_packet(crypto_frame(0, hello_for("www.example.org"))), 1'000);
  std::int64_t later = 9'000;
  std::size_t connections = 2;
  SECTION("later") {}
  SECTION("one that comes sooner may be beside it") {
    later = 2'000;
    connections = 1;
  }
  run.feed(to_server, other_hello(), later);
  run.feed(to_client, other_answer(), later + 20);
  run.feed(to_server, short_packet(other_server_id), later + 30);
  run.end(20'000);
  const Dissected& result = run.result();
  CHECK(count(result, "quic", "") == connections);
  if (connections == 1) return;
  CHECK(count(result, "quic", "\"answered\":false,\"established\":false") == 1);
  CHECK(count(result, "quic", "\"answered\":true,\"established\":true") == 1);
  CHECK(count(result, "quic", "\"hs_rtt_server_us\":20000") == 1);
  CHECK(count(result, "tls", "\"sni\":\"www.example.org\"") == 1);
  CHECK(count(result, "tls", "\"sni\":\"other.example.org\"") == 1);
}

TEST_CASE("quic: frames that an Initial may not have are an anomaly") {
  const auto anomalies = [](Octets frames) {
    DissectorRun run{quic_protocol, flow};
    run.feed(to_server, client_packet(std::move(frames)), 0);
    run.end(1000);
    CHECK(run.memory().used == 0);
    return run.result().anomalies;
  };
  const std::vector<std::string> one{"quic quic_malformed"};
  CHECK(anomalies(join("08 00"_hex)) == one);          // STREAM
  CHECK(anomalies(join("06 00 5fff 01"_hex)) == one);  // CRYPTO beyond the packet
  CHECK(anomalies(crypto_frame(0, tls_message(20, Octets(32)))) == one);
  CHECK(anomalies(crypto_frame(0, tls_message(1, "0303"_hex))) == one);
  CHECK(anomalies(crypto_frame(0, join("01ffffff"_hex))) == one);
  CHECK(anomalies(join("01"_hex)).empty());
}

TEST_CASE("quic: memory that is refused costs the hello, nothing else") {
  const Usual packets;
  DissectorRun run{quic_protocol, flow, 100};
  run.feed(to_server, packets.hello, 0);
  run.feed(to_client, packets.answer, 20);
  run.feed(to_server, packets.data, 26);
  CHECK(says(run.result(), R"("decrypted":false,"answered":true,"established":true)"));
  CHECK(run.memory().used == 0);
}

TEST_CASE("quic: probe goes by version and lengths") {
  const Usual packets;
  CHECK(probe(packets.hello) == Verdict::yes);
  CHECK(probe(packets.answer) == Verdict::yes);
  CHECK(probe(packets.data) == Verdict::no);
  CHECK(probe({}) == Verdict::no);
  CHECK(probe("c0 00000002 08 0102030405060708 00"_hex) == Verdict::no);
  CHECK(probe(join(quic_long(0xc0, 0x1a2a3a4a, dcid, {}), Octets(1200))) == Verdict::yes);
  CHECK(probe(quic_long(0xc0, 0x1a2a3a4a, dcid, {})) == Verdict::no);
  CHECK(probe(join(quic_long(0xc0, 0x51303530, dcid, {}), Octets(1200))) == Verdict::yes);
  // Cut by the capture.
  CHECK(probe(Bytes{packets.hello}.first(50), 1200) == Verdict::yes);
  CHECK(probe(Bytes{packets.hello}.first(50)) == Verdict::no);
  CHECK(probe("80 00000000 00 00 00000001"_hex) == Verdict::unsure);
}

TEST_CASE("quic: a packet's line names types and versions") {
  const auto line = [](Bytes data) {
    TextLine text;
    quic_protocol.describe(Transport::udp,
                           {.data = data, .size = static_cast<std::uint32_t>(data.size())}, text);
    return std::string{text.view()};
  };
  const Usual packets;
  CHECK(line(packets.hello) == "initial v1");
  CHECK(line(packets.answer) == "initial v1, handshake v1");
  CHECK(line("80 00000000 00 00 00000001"_hex) == "version_negotiation");
  CHECK(line(packets.data).empty());
}

}  // namespace ntan::app
