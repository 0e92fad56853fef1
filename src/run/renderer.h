// Renders events once per format in use, into memory that is used again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "event/format.h"

namespace ntan::run {

using event::Format;

inline constexpr std::size_t format_count = 3;

class Renderer {
 public:
  /// Which formats want which event; asked once per schema and thread.
  using Wanted = bool (*)(const void* context, const event::Schema& schema, Format format);

  /// A line: where it lies among all that was rendered. Empty where nobody wants the format.
  struct Piece {
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  /// By format.
  using Lines = std::array<Piece, format_count>;

  Renderer(Wanted wanted, const void* context, const event::LineStyle& style)
      : wanted_(wanted), context_(context), style_(style) {}
  /// Another that asks the same and renders alike, with memory of its own.
  [[nodiscard]] Renderer another() const { return {wanted_, context_, style_}; }

  /// Whether anybody wants this event; lets callers skip making it.
  [[nodiscard]] bool wants(const event::Schema& schema) { return formats_of(schema) != 0; }
  /// Appends an event's lines; nothing if nobody wants it.
  [[nodiscard]] std::optional<Lines> render(const event::Event& event);
  /// Appends lines that another has rendered.
  [[nodiscard]] Lines copy(const Renderer& other, const Lines& lines);

  [[nodiscard]] std::string_view text(const Piece& piece) const noexcept {
    return {text_.get() + piece.offset, piece.size};
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Forgets what was appended behind. Requires: at most size().
  void shorten(std::size_t size) noexcept { size_ = size; }

 private:
  struct Known {
    const event::Schema* schema = nullptr;
    std::uint8_t formats = 0;
  };

  [[nodiscard]] std::uint8_t formats_of(const event::Schema& schema);
  [[nodiscard]] Piece render_json(const event::Event& event);
  [[nodiscard]] Piece render_slowly(const event::Event& event, Format format);
  [[nodiscard]] Piece append(std::string_view line);
  char* reserve(std::size_t size);

  Wanted wanted_;
  const void* context_;
  event::LineStyle style_;
  DayText day_;
  std::string scratch_;  // a line of the slow formats
  std::vector<Known> known_;
  std::unique_ptr<char[]> text_;  // NOLINT(*-c-arrays)
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace ntan::run
