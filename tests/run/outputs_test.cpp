#include "run/outputs.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "run/schemas.h"
#include "tests/sink/folder.h"

namespace ntan::run {
namespace {

using Strings = std::vector<std::string>;
using test::Folder;
using test::read_file;

constexpr Timestamp now = from_ns(1'700'000'000'000'000'000);  // 2023-11-14T22:13:20Z

const event::Schema& schema(std::string_view name) {
  for (const event::Schema* one : schemas()) {
    if (one->name == name) return *one;
  }
  FAIL("no event is named " << name);
  return *schemas().front();
}

std::string csv_head(std::string_view name) {
  std::string head;
  event::append_head(head, schema(name), Format::csv);
  return head;
}

Options reading(Strings events, std::vector<Output> outputs = {}) {
  Options options;
  options.command = Command::read;
  options.events = std::move(events);
  options.outputs = std::move(outputs);
  return options;
}

Options all_events() {
  Options options = reading({});
  for (const std::string_view name : event_names()) options.events.emplace_back(name);
  return options;
}

void write(Outputs& outputs, std::string_view event, Format format, std::string_view line) {
  outputs.write(schema(event), now, format, line);
}

bool wanted(const Outputs& outputs, std::string_view event, Format format) {
  return Outputs::wanted(&outputs, schema(event), format);
}

/// Stands in for standard output while outputs are opened; they keep a descriptor of their own.
class PipedOutput {
 public:
  PipedOutput() {
    REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends_[0], F_SETFL, O_NONBLOCK) == 0);
    std::signal(SIGPIPE, SIG_IGN);
  }
  PipedOutput(const PipedOutput&) = delete;
  PipedOutput& operator=(const PipedOutput&) = delete;
  ~PipedOutput() { close_reader(); }

  void open(Outputs& outputs) {
    const int before = ::dup(STDOUT_FILENO);
    REQUIRE(::dup2(ends_[1], STDOUT_FILENO) == STDOUT_FILENO);
    outputs.open();
    REQUIRE(::dup2(before, STDOUT_FILENO) == STDOUT_FILENO);
    ::close(before);
    ::close(ends_[1]);
  }

  void close_reader() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }

  [[nodiscard]] std::string read() const {
    std::string all;
    std::array<char, 65536> block{};
    ssize_t got = 0;
    while ((got = ::read(ends_[0], block.data(), block.size())) > 0)
      all.append(block.data(), static_cast<std::size_t>(got));
    return all;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

}  // namespace

// --- who wants what

TEST_CASE("outputs: an event is wanted if it was selected and an output has its format") {
  const Folder folder;
  const Options options =
      reading({"dns", "flow"}, {{.pattern = folder / "{event}.csv", .format = Format::csv}});
  Outputs outputs(options);
  outputs.open();
  CHECK(wanted(outputs, "dns", Format::csv));
  CHECK(wanted(outputs, "flow", Format::csv));
  CHECK_FALSE(wanted(outputs, "http", Format::csv));
  CHECK_FALSE(wanted(outputs, "dns", Format::json));
  CHECK_FALSE(wanted(outputs, "dns", Format::table));
}

TEST_CASE("outputs: without an output nothing is wanted, and that is no failure") {
  const Options options = reading({"dns"});
  Outputs outputs(options);
  outputs.open();
  CHECK_FALSE(wanted(outputs, "dns", Format::json));
  CHECK_FALSE(outputs.closed());
  CHECK_FALSE(outputs.useless());
}

TEST_CASE("outputs: the table leaves out flows and packets, and if quiet all but the summary") {
  Options options = all_events();
  options.format = Format::table;
  const bool quiet = GENERATE(false, true);
  options.verbosity = quiet ? Verbosity::quiet : Verbosity::normal;
  PipedOutput pipe;
  Outputs outputs(options);
  pipe.open(outputs);
  CHECK(wanted(outputs, "summary", Format::table));
  CHECK(wanted(outputs, "dns", Format::table) != quiet);
  CHECK(wanted(outputs, "scan", Format::table) != quiet);
  CHECK_FALSE(wanted(outputs, "flow", Format::table));
  CHECK_FALSE(wanted(outputs, "packet", Format::table));
}

