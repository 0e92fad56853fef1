#include "source/link_watch.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace ntan::source {
namespace {

using State = NetworkInterface::State;

TEST_CASE("a link is told of where its state differs from the one before", "[source]") {
  LinkWatch watch("eth0");
  CHECK(watch.look(State::up).empty());
  CHECK(watch.look(State::up).empty());
  CHECK(watch.look(State::down) == "eth0 is down: nothing can be captured before it is up again");
  CHECK(watch.look(State::down).empty());
  CHECK(watch.look(State::no_carrier) ==
        "eth0 has no carrier: nothing can be captured before it is back");
  CHECK(watch.look(std::nullopt).empty());
  CHECK(watch.look(State::up) == "eth0 is up again");
}

TEST_CASE("a link that goes up and down for ever is told of for a while", "[source]") {
  LinkWatch watch("eth0");
  std::uint32_t lines = 0;
  std::string last;
  for (std::uint32_t i = 0; i < 10 * LinkWatch::max_changes; ++i) {
    std::string line = watch.look(i % 2 == 0 ? State::up : State::down);
    if (line.empty()) continue;
    ++lines;
    last = std::move(line);
  }
  CHECK(lines == LinkWatch::max_changes + 1);
  CHECK(last == "eth0: further changes of its state are not told");
}

TEST_CASE("the kernel tells the state of an interface to any socket", "[source]") {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(socket >= 0);
  CHECK(link_state(socket, "lo").has_value());
  CHECK_FALSE(link_state(socket, "any").has_value());
  CHECK_FALSE(link_state(socket, "no interface has a name of this length").has_value());
  CHECK_FALSE(link_state(-1, "lo").has_value());
  ::close(socket);
}

}  // namespace
}  // namespace ntan::source
