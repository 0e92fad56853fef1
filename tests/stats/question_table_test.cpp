#include "stats/question_table.h"

#include <memory>

#include <catch2/catch.hpp>

namespace ntan::stats {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp start = from_ns(1'700'000'000'000'000'000);
constexpr std::uint64_t question = 0x0123456789abcdef;

// Too large for the stack of a test.
std::unique_ptr<QuestionTable> table() {
  return std::make_unique<QuestionTable>();
}

TEST_CASE("questions: asked again while open, for ten seconds") {
  const auto questions = table();
  CHECK_FALSE(questions->ask(question, start));
  CHECK(questions->ask(question, start + 10s));
  CHECK_FALSE(questions->ask(question, start + 20s + 1ms));
  CHECK_FALSE(questions->ask(question + 1, start + 21s));
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

TEST_CASE("questions: of five in one place the oldest gives way") {
  const auto questions = table();
  for (std::uint64_t i = 0; i < 5; ++i)
    CHECK_FALSE(questions->ask(question + i, start + std::chrono::milliseconds{i}));
  CHECK(questions->displaced() == 1);
  for (std::uint64_t i = 1; i < 5; ++i) CHECK(questions->ask(question + i, start + 10ms));
  CHECK_FALSE(questions->ask(question, start + 11ms));
  CHECK(questions->displaced() == 2);
  CHECK_FALSE(questions->ask(question, start + 30s));  // what is too old gives way for nothing
  CHECK(questions->displaced() == 2);
}

}  // namespace
}  // namespace ntan::stats
