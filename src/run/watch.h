// For commands that ask about one scan or one flow: looks on while the engine works.
#pragma once

#include "detect/scan_record.h"
#include "detect/scan_watch.h"
#include "event/event.h"
#include "flow/flow.h"

namespace ntan::run {

class Watch : public detect::ScanWatch {
 public:
  void on_counted(event::Id, const IpAddress&, const detect::Probe&) override {}
  /// A `scan` event, whether or not it is written.
  virtual void on_scan(const event::Common&, const detect::ScanRecord&) {}
  /// A flow ended at trace clock `now`; each once.
  virtual void on_flow_end(const flow::Flow&, Timestamp) {}
};

}  // namespace ntan::run
