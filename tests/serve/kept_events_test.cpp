#include "serve/kept_events.h"

#include <string>

#include <catch2/catch.hpp>

using namespace ntan;
using serve::KeptEvent;
using serve::KeptEvents;

namespace {

/// What does not hold among the events that are kept; empty if all does.
std::string broken(const KeptEvents& kept) {
  std::size_t count = 0;
  std::vector<std::deque<std::uint64_t>> held(kept.kinds().size());
  std::uint64_t before = 0;
  for (const KeptEvent* event = kept.from(0); event != nullptr;
       event = kept.from(event->sequence + 1)) {
    if (event->sequence <= before) return "a sequence goes back";
    if (&kept.at(event->sequence) != event) return "at() finds another";
    if (event->kind >= kept.kinds().size()) return "a kind that is none";
    held[event->kind].push_back(event->sequence);
    before = event->sequence;
    ++count;
  }
  if (count != kept.held()) return "from() does not reach all";
  if (kept.next() <= before) return "the next sequence was used";
  if (kept.octets() > kept.capacity()) return "more octets than the bound";
  if (kept.given_up() + kept.held() != kept.seen()) return "held and given up are not all";
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (kept.kinds()[i].held != held[i]) return "the index of a kind is wrong";
    seen += kept.kinds()[i].seen;
  }
  return seen == kept.seen() ? "" : "kinds do not sum to what was seen";
}

}  // namespace

TEST_CASE("kept events: the bound is obeyed and the indexes are right after every line") {
  KeptEvents kept(20'000);
  std::uint64_t state = 3;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::string kind = "kind" + std::to_string((state >> 33U) % 90);
    kept.add(kind, from_ns(i), std::string((state >> 40U) % 3'000, 'x'));
    if (i % 5'000 == 4'999) kept.clear();
    if (i % 16 == 0) REQUIRE(broken(kept).empty());
  }
  CHECK(broken(kept).empty());
}

TEST_CASE("kept events: the latest are kept, with time and kind") {
  KeptEvents kept(100'000);
  for (int i = 0; i < 5'000; ++i) kept.add(i % 2 == 0 ? "a" : "b", from_ns(i), std::to_string(i));
  REQUIRE(kept.held() > 100);
  const KeptEvent& last = kept.at(kept.next() - 1);
  CHECK(last.line == "4999");
  CHECK(last.time == from_ns(4'999));
  CHECK(kept.kinds()[last.kind].name == "b");
  CHECK(kept.kind("a")->seen == 2'500);
  CHECK(kept.kind("b")->held.back() == last.sequence);
  CHECK(kept.kind("c") == nullptr);
  CHECK(kept.from(last.sequence) == &last);
  CHECK(kept.from(last.sequence + 1) == nullptr);
}

TEST_CASE("kept events: a line that is larger than the bound is seen, and drives nobody out") {
  KeptEvents kept(10'000);
  kept.add("a", {}, "small");
  kept.add("a", {}, std::string(10'000, 'x'));
  CHECK(kept.seen() == 2);
  CHECK(kept.held() == 1);
  CHECK(kept.from(0)->line == "small");
  CHECK(kept.kind("a")->seen == 2);
  CHECK(broken(kept).empty());
  kept.add("b", {}, "next");
  CHECK(broken(kept).empty());
  CHECK(kept.at(kept.next() - 1).line == "next");
}

TEST_CASE("kept events: without any room all are counted") {
  KeptEvents kept(0);
  for (int i = 0; i < 100; ++i) kept.add("a", {}, "");
  CHECK(kept.seen() == 100);
  CHECK(kept.held() == 0);
  CHECK(kept.given_up() == 100);
  CHECK(broken(kept).empty());
}

TEST_CASE("kept events: a sequence is never used twice, not even in another run") {
  KeptEvents kept(100'000);
  for (int i = 0; i < 10; ++i) kept.add("a", {}, "x");
  const std::uint64_t next = kept.next();
  kept.clear();
  CHECK(kept.next() == next);
  CHECK(kept.from(0) == nullptr);
  CHECK(kept.kinds().empty());
  CHECK(kept.octets() == 0);
  kept.add("b", {}, "y");
  CHECK(kept.from(0)->sequence == next);
  CHECK(broken(kept).empty());
}

TEST_CASE("kept events: names beyond the bound count under one") {
  KeptEvents kept(1'000'000);
  for (int i = 0; i < 1'000; ++i) kept.add("name" + std::to_string(i), {}, "x");
  CHECK(kept.kinds().size() == KeptEvents::most_kinds);
  REQUIRE(kept.kind("other") != nullptr);
  CHECK(kept.kind("other")->seen == 1'000 - (KeptEvents::most_kinds - 1));
  CHECK(kept.kind("name0")->seen == 1);
  CHECK(kept.kind("name999") == nullptr);
  kept.add("name0", {}, "x");
  CHECK(kept.kind("name0")->seen == 2);
  CHECK(broken(kept).empty());
}

TEST_CASE("kept events: an event that is called other is one of them") {
  KeptEvents kept(1'000'000);
  kept.add("other", {}, "x");
  for (int i = 0; i < 100; ++i) kept.add("name" + std::to_string(i), {}, "x");
  CHECK(kept.kinds().size() <= KeptEvents::most_kinds);
  CHECK(kept.kind("other")->seen == 1 + 100 - (KeptEvents::most_kinds - 2));
  CHECK(broken(kept).empty());
}

TEST_CASE("kept events: a name that is none takes no memory") {
  KeptEvents kept(100'000);
  kept.add(std::string(1'000'000, 'n'), {}, "x");
  CHECK(kept.kinds().front().name == "other");
}
