#include "source/link_name.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "base/lower.h"

namespace ntan::source {

// The numbers differ for raw IP only.
int dlt_of(LinkType link) noexcept {
  const bool raw = link == LinkType::raw || link == LinkType::raw_openbsd;
  return raw ? DLT_RAW : static_cast<int>(link);
}

std::string link_name(LinkType link) {
  if (const std::string_view ours = to_text(link); !ours.empty()) return std::string{ours};
  const char* theirs = pcap_datalink_val_to_name(dlt_of(link));
  return theirs != nullptr ? to_lower(theirs)
                           : fmt::format("LINKTYPE{}", static_cast<unsigned>(link));
}

}  // namespace ntan::source
