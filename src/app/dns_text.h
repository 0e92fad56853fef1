// Where the text of one DNS message is written: fixed storage, no allocation, nothing written past
// its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/bytes.h"

namespace ntan::app::dns {

/// Texts one behind the other in borrowed storage. An item is begun, appended to and finished; the
/// view that finish() returns lives as long as the storage.
class TextArena {
 public:
  /// Longest text of one item; a longer one is cut and ends with `…`.
  static constexpr std::size_t item_limit = 1024;

  explicit TextArena(std::span<char> storage) noexcept : storage_(storage) {}

  void begin() noexcept;
  /// The item, or nothing when the storage ended before it (it is then undone).
  [[nodiscard]] std::optional<std::string_view> finish() noexcept;

  /// Forgets what was appended since begin().
  void undo() noexcept;

  void add(char c) noexcept {
    if (used_ == limit_ || overflow_) {
      overflow_ = true;
      return;
    }
    storage_[used_++] = c;
  }

  void add(std::string_view text) noexcept {
    if (text.empty()) return;
    if (!has_room(text.size())) {
      overflow_ = true;
      return;
    }
    std::memcpy(end(), text.data(), text.size());
    used_ += text.size();
  }

  void add_number(std::uint64_t value) noexcept;
  /// With leading zeros. Requires: width <= 10.
  void add_padded(std::uint32_t value, std::size_t width) noexcept;
  void add_address(const IpAddress& address) noexcept;
  /// Upper case, as zone files have it.
  void add_hex(Bytes octets) noexcept;
  void add_base64(Bytes octets) noexcept;
  /// Base 32 with the extended hex alphabet, without padding (RFC 5155 3.3).
  void add_base32hex(Bytes octets) noexcept;
  /// One label: `\.` `\\` `\DDD` (RFC 1035 5.1). `before`, a dot or nothing, comes first.
  void add_label(Bytes label, std::string_view before) noexcept;
  /// A <character-string> in quotes: `\"` `\\` `\DDD`.
  void add_quoted(Bytes text) noexcept;
  /// The inside of add_quoted.
  void add_escaped(Bytes text) noexcept;

 private:
  void add_octet(std::uint8_t octet, char special) noexcept;
  void add_unusual_label(Bytes label) noexcept;

  [[nodiscard]] bool has_room(std::size_t size) const noexcept {
    return !overflow_ && size <= limit_ - used_;
  }

  [[nodiscard]] char* end() noexcept { return storage_.data() + used_; }

  /// What was written behind end() up to `last` counts as appended.
  void close_at(const char* last) noexcept {
    used_ = static_cast<std::size_t>(last - storage_.data());
  }

  std::span<char> storage_;
  std::size_t start_ = 0;
  std::size_t used_ = 0;
  std::size_t limit_ = 0;
  bool overflow_ = false;
};

}  // namespace ntan::app::dns
