#include "serve/report.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "serve/page_assets.h"
#include "tests/serve/lines.h"

using namespace ntan;
using serve::Digest;
using serve::report;
using serve::ReportForm;
using serve::RunState;
using test::event_line;
using test::Json;

namespace {

constexpr std::size_t room = std::size_t{64} << 20U;
constexpr std::size_t most_octets = 2'500'000;

RunState ended() {
  RunState run;
  run.mode = serve::Mode::replay;
  run.status = serve::Status::ended;
  run.file = "a.pcap";
  return run;
}

std::string text_of(const Digest& digest, ReportForm form, const std::string& title = "a.pcap") {
  return report(digest, ended(), form, {.title = title, .version = "1.0"});
}

/// A text that wants out of whatever it is written into, as JSON text and as it is.
struct Breakout {
  std::string_view json;
  std::string_view plain;
};

constexpr std::array breakouts{
    Breakout{R"(</script><script>alert(1)</script>)", "</script><script>alert(1)</script>"},
    Breakout{R"(<!--<script>)", "<!--<script>"},
    Breakout{R"(<img src=x onerror=alert(1)>)", "<img src=x onerror=alert(1)>"},
    Breakout{R"(a | b | [x](javascript:alert(1)) **bold** `code`)", "a | b"},
    Breakout{R"(a\n\n# heading\n\n| x |\r\n- list)", "a\n\n# heading"},
    Breakout{R"(\\| a \\)", "\\| a"},
    Breakout{R"(&lt;script&gt;)", "&lt;"},
};

/// Lines in which `text` stands wherever a text can.
void take_hostile(Digest& digest, std::string_view text) {
  const std::string source =
      fmt::format(R"(,"src_ip":"{}","dst_ip":"{}","flow_id":"{}")", text, text, text);
  for (const char* name : {"flow", "dns", "http", "tls", "anomaly"}) {
    (void)digest.take(
        event_line(name,
                   fmt::format(R"("query":"{}","host":"{}","sni":"{}","kind":"{}","text":"{}")",
                               text, text, text, text, text),
                   0, source));
  }
  (void)digest.take(event_line(
      "scan",
      fmt::format(R"("id":"{}","severity":"{}","kind":"{}","technique":"{}","first_ts":"{}")", text,
                  text, text, text, text),
      0, source));
  (void)digest.take(event_line(
      "summary",
      fmt::format(
          R"("packets":1,"talkers":[{{"ip":"{}","bytes":1}}],"protocols":[{{"level":"{}","name":"{}"}}])",
          text, text, text)));
  (void)digest.take(event_line(text));
}

/// How often `part` is in `text`, letters of either case.
std::size_t count_of(std::string text, std::string_view part) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// Cells of a row of a Markdown table.
std::size_t cells_of(std::string_view line) {
  std::size_t bars = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '|') {
      ++bars;
    }
  }
  return bars == 0 ? 0 : bars - 1;
}

}  // namespace

