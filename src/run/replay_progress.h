// How far another process has come in the files that it reads, by what the kernel tells of it.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "serve/control.h"

namespace ntan::run {

/// Octets of `files`, read in their order, that `process` has behind it, and of all. Nothing where
/// that cannot be told: none of them is open there, one is a pipe, or all are so small that a
/// reader of large blocks has them at once.
[[nodiscard]] std::optional<serve::Progress> replay_progress(pid_t process,
                                                             const std::vector<std::string>& files);

}  // namespace ntan::run
