// What the interfaces of this machine carry, second by second.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "source/link_activity.h"

namespace ntan::run {

class LinkRates {
 public:
  static constexpr std::size_t seconds = 60;

  /// Once a second: bits since the last time.
  void sample(const std::vector<source::LinkCount>& counts);
  /// Bits per second of one, oldest first; empty if nothing is known.
  [[nodiscard]] std::vector<double> of(const std::string& interface) const;

 private:
  struct Link {
    std::uint64_t octets = 0;
    std::deque<double> bps;
  };

  std::map<std::string, Link> links_;
};

}  // namespace ntan::run
