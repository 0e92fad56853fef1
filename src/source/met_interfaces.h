// The interfaces behind `any`: which of them a packet came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "source/source.h"

namespace ntan::source {

/// Names interfaces by the kernel's index in LINKTYPE_LINUX_SLL2 headers, each once: a name that
/// changes later, or an index that is used again, is not noticed.
class MetInterfaces {
 public:
  /// Others count as the first of the input, `any`.
  static constexpr std::size_t most = 1024;

  /// The name of an index of the kernel; empty where it has gone.
  using NameOf = std::function<std::string(std::uint32_t)>;

  explicit MetInterfaces(NameOf name_of) : name_of_(std::move(name_of)) {}

  /// Index in `input` of the interface that the packet `data` is of. Appends one that is met for
  /// the first time; `input` begins with `any`, which stands for what cannot be told.
  [[nodiscard]] std::uint32_t of(std::span<const std::uint8_t> data, std::vector<Interface>& input);

 private:
  struct Met {
    std::uint32_t kernel_index;
    std::uint32_t index;
  };

  [[nodiscard]] Met meet(std::uint32_t kernel_index, std::vector<Interface>& input);

  NameOf name_of_;
  Met last_{};            ///< most packets are of the interface that the one before was of
  std::vector<Met> met_;  ///< by kernel_index
};

}  // namespace ntan::source
