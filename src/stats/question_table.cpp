#include "stats/question_table.h"

#include <algorithm>

#include "event/note.h"

namespace ntan::stats {
namespace {

constexpr std::uint32_t memory_ms =
    static_cast<std::uint32_t>(QuestionTable::memory / std::chrono::milliseconds{1});

std::uint32_t ms_of(Timestamp time) noexcept {
  return static_cast<std::uint32_t>(to_ns(time) / 1'000'000);
}

}  // namespace

QuestionTable::QuestionTable()
    : pages_((std::size_t{1} << set_bits) * sizeof(Set)),
      // NOLINTNEXTLINE(*-reinterpret-cast): raw memory
      sets_(reinterpret_cast<Set*>(pages_.data()), std::size_t{1} << set_bits) {}

std::uint32_t QuestionTable::tag_of(std::uint64_t question) noexcept {
  return static_cast<std::uint32_t>(question);
}

std::size_t QuestionTable::set_of(std::uint64_t question) noexcept {
  return question >> (64 - set_bits);
}

bool QuestionTable::Entry::of_use(std::uint32_t now) const noexcept {
  return used() && now - ms <= memory_ms;
}

const QuestionTable::Entry* QuestionTable::find(const Set& set, std::uint32_t tag,
                                                std::uint32_t now) noexcept {
  const auto* at = std::ranges::find_if(
      set, [&](const Entry& entry) { return entry.tag == tag && entry.of_use(now); });
  return at == set.end() ? nullptr : at;
}

QuestionTable::Entry& QuestionTable::entry(std::uint64_t question, std::uint32_t now) noexcept {
  Set& set = sets_[set_of(question)];
  if (const Entry* known = find(set, tag_of(question), now); known != nullptr)
    return set[static_cast<std::size_t>(known - set.data())];
  Entry& oldest = *std::ranges::max_element(
      set, {}, [now](const Entry& entry) { return entry.used() ? now - entry.ms : UINT32_MAX; });
  if (oldest.of_use(now)) ++displaced_;
  oldest = {.tag = tag_of(question)};
  return oldest;
}

bool QuestionTable::ask(std::uint64_t question, Timestamp now) noexcept {
  const std::uint32_t ms = ms_of(now);
  Entry& asked = entry(question, ms);
  const std::uint16_t attempt = event::attempt_of(question);
  const bool again = asked.open && asked.attempt != attempt;
  asked.attempt = attempt;
  asked.open = true;
  asked.ms = ms;
  return again;
}

void QuestionTable::answer(std::uint64_t question, Timestamp now) noexcept {
  const std::uint32_t ms = ms_of(now);
  Entry& settled = entry(question, ms);
  settled.open = false;
  settled.answered = true;
  settled.ms = ms;
}

bool QuestionTable::answered(std::uint64_t question, Timestamp now) const noexcept {
  const Entry* known = find(sets_[set_of(question)], tag_of(question), ms_of(now));
  return known != nullptr && known->answered;
}

}  // namespace ntan::stats
