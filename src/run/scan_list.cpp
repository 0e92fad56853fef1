#include "run/scan_list.h"

#include <fmt/core.h>

namespace ntan::run {

void ScanList::add(const event::Common& common, const detect::ScanRecord& record) {
  if (record.id == asked_) return;
  if (record.group == asked_ && known_members_.insert(record.id).second)
    members_.push_back(record.id);
  if (record.phase != detect::ScanPhase::open || others_.size() >= max_hints) return;
  others_.push_back(fmt::format("{}  {} {}{}", id_text(record.id), to_text(record.kind),
                                to_text(record.technique),
                                common.src_ip.known() ? " by " + to_string(common.src_ip) : ""));
}

void ScanList::add(const flow::Flow& flow) {
  is_flow_ = is_flow_ || flow::flow_id(flow) == asked_;
}

std::vector<std::string> ScanList::hints() const {
  if (is_flow_) return {"it is the id of a flow: ntan extract --flow " + id_text(asked_)};
  if (others_.empty())
    return {"no scan was found at all; the options that decide have to be the same"};
  std::vector<std::string> lines{"scans that there are:"};
  lines.insert(lines.end(), others_.begin(), others_.end());
  return lines;
}

}  // namespace ntan::run
