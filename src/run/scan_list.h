// What commands that are given the id of a scan learn of all the scans of their input.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "detect/scan_record.h"
#include "event/event.h"
#include "flow/flow.h"
#include "run/ids.h"

namespace ntan::run {

class ScanList {
 public:
  static constexpr std::size_t max_hints = 8;

  /// `asked`: of a scan, or of a group of scans.
  explicit ScanList(event::Id asked) : asked_(asked) {}

  void add(const event::Common& common, const detect::ScanRecord& record);
  /// A flow that has ended: its id may be what was asked for.
  void add(const flow::Flow& flow);

  /// The scans of the group `asked`, in the order they were met; empty if it is none.
  [[nodiscard]] const std::vector<event::Id>& members() const noexcept { return members_; }
  /// Which ids there are to ask for, line by line.
  [[nodiscard]] std::vector<std::string> hints() const;

 private:
  event::Id asked_;
  std::vector<event::Id> members_;
  IdSet known_members_;
  bool is_flow_ = false;
  std::vector<std::string> others_;  // the first max_hints
};

}  // namespace ntan::run
