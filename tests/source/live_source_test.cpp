#include "source/live_source.h"

#include <arpa/inet.h>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "source/ring_counters.h"

namespace ntan::source {
namespace {

using namespace std::chrono_literals;

TEST_CASE("ring counter: sums go on where the kernel's 32 bits wrap") {
  RingCounter counter;
  counter.read(5);
  counter.read(0xffff'fff0U);
  counter.read(4);
  CHECK(counter.total() == 0x1'0000'0004U);
}

// Hidden: needs CAP_NET_RAW, best in a namespace of its own (unshare -n, ip link set lo up).

/// Sends `text` to port 9 of this machine and nowhere else.
void send_to_self(std::string_view text) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(socket >= 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // NOLINTNEXTLINE(*-reinterpret-cast): the sockets' interface
  const auto* address = reinterpret_cast<const sockaddr*>(&to);
  CHECK(::sendto(socket, text.data(), text.size(), 0, address, sizeof to) ==
        static_cast<ssize_t>(text.size()));
  ::close(socket);
}

/// Reads until `wanted` packets came or two seconds passed.
std::vector<std::string> payloads(Source& source, std::size_t wanted) {
  std::vector<std::string> texts;
  Batch batch;
  const auto limit = std::chrono::steady_clock::now() + 2s;
  while (texts.size() < wanted && std::chrono::steady_clock::now() < limit) {
    if (source.read(batch) != Status::packets) continue;
    for (const PacketView& packet : batch.view()) {
      CHECK(packet.number == texts.size() + 1);
      CHECK(packet.link == LinkType::ethernet);
      CHECK(packet.data.size() == packet.wire_size);
      texts.emplace_back(as_text(packet.data.subspan(42)));
    }
  }
  return texts;
}

Error failure(const LiveOptions& options) {
  try {
    (void)open_live(options);
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  return {Error::Kind::runtime, {}};
}

TEST_CASE("live source: packets of lo arrive with time, number and bytes", "[.live]") {
  const auto source = open_live({.interface = "lo", .filter = "udp dst port 9"});
  CHECK(source->interfaces().at(0).name == "lo");
  std::vector<std::string> sent;
  for (int i = 0; i < 100; ++i) {
    sent.push_back("datagram " + std::to_string(i));
    send_to_self(sent.back());
  }
  CHECK(payloads(*source, sent.size()) == sent);
  Batch batch;
  CHECK(source->read(batch) == Status::idle);
  REQUIRE(source->clock());
  const Counters counters = source->counters();
  CHECK(counters.received.value_or(0) >= 100);
  CHECK(counters.dropped_by_kernel == 0);
  CHECK(source->damage().empty());
  for (const std::string& note : source->notes()) WARN(note);
}

TEST_CASE("live source: immediate delivery and `any` work too", "[.live]") {
  const auto source =
      open_live({.interface = "lo", .filter = "udp dst port 9", .delivery = Delivery::immediate});
  send_to_self("now");
  CHECK(payloads(*source, 1) == std::vector<std::string>{"now"});
  const auto any = open_live({.interface = "any", .filter = "udp dst port 9"});
  CHECK(any->interfaces().at(0).link == LinkType::linux_sll2);
  CHECK_FALSE(any->counters().dropped_by_interface);
}

TEST_CASE("live source: a wait is short, can be woken, and stops", "[.live]") {
  Interrupt interrupt;
  const auto source = open_live(
      {.interface = "lo", .filter = "udp dst port 9", .poll_time = 10s, .interrupt = &interrupt});
  Batch batch;
  const auto start = std::chrono::steady_clock::now();
  std::thread later([&interrupt] {
    std::this_thread::sleep_for(20ms);
    interrupt.wake();
    std::this_thread::sleep_for(20ms);
    interrupt.stop();
  });
  CHECK(source->read(batch) == Status::idle);
  CHECK(source->read(batch) == Status::end);
  later.join();
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("live source: a name that is not there is not found", "[.live]") {
  const Error error = failure({.interface = "lO0"});
  CHECK(error.kind() == Error::Kind::not_found);
  CHECK(error.what() == std::string("no interface 'lO0'; did you mean 'lo'?"));
  CHECK_FALSE(error.hints().empty());
  CHECK(failure({.interface = "99999"}).kind() == Error::Kind::not_found);
}

TEST_CASE("live source: a wrong filter is a usage error", "[.live]") {
  CHECK(failure({.interface = "lo", .filter = "tcp port"}).kind() == Error::Kind::usage);
}

TEST_CASE("live source: a small ring works", "[.live]") {
  const auto source =
      open_live({.interface = "lo", .filter = "udp dst port 9", .ring_size = 3U << 20U});
  send_to_self("small ring");
  CHECK(payloads(*source, 1) == std::vector<std::string>{"small ring"});
}

}  // namespace
}  // namespace ntan::source
