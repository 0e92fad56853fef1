#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sink/sink.h"
#include "tests/event/sample.h"
#include "tests/sink/folder.h"

using namespace ntan;
using namespace ntan::sink;
using event::Format;
using test::Folder;
using test::read_file;
using test::Sample;
using test::SampleSummary;

namespace {

constexpr std::array<const event::Schema*, 2> both{&event::schema_of<Sample>,
                                                   &event::schema_of<SampleSummary>};
constexpr std::array<const event::Schema*, 1> one{&event::schema_of<SampleSummary>};
constexpr Timestamp day_one = from_ns(1'700'000'000'000'000'000);  // 2023-11-14T22:13:20Z
constexpr Timestamp day_two = day_one + std::chrono::hours{2};

std::string header(const event::Schema& schema) {
  std::string out;
  event::append_head(out, schema, Format::csv);
  return out;
}

}  // namespace

TEST_CASE("pattern: names hold the event and the trace time in UTC, nothing else") {
  const auto [pattern, name] = GENERATE(table<std::string, std::string>({
      {"x.json", "x.json"},
      {"log/{event}.csv", "log/dns.csv"},
      {"{event}/{event}.csv", "dns/dns.csv"},
      {"%Y%m%d-%H%M%S.json", "20231114-221320.json"},
      {"{event}-%j.csv", "dns-318.csv"},
      {"100%%.json", "100%.json"},
  }));
  CHECK(expand(pattern, "dns", day_one) == name);
}

TEST_CASE("pattern: seconds since the epoch do not depend on the zone of the machine") {
  const char* zone = GENERATE("UTC", "Asia/Tokyo", "XYZ+5");
  const char* before = std::getenv("TZ");
  const std::string kept = before == nullptr ? "UTC" : before;
  ::setenv("TZ", zone, 1);
  ::tzset();
  CHECK(expand("x-%s.ndjson", "dns", day_one) == "x-1700000000.ndjson");
  CHECK(expand("%-s-%%s-%H%", "dns", day_one) == "1700000000-%s-22%");
  ::setenv("TZ", kept.c_str(), 1);
  ::tzset();
}

TEST_CASE("pattern: one file takes all events in their order") {
  const Folder folder;
  const auto sink =
      make_pattern_sink(folder / "x.ndjson", Format::json, both, {.flushing = Flushing::blocks});
  sink->write("sample", day_one, "{1}\n");
  sink->write("totals", day_one, "{2}\n");
  sink->write("sample", day_one, "{3}\n");
  CHECK(read_file(folder / "x.ndjson").empty());
  sink->finish();
  CHECK(read_file(folder / "x.ndjson") == "{1}\n{2}\n{3}\n");
  CHECK(sink->state() == State::good);
  REQUIRE(sink->written().size() == 1);
  CHECK(sink->written()[0].lines == 3);
  CHECK(sink->written()[0].lost == 0);
}

TEST_CASE("pattern: one file per event, each with its header even without events") {
  const Folder folder;
  const auto sink =
      make_pattern_sink(folder / "{event}.csv", Format::csv, both, {.flushing = Flushing::blocks});
  CHECK(folder.size() == 2);
  sink->write("totals", day_one, "a,b\n");
  sink->finish();
  CHECK(read_file(folder / "sample.csv") == header(*both[0]));
  CHECK(read_file(folder / "totals.csv") == header(*both[1]) + "a,b\n");
  const auto written = sink->written();
  REQUIRE(written.size() == 2);
  CHECK(written[0].lines == 0);
  CHECK(written[1].lines == 1);
}

TEST_CASE("pattern: an event that was not chosen is not written") {
  const Folder folder;
  const auto sink =
      make_pattern_sink(folder / "{event}.json", Format::json, one, {.flushing = Flushing::blocks});
  sink->write("sample", day_one, "{1}\n");
  sink->finish();
  CHECK(folder.size() == 1);
  CHECK(read_file(folder / "totals.json").empty());
}

TEST_CASE("pattern: a name with a time turns with the events, header in each file") {
  const Folder folder;
  const auto sink = make_pattern_sink(folder / "{event}-%d.csv", Format::csv, both,
                                      {.flushing = Flushing::blocks});
  CHECK(folder.size() == 0);
  sink->write("totals", day_one, "1\n");
  sink->write("totals", day_two, "2\n");
  sink->write("totals", day_two, "3\n");
  sink->finish();
  CHECK(folder.size() == 2);
  REQUIRE(sink->written().size() == 1);
  CHECK(sink->written()[0].name == folder / "{event}-%d.csv");
  CHECK(sink->written()[0].lines == 3);
  CHECK(read_file(folder / "totals-14.csv") == header(*both[1]) + "1\n");
  CHECK(read_file(folder / "totals-15.csv") == header(*both[1]) + "2\n3\n");
}

