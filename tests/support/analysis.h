// Runs the analysis over frames in memory and keeps every line it writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/record.h"
#include "run/engine.h"
#include "run/ledger.h"
#include "tests/support/traffic.h"

namespace ntan::test {

struct AnalysisOptions {
  std::size_t shards = 16;
  std::size_t threads = 1;
  std::uint64_t hash_seed = 0;
  std::size_t batch = Batch::capacity;
  std::size_t mem_limit = std::size_t{512} << 20U;
  std::size_t max_flows = 1'000'000;
  flow::VlanUse vlan = flow::VlanUse::keep;
  bool verify_checksums = false;
  Duration summary_every{};
  bool summary_total = false;
  bool packets = false;  ///< `packet` events too
  std::size_t events_held = run::Recorder::usual_held;
  std::vector<std::string_view> only{};  ///< names of the events wanted; empty: all
  std::vector<run::Format> formats{run::Format::json};
  event::Formulas formulas = event::Formulas::keep;  ///< in CSV
  run::Watch* watch = nullptr;
  std::vector<source::Interface> interfaces{{.name = {}, .link = LinkType::ethernet}};
};

struct Line {
  const event::Schema* schema = nullptr;
  Timestamp time;
  run::Format format{};
  std::string text;

  friend bool operator==(const Line&, const Line&) = default;
};

struct Analysis {
  std::vector<Line> lines;
  run::Ledger ledger;
  run::ShardCounters counters;
  detect::ScanCounters scan;
  std::uint64_t fragments_refused = 0;
  std::vector<std::string> limits_hit;  ///< as run_end names them

  /// All lines of one format, joined.
  [[nodiscard]] std::string text(run::Format format = run::Format::json) const;
  /// JSON lines of one event.
  [[nodiscard]] std::vector<std::string> of(std::string_view event) const;
};

[[nodiscard]] Analysis analyse(const Frames& frames, const AnalysisOptions& options = {});

/// All packets of a capture file. Throws source::Error.
[[nodiscard]] Frames read_frames(const std::string& path);

/// The captures of one of the folders beside the project (`corpus`, `scanlab`), sorted by name;
/// none where it is absent.
[[nodiscard]] std::vector<std::string> shared_captures(std::string_view folder);

/// What is wrong with a JSON line of this schema: not JSON, members that are not declared, of
/// another type, out of order, missing or empty. Nothing if it is right.
[[nodiscard]] std::optional<std::string> flaw_of_line(std::string_view line,
                                                      const event::Schema& schema);

/// Cells of one CSV line by RFC 4180.
[[nodiscard]] std::size_t csv_cells(std::string_view line);

/// One flow's record, as its line says.
struct FlowLine {
  std::string id;
  std::string end_reason;
  std::string src_ip;
  std::string dst_ip;
  std::string ts;
  std::string app;
  std::uint64_t seq = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t payload = 0;
  std::uint64_t src_port = 0;
  std::uint64_t dst_port = 0;
  bool final = false;
};
[[nodiscard]] std::vector<FlowLine> flow_lines(const Analysis& analysis);

/// What breaks conservation, order or the counters of interim records; nothing if all hold.
[[nodiscard]] std::optional<std::string> broken_law(const Analysis& analysis);

}  // namespace ntan::test
