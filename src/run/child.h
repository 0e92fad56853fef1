// This program once more, with other arguments: a run of its own whose lines we read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <sys/types.h>

#include "base/descriptor.h"

namespace ntan::run {

/// This program's file, open to be run: whoever we become need not be able to reach it by its path.
/// Throws std::system_error.
[[nodiscard]] Descriptor own_program();

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
