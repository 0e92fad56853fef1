// Everything that the command line decides, with every default. Plain values: whoever fills it in
// has checked them, whoever reads it need not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "detect/scan_record.h"
#include "event/format.h"
#include "serve/report_form.h"

namespace ntan::run {

enum class Command : std::uint8_t {
  capture,
  read,
  extract,
  explain,
  serve,
  report,
  interfaces,
  schema,
  help,
  version,
};

using event::Format;

/// One -o.
struct Output {
  std::string pattern;  ///< path; `{event}` and strftime conversions expand
  Format format = Format::json;
};

/// Where the page is to be had.
struct Listen {
  std::string host = "localhost";  ///< numeric, or localhost for both loopback addresses
  std::uint16_t port = 8080;
};

enum class Pace : std::uint8_t {
  fast,
  recorded,  ///< wait between packets as long as the recording did
};
enum class Promiscuous : std::uint8_t { on, off };
enum class Buffering : std::uint8_t { block, line };
enum class Checksums : std::uint8_t {
  network,  ///< of IPv4 headers only
  all,      ///< of TCP and UDP too
};
enum class VlanKey : std::uint8_t {
  part_of_flow,
  ignored,  ///< the two directions of a flow may come on different VLANs
};
enum class Sensitivity : std::uint8_t { low, medium, high };
enum class SchemaFormat : std::uint8_t { json_schema, markdown };

/// What reaches stderr besides errors.
enum class Verbosity : std::uint8_t { quiet, normal, more };

/// The scan detector's knobs.
struct ScanOptions {
  Sensitivity sensitivity = Sensitivity::medium;
  std::size_t memory = std::size_t{50} << 20U;
  std::vector<Network> allowed;  ///< sources that are never named; they still count
  std::vector<Network> home;     ///< only for severity and words of direction
  Duration timeout = std::chrono::milliseconds{1500};  ///< silence that counts as no answer
};

struct Options {
  Command command = Command::help;
  std::string text;                   ///< help, version: what to print
  std::vector<std::string> warnings;  ///< one line each, for stderr

  // Input
  std::vector<std::string> interfaces;  ///< capture: empty means that of the default route
  std::vector<std::string> files;       ///< read: `-` is standard input, at most once
  std::uint32_t snaplen = 262'144;
  std::size_t buffer_size = std::size_t{64} << 20U;  ///< of the capture ring, per interface
  Promiscuous promiscuous = Promiscuous::on;
  std::string user;  ///< to run as after opening; empty: who called sudo, else nobody
  Pace pace = Pace::fast;

  // Filter
  std::string filter;                      ///< pcap-filter(7); empty: everything
  std::optional<std::string> filter_file;  ///< instead of `filter`

  // Output
  std::vector<std::string> events;        ///< names of the events to write, in schema order
  std::vector<std::string> named_events;  ///< of these, what --events names one by one
  std::optional<Format> format;           ///< of standard output; absent: no events there
  std::vector<Output> outputs;
  std::optional<std::string> write_packets;  ///< `-`: packets on standard output
  Buffering buffering = Buffering::block;
  TimeDigits time_digits = TimeDigits::micro;
  bool csv_safe = false;
  bool color = false;
  std::size_t width = 0;  ///< columns of the terminal that the table is for; 0: none
  std::string sensor;

  // extract: one of them; explain: the first
  std::optional<std::uint64_t> scan_id;
  std::optional<std::uint64_t> flow_id;

  // serve
  Listen listen;
  std::vector<std::string> allowed_hosts;   ///< more names by which the page may be asked for
  std::optional<std::string> event_stream;  ///< NDJSON in place of packets; `-`: standard input
  std::size_t ring_size = std::size_t{64} << 20U;  ///< octets of packets kept for export
  std::size_t keep_size = std::size_t{64} << 20U;  ///< octets of events kept for tables and exports

  // report
  std::string report_file;  ///< `-`: standard output
  serve::ReportForm report_form = serve::ReportForm::markdown;

  // Stop
  std::optional<std::uint64_t> count;      ///< packets
  std::optional<Duration> duration;        ///< of the trace clock
  std::optional<std::uint64_t> file_size;  ///< octets of packet data read

  // Analysis
  /// That share out the analysis of files; absent: as engine_options() finds worth it.
  std::optional<std::size_t> threads;
  Duration summary_every{};    ///< 0: only at the end
  bool summary_total = false;  ///< with windows: a summary of the whole run behind them
  std::size_t top = 10;        ///< entries of each list in a summary
  std::size_t mem_limit = std::size_t{512} << 20U;
  std::size_t max_flows = 1'000'000;
  Checksums checksums = Checksums::network;
  VlanKey vlan_key = VlanKey::part_of_flow;
  ScanOptions scan;

  // Diagnostics
  Verbosity verbosity = Verbosity::normal;
  bool progress = true;
  bool strict = false;                           ///< damaged input: exit 3
  bool fail_empty = false;                       ///< no event written: exit 3
  std::optional<detect::Severity> fail_on_scan;  ///< a scan as grave as that: exit 10

  // explain, interfaces, schema
  bool as_json = false;      ///< explain, interfaces: not as text
  std::string schema_event;  ///< empty: all
  SchemaFormat schema_format = SchemaFormat::json_schema;
};

}  // namespace ntan::run
