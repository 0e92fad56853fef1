// Where -c, --duration and --filesize end the input.
#pragma once

#include <cstdint>
#include <optional>

#include "base/packet.h"
#include "run/options.h"
#include "run/run_records.h"

namespace ntan::run {

/// Counts one pass over the input.
class InputLimit {
 public:
  explicit InputLimit(const Options& options);

  /// Cuts the batch where a condition is met, and says which: nothing is to follow. Absent: go on.
  [[nodiscard]] std::optional<StopReason> cut(Batch& batch) noexcept;

 private:
  std::optional<std::uint64_t> count_;
  std::optional<Duration> duration_;
  std::optional<std::uint64_t> file_size_;
  Timestamp first_{};  // packet's time
  std::uint64_t packets_ = 0;
  std::uint64_t octets_ = 0;
};

}  // namespace ntan::run
