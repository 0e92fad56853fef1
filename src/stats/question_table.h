// DNS questions of the last ten seconds, over all flows: a client that hears nothing asks again
// with another id or from another port, and only here do the two meet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/pages.h"
#include "base/time.h"

namespace ntan::stats {

/// Questions are known by a 64-bit hash of who asks what. At most 32,768 in sets of eight; where a
/// set is full the oldest gives way, and what it would have told is lost: of a
/// thousand questions a second four. 393 kB once all of it is used, nothing while nobody asks.
class QuestionTable {
 public:
  QuestionTable();

  /// Longer ago than this nothing belongs together (the time-out of a query).
  static constexpr Duration memory = std::chrono::seconds{10};

  /// Somebody asks, not as a copy of the same message. Returns whether the same was asked before,
  /// in another attempt, and has no answer yet. Requires: see event::question_of_attempt().
  bool ask(std::uint64_t question, Timestamp now) noexcept;
  /// The answer to a query that was seen.
  void answer(std::uint64_t question, Timestamp now) noexcept;
  /// An answer without open query. Returns whether the question was answered before: this is
  /// another copy.
  [[nodiscard]] bool answered(std::uint64_t question, Timestamp now) const noexcept;

  /// Questions that gave way although they were still of use.
  [[nodiscard]] std::uint64_t displaced() const noexcept { return displaced_; }

 private:
  static constexpr std::size_t ways = 8;
  static constexpr std::size_t set_bits = 12;

  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t ms = 0;       ///< last asked or answered, modulo 2^32
    std::uint16_t attempt = 0;  ///< the latest
    bool open = false;          ///< asked, and no answer yet
    bool answered = false;

    [[nodiscard]] bool used() const noexcept { return open || answered; }
    [[nodiscard]] bool of_use(std::uint32_t now) const noexcept;
  };
  using Set = std::array<Entry, ways>;

  [[nodiscard]] static std::uint32_t tag_of(std::uint64_t question) noexcept;
  [[nodiscard]] static std::size_t set_of(std::uint64_t question) noexcept;
  /// Null if it is not known, or from too long ago.
  [[nodiscard]] static const Entry* find(const Set& set, std::uint32_t tag,
                                         std::uint32_t now) noexcept;
  /// The question's entry, taken from the oldest if there is none.
  Entry& entry(std::uint64_t question, std::uint32_t now) noexcept;

  Pages pages_;
  std::span<Set, std::size_t{1} << set_bits> sets_;  ///< in pages_: zeros are free entries
  std::uint64_t displaced_ = 0;
};

}  // namespace ntan::stats
