#include "stats/space_saving.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"

namespace ntan::stats {
namespace {

bool heavier(const SpaceSaving::Counter& a, const SpaceSaving::Counter& b) noexcept {
  return a.bytes != b.bytes ? a.bytes > b.bytes : a.address < b.address;
}

}  // namespace

void SpaceSaving::add(const IpAddress& address, std::uint64_t bytes,
                      std::uint64_t packets) noexcept {
  total_ += bytes;
  const std::size_t slot = find_slot(address);
  if (slots_[slot] != 0) {
    const auto place = static_cast<Place>(slots_[slot] - 1);
    counters_[place].bytes += bytes;
    counters_[place].packets += packets;
    sink(heap_at_[place]);
  } else if (size_ < capacity) {
    append({.address = address, .bytes = bytes, .packets = packets});
  } else {
    const Place place = heap_.front();
    Counter& counter = counters_[place];
    free_slot(find_slot(counter.address));
    counter = {.address = address,
               .bytes = counter.bytes + bytes,
               .error = counter.bytes,
               .packets = packets};
    slots_[find_slot(address)] = static_cast<Place>(place + 1);
    sink(0);
  }
}

void SpaceSaving::merge(const SpaceSaving& other) {
  // An address that one side does not list may have sent there what its smallest counter says.
  const std::uint64_t least_here = least();
  const std::uint64_t least_there = other.least();
  std::vector<Counter> all(counters_.begin(),
                           counters_.begin() + static_cast<std::ptrdiff_t>(size_));
  for (Counter& counter : all) {
    const Place there = other.slots_[other.find_slot(counter.address)];
    if (there != 0) {
      const Counter& same = other.counters_[there - 1U];
      counter.bytes += same.bytes;
      counter.error += same.error;
      counter.packets += same.packets;
    } else {
      counter.bytes += least_there;
      counter.error += least_there;
    }
  }
  for (std::size_t i = 0; i < other.size_; ++i) {
    Counter counter = other.counters_[i];
    if (slots_[find_slot(counter.address)] != 0) continue;
    counter.bytes += least_here;
    counter.error += least_here;
    all.push_back(counter);
  }
  std::sort(all.begin(), all.end(), heavier);
  if (all.size() > capacity) all.resize(capacity);
  const std::uint64_t total = total_ + other.total_;
  clear();
  total_ = total;
  for (const Counter& counter : all) append(counter);
}

void SpaceSaving::clear() noexcept {
  slots_.fill(0);
  size_ = 0;
  total_ = 0;
}

std::vector<SpaceSaving::Counter> SpaceSaving::top(std::size_t count) const {
  std::vector<Counter> all(counters_.begin(),
                           counters_.begin() + static_cast<std::ptrdiff_t>(size_));
  std::sort(all.begin(), all.end(), heavier);
  if (all.size() > count) all.resize(count);
  return all;
}

std::size_t SpaceSaving::home(const IpAddress& address) noexcept {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(address.octets);
  const std::array words{halves[0], halves[1], static_cast<std::uint64_t>(address.version)};
  return hash_words(words, fixed_hash_key) % slots;
}

std::size_t SpaceSaving::find_slot(const IpAddress& address) const noexcept {
  // Half of the slots are free, so this ends.
  std::size_t slot = home(address);
  while (slots_[slot] != 0 && counters_[slots_[slot] - 1U].address != address)
    slot = (slot + 1) % slots;
  return slot;
}

// Those behind move up, so that no search ends before what it looks for.
void SpaceSaving::free_slot(std::size_t slot) noexcept {
  slots_[slot] = 0;
  std::size_t next = (slot + 1) % slots;
  while (slots_[next] != 0) {
    const std::size_t wanted = home(counters_[slots_[next] - 1U].address);
    const std::size_t from_wanted = (next + slots - wanted) % slots;
    const std::size_t from_free = (next + slots - slot) % slots;
    if (from_wanted >= from_free) {
      slots_[slot] = slots_[next];
      slots_[next] = 0;
      slot = next;
    }
    next = (next + 1) % slots;
  }
}

void SpaceSaving::append(const Counter& counter) noexcept {
  const auto place = static_cast<Place>(size_++);
  slots_[find_slot(counter.address)] = static_cast<Place>(place + 1);
  counters_[place] = counter;
  put(place, place);
  rise(place);
}

bool SpaceSaving::before(Place a, Place b) const noexcept {
  const std::uint64_t bytes_a = counters_[a].bytes;
  const std::uint64_t bytes_b = counters_[b].bytes;
  return bytes_a != bytes_b ? bytes_a < bytes_b : a < b;
}

void SpaceSaving::sink(std::size_t at) noexcept {
  const Place place = heap_[at];
  while (2 * at + 1 < size_) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < size_ && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], place)) break;
    put(at, heap_[child]);
    at = child;
  }
  put(at, place);
}

void SpaceSaving::rise(std::size_t at) noexcept {
  const Place place = heap_[at];
  while (at > 0 && before(place, heap_[(at - 1) / 2])) {
    put(at, heap_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  put(at, place);
}

void SpaceSaving::put(std::size_t at, Place place) noexcept {
  heap_[at] = place;
  heap_at_[place] = static_cast<Place>(at);
}

std::uint64_t SpaceSaving::least() const noexcept {
  return size_ < capacity ? 0 : counters_[heap_.front()].bytes;
}

}  // namespace ntan::stats
