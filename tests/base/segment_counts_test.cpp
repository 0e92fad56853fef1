#include "base/segment_counts.h"

#include <catch2/catch.hpp>

namespace ntan {

TEST_CASE("segment counts: SYNs and FINs that came again are no data that was lost") {
  const SegmentCounts counts{.data = 10,
                             .upstream = 3,
                             .fast = 1,
                             .timeout = 2,
                             .other = 3,
                             .control_behind = 4,
                             .control_before = 1};
  CHECK(counts.retransmissions() == 9);
  CHECK(counts.lost_behind() == 2);
  CHECK(counts.lost_before() == 2);
  CHECK(counts.loss_behind_ratio() == 0.2);
  CHECK(counts.loss_before_ratio() == 0.166667);
  CHECK(counts.loss_ratio() == 0.4);
}

TEST_CASE("segment counts: without data there is no part of it") {
  const SegmentCounts counts{.timeout = 2, .control_behind = 2};
  CHECK(counts.retransmissions() == 2);
  CHECK_FALSE(counts.loss_behind_ratio());
  CHECK_FALSE(counts.loss_before_ratio());
  CHECK_FALSE(counts.loss_ratio());
}

}  // namespace ntan
