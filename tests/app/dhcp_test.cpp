#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "app/dhcp_exchanges.h"
#include "app/protocol.h"
#include "tests/app/dhcp_bytes.h"
#include "tests/support/dissect.h"

namespace ntan::app {

extern const Protocol dhcp_protocol;

namespace {

using namespace test;            // NOLINT(*-using-namespace)
using namespace test::literals;  // NOLINT(*-using-namespace)

using Lines = std::vector<std::string>;

constexpr Direction to_server = Direction::to_server;
constexpr Direction to_client = Direction::to_client;

FlowContext between(std::string_view client, std::uint16_t client_port, std::string_view server,
                    std::uint16_t server_port = 67) {
  return {.transport = Transport::udp,
          .client = *parse_address(client),
          .server = *parse_address(server),
          .client_port = client_port,
          .server_port = server_port};
}

/// The flow in which those without an address ask.
const FlowContext everybody = between("0.0.0.0", 68, "255.255.255.255");
const FlowContext to_first = between("10.0.0.9", 68, "10.0.0.1");

/// Flows that share what they know.
struct Network {
  Dissected send(FlowContext flow, Direction direction, const Octets& message, std::int64_t ms) {
    flow.dhcp = &exchanges;
    DissectorRun run{dhcp_protocol, flow};
    run.feed(direction, message, ms);
    CHECK(run.memory().used == 0);
    return run.result();
  }

