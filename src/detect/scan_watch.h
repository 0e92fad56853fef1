// For those who ask what a scan is made of: looks on while the detector works.
#pragma once

#include <cstdint>

#include "base/address.h"
#include "base/time.h"
#include "detect/context.h"
#include "detect/probe.h"
#include "detect/scan_record.h"
#include "detect/walk.h"

namespace ntan::detect {

/// Which walks of a source a test looks at.
enum class Axis : std::uint8_t {
  row,     ///< many ports of one host
  column,  ///< one port of many hosts
  source,  ///< everything together
  link,    ///< address resolution
};

/// What became of an outcome on its column.
enum class ColumnStep : std::uint8_t {
  none,  ///< it says nothing there
  counted,
  probation,  ///< a handshake without use: counts if the source does not come back to it
  known,      ///< a handshake with a host that the source really works with
};

/// One outcome as the tests saw it, and their sums after it.
struct WalkStep {
  enum class Cause : std::uint8_t {
    result,     ///< of a first contact
    late,       ///< an answer took a silence back: the steps are differences
    probation,  ///< a handshake without use was not come back to
  };

  const Outcome& outcome;
  Cause cause{};
  Weight weight;
  ColumnStep column_step{};
  Walk row;
  Walk column;
  Walk source;
};

/// Of what a test asks for a number, besides its sums.
enum class AlarmCount : std::uint8_t {
  contacts,        ///< of a row
  unanswered,      ///< of a column: refused or silent
  handshakes,      ///< of a column: nothing was said in them
  bad_results,     ///< of the source
  waiting_ports,   ///< of a row, at once
  waiting_hosts,   ///< of a column, at once
  pinged_hosts,    ///< in the window of echo requests
  resolved_hosts,  ///< in the window of address resolution
};

/// So many there are, and so many it takes at least.
struct Compared {
  AlarmCount counted{};
  std::uint32_t count = 0;
  std::uint32_t needed = 0;
};

/// A test fired for a source without open alert. What it compares is on its axis.
struct AlarmFacts {
  event::Id scan;
  IpAddress source;
  Axis axis{};
  ScanWhy why{};
  Timestamp time;
  IpAddress dst;  ///< of the outcome that fired
  ContactClass contact_class{};
  std::uint16_t port = 0;
  Walk walk;
  Nats bound = 0;
  std::uint32_t bad_permille = 0;  ///< 0: no share of bad results is asked for
  Compared compared;
};

/// Called in the order of the outcomes; references end with the call.
class ScanWatch {
 public:
  virtual ~ScanWatch() = default;

  /// A first contact was counted as part of the scan `scan`; each once per scan. Its result may
  /// still be pending.
  virtual void on_counted(event::Id, const IpAddress& /*source*/, const Probe&) {}
  virtual void on_step(const WalkStep&) {}
  virtual void on_alarm(const AlarmFacts&) {}

 protected:
  ScanWatch() = default;
  ScanWatch(const ScanWatch&) = default;
  ScanWatch& operator=(const ScanWatch&) = default;
};

}  // namespace ntan::detect