TEST_CASE("pattern: a file that cannot be opened at the start throws") {
  const Folder folder;
  CHECK_THROWS_AS(make_pattern_sink(folder / "no/{event}.csv", Format::csv, both,
                                    {.flushing = Flushing::blocks}),
                  std::system_error);
}

TEST_CASE("pattern: a file that cannot be opened later fails and counts its events") {
  const Folder folder;
  const auto sink =
      make_pattern_sink(folder / "no/%d.json", Format::json, both, {.flushing = Flushing::blocks});
  CHECK(sink->state() == State::good);
  sink->write("sample", day_one, "{1}\n");
  sink->write("sample", day_one, "{2}\n");
  CHECK(sink->state() == State::failed);
  CHECK(sink->message() ==
        "cannot write " + (folder / "no/14.json") + ": No such file or directory");
  REQUIRE(sink->written().size() == 1);
  CHECK(sink->written()[0].lost == 2);
}

TEST_CASE("pattern: a file that cannot be opened for a moment costs what came meanwhile") {
  const Folder folder;
  const auto sink = make_pattern_sink(folder / "sub/%d.json", Format::json, both,
                                      {.flushing = Flushing::blocks, .backlog = 1U << 20U});
  CHECK(sink->may_recover());
  sink->write("sample", day_one, "{1}\n");
  CHECK(sink->state() == State::failed);
  REQUIRE(::mkdir((folder / "sub").c_str(), 0700) == 0);
  sink->write("sample", day_one, "{2}\n");
  CHECK(sink->state() == State::good);
  CHECK_THAT(sink->message(), Catch::Contains("14.json: No such file"));
  REQUIRE(::rename((folder / "sub").c_str(), (folder / "old").c_str()) == 0);
  sink->write("sample", day_two, "{3}\n");
  CHECK_THAT(sink->message(), Catch::Contains("15.json: No such file"));
  sink->finish();
  CHECK(read_file(folder / "old/14.json") == "{2}\n");
  REQUIRE(sink->written().size() == 1);
  CHECK(sink->written()[0].lines == 1);
  CHECK(sink->written()[0].lost == 2);
}

TEST_CASE("pattern: what fails while writing is said after the end too") {
  const auto sink =
      make_pattern_sink("/dev/full", Format::json, both, {.flushing = Flushing::blocks});
  sink->write("sample", day_one, "{1}\n");
  sink->finish();
  CHECK(sink->state() == State::failed);
  CHECK(sink->message() == "cannot write /dev/full: No space left on device");
}

TEST_CASE("pattern: live, a new name that is a pipe without reader is an error, not waited for") {
  const Folder folder;
  REQUIRE(::mkfifo((folder / "15.json").c_str(), 0600) == 0);
  const auto sink = make_pattern_sink(folder / "%d.json", Format::json, one,
                                      {.flushing = Flushing::blocks, .backlog = 1U << 20U});
  sink->write("sample_summary", day_one, "{1}\n");
  sink->write("sample_summary", day_two, "{2}\n");
  CHECK(sink->state() == State::failed);
  CHECK_THAT(sink->message(), Catch::Contains("15.json, which nobody reads"));
  sink->finish();
  CHECK(read_file(folder / "14.json") == "{1}\n");
}

TEST_CASE("pattern: live, the reader of a name that is over is not waited for") {
  const Folder folder;
  REQUIRE(::mkfifo((folder / "14.json").c_str(), 0600) == 0);
  const int reader = ::open((folder / "14.json").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  const auto sink = make_pattern_sink(folder / "%d.json", Format::json, one,
                                      {.flushing = Flushing::blocks, .backlog = 1U << 20U});
  const std::string line(1'023, 'x');
  for (int i = 0; i < 512; ++i) sink->write("sample_summary", day_one, line + '\n');
  const auto before = std::chrono::steady_clock::now();
  sink->write("sample_summary", day_two, "{2}\n");
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::milliseconds{1500});
  sink->finish();
  ::close(reader);
  CHECK(sink->state() == State::good);
  CHECK(read_file(folder / "15.json") == "{2}\n");
  REQUIRE(sink->written().size() == 1);
  CHECK(sink->written()[0].lost > 256);
}
