// Whether the link that is captured on is there, as packets alone do not tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "source/interfaces.h"

namespace ntan::source {

/// What the kernel tells of an interface, by a socket of the network namespace that it is in.
/// Absent: no such interface, `any`, or no socket that knows interfaces.
[[nodiscard]] std::optional<NetworkInterface::State> link_state(int socket,
                                                                const std::string& interface);

/// Turns states into lines for stderr, one where a state differs from the one before.
class LinkWatch {
 public:
  explicit LinkWatch(std::string interface) : interface_(std::move(interface)) {}

  /// Empty: nothing to tell. The first known state is not news, and a link that goes up and down
  /// for ever is told of max_changes times.
  [[nodiscard]] std::string look(std::optional<NetworkInterface::State> state);

  static constexpr std::uint32_t max_changes = 32;

 private:
  std::string interface_;
  std::optional<NetworkInterface::State> last_;
  std::uint32_t changes_ = 0;
};

}  // namespace ntan::source
