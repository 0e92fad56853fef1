#include "run/scan_list.h"

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace ntan {
namespace {

using run::ScanList;

constexpr event::Id asked{0x0123456789abcdef};

void tell(ScanList& list, event::Id scan, detect::ScanPhase phase,
          std::optional<event::Id> group = {}) {
  detect::ScanRecord record;
  record.id = scan;
  record.phase = phase;
  record.group = group;
  list.add({}, record);
}

}  // namespace

TEST_CASE("scan list: where no scan was found the options are to blame") {
  ScanList list{asked};
  tell(list, asked, detect::ScanPhase::open);  // found: nobody needs a hint to it
  REQUIRE(list.hints().size() == 1);
  CHECK(list.hints().front().starts_with("no scan was found at all"));
}

TEST_CASE("scan list: scans are named once each with what they are, the first of many") {
  ScanList list{asked};
  event::Common common;
  common.src_ip = *parse_address("192.0.2.7");
  detect::ScanRecord record;
  record.id = {0xabc};
  record.kind = detect::ScanKind::block;
  record.technique = detect::ScanTechnique::udp;
  list.add(common, record);
  tell(list, {0xabc}, detect::ScanPhase::close);
  CHECK(list.hints() == std::vector<std::string>{"scans that there are:",
                                                 "0000000000000abc  block udp by 192.0.2.7"});
  for (std::uint64_t n = 1; n < 100; ++n) tell(list, {n}, detect::ScanPhase::open);
  CHECK(list.hints().size() == 1 + ScanList::max_hints);
  CHECK(list.hints()[2] == "0000000000000001  vertical tcp_syn");
}

TEST_CASE("scan list: members are those of the group asked for, once each, in their order") {
  ScanList list{asked};
  tell(list, {9}, detect::ScanPhase::open);  // of no group yet
  tell(list, {9}, detect::ScanPhase::update, asked);
  tell(list, asked, detect::ScanPhase::open, asked);
  tell(list, {5}, detect::ScanPhase::open, asked);
  tell(list, {7}, detect::ScanPhase::open, event::Id{6});
  tell(list, {9}, detect::ScanPhase::close, asked);
  CHECK(list.members() == std::vector<event::Id>{{9}, {5}});
}

}  // namespace ntan
