#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ntan::cli {

/// The command line makes no sense. what() is one line for stderr; hints, each a line, say what
/// would.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message, std::vector<std::string> hints = {})
      : std::runtime_error(message), hints_(std::move(hints)) {}

  [[nodiscard]] const std::vector<std::string>& hints() const noexcept { return hints_; }

 private:
  std::vector<std::string> hints_;
};

}  // namespace ntan::cli
