#include "serve/digest.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/serve/lines.h"

using namespace ntan;
using serve::Digest;
using test::event_line;
using Line = Digest::Line;

namespace {

constexpr std::size_t room = std::size_t{1} << 20U;

std::string summary(std::string_view members, std::int64_t ms = 0) {
  return event_line("summary", members, ms);
}

std::string scan(std::string_view id, std::string_view more = {}) {
  return event_line("scan", fmt::format(R"("id":"{}"{})", id, more));
}

}  // namespace

TEST_CASE("digest: totals are the sums of the windows until the run's end has its own") {
  Digest digest(room);
  CHECK(digest.take(summary(R"("packets":3,"bytes":300,"flows_new":2,"flows_active":2)")) ==
        Line::summary);
  CHECK(digest.take(summary(R"("packets":4,"bytes":50,"flows_new":1,"flows_active":1,)"
                            R"("quality_received":9,"quality_dropped_by_kernel":1)",
                            1'000)) == Line::summary);
  CHECK(digest.totals().packets == 7);
  CHECK(digest.totals().bytes == 350);
  CHECK(digest.totals().flows == 3);
  CHECK(digest.totals().flows_active == 1);
  CHECK(digest.totals().received == 9);
  CHECK(digest.totals().dropped_by_kernel == 1);
  CHECK_FALSE(digest.totals().dropped_by_interface.has_value());
  CHECK(digest.history().size() == 2);
  CHECK(digest.summary().find(R"("packets":4)") != std::string::npos);

  CHECK(digest.take(event_line("run_end", R"("packets":8,"bytes":400,"flows":5,"received":11)")) ==
        Line::event);
  CHECK(digest.totals().packets == 8);
  CHECK(digest.totals().bytes == 400);
  CHECK(digest.totals().flows == 5);
  CHECK(digest.totals().received == 11);
  CHECK(digest.totals().dropped_by_kernel == 1);
  CHECK(digest.kept().seen() == 3);
}

TEST_CASE("digest: the summary of the whole run takes the place of its windows") {
  Digest digest(room);
  using serve::FiguresOf;
  (void)digest.take(event_line("run_start", R"("summary_every_us":1000000)"));
  CHECK(
      digest.take(summary(R"("packets":3,"talkers":[{"ip":"a","bytes":9}],)"
                          R"("protocols":[{"level":"application","name":"unknown","bytes":9}])")) ==
      Line::summary);
  CHECK(digest.figures_of() == FiguresOf::windows);
  CHECK(digest.take(summary(R"("packets":4,"talkers":[{"ip":"b","bytes":8}])", 1'000)) ==
        Line::summary);
  CHECK(digest.take(summary(R"("packets":7,"whole_run":true,"talkers":[{"ip":"c","bytes":11}],)"
                            R"("protocols":[{"level":"application","name":"dns","bytes":9}])",
                            1'000)) == Line::event);
  (void)digest.take(event_line("run_end", R"("packets":7)", 1'000));
  CHECK(digest.figures_of() == FiguresOf::run);
  CHECK(digest.history().size() == 2);
  CHECK(digest.totals().packets == 7);
  REQUIRE(digest.talkers(9).size() == 1);
  CHECK(digest.talkers(9).front().ip == "c");
  REQUIRE(digest.protocols().size() == 1);
  CHECK(digest.protocols().front().name == "dns");
  CHECK(digest.summary().find("whole_run") != std::string::npos);

  // Percentiles of two runs are not to be had.
  digest.end_input();
  (void)digest.take(summary(R"("packets":1,"whole_run":true,"talkers":[{"ip":"c","bytes":2}])"));
  CHECK(digest.figures_of() == FiguresOf::windows);
  CHECK(digest.totals().packets == 8);
  CHECK(digest.talkers(9).front().bytes == 13);
}

TEST_CASE("digest: a lone summary is of the whole run only where nothing speaks against it") {
  const auto [start, end, whole] = GENERATE(table<const char*, const char*, bool>({
      {nullptr, nullptr, true},
      {"0", nullptr, true},
      {"0", "3", true},
      {"1000000", "3", true},
      {"1000000", nullptr, false},
      {nullptr, "4", false},
  }));
  Digest digest(room);
  if (start != nullptr)
    (void)digest.take(event_line("run_start", fmt::format(R"("summary_every_us":{})", start)));
  (void)digest.take(summary(R"("packets":3)"));
  if (end != nullptr) (void)digest.take(event_line("run_end", fmt::format(R"("packets":{})", end)));
  CHECK((digest.figures_of() == serve::FiguresOf::run) == whole);
}

TEST_CASE("digest: of several files nothing is lost and nothing counts twice, in any order") {
  const std::string lone = summary(R"("packets":5,"bytes":50,"flows_new":2)");
  const std::vector<std::string> run{event_line("run_start", R"("summary_every_us":0)"),
                                     summary(R"("packets":3,"bytes":30,"flows_new":1)"),
                                     event_line("run_end", R"("packets":3,"bytes":30,"flows":1)")};
  // A run saved with a file for each event.
  const std::vector<std::vector<std::string>> parts{
      {run[0]},
      {run[1], summary(R"("packets":1,"bytes":10,"flows_new":1)", 1'000)},
      {event_line("run_end", R"("packets":4,"bytes":40,"flows":2)")}};
  std::vector<std::vector<std::string>> files{{lone}, run, parts[0], parts[1], parts[2]};
  std::ranges::sort(files);
  do {
    Digest digest(room);
    for (const auto& file : files) {
      for (const std::string& line : file) (void)digest.take(line);
      digest.end_input();
    }
    REQUIRE(digest.totals().packets == 12);
    REQUIRE(digest.totals().bytes == 120);
    REQUIRE(digest.totals().flows == 5);
  } while (std::ranges::next_permutation(files).found);
}

TEST_CASE("digest: any number of runs add up in bounded memory") {
  Digest digest(room);
  constexpr std::uint64_t runs = 3 * Digest::most_runs;
  for (std::uint64_t i = 0; i < runs; ++i) {
    (void)digest.take(event_line("run_start"));
    (void)digest.take(summary(R"("packets":2,"bytes":9,"talkers":[{"ip":"a","bytes":9}])"));
    (void)digest.take(event_line("run_end", R"("packets":2,"bytes":9)"));
  }
  CHECK(digest.totals().packets == 2 * runs);
  CHECK(digest.talkers(1).front().bytes == 9 * runs);
  CHECK(digest.figures_of() == serve::FiguresOf::windows);
}

TEST_CASE("digest: the first and the last time are the least and the greatest") {
  Digest digest(room);
  for (const std::int64_t ms : {5'000, 1'000, 9'000, 2'000})
    (void)digest.take(event_line("dns", "", ms));
  CHECK(to_us(*digest.last() - *digest.first()) == 8'000'000);
}

TEST_CASE("digest: resets, scans and events are counted in the window that they came in") {
  Digest digest(room);
  (void)digest.take(event_line("flow", R"("end_reason":"rst")"));
  (void)digest.take(event_line("flow", R"("end_reason":"fin")"));
  (void)digest.take(scan("0000000000000001"));
  (void)digest.take(summary(R"("packets":1)", 1'000));
  (void)digest.take(event_line("flow", R"("end_reason":5)"));
  (void)digest.take(summary(R"("packets":1)", 2'000));
  std::vector<serve::HistoryRow> rows;
  digest.history().each([&rows](const serve::HistoryRow& row) { rows.push_back(row); });
  REQUIRE(rows.size() == 2);
  CHECK(rows[0][serve::column("resets")] == 1);
  CHECK(rows[0][serve::column("scans")] == 1);
  CHECK(rows[0][serve::column("events")] == 4);
  CHECK(rows[1][serve::column("resets")] == 0);
  CHECK(rows[1][serve::column("events")] == 2);
}

TEST_CASE("digest: of a scan the latest line counts, newest scans first") {
  Digest digest(room);
  CHECK(digest.take(scan("0000000000000001")) == Line::scan);
  CHECK(digest.take(scan("0000000000000002")) == Line::scan);
  CHECK(digest.take(scan("0000000000000001", R"(,"final":true)")) == Line::scan);
  CHECK(digest.totals().scans == 2);
  const auto scans = digest.scans(10);
  REQUIRE(scans.size() == 2);
  CHECK(scans[0]->id == "0000000000000002");
  CHECK(scans[1]->line.find("final") != std::string::npos);
  CHECK(scans[1]->number == 1);
  CHECK(digest.scans(1).size() == 1);
  CHECK(digest.scans(0).empty());
}

TEST_CASE("digest: scans that go on are counted until they are over or given up") {
  Digest digest(std::size_t{1} << 20U);
  const auto take = [&digest](int id, std::string_view phase) {
    (void)digest.take(event_line("scan", fmt::format(R"("id":"{:016x}","phase":"{}")", id, phase)));
    return digest.scans_open();
  };
  CHECK(take(1, "open") == 1);
  CHECK(take(1, "update") == 1);
  CHECK(take(2, "open") == 2);
  CHECK(take(1, "close") == 1);
  CHECK(take(1, "close") == 1);
  CHECK(take(1, "open") == 2);
  CHECK(take(3, "close") == 2);
  for (int id = 4; id < 4 + static_cast<int>(Digest::most_scans); ++id) (void)take(id, "close");
  CHECK(digest.scans_open() == 0);
  CHECK(take(1, "open") == 1);
  digest.clear();
  CHECK(digest.scans_open() == 0);
}

TEST_CASE("digest: scans beyond the bound are given up, the oldest first, and counted") {
  Digest digest(room);
  constexpr std::size_t count = Digest::most_scans + 50;
  for (std::size_t i = 0; i < count; ++i) (void)digest.take(scan(fmt::format("{:016x}", i)));
  CHECK(digest.scans(count).size() == Digest::most_scans);
  CHECK(digest.scans_given_up() == 50);
  CHECK(digest.totals().scans == count);
  CHECK(digest.scans(1).front()->id == fmt::format("{:016x}", count - 1));
}

TEST_CASE("digest: lines of scans have a bound of octets as well") {
  Digest digest(room);
  const std::string large = fmt::format(R"(,"reason":"{}")", std::string(1'000'000, 'x'));
  for (int i = 0; i < 100; ++i) {
    (void)digest.take(scan(fmt::format("{:016x}", i % 50), large));
    std::size_t octets = 0;
    for (const serve::ScanLine* one : digest.scans(100)) octets += one->line.size();
    REQUIRE(octets <= Digest::most_scan_octets);
  }
  CHECK(digest.scans(100).size() == 16);
}

TEST_CASE("digest: talkers are summed over the windows, most octets first") {
  Digest digest(room);
  (void)digest.take(summary(
      R"("talkers":[{"ip":"10.0.0.1","pkts":1,"bytes":10},{"ip":"10.0.0.2","pkts":2,"bytes":15}])"));
  (void)digest.take(summary(R"("talkers":[{"ip":"10.0.0.1","pkts":1,"bytes":10}])", 1'000));
  const auto talkers = digest.talkers(5);
  REQUIRE(talkers.size() == 2);
  CHECK(talkers[0].ip == "10.0.0.1");
  CHECK(talkers[0].bytes == 20);
  CHECK(talkers[0].packets == 2);
  CHECK(digest.talkers(1).size() == 1);
}

TEST_CASE("digest: talkers have a bound, and the largest stay") {
  Digest digest(room);
  (void)digest.take(summary(R"("talkers":[{"ip":"192.0.2.1","pkts":1,"bytes":1000000}])"));
  for (int i = 0; i < 20'000; ++i) {
    (void)digest.take(summary(fmt::format(
        R"("talkers":[{{"ip":"10.{}.{}.1","pkts":1,"bytes":{}}}])", i / 256, i % 256, i % 100)));
  }
  const auto talkers = digest.talkers(100'000);
  CHECK(talkers.size() <= Digest::most_talkers);
  CHECK(talkers.size() > Digest::most_talkers / 4);
  CHECK(talkers.front().ip == "192.0.2.1");
}

TEST_CASE("digest: all talkers may be of the same size") {
  Digest digest(room);
  for (std::size_t i = 0; i < 2 * Digest::most_talkers; ++i)
    (void)digest.take(summary(fmt::format(R"("talkers":[{{"ip":"{}","bytes":5}}])", i)));
  CHECK(digest.talkers(100'000).size() <= Digest::most_talkers);
}

TEST_CASE("digest: protocols are summed, in the order of their levels, within a bound") {
  Digest digest(room);
  for (int round = 0; round < 2; ++round) {
    (void)digest.take(summary(
        R"("protocols":[{"level":"application","name":"dns","pkts":1,"bytes":5,"flows":1},)"
        R"({"level":"transport","name":"udp","pkts":1,"bytes":5},{"level":"link","name":"ethernet"},)"
        R"({"level":"transport","name":"tcp","pkts":1,"bytes":50},{"level":"odd","name":"x"}])"));
  }
  const auto protocols = digest.protocols();
  REQUIRE(protocols.size() == 5);
  CHECK(protocols[0].name == "ethernet");
  CHECK(protocols[1].name == "tcp");
  CHECK(protocols[1].bytes == 100);
  CHECK(protocols[2].name == "udp");
  CHECK(protocols[3].name == "dns");
  CHECK(protocols[3].flows == 2);
  CHECK_FALSE(protocols[0].flows);
  CHECK(protocols[4].level == "odd");
  for (int i = 0; i < 1'000; ++i)
    (void)digest.take(summary(fmt::format(R"("protocols":[{{"level":"link","name":"p{}"}}])", i)));
  CHECK(digest.protocols().size() == Digest::most_protocols);
}

TEST_CASE("digest: a name that is longer than any takes no memory") {
  Digest digest(room);
  const std::string name(100'000, 'x');
  (void)digest.take(summary(fmt::format(
      R"("talkers":[{{"ip":"{}","bytes":9}},{{"bytes":5}}],"protocols":[{{"level":"link","name":"{}"}},{{"level":"{}"}}])",
      name, name, name)));
  CHECK(digest.talkers(10).empty());
  CHECK(digest.protocols().empty());
}

TEST_CASE("digest: what is no event is counted, left out and harmless") {
  using namespace std::string_literals;
  const std::string line = GENERATE(values<std::string>({
      "",
      " ",
      "{",
      "}",
      "null",
      "5",
      "[]",
      "{}",
      "\"summary\"",
      "not JSON",
      "\0"s,
      "{\"event\":\"dns\"\0}"s,
      R"({"event":"dns"})",
      R"({"event":"dns","ts":"2026-01-31T08:00:00Z"})",
      R"({"event":"dns","dns":{}})",
      R"({"event":"dns","ts":5,"dns":{}})",
      R"({"event":"dns","ts":"yesterday","dns":{}})",
      R"({"event":"dns","ts":"2026-01-31T08:00:00","dns":{}})",
      R"({"event":5,"ts":"2026-01-31T08:00:00Z","5":{}})",
      R"({"event":null,"ts":"2026-01-31T08:00:00Z","null":{}})",
      R"({"event":{"dns":{}},"ts":"2026-01-31T08:00:00Z"})",
      R"({"event":"summary","ts":"2026-01-31T08:00:00Z","summary":"all is well"})",
      R"({"event":"summary","ts":"2026-01-31T08:00:00Z","summary":[{}]})",
      R"({"event":"scan","ts":"2026-01-31T08:00:00Z","scan":null})",
      R"({"event":"ts","ts":"2026-01-31T08:00:00Z"})",
      R"({"event":"event","ts":"2026-01-31T08:00:00Z"})",
      R"({"event":"dns","ts":"2026-01-31T08:00:00Z","DNS":{}})",
      R"({"event":"dns","ts":"2026-01-31T08:00:00Z","dns":{}} {})",
      R"({"event":"dns","ts":"2026-01-31T08:00:00Z","dns":{},})",
      R"({"event":"dns","ts":"2026-01-31T08:00:00Z","dns":{"a":1e999}})",
      R"({"event":"dns","ts":"2026-01-31T08:00:00Z","dns":{"a":99999999999999999999}})",
      R"({"event":"dns","ts":"2026-01-31T08:00:00Z","dns":{"a":NaN}})",
      R"({"event":"dns","ts":"2026-01-31T08:00:00Z","dns":{"a":"\ud800"}})",
      "{\"event\":\"dns\",\"ts\":\"2026-01-31T08:00:00Z\",\"dns\":{\"a\":\"\xff\"}}",
      "{\"event\":\"dns\",\"ts\":\"2026-01-31T08:00:00Z\",\"dns\":{\"a\":\"\xc3\"}}",
      "{\"event\":\"dns\",\"ts\":\"2026-01-31T08:00:00Z\",\"dns\":{\"a\":\"\n\"}}",
      std::string(100'000, '['),
      std::string(100'000, '{'),
      R"({"event":"dns","ts":"2026-01-31T08:00:00Z","dns":{"a":)" + std::string(5'000, '[') +
          std::string(5'000, ']') + "}}",
  }));
  CAPTURE(line.substr(0, 200));
  Digest digest(room);
  CHECK(digest.take(line) == Line::malformed);
  CHECK(digest.malformed() == 1);
  CHECK(digest.kept().seen() == 0);
  CHECK_FALSE(digest.first().has_value());
  CHECK(digest.take(event_line("dns")) == Line::event);
  CHECK(digest.malformed() == 1);
}

TEST_CASE("digest: an event is one though its members are of other types") {
  const std::string value =
      GENERATE("5", "-5", "\"x\"", "null", "true", "[]", "{}", "[[]]",
               "[{\"ip\":5,\"pkts\":\"x\"},5,null,[]]", "1e300", "-0.0", "18446744073709551615");
  CAPTURE(value);
  Digest digest(room);
  std::string members;
  for (const char* name :
       {"packets", "bytes", "flows_new", "flows", "talkers", "protocols", "latency", "interval_us",
        "quality_received", "received", "id", "end_reason"})
    members += fmt::format("{}\"{}\":{}", members.empty() ? "" : ",", name, value);
  for (const char* event : {"summary", "scan", "flow", "run_end", "run_start", "x"}) {
    for (int i = 0; i < 3; ++i) CHECK(digest.take(event_line(event, members)) != Line::malformed);
  }
  CHECK(digest.kept().seen() == 18);
  CHECK(digest.history().size() <= 3);
  std::string out;
  append_history(out, digest.history(), -1e300);
  CHECK(test::Json(out).size("/rows") == digest.history().size());
}

TEST_CASE("digest: every prefix of a line is no event") {
  const std::string line = event_line("summary", R"("packets":3,"talkers":[{"ip":"10.0.0.1"}])");
  Digest digest(room);
  for (std::size_t size = 0; size < line.size(); ++size)
    REQUIRE(digest.take(line.substr(0, size)) == Line::malformed);
  CHECK(digest.malformed() == line.size());
  CHECK(digest.take(line) == Line::summary);
}

TEST_CASE("digest: a line is kept as it is, but for marks around it") {
  Digest digest(room);
  const std::string line = event_line("dns", R"("query":"a")");
  CHECK(digest.take("\xef\xbb\xbf" + line) == Line::event);
  CHECK(digest.kept().from(0)->line == line);
}

TEST_CASE("digest: members that are there twice, and escaped names, break nothing") {
  Digest digest(room);
  CHECK(digest.take(R"({"event":"\u0064ns","ts":"2026-01-31T08:00:00Z","dns":{}})") == Line::event);
  CHECK(digest.kept().kind("dns") != nullptr);
  CHECK(digest.take(R"({"event":"a","event":"b","ts":"2026-01-31T08:00:00Z","a":{},"b":{}})") ==
        Line::event);
  CHECK(digest.take(R"({"event":"","ts":"2026-01-31T08:00:00Z","":{}})") == Line::event);
}

TEST_CASE("digest: clear() begins a new run") {
  Digest digest(room);
  (void)digest.take(summary(R"("packets":3,"talkers":[{"ip":"a"}],"protocols":[{"name":"x"}])"));
  (void)digest.take(scan("1"));
  (void)digest.take("junk");
  const std::uint64_t next = digest.kept().next();
  digest.clear();
  CHECK(digest.totals().packets == 0);
  CHECK(digest.totals().scans == 0);
  CHECK(digest.malformed() == 0);
  CHECK(digest.talkers(9).empty());
  CHECK(digest.protocols().empty());
  CHECK(digest.scans(9).empty());
  CHECK(digest.summary().empty());
  CHECK(digest.history().size() == 0);
  CHECK(digest.kept().seen() == 0);
  CHECK(digest.kept().next() == next);
  CHECK_FALSE(digest.first().has_value());
  CHECK_FALSE(digest.last().has_value());
}
