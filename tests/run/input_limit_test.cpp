#include "run/input_limit.h"

#include <catch2/catch.hpp>

namespace ntan::run {
namespace {

using namespace std::chrono_literals;

/// Ten packets of six octets, a second apart.
Batch ten_packets() {
  static constexpr std::array<std::uint8_t, 6> octets{};
  Batch batch;
  for (; batch.count < 10; ++batch.count) {
    PacketView& packet = batch.packets[batch.count];
    packet.time = Timestamp{std::chrono::seconds{100 + batch.count}};
    packet.data = octets;
  }
  return batch;
}

/// Packets left of the second of two batches, and why.
std::pair<std::size_t, std::optional<StopReason>> left_of_second(const Options& options) {
  InputLimit limit{options};
  Batch batch = ten_packets();
  REQUIRE_FALSE(limit.cut(batch));
  REQUIRE(batch.count == 10);
  for (PacketView& packet : batch.packets) packet.time += 10s;
  const auto reason = limit.cut(batch);
  return {batch.count, reason};
}

}  // namespace

TEST_CASE("input limit: a batch is cut where the first condition is met") {
  CHECK(left_of_second({}) == std::pair{std::size_t{10}, std::optional<StopReason>{}});
  Options options;
  options.count = 13;
  CHECK(left_of_second(options) == std::pair{std::size_t{3}, std::optional{StopReason::count}});
  options.count.reset();
  options.file_size = 85;
  CHECK(left_of_second(options) == std::pair{std::size_t{5}, std::optional{StopReason::file_size}});
  options.duration = 12s;
  CHECK(left_of_second(options) == std::pair{std::size_t{2}, std::optional{StopReason::duration}});
}

TEST_CASE("input limit: what exceeds the duration may be the first of its batch") {
  Options options;
  options.duration = 10s;
  CHECK(left_of_second(options) == std::pair{std::size_t{0}, std::optional{StopReason::duration}});
}

}  // namespace ntan::run