  Budget memory{.limit = std::size_t{1} << 20U};
  DhcpExchanges exchanges{memory};
};

Dissected alone(const Octets& message, const FlowContext& flow = everybody,
                Direction direction = to_server) {
  return Network{}.send(flow, direction, message, 0);
}

const DhcpHeader offer_header{.op = 2, .assigned = {10, 0, 0, 9}};

Verdict probe(Bytes data, const FlowContext& flow = everybody, std::size_t cut = 0) {
  return dhcp_protocol.probe(
      {.data = data.first(data.size() - cut), .size = static_cast<std::uint32_t>(data.size())},
      flow);
}

}  // namespace

TEST_CASE("dhcp: a question has what the client tells of itself") {
  const Octets message = dhcp_of_type(
      1, {.seconds = 3, .flags = 0x80},
      join(dhcp_option(50, "0a000009"_hex), dhcp_option(12, "pc"), dhcp_option(60, "maker 1"),
           dhcp_option(61, "01 020000000001"_hex), dhcp_option(55, "01 03 06 0f"_hex)));
  const Dissected result = alone(message);
  CHECK(result.lines ==
        Lines{R"(dhcp {"type":"DISCOVER","xid":7,"mac":"02:00:00:00:00:01",)"
              R"("requested_ip":"10.0.0.9","host_name":"pc","vendor_class":"maker 1",)"
              R"("parameters":[1,3,6,15],"secs":3,"broadcast":true,"retries":0})"});
  CHECK(result.progress == Progress::idle);
  CHECK(result.anomalies.empty());
}

TEST_CASE("dhcp: an answer has what the server gives") {
  DhcpHeader header = offer_header;
  header.next_server = {10, 0, 0, 2};
  header.file = octets("pxe.0");
  const Octets message =
      dhcp_of_type(5, header,
                   join(dhcp_option(54, "0a000001"_hex), dhcp_option(51, "00000e10"_hex),
                        dhcp_option(1, "ffffff00"_hex), dhcp_option(3, "0a000001"_hex),
                        dhcp_option(6, "0a000001 0a000002"_hex), dhcp_option(15, "example")));
  CHECK(alone(message, to_first, to_client).lines ==
        Lines{R"(dhcp {"type":"ACK","xid":7,"mac":"02:00:00:00:00:01",)"
              R"("assigned_ip":"10.0.0.9","server_id":"10.0.0.1","next_server":"10.0.0.2",)"
              R"("boot_file":"pxe.0","domain":"example","lease_s":3600,)"
              R"("subnet_mask":"255.255.255.0","routers":["10.0.0.1"],)"
              R"("dns_servers":["10.0.0.1","10.0.0.2"]})"});
}

TEST_CASE("dhcp: times cross the flows of an exchange") {
  Network network;
  const auto last = [&](const FlowContext& flow, Direction direction, const Octets& message,
                        std::int64_t ms) {
    const Dissected result = network.send(flow, direction, message, ms);
    REQUIRE(result.lines.size() == 1);
    const std::string& line = result.lines[0];
    return line.substr(std::min(line.find("\"retries\""), line.size()));
  };
  CHECK(last(everybody, to_server, dhcp_of_type(1), 0) == R"("retries":0})");
  CHECK(last(everybody, to_server, dhcp_of_type(1), 10) == R"("retries":1})");
  CHECK(last(to_first, to_client, dhcp_of_type(2, offer_header), 12) ==
        R"("retries":1,"rtt_us":2000})");
  CHECK(last(everybody, to_server, dhcp_of_type(3), 20) == R"("retries":0})");
  CHECK(last(to_first, to_client, dhcp_of_type(5, offer_header), 21) ==
        R"("retries":0,"rtt_us":1000,"dora_us":21000})");
  // Another client, or another number, is another exchange.
  CHECK(last(everybody, to_server, dhcp_of_type(3, {.xid = 8}), 22) == R"("retries":0})");
  CHECK(last(everybody, to_server, dhcp_of_type(3, {.hardware = {2, 0, 0, 0, 0, 2}}), 22) ==
        R"("retries":0})");
  CHECK(last(to_first, to_client, dhcp_of_type(6, {.op = 2, .xid = 9}), 22).empty());
}

TEST_CASE("dhcp: what a relay asks is an exchange with each server it asks") {
  Network network;
  const FlowContext first = between("10.1.0.1", 67, "10.0.0.1");
  const FlowContext second = between("10.1.0.1", 67, "10.0.0.2");
  const DhcpHeader relayed{.hops = 1, .relay = {10, 1, 0, 1}};
  DhcpHeader answer = offer_header;
  answer.relay = relayed.relay;
  const auto has = [](const Dissected& result, std::string_view member) {
    REQUIRE(result.lines.size() == 1);
    return result.lines[0].find(member) != std::string::npos;
  };
  CHECK(has(network.send(everybody, to_server, dhcp_of_type(1), 0), R"("retries":0)"));
  const Dissected question = network.send(first, to_server, dhcp_of_type(1, relayed), 1);
  CHECK(has(question, R"("relay_ip":"10.1.0.1")"));
  CHECK(has(question, R"("hops":1,"retries":0)"));
  CHECK(has(network.send(second, to_server, dhcp_of_type(1, relayed), 2), R"("retries":0)"));
  CHECK(has(network.send(second, to_client, dhcp_of_type(2, answer), 5), R"("rtt_us":3000)"));
  CHECK(has(network.send(first, to_client, dhcp_of_type(2, answer), 6), R"("rtt_us":5000)"));
  CHECK(has(network.send(to_first, to_client, dhcp_of_type(2, answer), 7), R"("rtt_us":7000)"));
}

TEST_CASE("dhcp: without a type it is BOOTP, with or without options") {
  const Octets request = join(dhcp_header({}), Octets(64));
  CHECK(alone(request).lines ==
        Lines{R"(dhcp {"type":"BOOTREQUEST","xid":7,"mac":"02:00:00:00:00:01","retries":0})"});
  Network network;
  (void)network.send(everybody, to_server, request, 0);
  const Dissected reply =
      network.send(to_first, to_client, dhcp_message(offer_header, dhcp_option(12, "pc")), 2);
  CHECK(reply.lines ==
        Lines{R"(dhcp {"type":"BOOTREPLY","xid":7,"mac":"02:00:00:00:00:01",)"
              R"("assigned_ip":"10.0.0.9","host_name":"pc","retries":0,"rtt_us":2000})"});
  CHECK(reply.anomalies.empty());
}

TEST_CASE("dhcp: a client's identifier is shown where it is not its address") {
  const auto line = [](const DhcpHeader& header, Bytes id) {
    return alone(dhcp_of_type(1, header, dhcp_option(61, id))).lines.at(0);
  };
  CHECK(line({}, "ff 00000001 0003"_hex) ==
        R"(dhcp {"type":"DISCOVER","xid":7,"mac":"02:00:00:00:00:01",)"
        R"("client_id":"ff000000010003","retries":0})");
  std::string hex;
  for (int i = 0; i < 64; ++i) hex += "ab";
  CHECK(line({.hardware_type = 32, .hardware_size = 0}, Octets(70, 0xab)) ==
        R"(dhcp {"type":"DISCOVER","xid":7,"hardware":32,"client_id":")" + hex +
            R"(","retries":0})");
}

