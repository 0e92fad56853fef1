#include "run/recorder.h"

#include <algorithm>

namespace ntan::run {

void Recorder::record(const event::Event& event, Place place) {
  advance(event.common.ts);
  const std::size_t before = renderer_.size();
  const auto lines = renderer_.render(event);
  if (!lines) return;
  keep({.time = event.common.ts, .place = place, .schema = &event.schema, .lines = *lines}, before);
}

void Recorder::record(const event::Schema& schema, Timestamp time, Place place,
                      const Renderer& renderer, const Renderer::Lines& lines) {
  advance(time);
  const std::size_t before = renderer_.size();
  keep({.time = time, .place = place, .schema = &schema, .lines = renderer_.copy(renderer, lines)},
       before);
}

void Recorder::keep(const Entry& entry, std::size_t before) {
  ++recorded_;
  if (static_cast<int>(entry.place.order) == direct_order_) {
    hand_over(entry);
    renderer_.shorten(before);
    return;
  }
  entries_.push_back(entry);
  // A capture may give every packet the same time: what is held must not grow with it.
  if (renderer_.size() + entries_.size() * sizeof(Entry) <= most_held_) return;
  ++hurried_;
  release(event::Order::summary);
}

void Recorder::enter(event::Order order) {
  release(order);
  direct_order_ = static_cast<int>(order);
}

void Recorder::release(event::Order last) {
  if (entries_.size() > 1) {
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return a.place.order != b.place.order ? a.place.order < b.place.order
                                            : a.place.sequence < b.place.sequence;
    });
  }
  const auto end = std::find_if(entries_.begin(), entries_.end(),
                                [last](const Entry& entry) { return entry.place.order > last; });
  std::for_each(entries_.begin(), end, [this](const Entry& entry) { hand_over(entry); });
  entries_.erase(entries_.begin(), end);
  if (entries_.empty()) renderer_.shorten(0);
}

void Recorder::hand_over(const Entry& entry) {
  for (std::size_t i = 0; i < entry.lines.size(); ++i) {
    if (entry.lines[i].size == 0) continue;
    sink_->write(*entry.schema, entry.time, static_cast<Format>(i), renderer_.text(entry.lines[i]));
  }
}

}  // namespace ntan::run
