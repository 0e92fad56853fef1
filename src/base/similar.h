// "Did you mean": which known words a mistyped one resembles.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ntan {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`, no place
/// edited twice; letters of either case are equal. Words count up to their 64th octet.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b) noexcept;

/// At most three of `candidates` that `word` may be a slip of, nearest first, then in their order.
/// One slip is allowed in words of up to four octets, two up to eight, three beyond.
[[nodiscard]] std::vector<std::string_view> similar_words(
    std::string_view word, std::span<const std::string_view> candidates);

/// `; did you mean 'eth0' or 'eth1'?`, to go behind an error text; empty without similar words.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> candidates);

}  // namespace ntan
