#include "stats/path_counts.h"

#include <catch2/catch.hpp>

namespace ntan::stats {

TEST_CASE("path: loss is said where it was") {
  PathCounts path{.segments = {.data = 1000, .upstream = 0, .fast = 4}};
  CHECK(loss_in_words(path, {}) ==
        "0.40 % lost beyond this point, 0 % before it; the capture lost nothing");
  path.segments.upstream = 250;
  path.unseen_bytes = 1'500'000;
  CHECK(loss_in_words(path, {}) ==
        "0.40 % lost beyond this point, 20.0 % before it; the capture missed 1.50 MB that were "
        "acknowledged");
  CHECK(loss_in_words(path, {.by_kernel = 12, .by_interface = 5}) ==
        "0.40 % lost beyond this point, 20.0 % before it; the kernel dropped 12 packets");
  CHECK(loss_in_words(path, {.by_interface = 5}) ==
        "0.40 % lost beyond this point, 20.0 % before it; the interface dropped 5 packets");
}

TEST_CASE("path: what the receiver calls duplicate was not lost, and is left out once") {
  SegmentCounts segments{.data = 100, .spurious = 2, .fast = 3, .timeout = 1, .needless = 4};
  CHECK(segments.repeats() == 6);
  CHECK(segments.lost_behind() == 2);  // two of the four duplicates are the spurious ones
  segments.needless = 100;
  CHECK(segments.lost_behind() == 0);
  CHECK(SegmentCounts{}.loss_ratio() == std::nullopt);
  CHECK(*SegmentCounts{.data = 1, .timeout = 5}.loss_ratio() == 1);
}

TEST_CASE("path: a window holds what has become more") {
  const PathCounts before{.segments = {.data = 10, .fast = 1}, .acks = 5, .unseen_bytes = 100};
  const PathCounts now{
      .segments = {.data = 30, .fast = 1, .other = 2}, .acks = 9, .unseen_bytes = 40};
  const PathCounts window = since(before, now);
  CHECK(window.segments.data == 20);
  CHECK(window.segments.fast == 0);
  CHECK(window.segments.other == 2);
  CHECK(window.acks == 4);
  CHECK(window.unseen_bytes == -60);  // came by after all
  PathCounts sum = before;
  sum += window;
  CHECK(sum.segments.data == now.segments.data);
}

}  // namespace ntan::stats