TEST_CASE("report: the same digest gives the same octets, whenever and wherever") {
  const auto make = [](std::uint64_t elapsed) {
    Digest digest(room);
    take_hostile(digest, "x");
    RunState run = ended();
    run.elapsed_us = elapsed;
    run.started = from_ns(static_cast<std::int64_t>(elapsed));
    std::string all;
    for (const auto form : {ReportForm::html, ReportForm::markdown, ReportForm::json})
      all += report(digest, run, form, {.title = "t", .version = "1.0"});
    return all;
  };
  CHECK(make(1) == make(77'777));
}

TEST_CASE("report: as JSON it is one document with the figures of the digest") {
  Digest digest(room);
  (void)digest.take(event_line("flow", R"("src_bytes":5,"dst_bytes":1)", 1'000));
  (void)digest.take(event_line("flow", R"("src_bytes":2,"dst_bytes":9)", 3'000));
  (void)digest.take(event_line("scan", R"("id":"1")", 2'000));
  (void)digest.take(event_line("summary", R"("packets":7,"bytes":70)", 3'000));
  const Json json(text_of(digest, ReportForm::json));
  CHECK(json.text("/title") == "a.pcap");
  CHECK(json.text("/state/mode") == "replay");
  CHECK(json.text("/state/status") == "ended");
  CHECK(json.number("/state/totals/packets") == 7);
  CHECK(json.number("/state/elapsed_us") == 2'000'000);
  CHECK(json.number("/state/summary/bytes") == 70);
  CHECK(json.size("/state/history/rows") == 1);
  CHECK(json.text("/state/scans/0/scan/id") == "1");
  CHECK(json.number("/state/scans_left_out") == 0);
  CHECK(json.number("/tables/flows/rows/0/flow/dst_bytes") == 9);
  CHECK(json.number("/tables/flows/matched") == 2);
  CHECK(json.size("/tables/dns/rows") == 0);
  CHECK_FALSE(json.has("/state/started_ts"));
}

TEST_CASE("report: without any event it is one all the same") {
  const Digest digest(room);
  CHECK(Json(text_of(digest, ReportForm::json)).number("/state/totals/events") == 0);
  CHECK_THAT(text_of(digest, ReportForm::markdown),
             Catch::Contains("| packets | not observed |") &&
                 Catch::Contains("The events do not tell of any."));
  CHECK_FALSE(text_of(digest, ReportForm::html).empty());
}

TEST_CASE("report: that nothing was found is said only where somebody has looked") {
  Digest digest(room);
  digest.take(R"({"v":1,"event":"summary","ts":"2023-11-14T22:13:20Z","summary":{}})");
  REQUIRE(digest.has_totals());
  CHECK_THAT(text_of(digest, ReportForm::markdown), Catch::Contains("| packets | 0 |") &&
                                                        Catch::Contains("None was found.") &&
                                                        !Catch::Contains("first event"));
}

TEST_CASE("report: saved events without any of scans or totals say nothing about them") {
  RunState saved = ended();
  saved.mode = serve::Mode::events;
  const auto made = [&saved](const Digest& digest, ReportForm form) {
    return report(digest, saved, form, {.title = "t", .version = "1.0"});
  };
  Digest digest(room);
  (void)digest.take(event_line("flow"));
  CHECK_THAT(made(digest, ReportForm::markdown), Catch::Contains("| packets | not observed |") &&
                                                     Catch::Contains("| flows | not observed |") &&
                                                     Catch::Contains("| scans | not observed |"));
  const Json bare(made(digest, ReportForm::json));
  for (const char* name : {"packets", "bytes", "flows", "flows_active", "scans", "dropped_by_ntan"})
    CHECK_FALSE(bare.has(fmt::format("/state/totals/{}", name)));

  (void)digest.take(event_line("summary", R"("packets":7)"));
  CHECK_THAT(made(digest, ReportForm::markdown),
             Catch::Contains("| packets | 7 |") && Catch::Contains("| first event | ") &&
                 Catch::Contains("| scans | not observed |") &&
                 Catch::Contains("The events do not tell of any."));
  const Json json(made(digest, ReportForm::json));
  CHECK(json.number("/state/totals/packets") == 7);
  CHECK_FALSE(json.has("/state/totals/scans"));

  (void)digest.take(event_line("scan", R"("id":"1")"));
  CHECK(Json(made(digest, ReportForm::json)).number("/state/totals/scans") == 1);
}

TEST_CASE("report: figures are of the whole run, or say that they are of windows") {
  constexpr std::string_view members =
      R"("packets":7,"bytes":70,"bps":99,"loss_in_words":"none lost",)"
      R"("latency":[{"metric":"dns_rtt","n":3,"p50_us":4,"p95_us":5,"p99_us":6,"max_us":7}],)"
      R"("talkers":[{"ip":"10.0.0.1","bytes":70}])";
  Digest digest(room);
  (void)digest.take(event_line("summary", members));
  CHECK(Json(text_of(digest, ReportForm::json)).text("/state/figures_of") == "run");
  CHECK_THAT(text_of(digest, ReportForm::markdown),
             Catch::Contains("| bit/s | 99 |") && Catch::Contains("| TCP | none lost |") &&
                 Catch::Contains("| dns\\_rtt | 3 | 4 | 5 | 6 | 7 |") && !Catch::Contains("Sums"));

  (void)digest.take(event_line("summary", members, 1'000));
  CHECK(Json(text_of(digest, ReportForm::json)).text("/state/figures_of") == "windows");
  CHECK_THAT(text_of(digest, ReportForm::markdown),
             !Catch::Contains("## Latency") && !Catch::Contains("| bit/s") &&
                 Catch::Contains("Sums of the largest of each window") &&
                 Catch::Contains("Sums over windows"));
}

TEST_CASE("report: a flow is one row, its last record") {
  Digest digest(room);
  const auto flow = [](std::string_view id, std::uint64_t octets, std::int64_t ms) {
    return event_line("flow", fmt::format(R"("src_bytes":{},"dst_bytes":0)", octets), ms,
                      fmt::format(R"(,"flow_id":"{}")", id));
  };
  for (const auto& line : {flow("a", 10, 0), flow("b", 500, 1), flow("a", 20, 2), flow("a", 30, 3)})
    (void)digest.take(line);
  (void)digest.take(event_line("flow", R"("src_bytes":1,"dst_bytes":0)"));
  (void)digest.take(event_line("flow", R"("src_bytes":2,"dst_bytes":0)"));
  const Json json(text_of(digest, ReportForm::json));
  REQUIRE(json.size("/tables/flows/rows") == 4);
  CHECK(json.number("/tables/flows/matched") == 4);
  CHECK(json.number("/tables/flows/rows/0/flow/src_bytes") == 500);
  CHECK(json.number("/tables/flows/rows/1/flow/src_bytes") == 30);
}

TEST_CASE("report: an input that was not read to its end is told") {
  const auto [members, row, truncated] = GENERATE(table<std::string, std::string, bool>({
      {R"("input_truncated":true,"input_damaged":true)",
       "| input | cut off in the middle of a packet |", true},
      {R"("input_truncated":false,"input_damaged":true)",
       "| input | damaged, and not read to its end |", false},
  }));
  Digest digest(room);
  (void)digest.take(event_line("run_end", members));
  // Of two runs in one stream, the whole one takes nothing back.
  (void)digest.take(event_line("run_end", R"("input_truncated":false,"input_damaged":false)"));
  CHECK_THAT(text_of(digest, ReportForm::markdown), Catch::Contains(row));
  const Json json(text_of(digest, ReportForm::json));
  CHECK(json.root().at_pointer("/state/totals/input_truncated").get_bool().value() == truncated);
  CHECK(json.root().at_pointer("/state/totals/input_damaged").get_bool().value());
  digest.clear();
  (void)digest.take(event_line("run_end", R"("input_truncated":false,"input_damaged":false)"));
  CHECK_THAT(text_of(digest, ReportForm::markdown), !Catch::Contains("| input |"));
}

TEST_CASE("report: no text of the network begins an element of the page") {
  const Digest bare(room);
  const std::string empty = text_of(bare, ReportForm::html);
  if (serve::page_assets().empty()) WARN("built without the page");
  for (const Breakout& breakout : breakouts) {
    Digest digest(room);
    take_hostile(digest, breakout.json);
    const std::string page = text_of(digest, ReportForm::html, std::string{breakout.plain});
    for (const char* mark : {"<script", "</script", "<!--", "<img", "</body"})
      CHECK(count_of(page, mark) == count_of(empty, mark));
  }
}

TEST_CASE("report: the data in the page are the report as JSON") {
  if (serve::page_assets().empty()) {
    WARN("skipped: built without the page");
    return;
  }
  Digest digest(room);
  take_hostile(digest, "</script>");
  const std::string page = text_of(digest, ReportForm::html);
  constexpr std::string_view begin = R"(<script type="application/json" id="ntan-data">)";
  const std::size_t at = page.find(begin);
  REQUIRE(at != std::string::npos);
  const std::size_t data = at + begin.size();
  const Json json(std::string_view{page}.substr(data, page.find("</script>", data) - data));
  CHECK(simdjson::minify(json.root()) ==
        simdjson::minify(Json(text_of(digest, ReportForm::json)).root()));
  CHECK_THAT(page, Catch::Contains("Content-Security-Policy"));
  CHECK(count_of(page, "src=\"/") == 0);
  CHECK(count_of(page, "href=\"/") == 0);
}

TEST_CASE("report: no text of the network leaves its cell in Markdown") {
  Digest plain(room);
  take_hostile(plain, "x");
  const auto expected = lines_of(text_of(plain, ReportForm::markdown, "x"));
  for (const Breakout& breakout : breakouts) {
    Digest digest(room);
    take_hostile(digest, breakout.json);
    const auto lines = lines_of(text_of(digest, ReportForm::markdown, std::string{breakout.plain}));
    CAPTURE(breakout.json);
    REQUIRE(lines.size() == expected.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CAPTURE(lines[i]);
      if (cells_of(expected[i]) != 0) CHECK(cells_of(lines[i]) == cells_of(expected[i]));
      CHECK(lines[i].find('\r') == std::string::npos);
      CHECK(lines[i].starts_with("#") == expected[i].starts_with("#"));
      if (i != 0) CHECK(count_of(lines[i], "<") == count_of(lines[i], "\\<"));
    }
  }
}

TEST_CASE("report: a scan from many sources says so, and what has no flows has none") {
  Digest digest(room);
  (void)digest.take(event_line("scan", R"("id":"1")", 0, R"(,"src_ip":"10.0.0.9")"));
  (void)digest.take(event_line("scan", R"("id":"2","members_total":61)"));
  (void)digest.take(event_line("scan", R"("id":"3")"));
  (void)digest.take(event_line(
      "summary", R"("protocols":[{"level":"link","name":"ethernet","pkts":5,"bytes":9},)"
                 R"({"level":"transport","name":"icmp","pkts":5,"bytes":9,"flows":0}])"));
  const std::string text = text_of(digest, ReportForm::markdown);
  CHECK_THAT(text, Catch::Contains("| 10.0.0.9 |") && Catch::Contains("| 61 sources |") &&
                       Catch::Contains("| several sources |"));
  CHECK_THAT(text, Catch::Contains("| link | ethernet | 5 | 9 |  |") &&
                       Catch::Contains("| transport | icmp | 5 | 9 | 0 |"));
  const Json json(text_of(digest, ReportForm::json));
  CHECK_FALSE(json.has("/state/protocols/0/flows"));
  CHECK(json.number("/state/protocols/1/flows") == 0);
}

TEST_CASE("report: a sum of scans that is more than its rows is told") {
  Digest digest(room);
  for (int i = 0; i < 500; ++i)
    (void)digest.take(event_line("scan", fmt::format(R"("id":"{:016x}")", i)));
  const std::string text = text_of(digest, ReportForm::markdown);
  CHECK(count_of(text, "| 00000000") == serve::report_rows);
  CHECK_THAT(text, Catch::Contains("and 300 more."));
}

TEST_CASE("report: it stays a file to mail, whatever it is of") {
  // What a page's data cost most: text of markup, in large events.
  const char fill = GENERATE('x', '<');
  Digest digest(room);
  const std::string text(4'000, fill);
  for (int i = 1; i <= 10'000; ++i) {
    (void)digest.take(
        event_line("summary",
                   fmt::format(R"("interval_us":1000003,"packets":{},"bytes":{},"bps":{},"pps":{})",
                               i * 7, i * 777, i * 7.77, i / 7.0),
                   i * 1'000));
  }
  for (int i = 0; i < 100'000; ++i) {
    constexpr std::array names{"flow", "dns", "http", "tls", "anomaly"};
    (void)digest.take(event_line(names[static_cast<std::size_t>(i) % names.size()],
                                 fmt::format(R"("src_bytes":{},"text":"{}")", i, text), i));
  }
  for (int i = 0; i < 1'000; ++i)
    (void)digest.take(event_line("scan", fmt::format(R"("id":"{:016x}","text":"{}")", i, text)));
  for (const auto form : {ReportForm::html, ReportForm::markdown, ReportForm::json}) {
    const std::string made = text_of(digest, form);
    CAPTURE(static_cast<int>(form), fill);
    CHECK(made.size() < most_octets);
    CHECK(made.size() > 1'000);
  }
  const Json json(text_of(digest, ReportForm::json));
  CHECK(json.size("/state/history/rows") <= serve::report_windows);
  CHECK(json.size("/state/scans") + json.number("/state/scans_left_out") == 1'000);
  CHECK(json.number("/tables/flows/seen") == 20'000);
  CHECK(json.size("/tables/flows/rows") > 0);
}
