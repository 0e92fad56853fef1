#include "app/dhcp_exchanges.h"

#include <chrono>

#include <catch2/catch.hpp>

namespace ntan::app {
namespace {

using Part = DhcpExchanges::Part;
using Times = DhcpExchanges::Times;

Timestamp at(std::int64_t seconds) {
  return Timestamp{std::chrono::seconds{1'700'000'000 + seconds}};
}

struct Table {
  explicit Table(std::size_t limit = std::size_t{1} << 20U) : memory{.limit = limit} {}

  Times observe(Part part, std::int64_t seconds, std::uint64_t key = 1) {
    return exchanges.observe(key, part, at(seconds));
  }

  Budget memory;
  DhcpExchanges exchanges{memory};
};

constexpr std::int64_t second = 1'000'000;  // in microseconds

}  // namespace

TEST_CASE("dhcp exchanges: an answer knows when its question was, and the whole since when") {
  Table table;
  CHECK(table.observe(Part::discover, 0).retries == 0);
  CHECK(table.observe(Part::discover, 4).retries == 1);
  const Times offer = table.observe(Part::offer, 5);
  CHECK(offer.rtt_us == second);
  CHECK(offer.retries == 1);
  CHECK(!offer.dora_us);
  CHECK(table.observe(Part::request, 6).retries == 0);
  const Times granted = table.observe(Part::acknowledge, 8);
  CHECK(granted.rtt_us == 2 * second);
  CHECK(granted.retries == 0);
  CHECK(granted.dora_us == 8 * second);
}

TEST_CASE("dhcp exchanges: a second server's answer is one too") {
  Table table;
  (void)table.observe(Part::discover, 0);
  CHECK(table.observe(Part::offer, 1).rtt_us == second);
  CHECK(table.observe(Part::offer, 3).rtt_us == 3 * second);
}

TEST_CASE("dhcp exchanges: after a refusal the client asks anew, in the same exchange") {
  Table table;
  (void)table.observe(Part::discover, 0);
  (void)table.observe(Part::request, 1);
  CHECK(table.observe(Part::refuse, 2).rtt_us == second);
  CHECK(table.observe(Part::request, 3).retries == 0);
  CHECK(table.observe(Part::acknowledge, 4).dora_us == 4 * second);
}

TEST_CASE("dhcp exchanges: a renewal with the old number is none of the first exchange") {
  Table table;
  (void)table.observe(Part::discover, 0);
  (void)table.observe(Part::request, 1);
  (void)table.observe(Part::acknowledge, 2);
  CHECK(table.observe(Part::request, 30).retries == 0);
  const Times renewed = table.observe(Part::acknowledge, 31);
  CHECK(renewed.rtt_us == second);
  CHECK(!renewed.dora_us);
}

TEST_CASE("dhcp exchanges: what is granted at once answers the DISCOVER") {
  Table table;
  (void)table.observe(Part::discover, 0);
  const Times granted = table.observe(Part::acknowledge, 1);
  CHECK(granted.rtt_us == second);
  CHECK(granted.dora_us == second);
}

TEST_CASE("dhcp exchanges: an answer to what was not seen, or long ago, has no times") {
  Table table;
  CHECK(!table.observe(Part::offer, 0).retries);
  CHECK(!table.observe(Part::acknowledge, 0).rtt_us);
  (void)table.observe(Part::discover, 1);
  CHECK(!table.observe(Part::refuse, 2).rtt_us);
  CHECK(!table.observe(Part::offer, 3, 2).rtt_us);
  CHECK(!table.observe(Part::none, 3).retries);
  CHECK(!table.observe(Part::offer, 200).rtt_us);
  CHECK(table.observe(Part::discover, 200).retries == 0);
}

TEST_CASE("dhcp exchanges: a clock that goes back gives no times") {
  Table table;
  (void)table.observe(Part::discover, 10);
  CHECK(!table.observe(Part::offer, 9).rtt_us);
  CHECK(table.observe(Part::offer, 11).rtt_us == second);
}

TEST_CASE("dhcp exchanges: of too many the oldest is forgotten, and counted if it waited") {
  Table table;
  constexpr std::uint64_t step = 4096;  // one set for all
  for (std::uint64_t i = 0; i < 4; ++i)
    (void)table.observe(Part::discover, static_cast<std::int64_t>(i), i * step);
  CHECK(table.memory.crowded_out == 0);
  (void)table.observe(Part::discover, 5, 9 * step);
  CHECK(table.memory.crowded_out == 1);
  CHECK(!table.observe(Part::offer, 6, 0).rtt_us);
  CHECK(table.observe(Part::offer, 6, step).rtt_us == 5 * second);
}

TEST_CASE("dhcp exchanges: without memory nothing is known, and all goes back") {
  Table poor{100};
  CHECK(!poor.observe(Part::discover, 0).retries);
  CHECK(!poor.observe(Part::offer, 1).rtt_us);
  CHECK(poor.memory.refused == 1);
  Budget memory{.limit = std::size_t{1} << 20U};
  {
    DhcpExchanges exchanges{memory};
    CHECK(memory.used == 0);
    (void)exchanges.observe(1, Part::discover, at(0));
    CHECK(memory.used != 0);
  }
  CHECK(memory.used == 0);
}

}  // namespace ntan::app
