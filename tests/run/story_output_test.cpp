#include "run/story_output.h"

#include <string>

#include <catch2/catch.hpp>

namespace ntan {
namespace {

using namespace run;

constexpr Timestamp start = from_ns(1'700'000'000'000'000'000);  // 2023-11-14T22:13:20Z

StoryStep step_of(std::string_view target, detect::ContactClass contact,
                  std::optional<std::uint16_t> port) {
  return {
      .decided = start,
      .source = *parse_address("198.51.100.9"),
      .target = *parse_address(target),
      .record = {.id = {0xabc}, .packet = 7, .first_ts = start, .port = port, .contact = contact},
      .guards = {}};
}

Story story_with(StoryStep step) {
  return {.steps = {std::move(step)},
          .told = start,
          .source = *parse_address("198.51.100.9"),
          .verdict = {.id = {0xabc}, .reason = "for a reason", .score = 12.5, .threshold = 11.5},
          .checks =
              {{.what = "sum", .value = 12.5, .relation = ">=", .bound = 11.5, .unit = Unit::nats}},
          .scans = {}};
}

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("story output: as JSON a step is a line, and the verdict the last") {
  StoryStep step = step_of("192.0.2.5", detect::ContactClass::syn, 80);
  step.record.outcome = detect::Result::refused;
  step.record.step = 1.757;
  step.record.sum = 12.5;
  step.record.peer_sum = 0.25;
  step.record.bad = 3;
  step.record.results = 4;
  step.guards = {"churn", "late"};
  CHECK(json_of(story_with(step)) ==
        R"({"v":1,"event":"scan_step","ts":"2023-11-14T22:13:20.000000Z",)"
        R"("src_ip":"198.51.100.9","dst_ip":"192.0.2.5","scan_step":{"id":"0000000000000abc",)"
        R"("packet":7,"first_ts":"2023-11-14T22:13:20.000000Z","port":80,"contact":"syn",)"
        R"("outcome":"refused","step":1.757,"sum":12.5,"peer_sum":0.25,"bad":3,"results":4,)"
        R"("guards":["churn","late"]}})"
        "\n"
        R"({"v":1,"event":"scan_verdict","ts":"2023-11-14T22:13:20.000000Z",)"
        R"("src_ip":"198.51.100.9","scan_verdict":{"id":"0000000000000abc","kind":"vertical",)"
        R"("technique":"tcp_syn","severity":"low","why":"row","reason":"for a reason",)"
        R"("detect_ts":"1970-01-01T00:00:00.000000Z","checks":[{"what":"sum","value":12.5,)"
        R"("relation":">=","bound":11.5,"unit":"nats"}],"steps_left_out":0,"steps_elsewhere":0,)"
        R"("probes":0,"probes_waiting":0,"probes_elsewhere":0,"probes_later":0,"hosts":0,)"
        R"("ports":0,"members_total":0,)"
        R"("first_ts":"1970-01-01T00:00:00.000000Z","last_ts":"1970-01-01T00:00:00.000000Z",)"
        R"("score":12.5,"threshold":11.5,"confidence":0}})"
        "\n");
}

TEST_CASE("story output: a group names its scans in both forms, and nothing was checked") {
  Story story = story_with(step_of("192.0.2.5", detect::ContactClass::syn, 80));
  story.steps.clear();
  story.checks.clear();
  story.scans = {{1}, {2}};
  CHECK(contains(json_of(story), R"("scans":["0000000000000001","0000000000000002"],)"));
  CHECK_FALSE(contains(json_of(story), "checks"));
  CHECK(contains(text_of(story), "2 sources tried the same targets"));
  CHECK(contains(text_of(story), "\n  0000000000000002\n"));
}

TEST_CASE("story output: targets read as their class needs") {
  struct Target {
    std::string_view host;
    detect::ContactClass contact;
    std::optional<std::uint16_t> port;
    std::string_view text;
  };

  for (const Target& target :
       {Target{"192.0.2.5", detect::ContactClass::syn, 80, "  192.0.2.5:80  "},
        Target{"2001:db8::5", detect::ContactClass::udp, 53, "  [2001:db8::5]:53  "},
        Target{"192.0.2.5", detect::ContactClass::icmp, 8, "  192.0.2.5 type 8  "},
        Target{"192.0.2.5", detect::ContactClass::ip_protocol, 47, "  192.0.2.5 proto 47  "},
        Target{"192.0.2.5", detect::ContactClass::arp, std::nullopt, "  192.0.2.5  "}}) {
    const std::string text = text_of(story_with(step_of(target.host, target.contact, target.port)));
    CAPTURE(text);
    CHECK(contains(text, target.text));
    const bool link = target.contact == detect::ContactClass::arp;
    CHECK(contains(text, link ? "  not followed\n" : "  waiting\n"));
  }
}

}  // namespace ntan
