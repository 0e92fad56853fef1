#include "cli/parse.h"

#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace ntan;
using namespace ntan::cli;
using run::Command;
using run::Format;

namespace {

constexpr std::array<std::string_view, 9> events{"run_start", "run_end", "packet",  "flow",   "dns",
                                                 "http",      "scan",    "summary", "anomaly"};
constexpr std::array<std::string_view, 2> described{"dns", "scan_step"};
using Words = std::vector<std::string>;

run::Options parse_on(Stream input, Stream output, const Words& words) {
  return parse(words, {.events = events, .described = described, .input = input, .output = output});
}

run::Options parse_words(const Words& words) {
  return parse_on(Stream::other, Stream::other, words);
}

/// The complaint about `words`, or `accepted`.
std::string complaint(const Words& words, Stream input = Stream::other,
                      Stream output = Stream::other) {
  try {
    (void)parse_on(input, output, words);
  } catch (const UsageError& error) {
    std::string text = std::string("ntan: error: ") + error.what() + '\n';
    for (const std::string& hint : error.hints()) text += "  " + hint + '\n';
    return text;
  }
  return "accepted";
}

}  // namespace

TEST_CASE("parse: capture takes interfaces, options and the words of a filter") {
  const auto options =
      parse_words({"capture", "-i", "eth0", "-ilo", "-c5", "-np", "udp", "port", "53"});
  CHECK(options.command == Command::capture);
  CHECK(options.interfaces == Words{"eth0", "lo"});
  CHECK(options.count == 5);
  CHECK(options.promiscuous == run::Promiscuous::off);
  CHECK(options.filter == "udp port 53");
  CHECK(options.files.empty());
}

TEST_CASE("parse: read takes files, and a filter by -f or after two dashes") {
  CHECK(parse_words({"read", "a.pcap", "b.pcap", "-f", "tcp"}).files == Words{"a.pcap", "b.pcap"});
  CHECK(parse_words({"read", "a.pcap", "-f", "tcp"}).filter == "tcp");
  const auto options = parse_words({"replay", "a.pcap", "--", "host", "-1"});
  CHECK(options.command == Command::read);
  CHECK(options.files == Words{"a.pcap"});
  CHECK(options.filter == "host -1");
  CHECK(parse_words({"read", "-"}).files == Words{"-"});
}

TEST_CASE("parse: extract takes files, one id and where to write") {
  const auto scan = parse_words(
      {"extract", "-r", "a.pcap", "b.pcap", "--scan", "0123456789abcdef", "-w", "x.pcap"});
  CHECK(scan.command == Command::extract);
  CHECK(scan.files == std::vector<std::string>{"a.pcap", "b.pcap"});
  CHECK(scan.scan_id == 0x0123456789abcdefU);
  CHECK_FALSE(scan.flow_id.has_value());
  CHECK(scan.write_packets == "x.pcap");
  CHECK_FALSE(scan.format.has_value());
  const auto flow = parse_words({"extract", "a.pcap", "--flow", "ABCDEF0000000001", "-w", "-", "-f",
                                 "tcp", "--scan-sense", "high", "-q"});
  CHECK(flow.flow_id == 0xabcdef0000000001U);
  CHECK(flow.filter == "tcp");
  CHECK(flow.scan.sensitivity == run::Sensitivity::high);
  CHECK(flow.verbosity == run::Verbosity::quiet);
}

TEST_CASE("parse: explain takes an id and files") {
  const auto options = parse_words({"explain", "0123456789abcdef", "-r", "a.pcap", "b.pcap"});
  CHECK(options.command == Command::explain);
  CHECK(options.scan_id == 0x0123456789abcdefU);
  CHECK(options.files == Words{"a.pcap", "b.pcap"});
  CHECK(parse_words({"explain", "0123456789abcdef", "a", "--", "tcp"}).filter == "tcp");
}

TEST_CASE("parse: --fail-on names a scan and how grave it is") {
  using detect::Severity;
  CHECK_FALSE(parse_words({"read", "a"}).fail_on_scan.has_value());
  CHECK(parse_words({"read", "a", "--fail-on", "scan"}).fail_on_scan == Severity::low);
  CHECK(parse_words({"read", "a", "--fail-on=scan:low"}).fail_on_scan == Severity::low);
  CHECK(parse_words({"read", "a", "--fail-on=scan:medium"}).fail_on_scan == Severity::medium);
  CHECK(parse_words({"capture", "--fail-on=scan:high"}).fail_on_scan == Severity::high);
}

