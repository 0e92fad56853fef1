#include "run/renderer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "run/summary_screen.h"
#include "stats/summary_record.h"

namespace ntan::run {
namespace {

constexpr std::array formats{Format::json, Format::csv, Format::table};

constexpr std::uint8_t bit(Format format) noexcept {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(format));
}

}  // namespace

std::uint8_t Renderer::formats_of(const event::Schema& schema) {
  // A handful of schemas: a walk over them beats hashing. One that is asked for moves forward, so
  // that those of most events are at the front.
  for (std::size_t i = 0; i < known_.size(); ++i) {
    if (known_[i].schema != &schema) continue;
    const std::uint8_t found = known_[i].formats;
    if (i != 0) std::swap(known_[i], known_[i - 1]);
    return found;
  }
  Known known{.schema = &schema};
  for (const Format format : formats) {
    if (wanted_(context_, schema, format)) known.formats |= bit(format);
  }
  known_.push_back(known);
  return known.formats;
}

std::optional<Renderer::Lines> Renderer::render(const event::Event& event) {
  const std::uint8_t wanted = formats_of(event.schema);
  if (wanted == 0) return std::nullopt;
  std::optional<Lines> lines{std::in_place};
  if ((wanted & bit(Format::json)) != 0)
    (*lines)[static_cast<std::size_t>(Format::json)] = render_json(event);
  if ((wanted & bit(Format::csv)) != 0)
    (*lines)[static_cast<std::size_t>(Format::csv)] = render_slowly(event, Format::csv);
  if ((wanted & bit(Format::table)) != 0)
    (*lines)[static_cast<std::size_t>(Format::table)] = render_slowly(event, Format::table);
  return lines;
}

Renderer::Lines Renderer::copy(const Renderer& other, const Lines& lines) {
  Lines copied{};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].size != 0) copied[i] = append(other.text(lines[i]));
  }
  return copied;
}

Renderer::Piece Renderer::render_json(const event::Event& event) {
  const std::size_t offset = size_;
  char* out = reserve(event::json_bound(event));
  event::Style style = style_.values;
  style.day = &day_;
  size_ = static_cast<std::size_t>(event::append_json(out, event, style) - text_.get());
  return {offset, size_ - offset};
}

Renderer::Piece Renderer::render_slowly(const event::Event& event, Format format) {
  scratch_.clear();
  if (format == Format::table && &event.schema == &event::schema_of<stats::SummaryRecord>) {
    append_summary_screen(scratch_, *static_cast<const stats::SummaryRecord*>(event.record),
                          style_.color);
  } else {
    event::append_line(scratch_, event, format, style_);
  }
  return append(scratch_);
}

Renderer::Piece Renderer::append(std::string_view line) {
  const Piece piece{size_, line.size()};
  std::memcpy(reserve(line.size()), line.data(), line.size());
  size_ += line.size();
  return piece;
}

char* Renderer::reserve(std::size_t size) {
  if (size_ + size > capacity_) {
    constexpr std::size_t smallest = std::size_t{64} << 10U;
    capacity_ = std::max({smallest, 2 * capacity_, size_ + size});
    auto grown = std::make_unique_for_overwrite<char[]>(capacity_);  // NOLINT(*-c-arrays)
    if (size_ != 0) std::memcpy(grown.get(), text_.get(), size_);
    text_ = std::move(grown);
  }
  return text_.get() + size_;
}

}  // namespace ntan::run
