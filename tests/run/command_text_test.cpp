#include "run/command_text.h"

#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"

using namespace ntan;
using namespace ntan::run;

TEST_CASE("command text: words are quoted where a shell would read something else") {
  CHECK(shell_word("day-1.pcap") == "day-1.pcap");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("udp port 53") == "'udp port 53'");
  CHECK(shell_word("a'b") == R"('a'"'"'b')");
  CHECK(shell_word("$(reboot)") == "'$(reboot)'");
  const std::vector<std::string> arguments{"capture", "-f", "udp port 53"};
  CHECK(command_line(arguments) == "ntan capture -f 'udp port 53'");
}

namespace {

std::string line_of(const Options& options) {
  const ExtractLine line = extract_line(options);
  return line.known() ? line.before + "ID" + line.between + "ID" + line.after : "";
}

}  // namespace

TEST_CASE("command text: the line that cuts out a scan names what decides about it") {
  Options options;
  options.command = Command::read;
  options.files = {"a day.pcap", "-x.pcap"};
  CHECK(line_of(options) ==
        "ntan extract -r 'a day.pcap' -r ./-x.pcap --scan ID -w scan-ID.pcapng");
  options.files = {"x.pcap"};
  options.filter = "not port 22";
  options.mem_limit = std::size_t{64} << 20U;
  options.max_flows = 1000;
  options.checksums = Checksums::all;
  options.vlan_key = VlanKey::ignored;
  options.scan.sensitivity = Sensitivity::high;
  options.scan.memory = std::size_t{10} << 20U;
  options.scan.timeout = std::chrono::milliseconds{300};
  options.scan.allowed = {{*parse_address("192.0.2.0"), 24}, {*parse_address("2001:db8::"), 32}};
  CHECK(line_of(options) ==
        "ntan extract -r x.pcap -f 'not port 22' --mem-limit 65536k --max-flows 1000 --checksums "
        "--ignore-vlan --scan-sense high --scan-allow 192.0.2.0/24,2001:db8::/32 --scan-timeout "
        "300000us "
        "--scan-memory 10240k --scan ID -w scan-ID.pcapng");
  options.filter_file = "f.txt";
  CHECK(line_of(options).starts_with("ntan extract -r x.pcap -F f.txt --mem-limit"));
}

TEST_CASE("command text: the line that cuts out a scan reads as far as its run did") {
  Options options;
  options.command = Command::read;
  options.files = {"x.pcap"};
  options.count = 1000;
  options.duration = std::chrono::nanoseconds{90'000'000'500};
  options.file_size = 4096;
  CHECK(line_of(options) ==
        "ntan extract -r x.pcap -c 1000 --duration 90000000.500us --filesize 4096 --scan ID -w "
        "scan-ID.pcapng");
  options.command = Command::capture;
  options.files.clear();
  options.write_packets = "all.pcap";
  CHECK(line_of(options) == "ntan extract -r all.pcap --scan ID -w scan-ID.pcapng");
}

TEST_CASE("command text: what a shell reads of such a line is what the event shows") {
  Options options;
  options.command = Command::read;
  options.files = {"day';touch x;'.pcap"};
  const std::string line = line_of(options);
  CHECK(line == R"(ntan extract -r 'day'"'"';touch x;'"'"'.pcap' --scan ID -w scan-ID.pcapng)");
  CHECK(event::printable(line) == line);
  for (const char* name : {"back\\slash.pcap", "new\nline.pcap", "\xff.pcap", "bi\u202edi.pcap"}) {
    options.files = {name};
    CHECK(line_of(options).empty());
  }
  options.files = {"day.pcap"};
  options.filter = "ip proto \\tcp";
  CHECK(line_of(options).empty());
}

TEST_CASE("command text: there is no such line where the packets are in no file") {
  Options options;
  options.command = Command::read;
  options.files = {"-"};
  CHECK(line_of(options).empty());
  options.command = Command::capture;
  options.files.clear();
  CHECK(line_of(options).empty());
  options.write_packets = "-";
  CHECK(line_of(options).empty());
  options.write_packets = "all.pcap";
  options.filter = "tcp";  // what was written has passed it
  CHECK(line_of(options) == "ntan extract -r all.pcap --scan ID -w scan-ID.pcapng");
}

TEST_CASE("command text: there is no such line where what was read cannot be read again") {
  const test::TempDir dir;
  const std::string pipe = dir.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& name : {pipe, std::string{"/dev/null"}, std::string{"/dev/stdin"},
                                  std::string{"/dev/fd/63"}, std::string{"/proc/self/fd/0"}}) {
    INFO(name);
    Options options;
    options.command = Command::read;
    options.files = {"day.pcap", name};
    CHECK(line_of(options).empty());
    options.files = {"day.pcap"};
    CHECK_FALSE(line_of(options).empty());
    options.filter_file = name;
    CHECK(line_of(options).empty());
    options.command = Command::capture;
    options.filter_file.reset();
    options.write_packets = name;
    CHECK(line_of(options).empty());
  }
}

TEST_CASE(
    "command text: a run for its events has the analysis of the options, and no other input") {
  Options options;
  options.files = {"a.pcap"};
  options.filter = "tcp";
  options.max_flows = 1000;
  options.scan.home = {{*parse_address("192.0.2.0"), 24}};
  std::vector<std::string> words = event_arguments("read", options);
  append_files(words, options.files);
  const std::string user = ::geteuid() == 0 ? "--user root " : "";
  CHECK(command_line(words) ==
        "ntan read --json --summary-every 1s --no-progress --summary-total " + user +
            "--home 192.0.2.0/24 --max-flows 1000 -r a.pcap");
}
