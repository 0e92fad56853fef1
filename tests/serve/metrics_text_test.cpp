#include "serve/metrics_text.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/serve/lines.h"

using namespace ntan;
using serve::Digest;
using serve::RunState;
using test::event_line;

namespace {

constexpr std::size_t room = std::size_t{1} << 20U;

std::vector<std::string> samples(const Digest& digest, const RunState& run = {}) {
  const std::string text = serve::metrics_text(digest, run, 3);
  REQUIRE(text.ends_with('\n'));
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

bool has(const std::vector<std::string>& lines, std::string_view line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("metrics: figures of the run, each with help and type") {
  Digest digest(room);
  (void)digest.take(event_line("dns"));
  (void)digest.take(event_line(
      "summary", R"("packets":5,"bytes":500,"quality_received":9,"quality_dropped_by_ntan":4,)"
                 R"("protocols":[{"level":"link","name":"e","bytes":500}],)"
                 R"("latency":[{"metric":"dns_rtt","p50_us":1500}])"));
  RunState run;
  run.status = serve::Status::running;
  run.run_load = serve::Load{.cpu_ratio = 0.5, .resident_bytes = 4'096};
  const auto lines = samples(digest, run);
  CHECK(has(lines, "ntan_running 1"));
  CHECK(has(lines, "ntan_packets_total 5"));
  CHECK(has(lines, "ntan_received_packets_total 9"));
  CHECK(has(lines, "ntan_output_dropped_records_total 4"));
  CHECK(has(lines, "ntan_events_total{event=\"dns\"} 1"));
  CHECK(has(lines, "ntan_protocol_bytes_total{level=\"link\",name=\"e\"} 500"));
  CHECK(has(lines, "ntan_latency_seconds{metric=\"dns\",quantile=\"0.5\"} 0.0015"));
  CHECK(has(lines, "ntan_run_resident_bytes 4096"));
  CHECK(has(lines, "ntan_page_streams 3"));
  CHECK(has(lines, "# TYPE ntan_packets_total counter"));
  std::set<std::string> typed;
  for (const std::string& line : lines) {
    if (line.starts_with("# TYPE "))
      CHECK(typed.insert(line.substr(7, line.find(' ', 7) - 7)).second);
    if (!line.starts_with('#')) CHECK(typed.count(line.substr(0, line.find_first_of(" {"))) == 1);
  }
}

TEST_CASE("metrics: what is not known is left out") {
  const auto lines = samples(Digest(room));
  CHECK(has(lines, "ntan_running 0"));
  for (const std::string& line : lines) {
    CHECK_FALSE(line.starts_with("ntan_received"));
    CHECK_FALSE(line.starts_with("ntan_kept_packet"));
    CHECK(line.find("nan") == std::string::npos);
  }
}

TEST_CASE("metrics: no name of an event adds a line or a label") {
  Digest digest(room);
  (void)digest.take(event_line(R"(a\"} 1\nntan_running 7\n\\x)"));
  const auto lines = samples(digest);
  CHECK(has(lines, R"(ntan_events_total{event="a\"} 1\nntan_running 7\n\\x"} 1)"));
  CHECK_FALSE(has(lines, "ntan_running 7"));
}
