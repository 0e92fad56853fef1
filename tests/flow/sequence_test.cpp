#include "flow/sequence.h"

#include <algorithm>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

namespace ntan::flow {
namespace {

/// Every octet a flag: what SequenceSpace does, without any bound of holes.
class SequenceTwin {
 public:
  explicit SequenceTwin(std::size_t size) : seen_(size) {}

  SequenceSpace::Added add(std::size_t start, std::size_t size) {
    SequenceSpace::Added added;
    if (size == 0) return added;
    added.opened_hole = start > next_;
    for (std::size_t at = start; at < start + size; ++at) {
      if (seen_[at]) ++added.repeated;
      if (!seen_[at]) ++added.unseen;
      if (!seen_[at] && at < next_) ++added.filled;
      seen_[at] = true;
    }
    next_ = std::max(next_, start + size);
    return added;
  }

  [[nodiscard]] std::size_t holes() const {
    std::size_t count = 0;
    for (std::size_t at = 0; at < next_; ++at)
      count += !seen_[at] && (at + 1 == next_ || seen_[at + 1]) ? 1U : 0U;
    return count;
  }
  [[nodiscard]] std::size_t next() const { return next_; }

 private:
  std::vector<bool> seen_;
  std::size_t next_ = 0;
};

/// A space with the pool that it takes room from.
class Space {
 public:
  explicit Space(std::size_t memory = std::size_t{1} << 20U) : budget_{.limit = memory} {}

  void start(std::uint32_t next) { space_.start(next); }
  SequenceSpace::Added add(std::uint32_t seq, std::uint32_t size) {
    return space_.add(seq, size, {}, pool_);
  }
  bool pass(std::uint32_t seq) {
    SequenceSpace::Added added;
    return space_.pass(seq, {}, pool_, added);
  }
  void release() { space_.release(pool_); }
  /// A block of the size of a first hole's, as the next space would get it.
  void* next_room() { return pool_.take(64); }

  [[nodiscard]] bool started() const { return space_.started(); }
  [[nodiscard]] std::uint32_t next() const { return space_.next(); }
  [[nodiscard]] std::size_t holes() const { return space_.holes(); }
  [[nodiscard]] std::uint32_t missing(std::uint32_t from, std::uint32_t to) const {
    return space_.missing(from, to);
  }
  void forget_settled(std::uint32_t acknowledged) { space_.forget_settled(acknowledged); }

