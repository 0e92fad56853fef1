// This program once more, with other arguments: a run of its own whose lines we read.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/descriptor.h"

namespace ntan::run {

/// This program's file, open to be run: whoever we become need not be able to reach it by its path.
/// Throws std::system_error.
[[nodiscard]] Descriptor own_program();

/// Octets that one look at a pipe takes at most, so that others have their turn however fast they
/// come.
inline constexpr std::size_t most_at_once = std::size_t{1} << 20U;

/// Reads a part of what a descriptor that does not block holds, and closes it at its end. Empty:
/// there is nothing now, or it is closed. Valid as long as `block`.
[[nodiscard]] std::string_view read_some(Descriptor& from, std::span<char> block) noexcept;

/// Calls `take` with what a descriptor holds, up to most_at_once of it, and closes it at its end.
/// True if there may be more at once.
template <class Take>
bool take_some(Descriptor& from, Take&& take) {
  std::array<char, std::size_t{64} << 10U> block{};
  for (std::size_t taken = 0; from.open() && taken < most_at_once;) {
    const std::string_view octets = read_some(from, block);
    if (octets.empty()) return false;
    take(octets);
    taken += octets.size();
  }
  return from.open();
}

class Child {
 public:
  /// What the child's descriptors are. Not-blocking pipes are made for what is asked for.
  struct Wiring {
    int input = -1;        ///< its standard input; -1: nothing
    int output = -1;       ///< its standard output; -1: a pipe, see output()
    bool packets = false;  ///< a pipe at its /dev/fd/3, see packets()
  };

  /// Throws std::system_error. The child ends when this process does.
  Child(const Descriptor& program, std::span<const std::string> arguments, const Wiring& wiring);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// Kills the child if it still runs.
  ~Child();

  [[nodiscard]] Descriptor& output() noexcept { return output_; }
  [[nodiscard]] Descriptor& errors() noexcept { return errors_; }
  [[nodiscard]] Descriptor& packets() noexcept { return packets_; }

  [[nodiscard]] pid_t process() const noexcept { return process_; }

  /// Asks it to come to an end.
  void stop() const noexcept;
  /// Ends it; its pipes close.
  void kill() const noexcept;
  /// Its exit code, 128 and the signal's number for one that was killed; nothing while it runs.
  [[nodiscard]] std::optional<int> ended() noexcept;

 private:
  pid_t process_ = -1;
  std::optional<int> code_;
  Descriptor output_;
  Descriptor errors_;
  Descriptor packets_;
};

}  // namespace ntan::run
