// For those who ask what a scan is made of: looks on while the detector works.
#pragma once

#include "base/address.h"
#include "detect/probe.h"
#include "event/record.h"

namespace ntan::detect {

/// Called in the order of the outcomes; references end with the call.
class ScanWatch {
 public:
  virtual ~ScanWatch() = default;

  /// A first contact was counted as part of the scan `scan`; each once per scan. Its result may
  /// still be pending.
  virtual void on_counted(event::Id scan, const IpAddress& source, const Probe& probe) = 0;

 protected:
  ScanWatch() = default;
  ScanWatch(const ScanWatch&) = default;
  ScanWatch& operator=(const ScanWatch&) = default;
};

}  // namespace ntan::detect
