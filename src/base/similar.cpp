#include "base/similar.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/lower.h"

namespace ntan {
namespace {

constexpr std::size_t max_word = 64;
constexpr std::size_t max_suggestions = 3;

bool same(char a, char b) noexcept {
  return to_lower(a) == to_lower(b);
}

std::size_t allowed_slips(std::size_t size) noexcept {
  return size <= 4 ? 1 : size <= 8 ? 2 : 3;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
  a = a.substr(0, max_word);
  b = b.substr(0, max_word);
  // Rows of the usual table: the one before last serves swaps.
  using Row = std::array<std::size_t, max_word + 1>;
  Row before{};
  Row last{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({substituted, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

std::vector<std::string_view> similar_words(std::string_view word,
                                            std::span<const std::string_view> candidates) {
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    // A word of which every octet would change resembles nothing.
    if (distance <= allowed_slips(word.size()) && distance < word.size()) {
      near.emplace_back(distance, candidate);
    }
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string_view> words;
  for (const auto& [distance, candidate] : near) {
    const bool known = std::find(words.begin(), words.end(), candidate) != words.end();
    if (!known && words.size() < max_suggestions) words.push_back(candidate);
  }
  return words;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::vector<std::string_view> words = similar_words(word, candidates);
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "; did you mean '" : i + 1 == words.size() ? " or '" : ", '";
    text += words[i];
    text += '\'';
  }
  if (!text.empty()) text += '?';
  return text;
}

}  // namespace ntan
