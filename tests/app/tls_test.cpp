#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "app/protocol.h"
#include "tests/app/certificates.h"
#include "tests/app/tls_bytes.h"
#include "tests/support/bytes.h"
#include "tests/support/dissect.h"

namespace ntan::app {

extern const Protocol tls_protocol;

namespace {

using test::client_hello;
using test::client_hello_body;
using test::DissectorRun;
using test::join;
using test::Octets;
using test::server_hello;
using test::sni_extension;
using test::tls_message;
using test::tls_record;
using namespace test::literals;  // NOLINT(*-using-namespace)

constexpr Direction to_server = Direction::to_server;
constexpr Direction to_client = Direction::to_client;

/// Octets of one side at one time.
struct Part {
  Direction direction{};
  Octets data;
  std::int64_t ms = 0;
};

using Script = std::vector<Part>;

const FlowContext flow{.transport = Transport::tcp, .client_port = 40000, .server_port = 443};

Octets owned(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

test::Dissected play(const Script& script, bool wanted = true) {
  DissectorRun run{tls_protocol, flow};
  if (!wanted) run.want_no_records();
  for (const Part& part : script) run.feed(part.direction, part.data, part.ms);
  run.end(10'000);
  return run.result();
}

/// The same octets in pieces of `size`.
Script chopped(const Script& script, std::size_t size) {
  Script pieces;
  for (const Part& part : script) {
    for (std::size_t at = 0; at < part.data.size(); at += size) {
      const Bytes piece = Bytes{part.data}.subspan(at, std::min(size, part.data.size() - at));
      pieces.push_back({part.direction, owned(piece), part.ms});
    }
  }
  return pieces;
}

/// The same octets with one part cut in two.
Script cut(const Script& script, std::size_t part, std::size_t at) {
  Script pieces = script;
  const Bytes whole{script[part].data};
  pieces[part].data = owned(whole.first(at));
  pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(part) + 1,
                {script[part].direction, owned(whole.subspan(at)), script[part].ms});
  return pieces;
}

Octets offer(std::string_view name) {
  return join(sni_extension(name), "000a 0006 0004 001d 0017"_hex,
              "0010 000e 000c 02 6832 08 687474702f312e31"_hex, "000d 0004 0002 0403"_hex);
}

Octets offer13(std::string_view name) {
  return join(offer(name), "002b 0005 04 0304 0303"_hex);
}

Octets cipher_change() {
  return tls_record(20, "01"_hex);
}

/// An encrypted Finished of TLS 1.2.
Octets finished() {
  return tls_record(22, Octets(40, 0x5a));
}

Octets data(std::size_t size = 60) {
  return tls_record(23, Octets(size, 0x5a));
}

Octets curve_message() {
  return tls_message(12, "03 0017 01 04 0403 0000"_hex);
}

Script full12() {
  return {{to_server, client_hello("c02f 0035"_hex, offer("www.example.org")), 0},
          {to_client,
           join(server_hello("c02f"_hex, "0010 0005 0003 02 6832"_hex),
                tls_record(22, join(curve_message(), tls_message(13, "01 01 0000"_hex),
                                    tls_message(14, {})))),
           20},
          {to_server,
           join(tls_record(22, tls_message(16, Octets(66))), cipher_change(), finished()), 25},
          {to_client, join(cipher_change(), finished()), 45},
          {to_server, data(), 47}};
}

constexpr std::string_view full12_line =
    R"(tls {"sni":"www.example.org","version":"TLSv1.2",)"
    R"("cipher":"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256","alpn":"h2",)"
    R"("alpn_offered":["h2","http/1.1"],"ja3":"eff9e93c7750175b6a84dd0f6e754e61",)"
    R"("ja3s":"896415616b22361262d7a961b6325cfd","ja4":"t12d0204h2_1584f0a67932_63be3268461f",)"
    R"("group":"secp256r1","resumed":false,"client_version":"TLSv1.2","established":true,)"
    R"("handshake_us":47000,"ch_sh_us":20000,"client_cert_requested":true})";

Script full13() {
  return {{to_server,
           client_hello("1301 1302"_hex, offer13("www.example.org"),
                        "000102030405060708090a0b0c0d0e0f"_hex),
           0},
          {to_client,
           join(server_hello("1301"_hex, "002b 0002 0304 | 0033 0005 001d 0001 aa"_hex,
                             "000102030405060708090a0b0c0d0e0f"_hex),
                cipher_change(), data(700)),
           20},
          {to_server, join(cipher_change(), data(53)), 30},
          {to_server, data(), 31}};
}

/// The record of a line, without what other tests show.
bool has(const test::Dissected& result, std::string_view member) {
  REQUIRE(result.lines.size() == 1);
  return result.lines.front().find(member) != std::string::npos;
}

std::vector<event::Note::Kind> kinds(const test::Dissected& result) {
  std::vector<event::Note::Kind> all;
  for (const event::Note& note : result.notes) all.push_back(note.kind);
  return all;
}

using Kind = event::Note::Kind;

}  // namespace

TEST_CASE("tls: a TLS 1.2 handshake is reported at its first application data") {
  const test::Dissected result = play(full12());
  REQUIRE(result.lines.size() == 1);
  CHECK(result.lines.front() == full12_line);
  CHECK(result.progress == Progress::done);
  CHECK(result.anomalies.empty());
  CHECK(kinds(result) ==
        std::vector{Kind::tls_ch_sh_us, Kind::tls_handshake, Kind::tls_handshake_us});
  CHECK(result.notes.back().value == 47'000);
}

TEST_CASE("tls: notes and anomalies are the same where nobody reads the event") {
  Script broken = full12();
  broken[1].data =
      join(server_hello("c02f"_hex, {}),
           tls_record(22, join(tls_message(11, "000005 000002 3000"_hex), tls_message(14, {}))));
  const Script script = GENERATE_COPY(full12(), full13(), broken);
  const test::Dissected read = play(script);
  const test::Dissected unread = play(script, false);
  CHECK(read.lines.size() == 1);
  CHECK(unread.lines.empty());
  CHECK(note_texts(unread) == note_texts(read));
  CHECK(unread.anomalies == read.anomalies);
}

TEST_CASE("tls: a TLS 1.3 handshake is reported at the client's Finished") {
  const test::Dissected result = play(full13());
  CHECK(has(result, R"("version":"TLSv1.3","cipher":"TLS_AES_128_GCM_SHA256",)"));
  CHECK(has(result, R"("group":"x25519","resumed":false,"client_version":"TLSv1.3",)"
                    R"("established":true,"handshake_us":30000,"ch_sh_us":20000})"));
  CHECK(result.progress == Progress::done);
}

TEST_CASE("tls: any segmentation gives the same line") {
  const Script script = GENERATE(full12(), full13());
  const test::Dissected whole = play(script);
  for (const std::size_t size : {1U, 2U, 3U, 7U, 50U}) {
    CHECK(play(chopped(script, size)).lines == whole.lines);
  }
  for (std::size_t part = 0; part < script.size(); ++part) {
    for (std::size_t at = 1; at < script[part].data.size(); ++at)
      REQUIRE(play(cut(script, part, at)).lines == whole.lines);
  }
}

TEST_CASE("tls: a capture that ends anywhere gives at most one line") {
  const Script script = GENERATE(full12(), full13());
  for (std::size_t part = 0; part < script.size(); ++part) {
    for (std::size_t size = 0; size < script[part].data.size(); ++size) {
      Script prefix(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(part) + 1);
      prefix[part].data.resize(size);
      const test::Dissected result = play(prefix);
      REQUIRE(result.lines.size() == (part == 0 ? 0 : 1));
      REQUIRE(result.anomalies.empty());
    }
  }
}

TEST_CASE("tls: messages may be spread over records of one octet") {
  const Octets hello = tls_message(1, client_hello_body("c02f"_hex, sni_extension("a.example")));
  Octets records;
  for (const std::uint8_t octet : hello) records = join(records, tls_record(22, Octets{octet}));
  const test::Dissected result = play({{to_server, records, 0}});
  CHECK(has(result, R"("sni":"a.example")"));
  CHECK(result.anomalies.empty());
}

TEST_CASE("tls: a post-quantum ClientHello crosses segments") {
  const Octets hello = client_hello(
      "1301"_hex,
      join(offer13("pq.example"),
           test::extension(
               51, test::with_length(2, join("11ec"_hex, test::with_length(2, Octets(1216)))))));
  Script script{
      {to_server, hello, 0},
      {to_client, server_hello("1301"_hex, "002b 0002 0304 | 0033 0005 11ec 0001 aa"_hex), 5}};
  script = cut(script, 0, 1200);
  const test::Dissected result = play(script);
  CHECK(has(result, R"("sni":"pq.example")"));
  CHECK(has(result, R"("group":"X25519MLKEM768")"));
}

TEST_CASE("tls: after a HelloRetryRequest time counts from the second ClientHello") {
  const Octets retry = tls_record(
      22, tls_message(
              2, join("0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"_hex,
                      "00 1301 00 000c 002b 0002 0304 0033 0002 0017"_hex)));
  const Octets hello = client_hello("1301"_hex, offer13("a.example"));
  const test::Dissected result = play(
      {{to_server, hello, 0},
       {to_client, join(retry, cipher_change()), 10},
       {to_server, join(cipher_change(), hello), 12},
       {to_client, server_hello("1301"_hex, "002b 0002 0304 | 0033 0005 0017 0001 aa"_hex), 22},
       {to_server, data(), 30}});
  CHECK(has(result, R"("group":"secp256r1","resumed":false,"hrr":true,)"));
  CHECK(has(result, R"("handshake_us":30000,"ch_sh_us":10000})"));
}

TEST_CASE("tls: of TLS 1.3 a certificate of the client is taken or refused after its Finished") {
  const auto protected_record = [](std::size_t size) { return tls_record(23, Octets(size)); };
  const auto finished_size =
      GENERATE(std::size_t{45}, std::size_t{53}, std::size_t{61}, std::size_t{69});
  Script script{
      {to_server, client_hello("1301"_hex, offer13("a.example")), 0},
      {to_client, server_hello("1301"_hex, "002b 0002 0304 | 0033 0005 001d 0001 aa"_hex), 10},
      {to_client, protected_record(1'000), 10}};
  std::string expected = R"("established":true,"handshake_us":20000)";
  SECTION("of a client without one nothing more is waited for") {
    script.push_back({to_server, protected_record(finished_size), 20});
    script.push_back({to_client, protected_record(19), 900});
  }
  SECTION("no certificate is refused") {
    script.push_back({to_server, join(protected_record(25), protected_record(finished_size)), 20});
    script.push_back({to_client, protected_record(19), 30});
    expected = R"("established":false)";
  }
  SECTION("a certificate is refused, of a client that goes on meanwhile") {
    script.push_back({to_server, protected_record(900), 18});
    script.push_back({to_server, protected_record(finished_size), 20});
    script.push_back({to_server, protected_record(300), 25});
    script.push_back({to_server, protected_record(19), 26});  // two octets, say
    script.push_back({to_client, protected_record(11), 40});
    expected = R"("established":false)";
  }
  SECTION("it is taken: the server goes on") {
    script.push_back({to_server, join(protected_record(900), protected_record(finished_size)), 20});
    script.push_back({to_server, protected_record(300), 25});
    script.push_back({to_client, protected_record(250), 40});
  }
  SECTION("it is taken: all came in one record, and the client goes on and ends") {
    script.push_back({to_server, protected_record(1'000), 20});
    script.push_back({to_server, protected_record(300), 500});
    script.push_back({to_server, protected_record(19), 600});
  }
  SECTION("it is taken: the client goes on and ends, and only then the server") {
    script.push_back({to_server, protected_record(900), 18});
    script.push_back({to_server, protected_record(finished_size), 20});
    script.push_back({to_server, protected_record(300), 30});
    script.push_back({to_server, protected_record(19), 41});
    script.push_back({to_client, protected_record(19), 42});
  }
  SECTION("it is taken: nothing is said against it") {
    script.push_back({to_server, protected_record(900), 18});
    script.push_back({to_server, protected_record(finished_size), 20});
  }
  const test::Dissected result = play(script);
  CHECK(result.lines.size() == 1);
  CHECK(has(result, expected));
}

TEST_CASE("tls: a session id that comes back is a resumed session") {
  const Bytes session = "aabbccdd"_hex;
  const test::Dissected result = play(
      {{to_server, client_hello("c02f"_hex, offer("a.example"), session), 0},
       {to_client, join(server_hello("c02f"_hex, {}, session), cipher_change(), finished()), 10},
       {to_server, join(cipher_change(), finished(), data()), 12}});
  CHECK(has(result, R"("resumed":true)"));
  CHECK(has(result, R"("handshake_us":12000)"));
  CHECK(kinds(result) ==
        std::vector{Kind::tls_ch_sh_us, Kind::tls_handshake});  // not in the averages
}

TEST_CASE("tls: a session resumed by ticket shows by what the server leaves out") {
  const test::Dissected result =
      play({{to_server, client_hello("c02f"_hex, offer("a.example")), 0},
            {to_client, join(server_hello("c02f"_hex, {}), cipher_change(), finished()), 10},
            {to_server, join(cipher_change(), finished(), data()), 12}});
  CHECK(has(result, R"("resumed":true)"));
}

TEST_CASE("tls: a chosen pre-shared key is a resumed session of TLS 1.3") {
  const test::Dissected result =
      play({{to_server, client_hello("1301"_hex, join(offer13("a.example"), "002a 0000"_hex)), 0},
            {to_server, data(200), 0},
            {to_client, server_hello("1301"_hex, "002b 0002 0304 | 0029 0002 0000"_hex), 10},
            {to_server, data(), 12}});
  CHECK(has(result, R"("resumed":true,"early_data":true,)"));
  CHECK(has(result, R"("established":true,"ch_sh_us":10000})"));
}

TEST_CASE("tls: the server's certificate is visible up to TLS 1.2") {
  const Octets chain = test::with_length(
      3, join(test::with_length(3, test::ec_certificate), test::with_length(3, "3000"_hex)));
  Script script = full12();
  script[1].data =
      join(server_hello("c02f"_hex, {}),
           tls_record(22, join(tls_message(11, chain), curve_message(), tls_message(14, {}))));
  const test::Dissected result = play(script);
  CHECK(
      has(result, R"("subject":"CN=example.org,OU=Lab+OU=Two,O=Example\\\\, Ltd,C=DE","issuer":)"));
  CHECK(has(result,
            R"("serial":"0a1b2c3d","sans":["example.org","*.example.org","192.0.2.1",)"
            R"("2001:db8::1","https://example.org/","a@example.org"],)"
            R"("not_before":"2026-11-23T03:11:02Z","not_after":"2026-12-23T03:11:02Z",)"
            R"("key_type":"ec","key_bits":256,)"
            R"("cert_sha256":"2b462f909df6e1a556b1087c2f2fe30b95a8387bf87320c37cc6033f5a9c319f",)"
            R"("certs":2})"));
  CHECK(result.anomalies.empty());
  CHECK(play(chopped(script, 1)).lines == result.lines);
}

TEST_CASE("tls: a certificate that does not parse costs its fields and is an anomaly") {
  const Octets body =
      GENERATE(owned("000000"_hex), owned("000005 000002 3000"_hex), owned("000004 000002 30"_hex),
               owned("000009 000002 3000"_hex), owned("000006 000002 3000 00"_hex));
  Script script = full12();
  script[1].data = join(server_hello("c02f"_hex, {}),
                        tls_record(22, join(tls_message(11, body), tls_message(14, {}))));
  const test::Dissected result = play(script);
  CHECK(has(result, R"("established":true)"));
  CHECK_FALSE(has(result, R"("subject")"));
  CHECK_FALSE(has(result, R"("key_type")"));
  CHECK(result.anomalies.size() == (body.size() == 3 ? 0 : 1));
}

TEST_CASE("tls: a forbidden value in a certificate costs that alone, and is an anomaly") {
  Octets certificate(test::ec_certificate.begin(), test::ec_certificate.end());
  const Bytes end = "170d323631323233"_hex;  // 23 December 2026
  const auto at = std::ranges::search(certificate, end).begin();
  REQUIRE(at != certificate.end());
  at[4] = '9';  // month 92
  Script script = full12();
  script[1].data = join(
      server_hello("c02f"_hex, {}),
      tls_record(22, join(tls_message(11, test::with_length(3, test::with_length(3, certificate))),
                          tls_message(14, {}))));
  const test::Dissected result = play(script);
  CHECK(has(result, R"("subject":"CN=example.org,OU=Lab+OU=Two,O=Example\\\\, Ltd,C=DE")"));
  CHECK(has(result, R"("not_before":"2026-11-23T03:11:02Z","key_type":"ec")"));
  CHECK(result.anomalies == std::vector<std::string>{"tls tls_malformed"});
}

TEST_CASE("tls: an alert ends the handshake") {
  const auto [alert, name] = GENERATE(table<Octets, std::string_view>({
      {owned("02 28"_hex), "handshake_failure"},
      {owned("02 46"_hex), "protocol_version"},
      {owned("01 00"_hex), "close_notify"},
      {owned("02 c8"_hex), "ALERT200"},
      {owned("01 70 02 30"_hex), "unknown_ca"},
  }));
  const test::Dissected result = play({{to_server, client_hello("c02f"_hex, offer("a.example")), 0},
                                       {to_client, tls_record(21, alert), 9}});
  CHECK(has(result, R"("alert":")" + std::string{name} + R"(","established":false})"));
  CHECK(kinds(result) == std::vector{Kind::tls_failed});
  CHECK(result.progress == Progress::done);
}

TEST_CASE("tls: an encrypted alert in place of the client's Finished is a failure") {
  Script script = full13();
  script[2].data = join(cipher_change(), data(19));
  const test::Dissected result = play(script);
  CHECK(has(result, R"("established":false,"ch_sh_us":20000})"));
  CHECK(kinds(result) == std::vector{Kind::tls_ch_sh_us, Kind::tls_failed});
}

TEST_CASE("tls: a server that stays silent is reported at the end of the flow") {
  const test::Dissected result =
      play({{to_server, client_hello("c02f"_hex, offer("a.example")), 0}});
  CHECK(has(result, R"("client_version":"TLSv1.2","established":false})"));
  CHECK(kinds(result) == std::vector{Kind::tls_failed});
}

TEST_CASE("tls: a gap ends the report with what is known") {
  DissectorRun run{tls_protocol, flow};
  run.feed(to_server, client_hello("c02f"_hex, offer("a.example")), 0);
  run.gap(to_client, 100, 5);
  CHECK(run.result().progress == Progress::give_up);
  CHECK(has(run.result(), R"("sni":"a.example")"));
  CHECK(run.result().notes.empty());
}

TEST_CASE("tls: behind a gap the other side tells whether the handshake completes") {
  const auto play_all = [](const Script& script, std::size_t lost, Octets last) {
    DissectorRun run{tls_protocol, flow};
    for (std::size_t at = 0; at + 1 < script.size(); ++at) {
      const Part& part = script[at];
      if (at == lost) {
        run.gap(part.direction, part.data.size(), part.ms);
      } else {
        run.feed(part.direction, part.data, part.ms);
      }
    }
    run.feed(script.back().direction, last, script.back().ms);
    run.end(10'000);
    return run.result();
  };
  Script old = full12();
  Script current = full13();
  current.erase(current.begin() + 2);
  current.back() = {to_server, data(53), 30};
  current.insert(current.begin() + 2, {to_client, data(700), 21});
  SECTION("TLS 1.2: the server's Finished is lost, and the client sends data") {
    const test::Dissected result = play_all(old, 3, data());
    CHECK(has(result, R"("established":true,"ch_sh_us":20000)"));
    CHECK(kinds(result) == std::vector{Kind::tls_ch_sh_us, Kind::tls_handshake});
  }
  SECTION("TLS 1.2: the client's Finished is lost, and the server sends data") {
    old.back().direction = to_client;
    CHECK(has(play_all(old, 2, data()), R"("established":true,"ch_sh_us":20000)"));
  }
  SECTION("TLS 1.2: whether an encrypted alert ends more than the handshake cannot be told") {
    const test::Dissected result = play_all(old, 3, tls_record(21, Octets(26)));
    CHECK(has(result, R"("established":false,"ch_sh_us":20000)"));
    CHECK(kinds(result) == std::vector{Kind::tls_ch_sh_us});
  }
  SECTION("TLS 1.3: of what the server encrypts all may be lost") {
    CHECK(has(play_all(current, 2, data(53)), R"("established":true,"handshake_us":30000)"));
  }
  SECTION("TLS 1.3: a client that refuses does so behind a gap too") {
    const test::Dissected result = play_all(current, 2, data(19));
    CHECK(has(result, R"("established":false)"));
    CHECK(kinds(result) == std::vector{Kind::tls_ch_sh_us, Kind::tls_failed});
  }
  SECTION("TLS 1.3: the server's records tell nothing") {
    current[2].direction = to_server;
    current.back().direction = to_client;
    const test::Dissected result = play_all(current, 2, data(53));
    CHECK(result.progress == Progress::give_up);
    CHECK(has(result, R"("established":false)"));
    CHECK(kinds(result) == std::vector{Kind::tls_ch_sh_us});
  }
}

TEST_CASE("tls: a hello that is cut leaves the other one") {
  const Octets client = client_hello("c02f"_hex, offer("a.example"));
  const Octets server = server_hello("c02f"_hex, "0010 0005 0003 02 6832"_hex);
  DissectorRun run{tls_protocol, flow};
  SECTION("the client's") {
    run.feed(to_server, owned(Bytes{client}.first(40)), 0);
    run.gap(to_server, client.size() - 40, 1);
    CHECK(run.result().progress == Progress::more);
    run.feed(to_server, owned("48 54 54 50 2f 31 2e 31"_hex), 2);
    run.feed(to_client, server, 9);
    run.gap(to_client, 1'000, 9);
    CHECK(run.result().progress == Progress::give_up);
    CHECK(has(run.result(),
              R"({"version":"TLSv1.2","cipher":"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",)"
              R"("alpn":"h2",)"));
  }
  SECTION("the server's") {
    run.feed(to_client, owned(Bytes{server}.first(40)), 0);
    run.gap(to_client, server.size() - 40, 1);
    run.feed(to_server, client, 2);
    run.end(10'000);
    CHECK(has(run.result(), R"("sni":"a.example")"));
    CHECK(run.result().notes.empty());
  }
  SECTION("both") {
    run.feed(to_server, owned(Bytes{client}.first(40)), 0);
    run.gap(to_server, client.size() - 40, 1);
    run.feed(to_client, owned(Bytes{server}.first(40)), 9);
    run.gap(to_client, server.size() - 40, 9);
    CHECK(run.result().progress == Progress::give_up);
    CHECK(run.result().lines.empty());
  }
  CHECK(run.result().anomalies.empty());
}

TEST_CASE("tls: the side that is captured is read though the other one is not") {
  const Octets retry = tls_record(
      22, tls_message(2,
                      "0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
                      "00 1301 00 000c 002b 0002 0304 0033 0002 0017"_hex));
  DissectorRun run{tls_protocol, flow};
  run.feed(to_client, retry, 0);
  run.unseen(to_server, 517, 5);
  run.feed(to_client, server_hello("1301"_hex, "002b 0002 0304"_hex), 9);
  run.end(10'000);
  REQUIRE(run.result().lines.size() == 1);
  CHECK(has(run.result(), R"("cipher":"TLS_AES_128_GCM_SHA256")"));
  CHECK(run.result().anomalies.empty());
}

TEST_CASE("tls: a side whose beginning was not captured is not read") {
  DissectorRun run{tls_protocol, flow};
  run.feed(to_server, client_hello("c02f"_hex, offer("a.example")), 0);
  run.unseen(to_client, 100, 5);
  CHECK(run.result().progress == Progress::more);
  run.feed(to_client, owned("48 54 54 50 2f 31 2e 31"_hex), 9);
  CHECK(run.result().progress == Progress::give_up);
  CHECK(run.result().anomalies.empty());
  CHECK(has(run.result(), R"("sni":"a.example")"));
}

TEST_CASE("tls: a one-way capture is given up in time") {
  DissectorRun run{tls_protocol, flow};
  run.feed(to_server, client_hello("c02f"_hex, offer("a.example")), 0);
  for (int i = 0; i < 100; ++i) run.feed(to_server, data(), i);
  CHECK(run.result().progress == Progress::give_up);
  CHECK(has(run.result(), R"("sni":"a.example")"));
}

TEST_CASE("tls: early data before the ServerHello may be cut into many records") {
  DissectorRun run{tls_protocol, flow};
  run.feed(to_server, client_hello("1301"_hex, join(offer13("a.example"), "002a 0000"_hex)), 0);
  SECTION("and the handshake goes on behind it") {
    for (int i = 0; i < 1'000; ++i) run.feed(to_server, data(), 1);
    CHECK(run.result().progress == Progress::more);
    run.feed(to_client, server_hello("1301"_hex, "002b 0002 0304"_hex), 9);
    run.feed(to_server, data(), 10);
    CHECK(run.result().progress == Progress::done);
    CHECK(has(run.result(), R"("early_data":true)"));
    CHECK(has(run.result(), R"("established":true)"));
    CHECK(has(run.result(), R"("ch_sh_us":9000)"));
  }
  SECTION("but not without end") {
    for (int i = 0; i < 300; ++i) run.feed(to_server, data(1'000), 1);
    CHECK(run.result().progress == Progress::give_up);
    CHECK(has(run.result(), R"("established":false)"));
  }
}

TEST_CASE("tls: the side that sends the ClientHello is the client, whatever the flow says") {
  const test::Dissected result = play({{to_client, client_hello("c02f"_hex, offer("a.example")), 0},
                                       {to_server, server_hello("c02f"_hex, {}), 10}});
  CHECK(has(result, R"("sni":"a.example","version":"TLSv1.2")"));
}

TEST_CASE("tls: an SSLv2 hello leads to SSLv3 or TLS, or to SSLv2") {
  const Octets hello = owned(
      "802b 01 0301 0012 0000 0010 | 010080 0700c0 000035 00000a 00002f 000005 |"
      "000102030405060708090a0b0c0d0e0f"_hex);
  const Script script{{to_server, hello, 0}, {to_client, server_hello("0035"_hex, {}), 7}};
  const test::Dissected result = play(script);
  CHECK(has(result, R"(tls {"version":"TLSv1.2","cipher":"TLS_RSA_WITH_AES_256_CBC_SHA",)"));
  CHECK(has(result, R"("client_version":"TLSv1.0","established":false,"ch_sh_us":7000})"));
  CHECK(play(chopped(script, 1)).lines == result.lines);
  const Octets old = owned("8023 04 00 01 0002"_hex);
  CHECK(has(play({{to_server, hello, 0}, {to_client, old, 7}}), R"("version":"SSLv2")"));
}

TEST_CASE("tls: what is no record ends the dissection with an anomaly") {
  const test::Dissected result = play({{to_server, client_hello("c02f"_hex, offer("a.example")), 0},
                                       {to_client, owned("48 54 54 50 2f 31 2e 31"_hex), 9}});
  CHECK(result.progress == Progress::give_up);
  CHECK(result.anomalies == std::vector<std::string>{"tls tls_malformed"});
  CHECK(has(result, R"("sni":"a.example")"));
}

TEST_CASE("tls: a client that goes on in another language may have been answered") {
  const Octets noise = owned("48 54 54 50 2f 31 2e 31"_hex);
  const test::Dissected result =
      play({{to_server, join(client_hello("c02f"_hex, offer("a.example")), noise), 0},
            {to_server, noise, 5},
            {to_client, server_hello("c02f"_hex, {}), 9},
            {to_server, noise, 12}});
  CHECK(result.anomalies == std::vector<std::string>{"tls tls_malformed"});
  REQUIRE(result.lines.size() == 1);
  CHECK(has(result, R"("sni":"a.example")"));
  CHECK(has(result, R"("cipher":"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")"));
}

TEST_CASE("tls: a hello that does not parse is an anomaly and no event") {
  const test::Dissected result =
      play({{to_server, tls_record(22, tls_message(1, Octets(50, 3))), 0}});
  CHECK(result.lines.empty());
  CHECK(result.anomalies == std::vector<std::string>{"tls tls_malformed"});
}

TEST_CASE("tls: octets of a name that no host can have are escaped") {
  const test::Dissected result =
      play({{to_server, client_hello("c02f"_hex, sni_extension("a\n\"\xff")), 0}});
  CHECK(has(result, R"("sni":"a\\x0a\"\\xff")"));
}

TEST_CASE("tls: a name of absurd length is cut") {
  const test::Dissected result =
      play({{to_server, client_hello("c02f"_hex, sni_extension(std::string(5000, 'a'))), 0}});
  CHECK(has(result, R"("sni":")" + std::string(1024, 'a') + "…\""));
}

TEST_CASE("tls: handshake messages without end are given up") {
  DissectorRun run{tls_protocol, flow};
  run.feed(to_server, client_hello("c02f"_hex, offer("a.example")), 0);
  const Octets request = tls_record(22, tls_message(0, {}));
  for (int i = 0; i < 40'000; ++i) run.feed(to_client, request, 1);
  CHECK(run.result().progress == Progress::give_up);
  CHECK(run.result().lines.size() == 1);
}

TEST_CASE("tls: a message larger than its memory is given up") {
  DissectorRun run{tls_protocol, flow, 512};
  const Octets hello = client_hello("c02f"_hex, test::extension(21, Octets(3000)));
  for (const std::uint8_t octet : hello) run.feed(to_server, Octets{octet}, 0);
  CHECK(run.result().progress == Progress::give_up);
  CHECK(run.memory().refused == 1);
}

TEST_CASE("tls: probe wants a hello inside a plausible record") {
  const auto [octets, verdict] = GENERATE(table<Octets, Verdict>({
      {owned("16 03 01 00 2d 01 00 00 29 03 03"_hex), Verdict::yes},
      {owned("16 03 03 00 7a 02 00 00 2a 03 03"_hex), Verdict::yes},
      {owned("16 03 01 00 04 01 00 02 00"_hex), Verdict::yes},
      {owned("16 03 01 00 2d 01 00 00 29 03"_hex), Verdict::yes},
      {owned("16 03 01 00 2d 01 00 00 29"_hex), Verdict::unsure},
      {owned("16"_hex), Verdict::unsure},
      {owned(""_hex), Verdict::unsure},
      {owned("16 02"_hex), Verdict::no},
      {owned("16 03 05"_hex), Verdict::no},
      {owned("16 03 01 00 00"_hex), Verdict::no},
      {owned("16 03 01 00 03"_hex), Verdict::unsure},
      {owned("16 03 01 00 01 01 16"_hex), Verdict::unsure},
      {owned("16 03 01 00 01 01 16 03"_hex), Verdict::yes},
      {owned("16 03 01 00 02 01 00 16 03"_hex), Verdict::yes},
      {owned("16 03 01 00 01 01 17"_hex), Verdict::no},
      {owned("16 03 01 00 01 01 16 04"_hex), Verdict::no},
      {owned("16 03 01 00 01 0b 16 03"_hex), Verdict::no},
      {owned("16 03 01 48 01"_hex), Verdict::no},
      {owned("16 03 01 00 2d 0b"_hex), Verdict::no},
      {owned("16 03 01 00 2d 01 00 00 10"_hex), Verdict::no},
      {owned("16 03 01 00 2e 01 00 00 29 03 03"_hex), Verdict::no},
      {owned("16 03 01 00 2d 01 00 00 29 02 03"_hex), Verdict::no},
      {owned("17 03 03 00 2d"_hex), Verdict::no},
      {owned("80 1c 01 03 01 00 03 00 00 00 10"_hex), Verdict::yes},
      {owned("80 1c 01"_hex), Verdict::unsure},
      {owned("80 1c 02"_hex), Verdict::no},
      {owned("80 1d 01 03 01 00 03 00 00 00 10"_hex), Verdict::no},
      {owned("80 1d 01 03 01 00 04 00 00 00 10"_hex), Verdict::no},
      {owned("47 45 54 20 2f"_hex), Verdict::no},
  }));
  CAPTURE(octets);
  const Segment start{.data = octets, .size = static_cast<std::uint32_t>(octets.size())};
  CHECK(tls_protocol.probe(start, flow) == verdict);
}

}  // namespace ntan::app
