// Where packets come from: capture files, pipes, live interfaces. The only folder that reads
// packets from outside, and the only one that knows libpcap.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "base/packet.h"

namespace ntan::source {

/// One interface of the input, in the order in which it was first met. PacketView::interface
/// indexes these.
struct Interface {
  std::string name;  ///< `eth0`; empty where the file does not say
  LinkType link{};
  std::uint32_t snaplen = 0;  ///< 0: unknown or unlimited
};

/// What became of packets before ntan could read them, as the kernel tells or the capture's own
/// statistics. Absent: the source cannot know.
struct Counters {
  std::optional<std::uint64_t> received;  ///< as the kernel counts; may include dropped ones
  std::optional<std::uint64_t> dropped_by_kernel;  ///< ring full
  std::optional<std::uint64_t> dropped_by_interface;

  Counters& operator+=(const Counters& more) noexcept;
};

enum class Status : std::uint8_t {
  packets,  ///< the batch holds at least one packet
  idle,     ///< nothing now: a quiet link, pipe or replay, a filter without a match for long
  end,      ///< no more packets will come; see damage()
};

/// How an input ended before its end. Every whole packet before it was delivered.
struct Damage {
  enum class Kind : std::uint8_t {
    truncated,
    corrupt,
    not_a_capture,  ///< one of several: the others were read
    unreadable,     ///< the system could not open it any more, or not read on
  };
  Kind kind{};
  std::string text;  ///< one line for stderr: `x.pcap: cut off in packet 17 at byte 4096`
};

[[nodiscard]] bool has_damage(const std::vector<Damage>& damage, Damage::Kind kind) noexcept;

/// Set-up failed; what() is one line for stderr, hints follow on lines of their own.
class Error : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t { not_a_capture, permission, not_found, usage, runtime };

  Error(Kind kind, const std::string& message, std::vector<std::string> hints = {})
      : std::runtime_error(message), kind_(kind), hints_(std::move(hints)) {}

  [[nodiscard]] Kind kind() const noexcept { return kind_; }

  [[nodiscard]] const std::vector<std::string>& hints() const noexcept { return hints_; }

 private:
  Kind kind_;
  std::vector<std::string> hints_;
};

/// What kind of error it is that the system refuses a file to be read or written.
[[nodiscard]] Error::Kind kind_of(const std::error_code& error) noexcept;

/// A stream of packets. Batches cross this interface, never single packets.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// Fills `batch` with up to Batch::capacity packets. Views stay valid until the next call.
  /// A partial batch is handed over when nothing more is ready. Live: waits at most the poll time.
  virtual Status read(Batch& batch) = 0;

  [[nodiscard]] virtual const std::vector<Interface>& interfaces() const noexcept = 0;

  [[nodiscard]] virtual Counters counters() { return {}; }

  /// All damage met so far, in the order of the input.
  [[nodiscard]] virtual const std::vector<Damage>& damage() const noexcept = 0;
  /// Remarks for stderr that are no damage, in order and few (`ring of 16 MiB instead of 64 MiB`).
  [[nodiscard]] virtual const std::vector<std::string>& notes() const noexcept {
    static const std::vector<std::string> none;
    return none;
  }
  /// Whether there were any so far, those that the filter rejected among them. Live: not known.
  [[nodiscard]] virtual bool had_packets() const noexcept { return true; }
  /// For the trace clock of an idle link. Live: wall time. A paced file: how far the replay has
  /// come, never past the packet that it waits for. Else absent.
  [[nodiscard]] virtual std::optional<Timestamp> clock() { return std::nullopt; }

  /// Octets of input consumed, for progress; total is absent for pipes.
  [[nodiscard]] virtual std::uint64_t position() const noexcept { return 0; }

  [[nodiscard]] virtual std::optional<std::uint64_t> size() const noexcept { return std::nullopt; }
};

}  // namespace ntan::source
