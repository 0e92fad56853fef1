#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "app/protocol.h"
#include "tests/app/ssh_bytes.h"
#include "tests/support/dissect.h"

namespace ntan::app {

extern const Protocol ssh_protocol;

namespace {

using namespace test;            // NOLINT(*-using-namespace)
using namespace test::literals;  // NOLINT(*-using-namespace)

constexpr Direction to_server = Direction::to_server;
constexpr Direction to_client = Direction::to_client;

const FlowContext flow{.transport = Transport::tcp, .client_port = 40000, .server_port = 22};

const Octets client = join(octets("SSH-2.0-Client_1\r\n"), ssh_packet(ssh_offer({})));
const Octets server =
    join(octets("SSH-2.0-Server_2 of somebody\r\n"),
         ssh_packet(ssh_offer({.cipher = "aes256-ctr,aes128-ctr", .mac = "hmac-sha1"})));

const std::string both =
    R"(ssh {"client":"SSH-2.0-Client_1","server":"SSH-2.0-Server_2 of somebody",)"
    R"("kex":"curve25519-sha256","host_key":"ssh-ed25519","cipher":"aes128-ctr",)"
    R"("mac":"hmac-sha1","compression":"none","hassh":"fe383c36a1713dea09419948515b1006","hassh_server":"9f429d20ed11a11f7bb6f6f0511b9dbc",)"
    R"("strict_kex":false})";

Dissected play(Bytes from_client, Bytes from_server, std::size_t piece = SIZE_MAX) {
  DissectorRun run{ssh_protocol, flow};
  const auto feed = [&](Direction direction, Bytes octets) {
    while (!octets.empty()) {
      const Bytes part = octets.first(std::min(piece, octets.size()));
      run.feed(direction, part, 0);
      octets = octets.subspan(part.size());
    }
  };
  feed(to_client, from_server);
  feed(to_server, from_client);
  const app::Progress progress = run.result().progress;
  run.end(1000);
  CHECK(run.memory().used == 0);
  Dissected result = run.result();
  result.progress = progress;
  return result;
}

Octets identified(std::string_view line, const Octets& rest) {
  return join(octets(line), octets("\r\n"), rest);
}

}  // namespace

TEST_CASE("ssh: an opening is one event, however it is cut") {
  for (const std::size_t piece : {SIZE_MAX, std::size_t{1}, std::size_t{7}}) {
    const Dissected result = play(client, server, piece);
    CHECK(result.lines == std::vector<std::string>{both});
    CHECK(result.progress == Progress::done);
    CHECK(result.anomalies.empty());
  }
}

TEST_CASE("ssh: what is sent behind the offer, or before it, does not matter") {
  const Octets more = join(client, Octets(50'000, 0xee));
  CHECK(play(more, server).lines == std::vector<std::string>{both});
  const Octets debug = ssh_packet("04 00 00000000 00000000"_hex);
  const Octets after = join(octets("SSH-2.0-Client_1\r\n"), debug, ssh_packet(ssh_offer({})));
  CHECK(play(after, server).lines == std::vector<std::string>{both});
  Octets many = octets("SSH-2.0-Client_1\r\n");
  for (int i = 0; i < 9; ++i) many = join(many, debug);
  const Dissected lost = play(join(many, ssh_packet(ssh_offer({}))), server);
  REQUIRE(lost.lines.size() == 1);
  CHECK(lost.lines[0].find("\"kex\"") == std::string::npos);
  CHECK(lost.progress == Progress::done);
}

TEST_CASE("ssh: ciphers that authenticate have no MAC, strict key exchange is told") {
  const SshOffer ours{.kex = "curve25519-sha256,kex-strict-c-v00@openssh.com",
                      .cipher = "chacha20-poly1305@openssh.com"};
  const SshOffer theirs{.kex = "curve25519-sha256,kex-strict-s-v00@openssh.com",
                        .cipher = "chacha20-poly1305@openssh.com"};
  const Dissected result = play(identified("SSH-2.0-a", ssh_packet(ssh_offer(ours))),
                                identified("SSH-2.0-b", ssh_packet(ssh_offer(theirs))));
  REQUIRE(result.lines.size() == 1);
  CHECK(result.lines[0].find("\"mac\"") == std::string::npos);
  CHECK(result.lines[0].find(R"("strict_kex":true)") != std::string::npos);
}

TEST_CASE("ssh: of version 1 only who speaks is told") {
  CHECK(play(octets("SSH-1.5-1.2.26\n"), octets("SSH-1.5-1.2.27\n")).lines ==
        std::vector<std::string>{R"(ssh {"client":"SSH-1.5-1.2.26","server":"SSH-1.5-1.2.27"})"});
}

TEST_CASE("ssh: one side alone is told at the end, or at the gap of the other") {
  const Dissected alone = play(client, {});
  REQUIRE(alone.lines.size() == 1);
  CHECK(alone.lines[0].starts_with(R"(ssh {"client":"SSH-2.0-Client_1","hassh":)"));
  DissectorRun run{ssh_protocol, flow};
  run.feed(to_server, client, 0);
  run.gap(to_client, 1000, 1);
  CHECK(run.result().progress == Progress::give_up);
  CHECK(run.result().lines == alone.lines);
}

TEST_CASE("ssh: an opening that does not parse is an anomaly, told once a side") {
  const auto anomalies = [](const Octets& octets) { return play(octets, {}).anomalies; };
  const std::vector<std::string> one{"ssh ssh_malformed"};
  CHECK(anomalies(join(octets("SSH-2.0-"), Octets(400, 'x'))) == one);
  CHECK(anomalies(identified("SSH-2.0-a", Octets(16, 0xff))) == one);
  CHECK(anomalies(identified("SSH-2.0-a", join("00000004 04 14 00 00"_hex, Octets(8)))) == one);
  CHECK(anomalies(identified("SSH-2.0-a", ssh_packet("14 00 01 02"_hex))) == one);
  CHECK(anomalies(client).empty());
}

TEST_CASE("ssh: without memory the event has what was read") {
  DissectorRun run{ssh_protocol, flow, 400};
  run.feed(to_server, client, 0);
  run.feed(to_client, server, 1);
  REQUIRE(run.result().lines.size() == 1);

  CHECK(run.result().lines[0].starts_with(R"(ssh {"client":"SSH-2.0-Client_1","hassh":)"));
  CHECK(run.memory().used == 0);
}

TEST_CASE("ssh: probe wants the beginning of an identification") {
  const auto probe = [](std::string_view text) {
    const Bytes data = as_bytes(text);
    return ssh_protocol.probe({.data = data, .size = static_cast<std::uint32_t>(data.size())},
                              flow);
  };
  CHECK(probe("SSH-2.0-x") == Verdict::yes);
  CHECK(probe("SSH") == Verdict::unsure);
  CHECK(probe("SSL-") == Verdict::no);
}

TEST_CASE("ssh: a packet's line is the identification") {
  TextLine line;
  ssh_protocol.describe(Transport::tcp, {.data = server, .size = 0}, line);
  CHECK(line.view() == "SSH-2.0-Server_2 of somebody");
}

}  // namespace ntan::app
