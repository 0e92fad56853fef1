// What happened in a flow, as a string of letters in Zeek's alphabet: upper case from the
// originator, lower case from the responder.
//
//   s SYN   h SYN+ACK   a pure ACK   d data   f FIN   r RST   c bad checksum   g gap   t repeated
//   data w zero window   i FIN+RST or SYN+RST   q SYN+FIN
//
// Each letter appears once per side, but c, g, t and w again at the 10th, 100th, … time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/direction.h"

namespace ntan::flow {

class History {
 public:
  static constexpr std::size_t capacity = 20;

  /// Adds a letter given in lower case, if its rule says so. What does not fit is dropped.
  void add(char letter, Direction direction) noexcept {
    const unsigned position = positions[static_cast<std::size_t>(letter - 'a')];
    const auto bit = static_cast<std::uint8_t>(1U << position);
    std::uint8_t& seen = seen_[index(direction)];
    if ((seen & bit) != 0) return;
    seen |= bit;
    append(letter, direction);
  }

  /// Adds a counted letter at the 1st, 10th, 100th, … time.
  void add_counted(char letter, Direction direction, std::uint64_t count) noexcept {
    while (count >= 10 && count % 10 == 0) count /= 10;
    if (count == 1) append(letter, direction);
  }

  [[nodiscard]] std::string_view view() const noexcept { return {letters_.data(), size_}; }

 private:
  /// By letter, for those that are added once. A table: which letter it is, most segments tell
  /// anew.
  static constexpr auto positions = [] {
    constexpr std::string_view letters = "shadfriq";
    std::array<std::uint8_t, 26> places{};
    for (std::size_t i = 0; i < letters.size(); ++i)
      places[static_cast<std::size_t>(letters[i] - 'a')] = static_cast<std::uint8_t>(i);
    return places;
  }();

  void append(char letter, Direction direction) noexcept {
    if (size_ == capacity) return;
    constexpr char to_upper = 'A' - 'a';
    letters_[size_++] =
        direction == Direction::to_server ? static_cast<char>(letter + to_upper) : letter;
  }

  std::array<char, capacity> letters_{};
  std::uint8_t size_ = 0;
  std::array<std::uint8_t, 2> seen_{};  ///< letters that are added once, by bit
};

}  // namespace ntan::flow
