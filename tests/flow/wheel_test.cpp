#include "flow/wheel.h"

#include <array>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/flow/wheel_flows.h"

namespace ntan::flow {
namespace {

using test::WheelFlows;
using FlowWheel = Wheel<WheelFlows>;

constexpr std::int64_t second = FlowWheel::tick_ns;
constexpr std::int64_t start = 1'700'000'000 * second;

/// A wheel that started at `start`, and the time it is asked at.
struct Run {
  explicit Run(std::size_t count) : flows(count), wheel(flows) { wheel.start(from_ns(start)); }

  void file(Number number, std::uint64_t sequence, std::int64_t due) {
    flows.become(number, sequence, due);
    wheel.file(number, flows.due(number));
  }
  void refile(Number number, std::int64_t due) {
    wheel.remove(number);
    flows.set_due(number, due);
    wheel.file(number, flows.due(number));
  }
  void enter(std::int64_t time) {
    while (wheel.tick() < FlowWheel::tick_of(time)) wheel.enter_next_second();
  }
  /// Sequences of all that is due by `time`, as they come.
  std::vector<std::uint64_t> release(std::int64_t time) {
    enter(time);
    std::vector<std::uint64_t> released;
    for (const Due* due = wheel.front(); due != nullptr && due->time <= time; due = wheel.front())
      released.push_back(wheel.pop().sequence);
    return released;
  }