TEST_CASE("outputs: the table shows flows or packets where they are named") {
  Options options = all_events();
  options.format = Format::table;
  options.named_events = {"packet"};
  const bool quiet = GENERATE(false, true);
  options.verbosity = quiet ? Verbosity::quiet : Verbosity::normal;
  PipedOutput pipe;
  Outputs outputs(options);
  pipe.open(outputs);
  CHECK(wanted(outputs, "packet", Format::table) != quiet);
  CHECK_FALSE(wanted(outputs, "flow", Format::table));
}

TEST_CASE("outputs: two at a time keep their own selections") {
  const Folder folder;
  const Options other =
      reading({"http", "flow"}, {{.pattern = folder / "b-{event}.csv", .format = Format::csv}});
  const Options timed =
      reading({"dns"}, {{.pattern = folder / "a-{event}-%d.csv", .format = Format::csv}});
  Outputs first(timed);
  first.open();
  Outputs second(other);
  second.open();
  write(first, "dns", Format::csv, "1\n");
  first.finish();
  second.finish();
  CHECK(read_file(folder / "a-dns-14.csv") == csv_head("dns") + "1\n");
  CHECK(read_file(folder / "b-http.csv") == csv_head("http"));
}

// --- where lines go

TEST_CASE("outputs: a line goes to every output of its format and to no other") {
  const Folder folder;
  Options options =
      reading({"dns", "flow"}, {{.pattern = folder / "all.ndjson", .format = Format::json},
                                {.pattern = folder / "{event}.csv", .format = Format::csv}});
  options.format = Format::json;
  PipedOutput pipe;
  Outputs outputs(options);
  pipe.open(outputs);
  write(outputs, "dns", Format::json, "{1}\n");
  write(outputs, "dns", Format::csv, "1\n");
  write(outputs, "flow", Format::json, "{2}\n");
  write(outputs, "flow", Format::csv, "2\n");
  CHECK(pipe.read().empty());  // a block is not full
  outputs.flush();
  CHECK(pipe.read() == "{1}\n{2}\n");
  outputs.finish();
  CHECK(read_file(folder / "all.ndjson") == "{1}\n{2}\n");
  CHECK(read_file(folder / "dns.csv") == csv_head("dns") + "1\n");
  CHECK(read_file(folder / "flow.csv") == csv_head("flow") + "2\n");
  CHECK(folder.size() == 3);
  CHECK(outputs.take_failures().empty());
  CHECK(outputs.lost() == 0);
}

TEST_CASE("outputs: with line buffering each line is written at once") {
  const Folder folder;
  Options options = reading({"dns"}, {{.pattern = folder / "x.ndjson", .format = Format::json}});
  options.format = Format::json;
  options.buffering = Buffering::line;
  PipedOutput pipe;
  Outputs outputs(options);
  pipe.open(outputs);
  write(outputs, "dns", Format::json, "{1}\n");
  CHECK(pipe.read() == "{1}\n");
  CHECK(read_file(folder / "x.ndjson") == "{1}\n");
}

TEST_CASE("outputs: CSV files without events hold their header and are named") {
  const Folder folder;
  const Options options =
      reading({"dns", "http"}, {{.pattern = folder / "{event}.csv", .format = Format::csv}});
  Outputs outputs(options);
  outputs.open();
  write(outputs, "dns", Format::csv, "1\n");
  outputs.finish();
  CHECK(outputs.empty_files() == Strings{folder / "http.csv"});
  CHECK(read_file(folder / "http.csv") == csv_head("http"));
}

TEST_CASE("outputs: standard output without events is no empty file") {
  Options options = reading({"dns"});
  options.format = Format::csv;
  PipedOutput pipe;
  Outputs outputs(options);
  pipe.open(outputs);
  outputs.finish();
  CHECK(pipe.read() == csv_head("dns"));
  CHECK(outputs.empty_files().empty());
}

TEST_CASE("outputs: what is read is never written to, whatever its name") {
  const Folder folder;
  folder.put("in.csv", "precious");
  REQUIRE(::symlink((folder / "in.csv").c_str(), (folder / "other").c_str()) == 0);
  Options options = reading({"in"});
  SECTION("as an event's file") {
    options.outputs = {{.pattern = folder / "{event}.csv", .format = Format::csv}};
    options.files = {folder / "in.csv"};
  }
  SECTION("under another name") {
    options.outputs = {{.pattern = folder / "in.csv", .format = Format::csv}};
    options.files = {folder / "other"};
  }
  SECTION("as packets") {
    options.write_packets = folder / "in.csv";
    options.files = {folder / "in.csv"};
  }
  Outputs outputs(options);
  REQUIRE_THROWS_AS(outputs.open(), source::Error);
  CHECK(read_file(folder / "in.csv") == "precious");
}

