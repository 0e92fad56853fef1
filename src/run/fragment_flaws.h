// What is wrong with an IP fragment, as an anomaly event says it.
#pragma once

#include "wire/defragment.h"

namespace ntan::run {

struct FragmentFlaws {
  bool overlap : 1 = false;  ///< the first of its datagram
  bool tiny : 1 = false;
  bool too_long : 1 = false;
  bool bad_length : 1 = false;

  FragmentFlaws() = default;
  explicit FragmentFlaws(const wire::Defragmenter::Result& result) noexcept
      : overlap(result.overlap),
        tiny(result.tiny),
        too_long(result.reason == wire::Defragmenter::Reason::too_long),
        bad_length(result.reason == wire::Defragmenter::Reason::bad_length ||
                   result.reason == wire::Defragmenter::Reason::end_conflict) {}

  [[nodiscard]] bool any() const noexcept { return overlap || tiny || too_long || bad_length; }
};

}  // namespace ntan::run
