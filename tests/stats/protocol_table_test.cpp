#include "stats/protocol_table.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace ntan::stats;

TEST_CASE("protocol table: equal names share a row wherever they lie") {
  const std::string here = "tcp";
  const std::string there = "tcp";
  ProtocolTable table;
  ++table.row(here).packets;
  ++table.row(there).packets;
  ++table.row("udp").packets;
  REQUIRE(table.rows().size() == 2);
  CHECK(table.rows()[0].name == "tcp");
  CHECK(table.rows()[0].packets == 2);
  CHECK(table.rows()[1].packets == 1);
}

TEST_CASE("protocol table: a name is not its beginning") {
  const std::string_view text = "icmpv6";
  ProtocolTable table;
  ++table.row(text).packets;
  ++table.row(text.substr(0, 4)).packets;
  ++table.row(text).packets;
  REQUIRE(table.rows().size() == 2);
  CHECK(table.rows()[0].packets == 2);
  CHECK(table.rows()[1].name == "icmp");
}

TEST_CASE("protocol table: the 65th name and all later ones are other") {
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back(std::to_string(i));
  ProtocolTable table;
  for (int round = 0; round < 2; ++round) {
    for (const std::string& name : names) ++table.row(name).packets;
  }
  CHECK(table.rows().size() == 64);
  for (const ProtocolTable::Row& row : table.rows()) CHECK(row.packets == 2);
  CHECK(table.other().name == "other");
  CHECK(table.other().packets == 2 * (300 - 64));
  table.clear();
  CHECK(table.rows().empty());
  CHECK(table.other().packets == 0);
  CHECK(table.row(names[299]).packets == 0);
  CHECK(table.rows().size() == 1);
}
