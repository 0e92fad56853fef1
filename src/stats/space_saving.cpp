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
  const std::size_t from = home(address);
  const std::size_t slot = find_slot(address, from);
  if (slots_[slot] != 0) {
    const auto place = static_cast<Place>(slots_[slot] - 1);
    counters_[place].bytes += bytes;
    counters_[place].packets += packets;
    grow(heap_at_[place], counters_[place].bytes);
  } else if (size_ < capacity) {
    append({.address = address, .bytes = bytes, .packets = packets});
  } else {
    const Place place = heap_.front().place;
    leave(place);
    const std::uint64_t least = counters_[place].bytes;
    counters_[place] = {
        .address = address, .bytes = least + bytes, .error = least, .packets = packets};
    enter(place, from);
    grow(0, least + bytes);
  }
}

void SpaceSaving::merge(const SpaceSaving& other) {
  // An address that one side does not list may have sent there what its smallest counter says.
  const std::uint64_t least_here = least();
  const std::uint64_t least_there = other.least();
  std::vector<Counter> all(counters_.begin(),
                           counters_.begin() + static_cast<std::ptrdiff_t>(size_));
  for (Counter& counter : all) {
    if (const Counter* same = other.find(counter.address)) {
      counter.bytes += same->bytes;
      counter.error += same->error;
      counter.packets += same->packets;
    } else {
      counter.bytes += least_there;
      counter.error += least_there;
    }
  }
  for (std::size_t i = 0; i < other.size_; ++i) {
    Counter counter = other.counters_[i];
    if (find(counter.address) != nullptr) continue;
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

std::size_t SpaceSaving::find_slot(const IpAddress& address, std::size_t from) const noexcept {
  // Most slots are free, so this ends.
  std::size_t slot = from;
  while (slots_[slot] != 0 && counters_[slots_[slot] - 1U].address != address)
    slot = (slot + 1) % slots;
  return slot;
}

const SpaceSaving::Counter* SpaceSaving::find(const IpAddress& address) const noexcept {
  const Place found = slots_[find_slot(address, home(address))];
  return found == 0 ? nullptr : &counters_[found - 1U];
}

void SpaceSaving::enter(Place place, std::size_t from) noexcept {
  homes_[place] = static_cast<Place>(from);
  slots_[find_slot(counters_[place].address, from)] = static_cast<Place>(place + 1);
}

// Those behind move up, so that no search ends before what it looks for.
void SpaceSaving::leave(Place place) noexcept {
  std::size_t slot = find_slot(counters_[place].address, homes_[place]);
  slots_[slot] = 0;
  for (std::size_t next = (slot + 1) % slots; slots_[next] != 0; next = (next + 1) % slots) {
    const std::size_t from_home = (next + slots - homes_[slots_[next] - 1U]) % slots;
    const std::size_t from_free = (next + slots - slot) % slots;
    if (from_home < from_free) continue;
    slots_[slot] = slots_[next];
    slots_[next] = 0;
    slot = next;
  }
}

void SpaceSaving::append(const Counter& counter) noexcept {
  const auto place = static_cast<Place>(size_++);
  counters_[place] = counter;
  enter(place, home(counter.address));
  put(place, {.bytes = counter.bytes, .place = place});
  rise(place);
}

void SpaceSaving::grow(std::size_t at, std::uint64_t bytes) noexcept {
  const Ranked grown{.bytes = bytes, .place = heap_[at].place};
  while (2 * at + 1 < size_) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < size_ && heap_[child + 1].before(heap_[child])) ++child;
    if (!heap_[child].before(grown)) break;
    put(at, heap_[child]);
    at = child;
  }
  put(at, grown);
}

void SpaceSaving::rise(std::size_t at) noexcept {
  const Ranked counter = heap_[at];
  while (at > 0 && counter.before(heap_[(at - 1) / 2])) {
    put(at, heap_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  put(at, counter);
}

void SpaceSaving::put(std::size_t at, const Ranked& counter) noexcept {
  heap_[at] = counter;
  heap_at_[counter.place] = static_cast<Place>(at);
}

std::uint64_t SpaceSaving::least() const noexcept {
  return size_ < capacity ? 0 : heap_.front().bytes;
}

}  // namespace ntan::stats
