#include "run/renderer.h"

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

std::uint8_t Renderer::formats_of(const event::Schema& schema) {
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

std::optional<Renderer::Lines> Renderer::render(const event::Event& event) {
  const std::uint8_t wanted = formats_of(event.schema);
  if (wanted == 0) return std::nullopt;
  Lines lines{};
  for (const Format format : formats) {
    if ((wanted & bit(format)) != 0)
      lines[static_cast<std::size_t>(format)] = render(event, format);
  }
  return lines;
}

Renderer::Lines Renderer::copy(const Renderer& other, const Lines& lines) {
  Lines copied{};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].size != 0) copied[i] = append(other.text(lines[i]));
  }
  return copied;
}

Renderer::Piece Renderer::render(const event::Event& event, Format format) {
  if (format == Format::json) {
    const std::size_t offset = size_;
    char* out = reserve(event::json_bound(event));
    size_ = static_cast<std::size_t>(event::append_json(out, event, style_.values) - text_.get());
    return {offset, size_ - offset};
  }
  scratch_.clear();
  if (format == Format::table && &event.schema == &event::schema_of<stats::SummaryRecord>) {
    append_summary_screen(scratch_, *static_cast<const stats::SummaryRecord*>(event.record),
                          {.values = style_.values, .color = style_.color, .width = style_.width});
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
