#include "run/write_report.h"

#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "source/source.h"
#include "tests/serve/lines.h"
#include "tests/support/temp_dir.h"

using namespace ntan;
using namespace ntan::run;
using test::event_line;
using test::TempDir;

namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Options report_of(std::vector<std::string> files, std::string to) {
  Options options;
  options.command = Command::report;
  options.files = std::move(files);
  options.report_form = serve::report_form(to).value_or(serve::ReportForm::markdown);
  options.report_file = std::move(to);
  return options;
}

ExitCode write(const Options& options) {
  source::Interrupt interrupt;
  return write_report(options, interrupt);
}

/// What an error says, or `written`.
std::string complaint(const Options& options) {
  try {
    (void)write(options);
  } catch (const source::Error& error) {
    return error.what();
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "written";
}

}  // namespace

TEST_CASE("write report: the end of a name tells the form") {
  const TempDir dir;
  const std::string events = dir.write("e.ndjson", as_bytes(event_line("dns") + "\n"));
  for (const char* name : {"r.json", "r.md", "r.html", "r.htm"}) {
    REQUIRE(write(report_of({events}, dir.path(name))) == ExitCode::done);
  }
  CHECK(test::Json(contents(dir.path("r.json"))).text("/title") == "e.ndjson");
  CHECK_THAT(contents(dir.path("r.md")), Catch::StartsWith("# e.ndjson\n"));
  CHECK_THAT(contents(dir.path("r.html")), Catch::StartsWith("<!"));
  CHECK(contents(dir.path("r.htm")) == contents(dir.path("r.html")));
}

TEST_CASE("write report: several files of events are one run") {
  const TempDir dir;
  const std::string first = dir.write("a", as_bytes(event_line("dns") + "\n" + event_line("tls")));
  const std::string second = dir.write("b", as_bytes(event_line("dns", "", 5'000) + "\nbroken\n"));
  REQUIRE(write(report_of({first, second}, dir.path("r.json"))) == ExitCode::done);
  const test::Json json(contents(dir.path("r.json")));
  CHECK(json.text("/title") == "a, b");
  CHECK(json.number("/state/totals/events") == 3);
  CHECK(json.number("/state/totals/malformed_lines") == 1);
  CHECK(json.number("/state/elapsed_us") == 5'000'000);
}

TEST_CASE("write report: marks and empty lines before the first event do not hide it") {
  const TempDir dir;
  for (const char* before : {"\xef\xbb\xbf", "\n", "\xef\xbb\xbf\r\n \n", "\t\n\n"}) {
    const std::string events = dir.write("e", as_bytes(before + event_line("dns") + "\n"));
    REQUIRE(write(report_of({events}, dir.path("r.json"))) == ExitCode::done);
    CHECK(test::Json(contents(dir.path("r.json"))).number("/state/totals/events") == 1);
    CHECK(test::Json(contents(dir.path("r.json"))).number("/state/totals/malformed_lines") == 0);
  }
}

TEST_CASE("write report: runs of several files add up, in any order") {
  const TempDir dir;
  const std::string lone =
      dir.write("a", as_bytes(event_line("summary", R"("packets":5,"bytes":9)")));
  const std::string whole =
      dir.write("b", as_bytes(event_line("summary", R"("packets":3,"bytes":8)") + "\n" +
                              event_line("run_end", R"("packets":3,"bytes":8)")));
  for (const std::vector<std::string>& files : {std::vector{lone, whole}, {whole, lone}}) {
    REQUIRE(write(report_of(files, dir.path("r.json"))) == ExitCode::done);
    CHECK(test::Json(contents(dir.path("r.json"))).number("/state/totals/packets") == 8);
  }
}

TEST_CASE("write report: what it cannot be of is said, and nothing is written") {
  const TempDir dir;
  const std::string to = dir.path("r.json");
  const std::string events = dir.write("e", as_bytes(event_line("dns")));
  const std::string capture = dir.write("c", as_bytes("\xd4\xc3\xb2\xa1"));
  CHECK_THAT(complaint(report_of({events, capture}, to)), Catch::Contains("not of both"));
  CHECK_THAT(complaint(report_of({dir.write("j", as_bytes("{}\n{}\n"))}, to)),
             Catch::Contains("no events in it"));
  CHECK_THAT(complaint(report_of({dir.path("missing")}, to)), Catch::Contains("cannot read"));
  CHECK(contents(to).empty());
  CHECK_THAT(complaint(report_of({events}, "/nonexistent/r.json")),
             Catch::Contains("cannot write"));
}
