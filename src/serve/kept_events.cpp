#include "serve/kept_events.h"

#include <algorithm>

namespace ntan::serve {
namespace {

/// What a line takes besides its octets.
constexpr std::size_t overhead = sizeof(KeptEvent) + sizeof(std::uint64_t) + 16;

constexpr std::string_view other_kinds = "other";

}  // namespace

void KeptEvents::add(std::string_view kind, Timestamp time, std::string_view line) {
  ++seen_;
  const std::uint8_t number = kind_number(kind);
  ++kinds_[number].seen;
  const std::size_t size = line.size() + overhead;
  if (size > capacity_) return;
  while (octets_ + size > capacity_) drop_oldest();
  const std::uint64_t sequence = next_++;
  octets_ += size;
  events_.push_back(
      {.sequence = sequence, .time = time, .kind = number, .line = std::string{line}});
  kinds_[number].held.push_back(sequence);
}

void KeptEvents::clear() noexcept {
  events_.clear();
  kinds_.clear();
  octets_ = 0;
  seen_ = 0;
}

const KeptEvent* KeptEvents::from(std::uint64_t sequence) const noexcept {
  if (events_.empty() || sequence > events_.back().sequence) return nullptr;
  return &at(std::max(sequence, events_.front().sequence));
}

const EventKind* KeptEvents::kind(std::string_view name) const noexcept {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(),
                                  [name](const EventKind& one) { return one.name == name; });
  return found == kinds_.end() ? nullptr : &*found;
}

std::uint8_t KeptEvents::kind_number(std::string_view name) {
  const auto find = [this](std::string_view wanted) {
    const auto found = std::find_if(kinds_.begin(), kinds_.end(),
                                    [wanted](const EventKind& one) { return one.name == wanted; });
    return static_cast<std::size_t>(found - kinds_.begin());
  };
  if (name.size() > longest_kind) name = other_kinds;
  std::size_t place = find(name);
  if (place == kinds_.size() && kinds_.size() + 1 >= most_kinds) place = find(name = other_kinds);
  if (place == kinds_.size()) kinds_.push_back({.name = std::string{name}});
  return static_cast<std::uint8_t>(place);
}

void KeptEvents::drop_oldest() noexcept {
  const KeptEvent& oldest = events_.front();
  octets_ -= oldest.line.size() + overhead;
  kinds_[oldest.kind].held.pop_front();
  events_.pop_front();
}

}  // namespace ntan::serve
