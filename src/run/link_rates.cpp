#include "run/link_rates.h"

#include <algorithm>

namespace ntan::run {

void LinkRates::sample(const std::vector<source::LinkCount>& counts) {
  std::erase_if(links_, [&counts](const auto& link) {
    return std::none_of(counts.begin(), counts.end(), [&link](const source::LinkCount& count) {
      return count.interface == link.first;
    });
  });
  for (const source::LinkCount& count : counts) {
    const auto [found, is_new] = links_.try_emplace(count.interface);
    Link& link = found->second;
    if (!is_new) {
      constexpr double bits = 8;
      const bool grown = count.octets >= link.octets;
      link.bps.push_back(grown ? static_cast<double>(count.octets - link.octets) * bits : 0);
      if (link.bps.size() > seconds) link.bps.pop_front();
    }
    link.octets = count.octets;
  }
}

std::vector<double> LinkRates::of(const std::string& interface) const {
  const auto found = links_.find(interface);
  if (found == links_.end()) return {};
  return {found->second.bps.begin(), found->second.bps.end()};
}

}  // namespace ntan::run
