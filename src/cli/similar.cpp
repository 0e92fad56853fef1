#include "cli/similar.h"

#include <algorithm>
#include <array>
#include <limits>

namespace ntan::cli {
namespace {

constexpr std::size_t max_word = 64;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
  if (a.size() > max_word || b.size() > max_word) return std::numeric_limits<std::size_t>::max();
  std::array<std::array<std::size_t, max_word + 1>, 3> rows{};
  auto* before = &rows[0];
  auto* above = &rows[1];
  auto* row = &rows[2];
  for (std::size_t j = 0; j <= b.size(); ++j)
    (*above)[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    (*row)[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = (*above)[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      (*row)[j] = std::min({(*above)[j] + 1, (*row)[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        (*row)[j] = std::min((*row)[j], (*before)[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return (*above)[b.size()];
}

std::string_view nearest(std::string_view word,
                         std::span<const std::string_view> candidates) noexcept {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace ntan::cli
