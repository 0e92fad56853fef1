// A line of text put together without allocation: numbers, addresses, octets of others.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/address.h"
#include "base/digits.h"

namespace ntan {

/// What does not fit is left out. Text from the network goes in as it is: whoever writes the line
/// makes it printable.
class TextLine {
 public:
  static constexpr std::size_t capacity = 200;

  TextLine& add(std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), capacity - size_);
    std::copy_n(text.begin(), size, text_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += size;
    return *this;
  }

  TextLine& add(std::uint64_t value) noexcept {
    std::array<char, max_integer_text> digits;  // NOLINT(*-member-init): written below
    return add_from(digits.data(), append_unsigned(digits.data(), value));
  }

  TextLine& add(const IpAddress& address) noexcept {
    std::array<char, max_address_text> text;  // NOLINT(*-member-init): written below
    return add_from(text.data(), append_address(text.data(), address));
  }

  TextLine& add(const MacAddress& address) noexcept {
    std::array<char, max_mac_text> text;  // NOLINT(*-member-init): written below
    return add_from(text.data(), append_mac(text.data(), address));
  }

  void clear() noexcept { size_ = 0; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  TextLine& add_from(const char* begin, const char* end) noexcept {
    return add({begin, static_cast<std::size_t>(end - begin)});
  }

  std::array<char, capacity> text_{};
  std::size_t size_ = 0;
};

}  // namespace ntan
