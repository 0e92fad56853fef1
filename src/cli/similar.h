#pragma once

#include <span>
#include <string_view>

namespace ntan::cli {

/// How many edits lead from one word to the other: insert, delete, replace, swap two neighbours
/// (optimal string alignment). Words longer than 64 octets are never similar.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b) noexcept;

/// The candidate a typo most likely meant; empty if none is near. The first of equals wins.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> candidates) noexcept;

}  // namespace ntan::cli
