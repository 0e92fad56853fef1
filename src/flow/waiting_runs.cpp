#include "flow/waiting_runs.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ntan::flow {
namespace {

/// What an allocation costs beyond its octets, about.
constexpr std::size_t block_overhead = 16;

constexpr std::size_t cost(std::size_t octets) noexcept {
  return octets == 0 ? 0 : octets + block_overhead;
}

}  // namespace

Run Run::first(std::uint32_t count) const noexcept {
  return {.start = start,
          .size = count,
          .captured = captured.first(std::min<std::size_t>(count, captured.size()))};
}

void Run::drop_front(std::uint32_t count) noexcept {
  start += count;
  size -= count;
  captured = captured.subspan(std::min<std::size_t>(count, captured.size()));
}

std::unique_ptr<WaitingRuns> WaitingRuns::make(Budget& memory) {
  if (!memory.take(cost(sizeof(WaitingRuns)))) return nullptr;
  return std::make_unique<WaitingRuns>(memory);
}

WaitingRuns::~WaitingRuns() {
  drop_front(count_);
  memory_->give_back(cost(sizeof(WaitingRuns)));
}

bool WaitingRuns::insert(const Run& run, Timestamp now) {
  const std::size_t captured = run.captured.size();
  if (count_ == max_runs || captured > max_octets - octets_) {
    ++memory_->refused;
    return false;
  }
  if (!memory_->take(cost(captured))) return false;
  Kept kept{.start = run.start,
            .arrived = now,
            .size = run.size,
            .captured = static_cast<std::uint32_t>(captured),
            .octets = nullptr};
  if (captured != 0) {
    kept.octets = std::make_unique_for_overwrite<std::uint8_t[]>(captured);  // NOLINT(*-c-arrays)
    std::memcpy(kept.octets.get(), run.captured.data(), captured);
  }
  const auto place = runs_.begin() + static_cast<std::ptrdiff_t>(find(run.start));
  const auto end = runs_.begin() + static_cast<std::ptrdiff_t>(count_);
  std::move_backward(place, end, end + 1);
  *place = std::move(kept);
  ++count_;
  octets_ += captured;
  extent_ += run.size;
  oldest_ = std::min(oldest_, now);
  return true;
}

void WaitingRuns::drop_front(std::size_t count) noexcept {
  const auto begin = runs_.begin();
  const auto kept = begin + static_cast<std::ptrdiff_t>(count);
  const auto end = begin + static_cast<std::ptrdiff_t>(count_);
  for (auto run = begin; run != kept; ++run) {
    octets_ -= run->captured;
    extent_ -= run->size;
    memory_->give_back(cost(run->captured));
    run->octets.reset();
  }
  std::move(kept, end, begin);
  count_ -= count;
  oldest_ = Timestamp::max();
  for (std::size_t i = 0; i < count_; ++i) {
    oldest_ = std::min(oldest_, runs_.at(i).arrived);
  }
}

Run WaitingRuns::at(std::size_t index) const noexcept {
  const Kept& kept = runs_[index];
  return {.start = kept.start, .size = kept.size, .captured = {kept.octets.get(), kept.captured}};
}

std::size_t WaitingRuns::find(std::int64_t position) const noexcept {
  const auto begin = runs_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(count_);
  const auto found = std::partition_point(
      begin, end, [position](const Kept& kept) { return kept.start + kept.size <= position; });
  return static_cast<std::size_t>(found - begin);
}

std::optional<WaitingRuns::Conflict> WaitingRuns::compare(const Run& run) const noexcept {
  for (std::size_t i = find(run.start); i < count_ && runs_[i].start < run.end(); ++i) {
    Run mine = at(i);
    Run other = run;
    const std::int64_t start = std::max(mine.start, other.start);
    const std::int64_t end = std::min(mine.end(), other.end());
    mine.drop_front(static_cast<std::uint32_t>(start - mine.start));
    other.drop_front(static_cast<std::uint32_t>(start - other.start));
    const std::size_t common = std::min(
        {static_cast<std::size_t>(end - start), mine.captured.size(), other.captured.size()});
    std::size_t first = 0;
    while (first < common && mine.captured[first] == other.captured[first]) ++first;
    if (first == common) continue;
    std::size_t last = common - 1;
    while (mine.captured[last] == other.captured[last]) --last;
    return Conflict{.start = start + static_cast<std::int64_t>(first),
                    .size = static_cast<std::uint32_t>(last - first + 1)};
  }
  return std::nullopt;
}

}  // namespace ntan::flow
