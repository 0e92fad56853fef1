#include "stats/question_table.h"

#include <memory>
#include <random>

#include <catch2/catch.hpp>

#include "event/note.h"

namespace ntan::stats {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp start = from_ns(1'700'000'000'000'000'000);
constexpr std::uint64_t question = 0x0123456789abcdef;

std::uint64_t attempt(std::uint16_t number, std::uint64_t of = question) {
  return event::question_of_attempt(of, number);
}

// Too large for the stack of a test.
std::unique_ptr<QuestionTable> table() {
  return std::make_unique<QuestionTable>();
}

TEST_CASE("questions: asked again while open, for ten seconds") {
  const auto questions = table();
  CHECK_FALSE(questions->ask(attempt(1), start));
  CHECK(questions->ask(attempt(2), start + 10s));
  CHECK_FALSE(questions->ask(attempt(3), start + 20s + 1ms));
  CHECK_FALSE(questions->ask(question + 1, start + 21s));
}

TEST_CASE("questions: the same of several servers at once is one attempt") {
  const auto questions = table();
  CHECK_FALSE(questions->ask(attempt(1), start));
  CHECK_FALSE(questions->ask(attempt(1), start + 1ms));
  CHECK(questions->ask(attempt(2), start + 2s));
  CHECK_FALSE(questions->ask(attempt(2), start + 2s));
}

TEST_CASE("questions: an answer closes, and makes the next answer a copy") {
  const auto questions = table();
  CHECK_FALSE(questions->answered(question, start));
  CHECK_FALSE(questions->ask(question, start));
  CHECK_FALSE(questions->answered(question, start));
  questions->answer(question, start + 1s);
  CHECK(questions->answered(question, start + 11s));
  CHECK_FALSE(questions->answered(question, start + 11s + 1ms));
  CHECK_FALSE(questions->ask(question, start + 2s));
  CHECK(questions->answered(question, start + 3s));
}

TEST_CASE("questions: of nine in one place the oldest gives way") {
  const auto questions = table();
  for (std::uint64_t i = 0; i < 9; ++i)
    CHECK_FALSE(questions->ask(question + i, start + std::chrono::milliseconds{i}));
  CHECK(questions->displaced() == 1);
  for (std::uint64_t i = 1; i < 9; ++i)
    CHECK(questions->ask(attempt(2, question + i), start + 10ms));
  CHECK_FALSE(questions->ask(question, start + 11ms));
  CHECK(questions->displaced() == 2);
  CHECK_FALSE(questions->ask(question, start + 30s));  // what is too old gives way for nothing
  CHECK(questions->displaced() == 2);
}

TEST_CASE("questions: of a thousand a second few displace others") {
  const auto questions = table();
  std::mt19937_64 dice(5);
  constexpr int seconds = 60;
  for (int ms = 0; ms < seconds * 1'000; ++ms)
    CHECK_FALSE(questions->ask(dice(), start + std::chrono::milliseconds{ms}));
  // A set of eight is full for one in 280: the tail of a Poisson distribution of mean 2.44.
  CHECK(questions->displaced() < seconds * 5);
}

}  // namespace
}  // namespace ntan::stats
