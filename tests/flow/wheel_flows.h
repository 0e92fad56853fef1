// Flows as a wheel sees them, without anything else that a flow is: for its tests and its fuzzer.
#pragma once

#include <cstdint>
#include <vector>

#include "flow/wheel.h"

namespace ntan::test {

/// Links of a Wheel whose due times the test sets by hand. Numbers start at 1.
class WheelFlows {
 public:
  explicit WheelFlows(std::size_t count) : flows_(count + 1) {}

  /// Makes the flow another one; it has to be in no slot.
  void become(flow::Number number, std::uint64_t sequence, std::int64_t due) {
    flows_[number] = {.link = {}, .sequence = sequence, .due = due};
  }
  void set_due(flow::Number number, std::int64_t due) { flows_[number].due = due; }

  flow::WheelLink& link(flow::Number number) noexcept {
    ++steps_;
    return flows_[number].link;
  }
  [[nodiscard]] flow::Due due(flow::Number number) const noexcept {
    return {.time = flows_[number].due, .sequence = flows_[number].sequence, .number = number};
  }
  [[nodiscard]] bool is(flow::Number number, std::uint64_t sequence) const noexcept {
    return flows_[number].sequence == sequence;
  }

  /// How often the wheel has looked at a flow.
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

 private:
  struct Flow {
    flow::WheelLink link;
    std::uint64_t sequence = 0;
    std::int64_t due = 0;
  };

  std::vector<Flow> flows_;
  std::uint64_t steps_ = 0;
};

}  // namespace ntan::test
