// What the page can see and ask of the program around it: the run that feeds it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "serve/http_server.h"

namespace ntan::serve {

/// Where event lines come from.
enum class Mode : std::uint8_t {
  live,
  replay,  ///< of a capture file
  events,  ///< somebody else's, as NDJSON
};

enum class Status : std::uint8_t {
  idle,  ///< nothing was started yet
  running,
  stopped,  ///< by the user; what came is kept
  failed,   ///< see RunState::failure
  ended,    ///< the file or stream has come to its end
};

[[nodiscard]] std::string_view to_text(Mode mode) noexcept;
[[nodiscard]] std::string_view to_text(Status status) noexcept;

/// Why something cannot be had, as the user reads it.
struct Refused {
  unsigned status = 409;
  std::string error;
  std::vector<std::string> hints{};
};

struct Failure {
  std::string error;
  std::vector<std::string> hints;
  int exit_code = 1;
};

/// Packets that are kept for export.
struct PacketsKept {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t capacity = 0;
  std::uint64_t given_up = 0;  ///< packets
};

struct Progress {
  std::uint64_t bytes = 0;
  std::uint64_t size = 0;
};

/// What a process takes of this machine.
struct Load {
  double cpu_ratio = 0;  ///< of one core, in the last second
  std::uint64_t resident_bytes = 0;
};

struct RunState {
  Mode mode{};
  Status status{};
  std::string interface;  ///< live
  std::string file;       ///< replay, events
  std::string filter;
  std::string filter_effective;
  bool own_traffic_excluded = false;
  std::optional<Timestamp> started;
  std::uint64_t elapsed_us = 0;
  std::optional<Failure> failure;
  std::vector<std::string> notes;  ///< the latest lines of the run's standard error
  std::optional<PacketsKept> packets;
  std::optional<Progress> progress;
  std::optional<Load> run_load;   ///< of the process that reads packets
  std::optional<Load> page_load;  ///< of the one that serves the page
  bool promiscuous = true;        ///< live: runs may be
};

struct StartRequest {
  std::string interface;
  std::string filter;
  std::optional<std::uint64_t> snaplen;
  std::optional<std::uint64_t> duration_s;
  bool promiscuous = true;

  friend bool operator==(const StartRequest&, const StartRequest&) = default;
};

struct FilterVerdict {
  bool good = false;
  std::size_t instructions = 0;  ///< of the compiled filter
  std::string error;
  std::string word;        ///< the wrong one, where it can be told; empty else
  std::size_t offset = 0;  ///< octets before it
  std::vector<std::string> suggestions;
};

struct InterfaceState {
  std::string name;
  bool up = false;
  bool loopback = false;
  bool default_route = false;
  std::vector<std::string> addresses;
  std::vector<double> bps;  ///< a value per second, the latest last
};

/// Which packets an export is to hold; all of them without either.
struct PacketChoice {
  std::optional<std::string> scan;
  std::optional<std::string> flow;
};

class Control {
 public:
  virtual ~Control() = default;
  [[nodiscard]] virtual RunState state() = 0;
  [[nodiscard]] virtual std::optional<Refused> start(const StartRequest& request) = 0;
  [[nodiscard]] virtual std::optional<Refused> stop() = 0;
  [[nodiscard]] virtual FilterVerdict check(const std::string& filter) = 0;
  [[nodiscard]] virtual std::vector<InterfaceState> interfaces() = 0;
  /// Completes `later` with a capture file or the reason why there is none.
  virtual void packets(const PacketChoice& choice, const std::shared_ptr<PendingReply>& later) = 0;
};

}  // namespace ntan::serve
