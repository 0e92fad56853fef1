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
#include "event/value.h"

namespace ntan::flow {

class History {
 public:
  static constexpr std::size_t capacity = 20;

  /// Adds a letter given in lower case, if its rule says so. What does not fit is dropped.
  void add(char letter, Direction direction) noexcept {
    const unsigned position = position_of(letter);
    const auto bit = static_cast<std::uint8_t>(1U << position);
    std::uint8_t& seen = seen_[index(direction)];
    if ((seen & bit) != 0) return;
    seen |= bit;
    append(position, direction);
  }

  /// Adds a counted letter at the 1st, 10th, 100th, … time.
  void add_counted(char letter, Direction direction, std::uint64_t count) noexcept {
    while (count >= 10 && count % 10 == 0) count /= 10;
    if (count == 1) append(position_of(letter), direction);
  }

  [[nodiscard]] event::FixedText<capacity> text() const noexcept {
    event::FixedText<capacity> out;
    for (; out.size < size_; ++out.size) {
      const unsigned letter = letters_[out.size / 2U] >> (out.size % 2U * 4U) & 0xfU;
      const bool from_originator = (originator_[out.size / 8U] >> (out.size % 8U) & 1U) != 0;
      out.octets[out.size] = static_cast<char>(alphabet[letter] + (from_originator ? to_upper : 0));
    }
    return out;
  }

 private:
  static constexpr char to_upper = 'A' - 'a';
  /// The first eight are added once.
  static constexpr std::string_view alphabet = "shadfriqcgtw";
  /// Places in the alphabet. A table: which letter it is, most segments tell anew.
  static constexpr auto positions = [] {
    std::array<std::uint8_t, 26> places{};
    for (std::size_t i = 0; i < alphabet.size(); ++i)
      places[static_cast<std::size_t>(alphabet[i] - 'a')] = static_cast<std::uint8_t>(i);
    return places;
  }();

  [[nodiscard]] static unsigned position_of(char letter) noexcept {
    return positions[static_cast<std::size_t>(letter - 'a')];
  }

  void append(unsigned position, Direction direction) noexcept {
    if (size_ == capacity) return;
    std::uint8_t& pair = letters_[size_ / 2U];
    pair = static_cast<std::uint8_t>(pair | position << (size_ % 2U * 4U));
    if (direction == Direction::to_server) {
      std::uint8_t& eight = originator_[size_ / 8U];
      eight = static_cast<std::uint8_t>(eight | 1U << (size_ % 8U));
    }
    ++size_;
  }

  std::array<std::uint8_t, capacity / 2> letters_{};           ///< two places in an octet
  std::array<std::uint8_t, (capacity + 7) / 8> originator_{};  ///< whose letter it is, by bit
  std::uint8_t size_ = 0;
  std::array<std::uint8_t, 2> seen_{};  ///< letters that are added once, by bit
};
static_assert(sizeof(History) == 16);

}  // namespace ntan::flow