TEST_CASE("parse: --format none keeps events from standard output") {
  const auto options = parse_words({"read", "a", "--format", "none", "-o", "x.ndjson"});
  CHECK_FALSE(options.format.has_value());
  CHECK(options.outputs.size() == 1);
  CHECK_FALSE(
      parse_on(Stream::other, Stream::terminal, {"read", "a", "--format=none"}).format.has_value());
}

TEST_CASE("parse: the bare forms are capture and read with the words of a filter") {
  const auto live = parse_words({"-i", "eth0", "tcp", "port", "80"});
  CHECK(live.command == Command::capture);
  CHECK(live.filter == "tcp port 80");
  const auto saved = parse_words({"-r", "a.pcap", "tcp[13] & 2 != 0"});
  CHECK(saved.command == Command::read);
  CHECK(saved.files == Words{"a.pcap"});
  CHECK(saved.filter == "tcp[13] & 2 != 0");
  CHECK(parse_words({"-r", "-"}).files == Words{"-"});
  CHECK(parse_words({"-D"}).command == Command::interfaces);
  CHECK_FALSE(parse_words({"-D"}).as_json);
  CHECK(parse_words({"-D", "--json"}).as_json);
}

TEST_CASE("parse: read without a file takes a pipe but never waits for a terminal") {
  CHECK(parse_words({"read"}).files == Words{"-"});
  CHECK(complaint({"read"}, Stream::terminal) ==
        "ntan: error: read needs a file\n  ntan read FILE, or ntan read - for standard input\n");
}

