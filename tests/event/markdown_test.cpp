#include "event/markdown.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

#include "tests/event/sample.h"

using namespace ntan;
using namespace ntan::event;

TEST_CASE("markdown: the envelope, then one table per event") {
  const std::array<const Schema*, 1> schemas{&schema_of<test::SampleSummary>};
  const std::string text = markdown(schemas);
  CHECK(text.starts_with("## All events\n\nEvery line begins with `v` (1) and `event`"));
  CHECK(text.find("| `ts` | time | always | Trace time") != std::string::npos);
  CHECK(text.find("| `vlan` | list of integer | where known |") != std::string::npos);
  CHECK(
      text.ends_with("\n## totals\n\nFigures.\n\n"
                     "| field | type | present | meaning |\n|---|---|---|---|\n"
                     "| `totals.packets` | integer | always | Packets |\n"
                     "| `totals.rate_bps` | integer | always | Rate |\n"
                     "| `totals.talkers` | list of records | where known | Talkers |\n"
                     "| `totals.talkers[].name` | text | where known | Owner |\n"
                     "| `totals.talkers[].ttl` | integer | always | Seconds |\n"
                     "| `totals.talkers[].address` | address | where known | Address |\n"));
}

TEST_CASE("markdown: a bar in a description does not end its cell") {
  const std::array<const Schema*, 1> schemas{&schema_of<test::Sample>};
  CHECK(markdown(schemas).find("where known | Names \\| aliases |\n") != std::string::npos);
}
