#include "run/scan_story.h"

#include <functional>

#include <catch2/catch.hpp>

#include "run/story_output.h"
#include "tests/detect/trace.h"

namespace ntan {
namespace {

using detect::ScanWhy;
using run::ScanStory;
using run::ScanVerdict;
using test::host;
using test::low_port;
using test::Result;
using test::Script;

/// Hands scan events to a watch, as the engine does.
class Forward final : public detect::ScanSink {
 public:
  explicit Forward(run::Watch& watch) : watch_(&watch) {}

  void on_scan(const event::Common& common, const detect::ScanRecord& record) override {
    watch_->on_scan(common, record);
  }

 private:
  run::Watch* watch_;
};

using Play = std::function<void(Script&)>;

void watch(run::Watch& watch, const Play& play) {
  Script script{{.watch = &watch}};
  play(script);
  script.detector.finish(script.now);
  Forward forward(watch);
  for (const test::Told& told : script.heard.all) forward.on_scan(told.common, told.record);
}

event::Id last_id(const Play& play) {
  Script script;
  play(script);
  script.detector.finish(script.now);
  REQUIRE_FALSE(script.heard.all.empty());
  return script.heard.all.back().record.id;
}

run::Story told(const Play& play) {
  const event::Id id = last_id(play);
  ScanVerdict verdict(id);
  watch(verdict, play);
  REQUIRE(verdict.ending().has_value());
  ScanStory story(id, verdict);
  watch(story, play);
  return story.story();
}

std::string story_of(const Play& play) {
  return run::text_of(told(play));
}

/// So many contacts at once, then a result for each.
void all_at_once(Script& script, unsigned contacts) {
  const std::uint64_t first = script.packets + 1;
  const Timestamp began = script.now;
  const auto port = [](unsigned n) { return static_cast<std::uint16_t>(1 + n); };
  for (unsigned n = 0; n < contacts; ++n) script.begin({.port = port(n)});
  for (unsigned n = 0; n < contacts; ++n) {
    script.wait(std::chrono::milliseconds{1});
    detect::Outcome end = script.outcome({.port = port(n)}, detect::Outcome::Kind::result);
    end.packet = first + n;
    end.first_time = began;
    script.detector.on_outcome(end);
  }
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size())
    ++found;
  return found;
}

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("scan story: a row is told probe by probe until it fires") {
  const std::string text = story_of([](Script& script) {
    script.add({.dst = "203.0.113.9", .port = 443, .result = Result::session});
    for (unsigned n = 0; n < 12; ++n) script.add({.port = low_port(n)});
  });
  CHECK(contains(text, ": vertical tcp_"));
  CHECK(contains(text, "\nby 198.51.100.10\nrow: "));
  CHECK(contains(text, "(1 outcomes of other hosts and ports left out)"));
  CHECK(count(text, "  refused  ") == 7);
  CHECK(contains(text, "+1.76    1.76    1.76      1/1\n"));
  CHECK(contains(text, "+1.76   12.32   12.32      7/7\n"));
  CHECK(contains(text, "sum against \"client\"                12.32 >= 11.50"));
  CHECK(contains(text, "contacts                                7 >= 5"));
  CHECK(contains(text, "probes 12 (0 without outcome at the alarm, 5 after it), hosts 1, "));
}

TEST_CASE("scan story: guards are named where they took something away") {
  const std::string text = story_of([](Script& script) {
    // Somebody used port 5 before: it went down.
    script.add({.src = "203.0.113.7", .port = 5, .result = Result::session});
    script.add({.port = 40'000, .raw = false});
    for (unsigned n = 0; n < 12; ++n) script.add({.port = low_port(n)});
  });
  CHECK(contains(text,
                 "192.0.2.10:40000             syn          refused         +1.76    1.76    "
                 "0.41      1/1  peer_prone\n"));
  CHECK(count(text, "  churn\n") == 1);
  CHECK(contains(text, "+0.44"));
}

TEST_CASE("scan story: a column tells who is on probation and what came of it") {
  const std::string text = story_of([](Script& script) {
    for (unsigned n = 0; n < 3; ++n)
      script.add({.dst = host(n), .port = 443, .result = Result::connect});
    script.wait(std::chrono::seconds{700});
    for (unsigned n = 3; n < 14; ++n) script.add({.dst = host(n), .port = 443});
  });
  CHECK(contains(text, "\ncolumn: "));
  CHECK(count(text, "  probation\n") == 3);
  CHECK(count(text, "  probation_over\n") == 3);
  CHECK(contains(text, "refused or silent"));
}

TEST_CASE("scan story: what waited when a burst was seen is its evidence") {
  const std::string text = story_of([](Script& script) {
    for (unsigned n = 0; n < 30; ++n) script.begin({.port = low_port(n)});
  });
  CHECK(contains(text, "\nburst: "));
  CHECK(count(text, "  waiting\n") == 24);
  CHECK(contains(text, "ports waiting at once                  24 >= 24"));
  CHECK(contains(text, "bad or waiting                   24 of 24 >= 70 %"));
  CHECK_FALSE(contains(text, "sum against"));
}

TEST_CASE("scan story: a distributed scan tells who brought what") {
  const std::string text = story_of([](Script& script) {
    for (unsigned n = 0; n < 48; ++n)
      script.add({.src = "203.0." + std::to_string(n % 12) + ".7", .port = low_port(n)});
  });
  CHECK(contains(text, ": distributed_vertical "));
  CHECK(contains(text, "\ndistributed: "));
  CHECK(count(text, "  203.0.3.7\n") >= 2);
  CHECK(contains(text, "targets                                30 >= 30"));
  CHECK(contains(text, "sources                                12 >= 5"));
  CHECK(contains(text, "tried more than once                  0 % <= 25 %"));
  CHECK(contains(text, "most by one source                   10 % <= 40 %"));
  CHECK(contains(text, ", sources 12, "));
}

TEST_CASE("scan story: decoys are told as such") {
  const std::string text = story_of([](Script& script) {
    for (unsigned n = 0; n < 10; ++n) {
      for (const char* src : {"203.0.113.1", "198.51.100.1", "198.18.0.1"})
        script.add({.src = src, .port = low_port(n)});
    }
  });
  CHECK(contains(text, "3 sources tried the same targets"));
}

TEST_CASE("scan story: of a long walk the end is kept") {
  const std::string text = story_of([](Script& script) {
    // Half of it answered: never an alarm, until the rest does not.
    for (unsigned n = 0; n < 1500; ++n) {
      script.add({.dst = host(n % 3),
                  .port = static_cast<std::uint16_t>(1 + n / 3),
                  .result = n % 2 == 0 ? Result::session : Result::refused});
    }
    for (unsigned n = 0; n < 400; ++n)
      script.add({.dst = host(3 + n / 20), .port = static_cast<std::uint16_t>(600 + n % 20)});
  });
  CHECK(count(text, "\n") < ScanStory::max_steps + 20);
}

TEST_CASE("scan story: what had no outcome at the alarm is told, and each probe in one way") {
  const run::Story story = told([](Script& script) {
    all_at_once(script, 20);
    for (unsigned n = 20; n < 23; ++n) script.add({.port = low_port(n)});
    // Another test brings in more.
    for (unsigned n = 0; n < 12; ++n) script.add({.dst = host(100 + n), .port = 445});
  });
  const run::VerdictRecord& verdict = story.verdict;
  const auto waiting = [](const run::StoryStep& step) { return !step.record.outcome; };
  const auto begin = std::ranges::find_if(story.steps, waiting);
  CHECK(begin - story.steps.begin() == 7);
  CHECK(std::all_of(begin, story.steps.end(), waiting));
  CHECK(std::ranges::is_sorted(story.steps, {}, &run::StoryStep::decided));
  CHECK(std::is_sorted(begin, story.steps.end(), [](const auto& a, const auto& b) {
    return a.record.packet < b.record.packet;
  }));
  CHECK(verdict.probes_waiting == 13);
  CHECK(verdict.probes_later == 15);
  CHECK(verdict.probes == 7 + verdict.probes_waiting + verdict.probes_later);
  const std::string text = run::text_of(story);
  CHECK(count(text, "  waiting\n") == 13);
  CHECK(contains(text, "probes 35 (13 without outcome at the alarm, 15 after it), "));
}

TEST_CASE("scan story: probes before the alarm that another test took in are told apart") {
  const run::Story story = told([](Script& script) {
    for (unsigned n = 0; n < 2; ++n) script.add({.dst = host(100 + n), .port = 445});
    for (unsigned n = 0; n < 7; ++n) script.add({.port = low_port(n)});
    for (unsigned n = 2; n < 12; ++n) script.add({.dst = host(100 + n), .port = 445});
  });
  const run::VerdictRecord& verdict = story.verdict;
  CHECK(verdict.probes_elsewhere == 2);
  CHECK(verdict.probes == 7 + verdict.probes_elsewhere + verdict.probes_later);
  CHECK(contains(run::text_of(story), ", 10 after it, 2 before it at other hosts and ports), "));
}

TEST_CASE("scan story: of many that waited the first are kept, the rest counted") {
  const run::Story story = told([](Script& script) { all_at_once(script, 1500); });
  CHECK(story.steps.size() == ScanStory::max_waiting);
  CHECK(story.verdict.probes_waiting == 1500);
  CHECK(contains(run::text_of(story), "\n(500 more that were waiting left out)\n"));
}

TEST_CASE("scan story: steps, checks and verdict agree with each other") {
  const run::Story story = told([](Script& script) {
    script.add({.dst = "203.0.113.9", .port = 443, .result = Result::session});
    for (unsigned n = 0; n < 12; ++n) script.add({.port = low_port(n)});
  });
  REQUIRE(story.steps.size() == 7);
  const run::StepRecord& last = story.steps.back().record;
  REQUIRE(story.checks.size() == 4);
  CHECK(story.checks[0].value == last.sum);
  CHECK(story.checks[0].bound == story.verdict.threshold);
  CHECK(story.checks[1].value == last.peer_sum);
  CHECK(story.checks[2].count == last.bad);
  CHECK(story.checks[2].of == last.results);
  CHECK(story.checks[3].value == 7);
  CHECK(story.verdict.steps_elsewhere == 1);
  CHECK(story.verdict.probes_later == 5);
  CHECK(story.verdict.score >= last.sum);
  double sum = 0;
  for (const run::StoryStep& step : story.steps) sum += step.record.step.value_or(0);
  CHECK(sum == Approx(last.sum.value_or(0)));
}

TEST_CASE("scan story: what is only waited for, and what sources share, has no sums") {
  const run::Story burst = told([](Script& script) {
    for (unsigned n = 0; n < 30; ++n) script.begin({.port = low_port(n)});
  });
  REQUIRE(burst.steps.size() == 24);
  CHECK_FALSE(burst.steps.front().record.outcome);
  CHECK_FALSE(burst.steps.front().record.sum);
  CHECK(burst.steps.front().decided == burst.verdict.detect_ts);
  const run::Story shared = told([](Script& script) {
    for (unsigned n = 0; n < 48; ++n)
      script.add({.src = "203.0." + std::to_string(n % 12) + ".7", .port = low_port(n)});
  });
  CHECK_FALSE(shared.source.known());
  REQUIRE_FALSE(shared.steps.empty());
  CHECK(shared.steps.front().record.outcome);
  CHECK_FALSE(shared.steps.front().record.sum);
}

TEST_CASE("scan story: each test has its sentence") {
  for (const ScanWhy why : {ScanWhy::row, ScanWhy::column, ScanWhy::source, ScanWhy::burst,
                            ScanWhy::rate, ScanWhy::distributed, ScanWhy::reverse}) {
    CHECK(run::sentence(why).size() > 20);
  }
}

}  // namespace ntan