TEST_CASE("dhcp: what does not parse is an anomaly, and the next message is read") {
  DissectorRun run{dhcp_protocol, everybody};
  for (int i = 0; i < 10; ++i) run.feed(to_server, Octets(300, 0xff), i);
  CHECK(run.result().anomalies == Lines(10, "dhcp dhcp_malformed"));
  CHECK(run.result().lines.empty());
  run.feed(to_server, dhcp_of_type(1), 20);
  CHECK(run.result().lines.size() == 1);
  const Dissected result = alone(dhcp_of_type(1, {}, join(dhcp_option(12, "pc"), Octets{12, 9})));
  CHECK(result.anomalies == Lines{"dhcp dhcp_malformed"});
  CHECK(result.lines.at(0).find(R"("host_name":"pc")") != std::string::npos);
}

TEST_CASE("dhcp: what the capture cut off is nobody's fault") {
  const Octets message = dhcp_of_type(1, {}, dhcp_option(12, "pc"));
  for (std::size_t size = 1; size < message.size(); ++size) {
    DissectorRun run{dhcp_protocol, everybody};
    run.feed(to_server, Bytes{message}.first(size), 0, static_cast<std::uint32_t>(message.size()));
    CHECK(run.result().anomalies.empty());
    CHECK(run.result().lines.size() == (size < 44 ? 0 : 1));
  }
}

TEST_CASE("dhcp: no line is made that nobody reads") {
  DissectorRun run{dhcp_protocol, everybody};
  run.want_no_records();
  run.feed(to_server, dhcp_of_type(1), 0);
  CHECK(run.result().lines.empty());
}

TEST_CASE("dhcp: probe goes by the magic number, on any port") {
  const FlowContext elsewhere = between("10.0.0.9", 40000, "10.0.0.1", 1067);
  CHECK(probe(dhcp_of_type(1), elsewhere) == Verdict::yes);
  CHECK(probe(dhcp_of_type(1)) == Verdict::yes);
  CHECK(probe(dhcp_message({.op = 3}, {}), everybody) == Verdict::no);
  CHECK(probe(join(dhcp_header({}), Octets(64)), elsewhere) == Verdict::no);
}

TEST_CASE("dhcp: probe takes BOOTP, and what is cut, between its ports") {
  const Octets bootp = join(dhcp_header({}), Octets(64));
  CHECK(probe(bootp) == Verdict::yes);
  CHECK(probe(dhcp_of_type(1), everybody, 200) == Verdict::yes);
  CHECK(probe(dhcp_of_type(1), between("10.0.0.9", 40000, "10.0.0.1"), 200) == Verdict::no);
  CHECK(probe(dhcp_header({.hardware_size = 17})) == Verdict::no);
  CHECK(probe(dhcp_header({.hops = 17})) == Verdict::no);
  CHECK(probe(Octets(300)) == Verdict::no);
  CHECK(probe(Octets(100, 1)) == Verdict::no);
}

TEST_CASE("dhcp: a packet's line says who gets or wants what") {
  const auto line = [](const Octets& message) {
    TextLine text;
    dhcp_protocol.describe(Transport::udp, {.data = message, .size = 0}, text);
    return std::string{text.view()};
  };
  CHECK(line(dhcp_of_type(3, {}, join(dhcp_option(50, "0a000009"_hex), dhcp_option(12, "pc")))) ==
        "REQUEST of 02:00:00:00:00:01 pc asks for 10.0.0.9");
  CHECK(line(dhcp_of_type(2, offer_header)) == "OFFER of 02:00:00:00:00:01 gets 10.0.0.9");
  CHECK(line(octets("no")).empty());
}

}  // namespace ntan::app
