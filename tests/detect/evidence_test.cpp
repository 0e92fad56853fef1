#include "detect/evidence.h"

#include <catch2/catch.hpp>

#include "detect/walk.h"

using namespace ntan::detect;

TEST_CASE("evidence: a peer-prone port is a user port that nobody scans for") {
  for (const int port : {22, 1023, 3389, 27017})
    REQUIRE_FALSE(is_peer_prone(static_cast<std::uint16_t>(port)));
  for (const int port : {6881, 51413, 65535})
    REQUIRE(is_peer_prone(static_cast<std::uint16_t>(port)));
}

TEST_CASE("evidence: a failure on a peer-prone port says little against a peer") {
  REQUIRE(peer_steps(ContactClass::syn, Result::refused, 51413).column == 405);
  REQUIRE(peer_steps(ContactClass::udp, Result::silent, 51413).column == 200);
  REQUIRE(peer_steps(ContactClass::syn, Result::refused, 443).column == 1760);
  REQUIRE(peer_steps(ContactClass::fin, Result::malformed, 51413).row == 2500);
}

TEST_CASE("evidence: credit ends at the barrier") {
  Walk walk;
  for (int i = 0; i < 100; ++i) walk.add(-2770, -2770);
  REQUIRE(walk.client == floor_nats);
  REQUIRE(walk.peer == floor_nats);
}

TEST_CASE("evidence: a walk must beat both models") {
  Walk walk;
  walk.add(20'000, 6'899);
  REQUIRE_FALSE(walk.beats(alarm_bound(Sense::medium)));
  walk.add(0, 1);
  REQUIRE(walk.beats(alarm_bound(Sense::medium)));
  REQUIRE(walk.score(alarm_bound(Sense::medium)) == alarm_bound(Sense::medium));
  REQUIRE(walk.score(alarm_bound(Sense::high)) == 6'900);
}

TEST_CASE("evidence: the share of bad outcomes is exact") {
  Walk walk;
  REQUIRE_FALSE(walk.mostly_bad(700));
  walk.bad = 7;
  walk.good = 3;
  REQUIRE(walk.mostly_bad(700));
  walk.good = 4;
  REQUIRE_FALSE(walk.mostly_bad(700));
}
