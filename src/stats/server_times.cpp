#include "stats/server_times.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "base/hash.h"

namespace ntan::stats {
namespace {

std::uint32_t tag_of(const IpAddress& server, event::Note::Kind metric) noexcept {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(server.octets);
  const std::array words{halves[0], halves[1], static_cast<std::uint64_t>(metric)};
  return static_cast<std::uint32_t>(hash_words(words, fixed_hash_key));
}

}  // namespace

void ServerTimes::add(const IpAddress& server, event::Note::Kind metric, std::uint64_t ns) {
  const std::size_t place = place_of(server, metric);
  ++counts_[place];
  Pair& pair = pairs_[place];
  if (pair.kept != pair.first.size() && !pair.in_histogram) {
    pair.first[pair.kept++] = ns;
    return;
  }
  fill_histogram(place);
  times_[place].add(ns);
}

void ServerTimes::fill_histogram(std::size_t place) noexcept {
  Pair& pair = pairs_[place];
  if (!pair.in_histogram) times_[place] = {};
  pair.in_histogram = true;
  for (std::size_t i = 0; i < pair.kept; ++i) times_[place].add(pair.first[i]);
  pair.kept = 0;
}

std::size_t ServerTimes::place_of(const IpAddress& server, event::Note::Kind metric) {
  const std::uint32_t tag = tag_of(server, metric);
  for (std::size_t i = 0; i < size_; ++i) {
    if (tags_[i] == tag && pairs_[i].metric == metric && pairs_[i].server == server) return i;
  }
  const std::size_t place = make_place();
  tags_[place] = tag;
  pairs_[place] = {.server = server, .metric = metric, .missed = counts_[place]};
  return place;
}

// A free one, or that of the pair with the fewest measurements, of equals the oldest place.
std::size_t ServerTimes::make_place() {
  if (times_ == nullptr) times_ = std::make_unique_for_overwrite<CoarseHistogram[]>(capacity);
  if (size_ == capacity) {
    return static_cast<std::size_t>(std::min_element(counts_.begin(), counts_.end()) -
                                    counts_.begin());
  }
  counts_[size_] = 0;
  return size_++;
}

std::vector<ServerTimes::Row> ServerTimes::top(std::size_t count) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < size_; ++i) {
    fill_histogram(i);
    rows.push_back({.server = pairs_[i].server,
                    .metric = pairs_[i].metric,
                    .missed = pairs_[i].missed,
                    .times = &times_[i]});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tuple(b.times->n(), a.server, a.metric) <
           std::tuple(a.times->n(), b.server, b.metric);
  });
  if (rows.size() > count) rows.resize(count);
  return rows;
}

}  // namespace ntan::stats