  WheelFlows flows;
  FlowWheel wheel;
};

using Sequences = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("wheel: a flow comes out at its due time, not a nanosecond earlier") {
  Run run(1);
  const std::int64_t due =
      start + GENERATE(std::int64_t{1}, second - 1, second, 5 * second + 7, 300 * second);
  run.file(1, 1, due);
  CHECK(run.release(due - 1).empty());
  CHECK_FALSE(run.wheel.empty());
  CHECK(run.release(due) == Sequences{1});
  CHECK(run.wheel.empty());
}

TEST_CASE("wheel: a due time in the past is released at once") {
  Run run(1);
  run.file(1, 1, start - 10 * second);
  CHECK(run.release(start) == Sequences{1});
}

TEST_CASE("wheel: flows come out by due time, then by sequence") {
  Run run(5);
  run.file(1, 50, start + 3 * second + 2);
  run.file(2, 40, start + 3 * second + 1);
  run.file(3, 10, start + 3 * second + 2);
  run.file(4, 30, start + 2 * second);
  run.file(5, 20, start + 4 * second);
  CHECK(run.release(start + 5 * second) == Sequences{30, 40, 10, 50, 20});
}

TEST_CASE("wheel: a due time farther away than it has slots goes round") {
  Run run(3);
  run.file(1, 1, start + 1024 * second);
  run.file(2, 2, start + 5000 * second + 1);
  run.file(3, 3, start + 1023 * second);
  CHECK(run.release(start + 1023 * second) == Sequences{3});
  CHECK(run.release(start + 1024 * second) == Sequences{1});
  CHECK(run.release(start + 5000 * second).empty());
  CHECK(run.release(start + 5001 * second) == Sequences{2});
}

TEST_CASE("wheel: a flow touched while filed is filed again under its true due time") {
  Run run(2);
  run.file(1, 1, start + 10 * second);
  run.file(2, 2, start + 10 * second);
  run.flows.set_due(1, start + 12 * second);
  CHECK(run.release(start + 11 * second) == Sequences{2});
  CHECK_FALSE(run.wheel.empty());
  CHECK(run.release(start + 12 * second) == Sequences{1});
}

TEST_CASE("wheel: a removed flow never comes out") {
  Run run(4);
  for (Number number = 1; number <= 4; ++number)
    run.file(number, number, start + 10 * second + number);
  run.wheel.remove(2);  // the middle of a slot
  CHECK(run.release(start + 10 * second).empty());
  run.wheel.remove(3);  // already sorted
  run.wheel.remove(3);  // twice is once
  CHECK(run.release(start + 20 * second) == Sequences{1, 4});
  CHECK(run.wheel.empty());
}

TEST_CASE("wheel: the next flow of a number does not inherit its predecessor's due time") {
  Run run(1);
  run.file(1, 1, start + 10 * second + 5);
  run.enter(start + 10 * second);
  run.wheel.remove(1);
  run.file(1, 2, start + 10 * second + 9);
  CHECK(run.release(start + 10 * second + 5).empty());
  CHECK(run.release(start + 10 * second + 9) == Sequences{2});
  CHECK(run.wheel.empty());
}

TEST_CASE("wheel: a flow filed again within the second it is due in is not released early") {
  Run run(1);
  run.file(1, 1, start + 10 * second + 5);
  run.enter(start + 10 * second);
  run.refile(1, start + 10 * second + 9);
  CHECK(run.release(start + 10 * second + 8).empty());
  CHECK(run.release(start + 10 * second + 9) == Sequences{1});
  CHECK(run.release(start + 20 * second).empty());
  CHECK(run.wheel.empty());
}

TEST_CASE("wheel: with nothing filed, time may jump") {
  Run run(1);
  run.wheel.jump(FlowWheel::tick_of(start) + 1'000'000);
  run.wheel.jump(FlowWheel::tick_of(start));
  const std::int64_t now = start + 1'000'000 * second;
  CHECK(run.wheel.tick() == FlowWheel::tick_of(now));
  run.file(1, 1, now + 2 * second);
  CHECK(run.release(now + 2 * second - 1).empty());
  CHECK(run.release(now + 2 * second) == Sequences{1});
}

TEST_CASE("wheel: seconds before 1970 are rounded down") {
  CHECK(FlowWheel::tick_of(-1) == -1);
  CHECK(FlowWheel::tick_of(-second) == -1);
  CHECK(FlowWheel::tick_of(-second - 1) == -2);
  CHECK(FlowWheel::tick_of(0) == 0);
  WheelFlows flows(1);
  FlowWheel wheel(flows);
  wheel.start(from_ns(-10 * second));
  flows.become(1, 1, -5 * second + 1);
  wheel.file(1, flows.due(1));
  while (wheel.tick() < -6) wheel.enter_next_second();
  CHECK(wheel.front() == nullptr);
  wheel.enter_next_second();
  REQUIRE(wheel.front() != nullptr);
  CHECK(wheel.front()->time == -5 * second + 1);
}

TEST_CASE("wheel: random filing, touching and removing agree with a sorted map") {
  std::mt19937_64 random(GENERATE(1U, 2U, 3U, 4U));
  constexpr Number count = 40;
  Run run(count);
  std::map<std::pair<std::int64_t, std::uint64_t>, Number> model;  // (due, sequence)
  std::vector<std::pair<std::int64_t, std::uint64_t>> where(count + 1);
  std::uint64_t sequence = 0;
  std::int64_t now = start;
  const auto far = [&random] {
    constexpr std::array spans{second / 4, 3 * second, 70 * second, 3000 * second};
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(spans[random() % 4]));
  };
  for (int step = 0; step < 6000; ++step) {
    const auto number = static_cast<Number>(1 + random() % count);
    const bool filed = where[number].second != 0;
    const auto forget = [&] { model.erase(std::exchange(where[number], {})); };
    const auto remember = [&] {
      const Due due = run.flows.due(number);
      where[number] = {due.time, due.sequence};
      model[where[number]] = number;
    };
    switch (random() % 4) {
      case 0:
        if (filed) break;
        run.file(number, ++sequence, now + far());
        remember();
        break;
      case 1:  // a packet or a change of state: later, or filed again at any time
        if (!filed) break;
        run.refile(number, now + far());
        forget();
        remember();
        break;
      case 2:
        if (filed) {
          run.wheel.remove(number);
          forget();
        }
        break;
      default:
        now += far() / 4;
        Sequences expected;
        while (!model.empty() && model.begin()->first.first <= now) {
          expected.push_back(model.begin()->first.second);
          where[model.begin()->second] = {};
          model.erase(model.begin());
        }
        REQUIRE(run.release(now) == expected);
    }
    REQUIRE(run.wheel.empty() == model.empty());
  }
}

TEST_CASE("wheel: sixty thousand flows due in one second are filed again cheaply") {
  // A filing that moved all entries behind it would take minutes here.
  constexpr Number count = 60'000;
  Run run(count);
  for (Number number = 1; number <= count; ++number)
    run.file(number, number, start + 10 * second + 4 * ((number * 7919) % count));
  run.enter(start + 10 * second);
  const std::uint64_t steps_before = run.flows.steps();
  // Each was touched in the meantime: it is really due a moment after the next one.
  std::vector<std::uint8_t> releases(count + 1);
  std::int64_t before = 0;
  Number over = 0;
  bool sorted = true;
  while (const Due* front = run.wheel.front()) {
    sorted = sorted && before <= front->time;
    before = front->time;
    const Due due = run.wheel.pop();
    if (++releases[due.number] == 10) {
      ++over;
      continue;
    }
    run.flows.set_due(due.number, due.time + 5);
    run.wheel.file(due.number, run.flows.due(due.number));
  }
  CHECK(sorted);
  CHECK(over == count);
  CHECK(run.wheel.empty());
  CHECK(run.flows.steps() - steps_before <= 40 * std::uint64_t{count});
}

TEST_CASE("wheel: entries of flows that were taken out do not pile up") {
  Run run(1);
  run.file(1, 1, start + 10 * second);
  run.enter(start + 10 * second);
  for (int i = 0; i < 200'000; ++i) run.refile(1, start + 10 * second - i);
  CHECK(run.release(start + 10 * second) == Sequences{1});
  CHECK(run.wheel.front() == nullptr);
}

}  // namespace ntan::flow
