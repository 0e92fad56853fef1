// What a stream of event lines comes to: totals, history, tables, scans. The live page and the
// report show it; it is the same whether the lines come from a run or from a file.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "base/time.h"
#include "serve/history.h"
#include "serve/kept_events.h"

namespace ntan::serve {

/// Sums over the windows; those of `run_end` once it is there. Of several runs, of all of them.
struct Totals {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< on the wire
  std::uint64_t flows = 0;
  std::uint64_t flows_active = 0;  ///< at the end of the last window
  std::uint64_t scans = 0;
  std::optional<std::uint64_t> received;
  std::optional<std::uint64_t> dropped_by_kernel;
  std::optional<std::uint64_t> dropped_by_interface;
  std::uint64_t dropped_by_ntan = 0;
  std::optional<bool> input_truncated;  ///< an input ended in the middle of a packet
  std::optional<bool> input_damaged;    ///< an input could not be read to its end
};

/// Packets and octets of a protocol at one level.
struct ProtocolShare {
  std::string level;
  std::string name;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> flows;  ///< none of links, which have none
};

struct Talker {
  std::string ip;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

/// What the figures are of that windows cannot be added up to: percentiles, largest senders, the
/// application of what began before it was recognised.
enum class FiguresOf : std::uint8_t {
  run,      ///< one run, as a whole
  windows,  ///< what each window named; summary() is the last
};

/// The latest line of a scan.
struct ScanLine {
  std::string id;
  std::string line;
  std::uint64_t number = 0;  ///< order in which scans were first told
  bool open = true;          ///< it goes on
};

class Digest {
 public:
  static constexpr std::size_t most_scans = 1'000;
  static constexpr std::size_t most_scan_octets = std::size_t{16} << 20U;
  static constexpr std::size_t most_talkers = 4'096;
  static constexpr std::size_t most_protocols = 256;
  static constexpr std::size_t longest_name = 64;  ///< octets of an address, a protocol, a level
  static constexpr std::size_t most_runs = 64;     ///< whose parts may come one after the other

  /// `capacity`: octets of event lines that are kept.
  explicit Digest(std::size_t capacity) : kept_(capacity) {}

  /// What a line was, as far as whoever shows it has to know.
  enum class Line : std::uint8_t {
    event,
    summary,    ///< history has a row more
    scan,       ///< scans() has news
    malformed,  ///< no event: counted, and left out
  };
  Line take(std::string_view line);
  /// What comes next is another file: of another run, unless one has only the windows and the other
  /// only the end of a run with the same sums.
  void end_input();

  /// A new run begins.
  void clear();

  [[nodiscard]] const KeptEvents& kept() const noexcept { return kept_; }
  [[nodiscard]] const History& history() const noexcept { return history_; }
  [[nodiscard]] const Totals& totals() const noexcept { return totals_; }
  [[nodiscard]] std::uint64_t malformed() const noexcept { return malformed_; }
  /// Whether anything that was taken tells totals: a summary or the end of a run. Without, those
  /// are not zero but unknown.
  [[nodiscard]] bool has_totals() const noexcept;
  /// Least and greatest time of an event.
  [[nodiscard]] std::optional<Timestamp> first() const noexcept { return first_; }
  [[nodiscard]] std::optional<Timestamp> last() const noexcept { return last_; }
  [[nodiscard]] FiguresOf figures_of() const noexcept { return figures_of_; }
  /// `{…}` of the latest summary; empty before.
  [[nodiscard]] const std::string& summary() const noexcept { return summary_; }
  /// In the order of their level, then most octets first.
  [[nodiscard]] std::vector<ProtocolShare> protocols() const;
  /// Most octets first.
  [[nodiscard]] std::vector<Talker> talkers(std::size_t most) const;
  /// Newest first.
  [[nodiscard]] std::vector<const ScanLine*> scans(std::size_t most) const;
  /// Scans for which there was no place any more.
  [[nodiscard]] std::uint64_t scans_given_up() const noexcept { return scans_given_up_; }
  /// Of those that have a place, how many go on.
  [[nodiscard]] std::uint64_t scans_open() const noexcept { return scans_open_; }

 private:
  /// Of a run, or of the part of it that one file holds.
  struct Run {
    Totals windows;  ///< sums
    Totals end;      ///< its own
    std::uint64_t summaries = 0;
    bool ended = false;
    bool whole = false;     ///< there was a summary of all of it
    bool windowed = false;  ///< it was to have several windows
  };
  /// Of the windows, or of the run where there is a summary of it.
  struct Shares {
    std::map<std::string, Talker, std::less<>> talkers;
    std::vector<ProtocolShare> protocols;
  };

  [[nodiscard]] Line take_summary(Timestamp time, const simdjson::dom::object& summary);
  void take_start(const simdjson::dom::object& start);
  void take_flow(const simdjson::dom::object& flow) noexcept;
  void take_scan(const simdjson::dom::object& scan, std::string_view line);
  void take_end(const simdjson::dom::object& end);
  void settle();
  [[nodiscard]] std::vector<Run> joined_runs() const;
  [[nodiscard]] static bool is_covered(const Run& run) noexcept;
  [[nodiscard]] static Totals totals_of(const Run& run) noexcept;
  static void add_talkers(Shares& to, const simdjson::dom::object& summary);
  static void add_protocols(Shares& to, const simdjson::dom::object& summary);
  static void add(Shares& to, const Talker& talker);
  static void add(Shares& to, const ProtocolShare& share);
  static void add(Shares& to, const Shares& more);

  simdjson::dom::parser parser_;
  KeptEvents kept_;
  History history_;
  Totals totals_;
  Run run_;                // that goes on
  std::vector<Run> runs_;  // before it
  Totals folded_;          // of runs before those
  bool any_folded_ = false;
  FiguresOf figures_of_ = FiguresOf::windows;
  Counted counted_;  // since the last summary
  std::string summary_;
  Shares shares_;               // of the run that goes on
  Shares earlier_shares_;       // of those before it
  std::deque<ScanLine> scans_;  // oldest first
  std::size_t scan_octets_ = 0;
  std::uint64_t scans_given_up_ = 0;
  std::uint64_t scans_open_ = 0;
  std::uint64_t malformed_ = 0;
  std::optional<Timestamp> first_;
  std::optional<Timestamp> last_;
};

}  // namespace ntan::serve
