#include "run/recorder.h"

#include <algorithm>
#include <cstring>

#include "run/summary_screen.h"
#include "stats/summary_record.h"

namespace ntan::run {
namespace {

constexpr std::array formats{Format::json, Format::csv, Format::table};

constexpr std::uint8_t bit(Format format) noexcept {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(format));
}

}  // namespace

std::uint8_t Recorder::formats_of(const event::Schema& schema) {
  // A handful of schemas: a walk over them beats hashing.
  for (const Known& known : known_) {
    if (known.schema == &schema) return known.formats;
  }
  Known known{.schema = &schema};
  for (const Format format : formats) {
    if (wanted_(context_, schema, format)) known.formats |= bit(format);
  }
  known_.push_back(known);
  return known.formats;
}

void Recorder::record(const event::Event& event, Place place) {
  advance(event.common.ts);
  const std::uint8_t wanted = formats_of(event.schema);
  if (wanted == 0) return;
  ++recorded_;
  const std::size_t before = text_size_;
  Entry entry{.time = event.common.ts, .place = place, .schema = &event.schema, .pieces = {}};
  for (const Format format : formats) {
    if ((wanted & bit(format)) != 0)
      entry.pieces[static_cast<std::size_t>(format)] = render(event, format);
  }
  if (static_cast<int>(place.order) == direct_order_) {
    hand_over(entry);
    text_size_ = before;
    return;
  }
  entries_.push_back(entry);
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
  if (entries_.empty()) text_size_ = 0;
}

void Recorder::hand_over(const Entry& entry) {
  for (const Format format : formats) {
    const Piece& piece = entry.pieces[static_cast<std::size_t>(format)];
    if (piece.size == 0) continue;
    sink_->write(*entry.schema, entry.time, format, {text_.get() + piece.offset, piece.size});
  }
}

Recorder::Piece Recorder::render(const event::Event& event, Format format) {
  const std::size_t offset = text_size_;
  if (format == Format::json) {
    char* out = reserve(event::json_bound(event));
    text_size_ =
        static_cast<std::size_t>(event::append_json(out, event, style_.values) - text_.get());
    return {offset, text_size_ - offset};
  }
  scratch_.clear();
  if (format == Format::table && &event.schema == &event::schema_of<stats::SummaryRecord>) {
    append_summary_screen(scratch_, *static_cast<const stats::SummaryRecord*>(event.record),
                          {.values = style_.values, .color = style_.color, .width = style_.width});
  } else {
    event::append_line(scratch_, event, format, style_);
  }
  std::memcpy(reserve(scratch_.size()), scratch_.data(), scratch_.size());
  text_size_ += scratch_.size();
  return {offset, scratch_.size()};
}

char* Recorder::reserve(std::size_t size) {
  if (text_size_ + size > text_capacity_) {
    constexpr std::size_t smallest = std::size_t{64} << 10U;
    text_capacity_ = std::max({smallest, 2 * text_capacity_, text_size_ + size});
    auto grown = std::make_unique_for_overwrite<char[]>(text_capacity_);  // NOLINT(*-c-arrays)
    if (text_size_ != 0) std::memcpy(grown.get(), text_.get(), text_size_);
    text_ = std::move(grown);
  }
  return text_.get() + text_size_;
}

}  // namespace ntan::run
