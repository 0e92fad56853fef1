#include "flow/timestamp_rtt.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/flow/segment.h"

namespace ntan::flow {
namespace {

namespace flag = wire::tcp_flag;

constexpr std::uint32_t ms = 1000;
constexpr std::uint32_t second = 1000 * ms;

/// Every value that was ever sent, as long as the definition keeps it.
class Twin {
 public:
  void sent(std::uint32_t value, std::uint64_t now) {
    if (value != 0) first_.emplace(value, now);
  }
  void echoed(std::uint32_t value, std::uint64_t now) {
    const auto found = first_.find(value);
    if (found == first_.end()) return;
    if (used_.insert({value, true}).second && now - found->second <= 10 * second)
      samples_.push_back(static_cast<std::uint32_t>(now - found->second));
  }
  [[nodiscard]] const std::vector<std::uint32_t>& samples() const { return samples_; }

 private:
  std::map<std::uint32_t, std::uint64_t> first_;
  std::map<std::uint32_t, bool> used_;
  std::vector<std::uint32_t> samples_;
};

/// A segment with the timestamps option as most stacks write it.
struct Stamped {
  std::array<std::uint8_t, 12> option{1, 1, 8, 10};
  test::Segment segment;

  Stamped(test::Segment plain, std::uint32_t value, std::uint32_t echo) : segment(plain) {
    for (std::size_t i = 0; i < 4; ++i) {
      option[4 + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
      option[8 + i] = static_cast<std::uint8_t>(echo >> (24 - 8 * i));
    }
    segment.options = option;
  }
  Stamped(const Stamped&) = delete;
  Stamped& operator=(const Stamped&) = delete;
};

constexpr auto there = Direction::to_server;
constexpr auto back = Direction::to_client;

}  // namespace

TEST_CASE("timestamp rtt: from the first packet with a value to its first echo") {
  TimestampRtt rtt;
  rtt.sent(100, 5 * ms);
  rtt.sent(100, 6 * ms);
  rtt.echoed(99, 10 * ms);
  CHECK(rtt.times().n() == 0);
  rtt.echoed(100, 25 * ms);
  rtt.echoed(100, 60 * ms);
  rtt.sent(100, 70 * ms);
  rtt.echoed(100, 71 * ms);
  REQUIRE(rtt.times().n() == 1);
  CHECK(rtt.times().min() == 20 * ms);
}

TEST_CASE("timestamp rtt: an echo settles the values before it") {
  TimestampRtt rtt;
  for (std::uint32_t i = 0; i < 4; ++i) rtt.sent(100 + i, i * ms);
  rtt.sent(104, 4 * ms);  // finds no room
  rtt.echoed(102, 12 * ms);
  rtt.echoed(101, 13 * ms);
  rtt.sent(105, 14 * ms);
  rtt.echoed(103, 15 * ms);
  rtt.echoed(104, 16 * ms);
  rtt.echoed(105, 34 * ms);
  REQUIRE(rtt.times().n() == 3);
  CHECK(rtt.times().min() == 10 * ms);
  CHECK(rtt.times().max() == 20 * ms);
  CHECK(rtt.times().average() == 14 * ms);
}

TEST_CASE("timestamp rtt: zero, what waited more than ten seconds, and time that went back") {
  TimestampRtt rtt;
  rtt.sent(0, 0);
  rtt.echoed(0, ms);
  rtt.sent(7, 0);
  rtt.echoed(7, 10 * second + 1);
  rtt.sent(8, 20 * second);
  rtt.echoed(8, 20 * second - 1);
  CHECK(rtt.times().n() == 0);
  for (std::uint32_t i = 0; i < 4; ++i) rtt.sent(10 + i, 30 * second);
  rtt.sent(20, 40 * second + 1);
  rtt.echoed(20, 40 * second + 5);
  REQUIRE(rtt.times().n() == 1);
  CHECK(rtt.times().max() == 4);
}

TEST_CASE("timestamp rtt: values and clock wrap") {
  TimestampRtt rtt;
  rtt.sent(UINT32_MAX, UINT32_MAX - 4);
  rtt.sent(1, 5);
  rtt.echoed(UINT32_MAX, 15);
  rtt.echoed(1, 25);
  REQUIRE(rtt.times().n() == 2);
  CHECK(rtt.times().min() == 20);
  CHECK(rtt.times().max() == 20);
}

TEST_CASE("timestamp rtt: the same as a twin that forgets nothing, with four at most under way") {
  std::mt19937 random(4);  // NOLINT(*-msc32-c, *-msc51-cpp): the same each time
  TimestampRtt rtt;
  Twin twin;
  std::uint32_t value = UINT32_MAX - 500;
  std::uint32_t echo = value;
  std::uint64_t now = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += random() % (50 * ms);
    const bool may_send = value - echo < TimestampRtt::capacity;
    if (may_send && random() % 2 == 0) {
      value += random() % 3 == 0 ? 0 : 1;
      rtt.sent(value, static_cast<std::uint32_t>(now));
      twin.sent(value, now);
    } else {
      echo += std::min(value - echo, static_cast<std::uint32_t>(random() % 3));
      rtt.echoed(echo, static_cast<std::uint32_t>(now));
      twin.echoed(echo, now);
    }
    REQUIRE(rtt.times().n() == twin.samples().size());
  }
  REQUIRE(rtt.times().n() > 1000);
  const auto [least, most] = std::minmax_element(twin.samples().begin(), twin.samples().end());
  CHECK(rtt.times().min() == *least);
  CHECK(rtt.times().max() == *most);
}

TEST_CASE("timestamp rtt: a connection is timed from its handshake on") {
  test::Talk talk;
  const auto say = [&talk](test::Segment plain, std::uint32_t value, std::uint32_t echo) {
    talk.send(Stamped(plain, value, echo).segment);
  };
  say({there, flag::syn, 999}, 70'000, 0);
  talk.play("+40");
  say({back, flag::syn | flag::ack, 4999, 1000}, 500, 70'000);
  talk.play("+10");
  // The ACK shows the value first, though nothing was kept of it until there was data.
  say({there, flag::ack, 1000, 5000}, 70'050, 500);
  CHECK(talk.tcp.meter() == nullptr);
  say({there, flag::ack, 1000, 5000, 10}, 70'050, 500);
  talk.play("+41");
  say({back, flag::ack, 5000, 1010, 20}, 541, 70'050);
  talk.play("+12");
  say({there, flag::ack, 1010, 5020}, 70'103, 541);
  REQUIRE(talk.tcp.meter() != nullptr);
  const RttRange* server = talk.tcp.meter()->timestamp_rtt(there);
  const RttRange* client = talk.tcp.meter()->timestamp_rtt(back);
  REQUIRE(server != nullptr);
  CHECK(server->n() == 2);
  CHECK(server->min() == 40 * ms);
  CHECK(server->max() == 41 * ms);
  CHECK(client->n() == 2);
  CHECK(client->min() == 10 * ms);
  CHECK(client->max() == 12 * ms);
}

TEST_CASE("timestamp rtt: the server may speak first") {
  test::Talk talk;
  const auto say = [&talk](test::Segment plain, std::uint32_t value, std::uint32_t echo) {
    talk.send(Stamped(plain, value, echo).segment);
  };
  say({there, flag::syn, 999}, 65'530, 0);
  say({back, flag::syn | flag::ack, 4999, 1000}, 500, 65'530);
  talk.play("+10");
  say({there, flag::ack, 1000, 5000}, 65'540, 500);
  talk.play("+60");
  say({back, flag::ack, 5000, 1000, 20}, 541, 65'540);
  REQUIRE(talk.tcp.meter() != nullptr);
  const RttRange* server = talk.tcp.meter()->timestamp_rtt(there);
  REQUIRE(server != nullptr);
  CHECK(server->n() == 2);
  CHECK(server->max() == 60 * ms);
}

TEST_CASE("timestamp rtt: a copy is told from what it copies") {
  // By sequence numbers alone nobody knows which of two copies an ACK is for.
  test::Talk talk(">S <SA >A");
  const auto say = [&talk](test::Segment plain, std::uint32_t value, std::uint32_t echo) {
    talk.send(Stamped(plain, value, echo).segment);
  };
  say({there, flag::ack, 1001, 5001, 10}, 100, 1);
  talk.play("+300");
  say({there, flag::ack, 1001, 5001, 10}, 400, 1);
  talk.play("+20");
  say({back, flag::ack, 5001, 1011}, 9000, 400);
  const TcpMeter& meter = *talk.tcp.meter();
  CHECK(meter.side(there).rtt.n() == 1);  // the handshake's
  REQUIRE(meter.timestamp_rtt(there) != nullptr);
  REQUIRE(meter.timestamp_rtt(there)->n() == 1);
  CHECK(meter.timestamp_rtt(there)->min() == 20 * ms);
}

TEST_CASE("timestamp rtt: connections without timestamps have none, and need no room for them") {
  const test::Talk talk(">S <SA >A >D10A <A");
  REQUIRE(talk.tcp.meter() != nullptr);
  CHECK(talk.tcp.meter()->timestamp_rtt(there) == nullptr);
}

TEST_CASE("timestamp rtt: an echo of what was never sent settles nothing") {
  TimestampRtt rtt;
  rtt.echoed(5, 0);
  rtt.sent(100, ms);
  rtt.echoed(5000, 2 * ms);
  rtt.echoed(100, 21 * ms);
  REQUIRE(rtt.times().n() == 1);
  CHECK(rtt.times().min() == 20 * ms);
}

TEST_CASE("timestamp rtt: a value out of all order stops it for ten seconds at most") {
  TimestampRtt rtt;
  rtt.sent(5'000'000, 0);
  rtt.sent(100, second);
  rtt.echoed(100, 2 * second);
  CHECK(rtt.times().n() == 0);
  rtt.sent(200, 10 * second + 1);
  rtt.echoed(200, 10 * second + 1 + 30 * ms);
  REQUIRE(rtt.times().n() == 1);
  CHECK(rtt.times().min() == 30 * ms);
}

TEST_CASE("timestamp rtt: a handshake counts only if its values were echoed") {
  struct Case {
    std::uint32_t syn, syn_echo, syn_ack_echo;
    std::uint32_t server_n, client_n;
  };
  const auto c = GENERATE(values<Case>({{100, 100, 900, 1, 1},
                                        {100, 999, 900, 0, 1},
                                        {100, 100, 555, 1, 0},
                                        {0, 100, 900, 0, 1},
                                        {100 + (7U << 16U), 100 + (7U << 16U), 900, 1, 1}}));
  CAPTURE(c.syn, c.syn_echo, c.syn_ack_echo);
  test::Talk talk;
  const auto say = [&talk](test::Segment plain, std::uint32_t value, std::uint32_t echo) {
    talk.send(Stamped(plain, value, echo).segment);
  };
  say({there, flag::syn, 999}, c.syn, 0);
  talk.play("+40");
  say({back, flag::syn | flag::ack, 4999, 1000}, 900, c.syn_echo);
  talk.play("+10");
  say({there, flag::ack, 1000, 5000}, 110, c.syn_ack_echo);
  say({there, flag::ack, 1000, 5000, 10}, 111, 0);
  const RttRange* server = talk.tcp.meter()->timestamp_rtt(there);
  REQUIRE(server != nullptr);
  CHECK(server->n() == c.server_n);
  CHECK(talk.tcp.meter()->timestamp_rtt(back)->n() == c.client_n);
}

}  // namespace ntan::flow