TEST_CASE("parse: every value reaches its option") {
  const auto options = parse_words({"capture",
                                    "-s",
                                    "0",
                                    "-B",
                                    "8192",
                                    "--user=ana",
                                    "--nano",
                                    "--sensor",
                                    "gw1",
                                    "--color=never",
                                    "--duration",
                                    "1.5m",
                                    "--filesize",
                                    "100M",
                                    "--summary-every",
                                    "0",
                                    "--top",
                                    "3",
                                    "--mem-limit",
                                    "1G",
                                    "--max-flows",
                                    "5000",
                                    "--checksums",
                                    "--ignore-vlan",
                                    "--scan-sense",
                                    "high",
                                    "--scan-memory",
                                    "20",
                                    "--scan-timeout",
                                    "500ms",
                                    "--home",
                                    "10.0.0.0/8,::1",
                                    "--scan-allow",
                                    "192.0.2.7",
                                    "-l",
                                    "-vv",
                                    "--no-progress",
                                    "--strict",
                                    "--fail-empty",
                                    "--csv-safe"});
  CHECK(options.snaplen == 262'144);
  CHECK(options.buffer_size == 8 << 20U);
  CHECK(options.user == "ana");
  CHECK(options.time_digits == TimeDigits::nano);
  CHECK(options.sensor == "gw1");
  CHECK_FALSE(options.color);
  CHECK(options.duration == std::chrono::seconds{90});
  CHECK(options.file_size == 100 << 20U);
  CHECK(options.summary_every == Duration::zero());
  CHECK(options.top == 3);
  CHECK(options.mem_limit == 1 << 30U);
  CHECK(options.max_flows == 5000);
  CHECK(options.checksums == run::Checksums::all);
  CHECK(options.vlan_key == run::VlanKey::ignored);
  CHECK(options.scan.sensitivity == run::Sensitivity::high);
  CHECK(options.scan.memory == 20 << 20U);
  CHECK(options.scan.timeout == std::chrono::milliseconds{500});
  CHECK(options.scan.home ==
        std::vector<Network>{{*parse_address("10.0.0.0"), 8}, {*parse_address("::1"), 128}});
  CHECK(options.scan.allowed == std::vector<Network>{{*parse_address("192.0.2.7"), 32}});
  CHECK(options.buffering == run::Buffering::line);
  CHECK(options.verbosity == run::Verbosity::more);
  CHECK_FALSE(options.progress);
  CHECK(options.strict);
  CHECK(options.fail_empty);
  CHECK(options.csv_safe);
  CHECK(parse_words({"read", "a", "--pace"}).pace == run::Pace::recorded);
  CHECK_FALSE(parse_words({"read", "a"}).threads);
  CHECK(parse_words({"read", "a", "--threads", "4"}).threads == 4);
}

TEST_CASE("parse: of an option that is given twice the last one counts") {
  CHECK(parse_words({"read", "a", "--nano", "--micro"}).time_digits == TimeDigits::micro);
  CHECK(parse_words({"read", "a", "--micro", "--nano"}).time_digits == TimeDigits::nano);
  CHECK(parse_words({"read", "a", "-c", "1", "--count", "2"}).count == 2);
}

TEST_CASE("parse: summaries come every ten seconds live and once for files") {
  CHECK(parse_words({"capture"}).summary_every == std::chrono::seconds{10});
  CHECK(parse_words({"read", "a"}).summary_every == Duration::zero());
  CHECK(parse_words({"capture", "--table"}).summary_total);
  CHECK_FALSE(parse_words({"capture", "--table", "--summary-every", "10s"}).summary_total);
  CHECK_FALSE(parse_words({"capture", "--json"}).summary_total);
  CHECK(parse_words({"read", "a", "--summary-every", "60s"}).summary_every ==
        std::chrono::minutes{1});
}

TEST_CASE("parse: --events says exactly what is written, in the order of the schema") {
  const auto [list, expected] = GENERATE(table<std::string, Words>({
      {"dns", {"dns"}},
      {"http,dns", {"dns", "http"}},
      {"run", {"run_start", "run_end"}},
      {"all,-run,-http", {"packet", "flow", "dns", "scan", "summary", "anomaly"}},
      {"-run,-summary,-anomaly", {"flow", "dns", "http", "scan"}},
      {"dns,dns", {"dns"}},
      {"dns,-dns,scan", {"scan"}},
  }));
  CHECK(parse_words({"read", "a", "--events", list}).events == expected);
}

TEST_CASE("parse: what --events names one by one is told apart from what stands for several") {
  const auto named = [](const char* list) {
    return parse_words({"read", "a", "--events", list}).named_events;
  };
  CHECK(named("all").empty());
  CHECK(named("-dns").empty());
  CHECK(named("dns,packet,flow") == Words{"packet", "flow", "dns"});
  CHECK(named("flow,packet,-flow") == Words{"packet"});
  CHECK(named("-dns,packet") == Words{"packet"});
  CHECK(parse_words({"read", "a"}).named_events.empty());
}

TEST_CASE("parse: without --events it is all but packet") {
  CHECK(parse_words({"read", "a"}).events ==
        Words{"run_start", "run_end", "flow", "dns", "http", "scan", "summary", "anomaly"});
}

TEST_CASE("parse: standard output is a table on a terminal and JSON elsewhere") {
  CHECK(parse_on(Stream::other, Stream::terminal, {"read", "a"}).format == Format::table);
  CHECK(parse_on(Stream::other, Stream::other, {"read", "a"}).format == Format::json);
  CHECK(parse_on(Stream::other, Stream::terminal, {"read", "a", "--json"}).format == Format::json);
  CHECK(parse_words({"read", "a", "--format", "table"}).format == Format::table);
  CHECK(parse_words({"read", "a", "--csv", "--events", "dns"}).format == Format::csv);
}

TEST_CASE("parse: -o takes events from standard output unless a format asks for them") {
  const auto options = parse_words({"read", "a", "-o", "log/{event}-%Y.csv", "-o", "e.ndjson"});
  CHECK_FALSE(options.format);
  REQUIRE(options.outputs.size() == 2);
  CHECK(options.outputs[0].pattern == "log/{event}-%Y.csv");
  CHECK(options.outputs[0].format == Format::csv);
  CHECK(options.outputs[1].format == Format::json);
  CHECK(parse_words({"read", "a", "-o", "e.ndjson", "--json"}).format == Format::json);
  CHECK(parse_words({"read", "a", "-o", "e.txt"}).outputs[0].format == Format::table);
}

TEST_CASE("parse: -w leaves the events alone, but - takes standard output") {
  CHECK(parse_words({"read", "a", "-w", "b.pcap"}).format == Format::json);
  const auto options = parse_words({"read", "a", "-w", "-"});
  CHECK(options.write_packets == "-");
  CHECK_FALSE(options.format);
  CHECK(parse_words({"read", "a", "-w", "-", "--events", "dns", "-o", "d.csv"}).outputs.size() ==
        1);
}

TEST_CASE("parse: a short snaplen is warned about") {
  CHECK(parse_words({"capture", "-s", "96"}).warnings ==
        Words{"-s 96: most headers above TCP and UDP will be missing"});
  CHECK(parse_words({"capture", "-s", "128"}).warnings.empty());
}

TEST_CASE("parse: --color auto is a terminal's decision") {
  const auto color = [](const Words& words) {
    return parse(words, {.events = events, .color = true}).color;
  };
  CHECK(color({"read", "a"}));
  CHECK_FALSE(color({"read", "a", "--color", "never"}));
  CHECK(parse_words({"read", "a", "--color", "always"}).color);
  CHECK_FALSE(color({"read", "a", "--table", "-o", "a.txt"}));
  CHECK(color({"read", "a", "--table", "-o", "a.ndjson"}));
}

TEST_CASE("parse: schema takes at most one event") {
  CHECK(parse_words({"schema"}).schema_event.empty());
  const auto options = parse_words({"schema", "dns", "--format=markdown"});
  CHECK(options.command == Command::schema);
  CHECK(options.schema_event == "dns");
  CHECK(options.schema_format == run::SchemaFormat::markdown);
  CHECK(parse_words({"schema", "scan_step"}).schema_event == "scan_step");
}

TEST_CASE("parse: interfaces and explain as JSON") {
  CHECK(parse_words({"interfaces", "--json"}).as_json);
  CHECK_FALSE(parse_words({"interfaces"}).as_json);
  CHECK(parse_words({"explain", "0123456789abcdef", "-r", "x", "--json"}).as_json);
  CHECK_FALSE(parse_words({"explain", "0123456789abcdef", "-r", "x"}).as_json);
}

TEST_CASE("parse: a usage error names the remedy") {
  struct Refused {
    Words words;
    std::string complaint;
  };

  const auto refused = GENERATE(values<Refused>({
      {{},
       "ntan: error: say what to do\n  ntan read FILE\n  sudo ntan capture -i eth0\n  ntan -h\n"},
      {{"captre"},
       "ntan: error: no command is called 'captre'; did you mean 'capture'?\n"
       "  commands: capture, read, replay, extract, explain, serve, report, interfaces, schema, "
       "help\n"},
      {{"read", "a", "--cuont", "3"},
       "ntan: error: unknown option --cuont; did you mean '--count'?\n"},
      {{"read", "a", "--evnets=dns"},
       "ntan: error: unknown option --evnets; did you mean '--events'?\n"},
      {{"read", "a", "-x"}, "ntan: error: unknown option -x\n"},
      {{"read", "a", "-i", "eth0"}, "ntan: error: -i is an option of ntan capture, serve\n"},
      {{"capture", "--pace"}, "ntan: error: --pace is an option of ntan read, serve\n"},
      {{"-i", "eth0", "--pace"}, "ntan: error: --pace is an option of ntan read, serve\n"},
      {{"-r", "a", "-ieth0"},
       "ntan: error: -i and -r exclude each other: live packets or saved ones\n"},
      {{"-c", "3"},
       "ntan: error: say what to read\n  -i IF for live packets, -r FILE for saved ones\n"},
      {{"-q", "read", "a"}, "ntan: error: the command comes first: ntan read ...\n"},
      {{"read", "a", "-c"}, "ntan: error: -c needs a value\n"},
      {{"read", "a", "-c", "0"}, "ntan: error: -c '0': expected a number of packets, 1 or more\n"},
      {{"read", "a", "-w", "b", "-w", "c"}, "ntan: error: -w is given twice\n"},
      {{"read", "a", "-f", "tcp", "-f", "udp"}, "ntan: error: -f is given twice\n"},
      {{"read", "a", "--events", "dns", "--events", "tls"},
       "ntan: error: --events is given twice\n"},
      {{"serve", "--events", "a", "--events", "b"}, "ntan: error: --events is given twice\n"},
      {{"extract", "--events", "dns"},
       "ntan: error: --events is an option of ntan capture, read, serve\n"},
      {{"schema", "--json"},
       "ntan: error: --json is an option of ntan capture, read, explain, interfaces\n"},
      {{"explain", "-o", "x"}, "ntan: error: -o is an option of ntan capture, read, report\n"},
      {{"report", "a", "--strict"}, "ntan: error: --strict is an option of ntan capture, read\n"},
      {{"capture", "--threads", "2"}, "ntan: error: --threads is an option of ntan read\n"},
      {{"read", "a", "--threads", "0"},
       "ntan: error: --threads '0': expected a number from 1 to 16\n"},
      {{"read", "a", "--threads", "17"},
       "ntan: error: --threads '17': expected a number from 1 to 16\n"},
      {{"read", "a", "-c", "-5"},
       "ntan: error: -c '-5': expected a number of packets, 1 or more\n"},
      {{"read", "a", "--duration=5x"},
       "ntan: error: --duration '5x': expected a time such as 500ms, 30s, 5m or 1h\n"},
      {{"read", "a", "--strict=no"}, "ntan: error: --strict takes no value\n"},
      {{"read", "a", "--count="}, "ntan: error: -c '': expected a number of packets, 1 or more\n"},
      {{"capture", "--home", "10.0.0.0/33"},
       "ntan: error: --home '10.0.0.0/33': expected networks such as 192.0.2.0/24,2001:db8::/32\n"},
      {{"capture", "-f", "tcp", "udp"},
       "ntan: error: the filter is given twice: by -f and by the words after the options\n"},
      {{"capture", "-f", "tcp", "-F", "x"},
       "ntan: error: the filter is given twice: by -f and by -F\n"},
      {{"read", "a", "--csv"},
       "ntan: error: CSV on standard output holds one event, not 8\n"
       "  name it: --events dns --csv\n  or write one file per event: -o '{event}.csv'\n"},
      {{"read", "a", "--csv", "--json"}, "ntan: error: --csv and --json exclude each other\n"},
      {{"read", "a", "-o", "x.csv"},
       "ntan: error: 'x.csv' holds one event, not 8\n"
       "  one file per event: -o '{event}.csv'\n  or one event: --events dns\n"},
      {{"read", "a", "-o", "x.xml"},
       "ntan: error: cannot tell the format of 'x.xml' from its name\n"
       "  end it in .ndjson, .jsonl, .json, .csv or .txt\n"},
      {{"read", "a", "-o", "-"},
       "ntan: error: -o writes to files; for standard output use --json, --csv or --table\n"},
      {{"read", "a", "-o", "{host}.json"},
       "ntan: error: '{host}.json': only {event} can stand in braces\n"},
      {{"read", "a", "-o", "x.json", "-o", "x.json"}, "ntan: error: -o 'x.json' is given twice\n"},
      {{"read", "a", "-o", "o/x.json", "-o", "./o//x.json"},
       "ntan: error: -o './o//x.json' is given twice\n"},
      {{"read", "a", "-o", "o/x.json", "-w", "o/./x.json"},
       "ntan: error: events and packets cannot share 'o/x.json'\n"},
      {{"read", "a", "-w", "-", "--json"},
       "ntan: error: standard output carries the packets (-w -): events need a file\n"
       "  add -o events.ndjson\n"},
      {{"read", "a", "-w", "-", "--events", "dns"},
       "ntan: error: standard output carries the packets (-w -): events need a file\n"
       "  add -o events.ndjson\n"},
      {{"read", "a", "-w", "a"}, "ntan: error: 'a' is read: packets cannot be written to it\n"},
      {{"read", "-", "-"}, "ntan: error: standard input can be read only once\n"},
      {{"read", "a", "--events", "dsn"},
       "ntan: error: no event is called 'dsn'; did you mean 'dns'?\n"
       "  events: run_start, run_end, packet, flow, dns, http, scan, summary, anomaly, run, all\n"},
      {{"read", "a", "--events", "dns,-dns"}, "ntan: error: --events leaves no event to write\n"},
      {{"read", "a", "-qv"}, "ntan: error: -q and -v exclude each other\n"},
      {{"read", "a", "--format=none", "--json"},
       "ntan: error: --json and --format none exclude each other\n"},
      {{"read", "a", "--fail-on", "scanner"},
       "ntan: error: --fail-on 'scanner': expected scan, or scan: with low, medium or high\n"},
      {{"read", "a", "--fail-on", "drops"},
       "ntan: error: --fail-on 'drops': expected scan, or scan:high\n"},
      {{"explain", "-r", "a"},
       "ntan: error: explain needs the id of a scan\n  ntan explain ID -r FILE: scan.id of an "
       "event\n"},
      {{"explain", "12", "-r", "a"},
       "ntan: error: '12': expected 16 hex digits, as events have them\n"},
      {{"explain", "0123456789abcdef", "fedcba9876543210", "-r", "a"},
       "ntan: error: explain takes one id: 'fedcba9876543210' is another\n"
       "  a file of that name: -r fedcba9876543210\n"},
      {{"explain", "0123456789abcdef"}, "ntan: error: explain needs a file\n  -r FILE\n"},
      {{"help", "read", "foo"}, "ntan: error: help takes one command, or none\n"},
      {{"capture", "-D", "--csv"}, "ntan: error: interfaces are listed as text or as JSON\n"},
      {{"interfaces", "eth0"}, "ntan: error: interfaces takes no argument 'eth0'\n"},
      {{"schema", "scan_stop"},
       "ntan: error: no event is called 'scan_stop'; did you mean 'scan_step'?\n"
       "  events: dns, scan_step\n"},
      {{"schema", "dns", "http"}, "ntan: error: schema takes one event, or none for all\n"},
  }));
  CHECK(complaint(refused.words) == refused.complaint);
}

TEST_CASE("parse: serve shows an interface, captures or events, and waits without any") {
  const auto bare = parse_words({"serve"});
  CHECK(bare.command == Command::serve);
  CHECK(bare.interfaces.empty());
  CHECK(bare.files.empty());
  CHECK_FALSE(bare.event_stream.has_value());
  CHECK(bare.listen.host == "localhost");
  CHECK(bare.listen.port == 8080);
  CHECK(bare.ring_size == std::size_t{64} << 20U);
  const auto live = parse_words({"serve", "-i", "eth0", "--listen", "[::1]:9000", "--allow-host",
                                 "a.example", "--allow-host=b.example", "--ring", "1M", "--keep",
                                 "2", "-s", "96", "-p", "tcp", "port", "80"});
  CHECK(live.interfaces == Words{"eth0"});
  CHECK(live.filter == "tcp port 80");
  CHECK(live.listen.host == "::1");
  CHECK(live.listen.port == 9000);
  CHECK(live.allowed_hosts == Words{"a.example", "b.example"});
  CHECK(live.ring_size == std::size_t{1} << 20U);
  CHECK(live.keep_size == std::size_t{2} << 20U);
  CHECK(live.snaplen == 96);
  CHECK(live.promiscuous == run::Promiscuous::off);
  const auto saved = parse_words({"serve", "-r", "a.pcap", "-r", "b.pcap", "--pace", "-f", "udp"});
  CHECK(saved.files == Words{"a.pcap", "b.pcap"});
  CHECK(saved.pace == run::Pace::recorded);
  CHECK(saved.filter == "udp");
  CHECK(parse_words({"serve", "--events", "-"}).event_stream == "-");
}

TEST_CASE("parse: a host name is asked for in small letters, however it was allowed") {
  CHECK(parse_words({"serve", "--allow-host", "NTAN.Example"}).allowed_hosts ==
        Words{"ntan.example"});
}

TEST_CASE("parse: report takes captures and a file whose name tells its form") {
  const auto page = parse_words({"report", "-r", "a.pcap", "b.pcap", "-o", "r.html"});
  CHECK(page.command == Command::report);
  CHECK(page.files == Words{"a.pcap", "b.pcap"});
  CHECK(page.report_file == "r.html");
  CHECK(page.report_form == serve::ReportForm::html);
  CHECK(parse_words({"report", "a.pcap"}).report_file == "-");
  CHECK(parse_words({"report", "a.pcap"}).report_form == serve::ReportForm::markdown);
  CHECK(parse_words({"report", "a.pcap", "-o", "x.json"}).report_form == serve::ReportForm::json);
  CHECK(parse_words({"report", "a.ndjson", "-f", "tcp", "-o", "x.md"}).filter == "tcp");
  for (const char* file : {"-", "r.htm", "r.md", "r.json"})
    CHECK(complaint({"report", "a.pcap", "-o", file}) == "accepted");
  for (const char* file : {"r", "r.txt", "r.HTML", "html", ".", "r.json.gz"}) {
    CHECK_THAT(complaint({"report", "a.pcap", "-o", file}),
               Catch::Contains("the end of a report's name tells its form"));
  }
}

TEST_CASE("parse: what serve and report cannot do has a reason") {
  const auto [words, reason] = GENERATE(table<Words, std::string>({
      {{"serve", "-i", "eth0", "-r", "a"}, "-i and -r exclude each other"},
      {{"serve", "-r", "a", "--events", "b"}, "-r and --events exclude each other"},
      {{"serve", "-i", "eth0", "--events", "b"}, "-i and --events exclude each other"},
      {{"serve", "-i", "eth0", "-i", "lo"}, "the page shows one interface at a time"},
      {{"serve", "-r", "-"}, "standard input will not do"},
      {{"serve", "--pace"}, "--pace is for saved packets"},
      {{"serve", "-i", "eth0", "--pace"}, "--pace is for saved packets"},
      {{"serve", "--events", "a", "-f", "tcp"}, "a filter is for packets"},
      {{"serve", "--events", "a", "-F", "f"}, "a filter is for packets"},
      {{"serve", "-f", "tcp", "-F", "f"}, "the filter is given twice"},
      {{"serve", "--listen", "nowhere"}, "PORT, :PORT or ADDRESS:PORT"},
      {{"serve", "--listen", "0"}, "PORT, :PORT or ADDRESS:PORT"},
      {{"serve", "--ring", "1023k"}, "a size of 1M or more"},
      {{"serve", "--keep", "0"}, "a size of 1M or more"},
      {{"serve", "--allow-host", ""}, "a host name"},
      {{"serve", "--allow-host", "http://a.example"}, "a host name"},
      {{"serve", "--allow-host", "a.example:8080"}, "a host name"},
      {{"report"}, "report needs a file"},
      {{"report", "-"}, "standard input will not do"},
      {{"report", "a", "-o", ""}, "-o"},
      {{"report", "a", "-o", "r.html", "-o", "r.md"}, "report writes one file"},
  }));
  CAPTURE(words);
  CHECK_THAT(complaint(words), Catch::Contains(reason));
}

TEST_CASE("parse: packets are not written to a terminal") {
  CHECK(complaint({"read", "a", "-w", "-"}, Stream::other, Stream::terminal) ==
        "ntan: error: packets are not written to a terminal\n"
        "  use -w FILE, or pipe them: ... -w - | tcpdump -r -\n");
}

TEST_CASE("parse: no random words crash it or get past its complaints") {
  static constexpr std::array<const char*, 24> pieces{
      "capture",  "read", "-",      "--",    "-i", "-r",    "-c",     "5",
      "--count=", "-vv",  "--json", "--csv", "-o", "x.csv", "{",      "--events",
      "all",      "-w",   "",       "=",     "-f", "[a,b]", "--help", "-n5"};
  std::uint32_t state = 1;
  const auto next = [&state] {
    state = state * 1664525 + 1013904223;
    return state >> 16U;
  };
  int refused = 0;
  for (int round = 0; round < 300; ++round) {
    Words words;
    for (std::uint32_t n = next() % 6; n != 0; --n)
      words.emplace_back(pieces[next() % pieces.size()]);
    const std::string text = complaint(words);
    if (text != "accepted") ++refused;
    CHECK((text == "accepted" || text.starts_with("ntan: error: ")));
    CHECK(text.find("cannot be understood") == std::string::npos);
  }
  CHECK(refused > 0);
}