// --- what fails

TEST_CASE("outputs: a failure is reported once, others go on, and what is lost is counted") {
  const Folder folder;
  const Options options = reading({"dns"}, {{.pattern = "/dev/full", .format = Format::json},
                                            {.pattern = folder / "x", .format = Format::json}});
  Outputs outputs(options);
  outputs.open();
  write(outputs, "dns", Format::json, "{1}\n");
  CHECK(outputs.take_failures().empty());
  CHECK_FALSE(outputs.failed());
  outputs.flush();
  CHECK(outputs.take_failures() == Strings{"cannot write /dev/full: No space left on device"});
  CHECK(outputs.failed());
  CHECK(outputs.take_failures().empty());
  write(outputs, "dns", Format::json, "{2}\n");
  outputs.finish();
  CHECK(outputs.take_failures().empty());
  CHECK(outputs.failed());
  CHECK_FALSE(outputs.closed());
  CHECK_FALSE(outputs.useless());
  CHECK(read_file(folder / "x") == "{1}\n{2}\n");
  CHECK(outputs.lost() == 2);
}

TEST_CASE("outputs: with every output failed they are of no use") {
  const Options options = reading({"dns"}, {{.pattern = "/dev/full", .format = Format::json}});
  Outputs outputs(options);
  outputs.open();
  CHECK_FALSE(outputs.useless());
  write(outputs, "dns", Format::json, "{1}\n");
  outputs.flush();
  CHECK(outputs.useless());
  CHECK(outputs.take_failures().size() == 1);
}

TEST_CASE("outputs: live, a name with a time that cannot be had now may be later") {
  const Folder folder;
  Options options = reading({"dns", "http"}, {{.pattern = folder / "sub/{event}-%d.ndjson"}});
  options.command = Command::capture;
  Outputs outputs(options);
  outputs.open();
  write(outputs, "dns", Format::json, "{1}\n");
  CHECK(outputs.take_failures().size() == 1);
  write(outputs, "http", Format::json, "{2}\n");
  CHECK(outputs.take_failures().size() == 1);
  write(outputs, "dns", Format::json, "{3}\n");
  CHECK(outputs.take_failures().empty());
  CHECK_FALSE(outputs.useless());
  folder.put("sub", "no folder");
  outputs.finish();
  CHECK(outputs.failed());
  CHECK(outputs.lost() == 3);
  CHECK(outputs.empty_files().empty());
}

TEST_CASE("outputs: a file that cannot be created is said at the start") {
  const Folder folder;
  const Options options = reading({"dns"}, {{.pattern = folder / "no/x", .format = Format::json}});
  Outputs outputs(options);
  CHECK_THROWS_AS(outputs.open(), std::system_error);
}

TEST_CASE("outputs: a reader that goes away closes the output and is no failure") {
  const Folder folder;
  Options options = reading({"dns"});
  const bool more = GENERATE(false, true);
  if (more) options.outputs = {{.pattern = folder / "x", .format = Format::json}};
  options.format = Format::json;
  PipedOutput pipe;
  Outputs outputs(options);
  pipe.open(outputs);
  write(outputs, "dns", Format::json, "{1}\n");
  pipe.close_reader();
  CHECK_FALSE(outputs.closed());
  outputs.flush();
  CHECK(outputs.closed());
  CHECK(outputs.useless() != more);
  CHECK(outputs.take_failures().empty());
  CHECK_FALSE(outputs.failed());
}

TEST_CASE("outputs: live, what a slow reader does not take is lost and counted, never waited for") {
  Options options = reading({"dns"});
  options.command = Command::capture;
  options.format = Format::json;
  options.mem_limit = std::size_t{1} << 20U;
  PipedOutput pipe;
  Outputs outputs(options);
  pipe.open(outputs);
  const std::string line = std::string(999, 'x') + '\n';
  constexpr std::uint64_t lines = 2'000;
  for (std::uint64_t i = 0; i < lines; ++i) write(outputs, "dns", Format::json, line);
  CHECK(outputs.lost() > 0);
  CHECK_FALSE(outputs.closed());
  // Nobody takes the rest: it is given up in the end, and every line is either read or lost.
  outputs.wait_for_readers();
  std::string taken = pipe.read();
  outputs.flush();
  taken += pipe.read();
  outputs.finish();
  taken += pipe.read();
  CHECK(taken.size() / line.size() + outputs.lost() == lines);
}

