// Records on their way into a pipe whose reader may be slow: bounded, and never blocking.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ntan::sink {

/// A queue in front of a pipe or socket. Records that fit into PIPE_BUF are written whole or not
/// at all, so that a reader that is given up on has seen no half line of those.
class PipeQueue {
 public:
  /// `limit`: octets that may wait, book-keeping included.
  explicit PipeQueue(std::size_t limit) noexcept : limit_(limit) {}

  /// Whether this descriptor leads to a reader that can be slow.
  [[nodiscard]] static bool fits(int descriptor) noexcept;
  /// Whether its reader has gone. Asks the system, writes nothing.
  [[nodiscard]] static bool abandoned(int descriptor) noexcept;

  /// Returns false, and keeps nothing, if there is no room.
  [[nodiscard]] bool push(std::string_view record, std::string_view rest);
  /// Writes until the queue is empty, `most` octets have gone, or the reader has taken nothing
  /// for `patience`. Returns an errno, or 0.
  int write(int descriptor, std::chrono::milliseconds patience, std::size_t most = SIZE_MAX);
  void clear() noexcept;

  /// Octets that wait.
  [[nodiscard]] std::size_t size() const noexcept { return octets_.size() - written_; }

  /// Records that are not written to their end.
  [[nodiscard]] std::size_t records() const noexcept { return ends_.size() - records_written_; }

 private:
  [[nodiscard]] std::string_view next() const noexcept;
  void take_off(std::size_t count);

  std::size_t limit_;
  std::string octets_;
  std::vector<std::size_t> ends_;  ///< of the records in octets_
  std::size_t written_ = 0;        ///< octets at the front that are gone
  std::size_t records_written_ = 0;
};

}  // namespace ntan::sink