 private:
  Budget budget_;
  Pool pool_{budget_};
  SequenceSpace space_;
};

}  // namespace

TEST_CASE("sequence: the distance is signed and wraps") {
  CHECK(sequence_distance(5, 3) == 2);
  CHECK(sequence_distance(3, 5) == -2);
  CHECK(sequence_distance(2, 0xfffffffe) == 4);
  CHECK(sequence_distance(0xfffffffe, 2) == -4);
}

TEST_CASE("sequence: the first data begins a space that no SYN has begun") {
  Space space;
  CHECK_FALSE(space.started());
  CHECK(space.add(700, 0).unseen == 0);
  CHECK_FALSE(space.started());
  CHECK(space.add(700, 10).unseen == 10);
  CHECK(space.started());
  CHECK(space.next() == 710);
  CHECK(space.holes() == 0);
}

TEST_CASE("sequence: passing a FIN takes one number and leaves what is missing open") {
  Space space;
  space.start(0xfffffff0);
  CHECK_FALSE(space.pass(0xfffffff0));
  CHECK(space.next() == 0xfffffff1);
  CHECK_FALSE(space.pass(0xfffffff0));
  CHECK(space.next() == 0xfffffff1);
  CHECK(space.pass(4));
  CHECK(space.next() == 5);
  CHECK(space.holes() == 1);
  CHECK(space.add(0xfffffff1, 0x13).unseen == 0x13);
  CHECK(space.holes() == 0);
}

TEST_CASE("sequence: of holes beyond the bound it is known how many octets they miss") {
  Space space;
  space.start(0);
  constexpr std::uint32_t all = SequenceSpace::most_holes + 30;
  for (std::uint32_t i = 0; i < all; ++i) space.add(i * 20 + 10, 10);
  CHECK(space.holes() == SequenceSpace::most_holes);
  CHECK(space.missing(0, all * 20) == all * 10);
  // The last stands for 31 of them: in half of its octets none may be missing.
  const std::uint32_t last = (SequenceSpace::most_holes - 1) * 20;
  CHECK(space.missing(last, last + 100) == 0);
  CHECK(space.missing(last, last + 400) == 100);
  for (std::uint32_t i = 0; i < all; ++i) {
    CAPTURE(i);
    REQUIRE(space.add(i * 20, 10).filled == 10);
  }
  CHECK(space.holes() == 0);
  CHECK(space.add(last, 20).repeated == 20);
}

TEST_CASE("sequence: holes that the receiver has filled make room where there are many") {
  Space space;
  space.start(0);
  constexpr std::uint32_t all = SequenceSpace::most_holes + 400;
  std::uint32_t unseen = 0;
  for (std::uint32_t i = 0; i < all; ++i) {
    space.add(i * 20 + 10, 10);
    const std::uint32_t acknowledged = i * 20 + 20;
    unseen += space.missing(acknowledged - 20, acknowledged);
    space.forget_settled(acknowledged);
    CHECK(space.holes() < SequenceSpace::most_holes);
  }
  CHECK(unseen == all * 10);
  // The latest are kept, the oldest are not.
  CHECK(space.add((all - 1) * 20, 10).filled == 10);
  CHECK(space.add(0, 10).repeated == 10);
}

TEST_CASE("sequence: of many holes none is forgotten that may yet be filled") {
  Space space;
  space.start(0);
  for (std::uint32_t i = 0; i < SequenceSpace::most_holes; ++i) space.add(i * 20 + 10, 10);
  space.forget_settled(49);
  CHECK(space.holes() == SequenceSpace::most_holes - 2);
  CHECK(space.add(40, 10).filled == 10);
}

TEST_CASE("sequence: splitting a hole while all are open keeps to the bound") {
  Space space;
  space.start(0);
  constexpr std::uint32_t all = SequenceSpace::most_holes;
  for (std::uint32_t i = 0; i < all; ++i) space.add(i * 20 + 10, 10);
  CHECK(space.add(63, 2).unseen == 2);
  CHECK(space.holes() == all);
  CHECK(space.add(60, 10).unseen == 8);
  CHECK(space.holes() == all - 1);
  CHECK(space.missing(0, all * 20) == (all - 1) * 10);
}

TEST_CASE("sequence: room for holes goes back with the last hole, or when asked") {
  Space space;
  space.start(0);
  space.add(10, 10);
  const void* const behind = space.next_room();
  space.add(0, 10);
  REQUIRE(space.holes() == 0);
  const void* const room = space.next_room();
  CHECK(room < behind);  // the one that the hole had
  space.add(30, 10);
  REQUIRE(space.holes() == 1);
  const void* const further = space.next_room();
  space.release();
  CHECK(space.holes() == 0);
  CHECK(space.next() == 40);
  const void* const again = space.next_room();
  CHECK(again > behind);
  CHECK(again < further);
}

TEST_CASE("sequence: room for holes grows with them, and the smaller goes back") {
  Space space;
  space.start(0);
  for (std::uint32_t i = 0; i < 2; ++i) space.add(i * 20 + 10, 10);
  const void* const behind = space.next_room();
  space.add(50, 10);
  CHECK(space.next_room() < behind);  // the one that two holes had
  for (std::uint32_t i = 3; i < 11; ++i) space.add(i * 20 + 10, 10);
  REQUIRE(space.holes() == 11);
  for (std::uint32_t i = 0; i < 11; ++i) CHECK(space.add(i * 20, 10).filled == 10);
  CHECK(space.holes() == 0);
}

TEST_CASE("sequence: where room cannot grow, the last hole stands for those behind it") {
  Space space(std::size_t{8} << 10U);  // one chunk of the pool: of the smallest blocks
  space.start(0);
  for (std::uint32_t i = 0; i < 4; ++i) space.add(i * 20 + 10, 10);
  CHECK(space.holes() == 2);
  CHECK(space.add(60, 10).filled == 10);
  CHECK(space.add(0, 10).filled == 10);
  CHECK(space.add(20, 10).filled == 10);
  CHECK(space.add(40, 10).filled == 10);
  CHECK(space.holes() == 0);
}

TEST_CASE("sequence: without memory a hole is forgotten, and what fills it counts as repeated") {
  Space space(0);
  space.start(0);
  CHECK(space.add(10, 10).opened_hole);
  CHECK(space.holes() == 0);
  const auto late = space.add(0, 10);
  CHECK(late.unseen == 0);
  CHECK(late.repeated == 10);
  CHECK(space.pass(30));
  CHECK(space.next() == 31);
}

TEST_CASE("sequence: random segments agree with a map of octets while the holes suffice") {
  const std::uint32_t first = GENERATE(0U, 1U << 31U, 0xffffff80U);
  std::mt19937 random(first + 11);
  constexpr std::size_t length = 400;
  int exact = 0;
  for (int round = 0; round < 100; ++round) {
    Space space;
    SequenceTwin twin(length + 64);
    space.start(first);
    for (int step = 0; step < 60; ++step) {
      const std::size_t start = random() % length;
      const std::size_t size = random() % 64;
      const auto added =
          space.add(first + static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(size));
      const auto expected = twin.add(start, size);
      if (twin.holes() > SequenceSpace::most_holes) break;
      ++exact;
      REQUIRE(added.unseen == expected.unseen);
      REQUIRE(added.repeated == expected.repeated);
      REQUIRE(added.opened_hole == expected.opened_hole);
      REQUIRE(added.filled == expected.filled);
      REQUIRE(space.holes() == twin.holes());
      REQUIRE(space.next() == first + static_cast<std::uint32_t>(twin.next()));
    }
  }
  CHECK(exact > 2000);
}

}  // namespace ntan::flow
