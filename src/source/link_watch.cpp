#include "source/link_watch.h"

#include <algorithm>
#include <array>
#include <net/if.h>
#include <string_view>
#include <sys/ioctl.h>

#include <fmt/format.h>

namespace ntan::source {
namespace {

std::string_view words(NetworkInterface::State state) noexcept {
  switch (state) {
    case NetworkInterface::State::up: return "is up again";
    case NetworkInterface::State::no_carrier:
      return "has no carrier: nothing can be captured before it is back";
    case NetworkInterface::State::down: break;
  }
  return "is down: nothing can be captured before it is up again";
}

}  // namespace

std::optional<NetworkInterface::State> link_state(int socket, const std::string& interface) {
  ifreq request{};
  // NOLINTBEGIN(*-union-access, *-array-to-pointer-decay, *-vararg): the kernel's interface
  if (interface.size() >= sizeof request.ifr_name) return std::nullopt;
  std::copy(interface.begin(), interface.end(), request.ifr_name);
  if (::ioctl(socket, SIOCGIFFLAGS, &request) != 0) return std::nullopt;
  const auto flags = static_cast<unsigned>(request.ifr_flags);
  // NOLINTEND(*-union-access, *-array-to-pointer-decay, *-vararg)
  if ((flags & IFF_UP) == 0) return NetworkInterface::State::down;
  return (flags & IFF_RUNNING) == 0 ? NetworkInterface::State::no_carrier
                                    : NetworkInterface::State::up;
}

std::string LinkWatch::look(std::optional<NetworkInterface::State> state) {
  if (!state || state == last_) return {};
  const bool first = !last_;
  last_ = state;
  if (first || changes_ > max_changes) return {};
  if (++changes_ > max_changes)
    return fmt::format("{}: further changes of its state are not told", interface_);
  return fmt::format("{} {}", interface_, words(*state));
}

}  // namespace ntan::source