// --- packets

TEST_CASE("outputs: -w keeps one link type in a pcap file, all of them in pcapng") {
  const Folder folder;
  const bool pcap = GENERATE(true, false);
  Options options = reading({});
  options.write_packets = folder / (pcap ? "x.pcap" : "x.pcapng");
  Outputs outputs(options);
  outputs.open();
  const std::array<std::uint8_t, 4> octets{1, 2, 3, 4};
  Batch batch;
  batch.packets[0] = {.time = now, .number = 1, .data = octets, .wire_size = 4};
  batch.packets[1] = batch.packets[0];
  batch.packets[1].link = LinkType::raw;
  batch.packets[1].interface = 1;
  batch.count = 2;
  const std::vector<source::Interface> interfaces{{.name = "a", .link = LinkType::ethernet},
                                                  {.name = "b", .link = LinkType::raw}};
  outputs.write_packets(batch, interfaces);
  outputs.write_packets(batch, interfaces);
  outputs.finish();
  CHECK(outputs.other_links() == (pcap ? 2 : 0));
  CHECK(outputs.lost() == 0);
  constexpr std::size_t pcap_head = 24;
  constexpr std::size_t record = 16 + 4;
  if (pcap) CHECK(read_file(folder / "x.pcap").size() == pcap_head + 2 * record);
}

TEST_CASE("outputs: packets that cannot be written fail once and are counted") {
  Options options = reading({});
  options.write_packets = "/dev/full";
  Outputs outputs(options);
  outputs.open();
  const std::array<std::uint8_t, 4> octets{1, 2, 3, 4};
  Batch batch;
  batch.packets[0] = {.time = now, .number = 1, .data = octets, .wire_size = 4};
  batch.count = 1;
  const std::vector<source::Interface> interfaces{{.name = "a", .link = LinkType::ethernet}};
  outputs.write_packets(batch, interfaces);
  outputs.flush();
  outputs.write_packets(batch, interfaces);
  outputs.finish();
  CHECK(outputs.take_failures() == Strings{"cannot write /dev/full: No space left on device"});
  CHECK(outputs.take_failures().empty());
  CHECK(outputs.lost() >= 2);
  CHECK(outputs.useless());
}

// --- descriptors that are open already

namespace {

Options packets_to(std::string path) {
  Options options = reading({"dns"});
  options.write_packets = std::move(path);
  return options;
}

std::string refusal(const Options& options) {
  Outputs outputs(options);
  try {
    outputs.open();
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "opened";
}

}  // namespace

TEST_CASE("outputs: packets go to a descriptor that is open, which stays open") {
  std::array<int, 2> ends{-1, -1};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const std::string path = "/dev/fd/" + std::to_string(ends[1]);
  {
    const Options options = packets_to(path);
    Outputs outputs(options);
    outputs.open();
    outputs.finish();
    CHECK_FALSE(outputs.failed());
  }
  CHECK(::fcntl(ends[1], F_GETFD) >= 0);
  ::close(ends[1]);
  std::array<char, 64> block{};
  CHECK(::read(ends[0], block.data(), block.size()) == 24);
  CHECK(::read(ends[0], block.data(), block.size()) == 0);
  ::close(ends[0]);
}

TEST_CASE("outputs: what is no open descriptor is an error with its name") {
  const std::string path =
      GENERATE("/dev/fd/", "/dev/fd/x", "/dev/fd/-1", "/dev/fd/1x", "/dev/fd/ 1", "/dev/fd/99999",
               "/dev/fd/99999999999999999999", "/dev/fd/1/2", "/dev/fd/+1");
  CHECK_THAT(refusal(packets_to(path)), Catch::StartsWith("cannot write " + path));
}

TEST_CASE("outputs: a descriptor that cannot be written to fails like any other output") {
  const int number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(number >= 0);
  const Options options = packets_to("/dev/fd/" + std::to_string(number));
  Outputs outputs(options);
  outputs.open();
  outputs.finish();
  CHECK(outputs.take_failures().size() == 1);
  ::close(number);
}

}  // namespace ntan::run
