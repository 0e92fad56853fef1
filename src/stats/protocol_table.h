// Packets, octets and flows per protocol name of one level.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace ntan::stats {

/// The first 64 names seen have a row; all that comes later is counted as `other`. Names live for
/// ever. A lookup is one comparison of pointers for a name seen lately, at most 64 comparisons of
/// texts else.
class ProtocolTable {
 public:
  static constexpr std::size_t capacity = 64;
  static constexpr std::string_view other_name = "other";

  struct Row {
    std::string_view name;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t flows = 0;  ///< that began
  };

  /// Valid until clear().
  [[nodiscard]] Row& row(std::string_view name) noexcept {
    const Recent& recent = recent_[recent_place(name)];
    if (recent.text == name.data() && recent.size == name.size()) [[likely]]
      return rows_[recent.row];
    return find(name);
  }

  void clear() noexcept { *this = {}; }

  /// In the order of first appearance, without `other`.
  [[nodiscard]] std::span<const Row> rows() const noexcept { return std::span{rows_}.first(size_); }

  [[nodiscard]] const Row& other() const noexcept { return rows_.back(); }

 private:
  struct Recent {
    const char* text = nullptr;
    std::size_t size = 0;
    std::size_t row = 0;
  };

  // Where a name lies in memory decides how fast it is found, not what is found.
  [[nodiscard]] static std::size_t recent_place(std::string_view name) noexcept {
    return std::hash<const char*>{}(name.data()) * 0x9e3779b97f4a7c15U >> 60U;
  }

  Row& find(std::string_view name) noexcept;

  std::array<Row, capacity + 1> rows_{};
  std::array<Recent, 16> recent_{};
  std::size_t size_ = 0;
};

}  // namespace ntan::stats
