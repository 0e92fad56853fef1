// The one way in which ntan writes: whole records into a file or standard output, in blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "sink/pipe_queue.h"

namespace ntan::sink {

enum class Flushing : std::uint8_t {
  blocks,   ///< when 64 KiB have gathered, and on flush()
  records,  ///< after every record
};

struct Writing {
  Flushing flushing{};
  std::size_t backlog = 0;  ///< of a pipe or socket: see OutputFile::drop_when_slow(); 0: wait
  bool midway = false;      ///< of a run: a pipe that nobody reads is an error, not waited for
  std::uint64_t room =
      0;  ///< octets that a file will take: without room for them it stays as it is
};

/// What becomes at its close of what a slow reader has not taken yet.
enum class Rest : std::uint8_t { awaits_reader, is_lost };

enum class State : std::uint8_t {
  good,
  closed,  ///< the reader of the pipe went away: no error, but nobody listens
  failed,  ///< see message(); what comes later is lost and counted
};

/// A file being written. It ends at the border of a record even when the disk is full.
/// Failing to open throws std::system_error (`cannot write x.csv: Permission denied`); failing
/// later is a state, so that other outputs go on. Its end closes without writing what is left: call
/// close() to know that all was written.
class OutputFile {
 public:
  /// Creates `path` (mode 0640 less the umask) or empties it. Refuses symbolic links, and files
  /// that another output of this or another process is writing.
  [[nodiscard]] static OutputFile create(const std::string& path, const Writing& writing);
  [[nodiscard]] static OutputFile standard_output(Flushing flushing);
  /// `name` is for messages.
  OutputFile(Descriptor descriptor, std::string name, Flushing flushing);

  /// From now on a slow reader of a pipe or socket holds nobody up: `backlog` octets wait for it,
  /// what comes beyond is lost and counted. Files and terminals are written as before.
  /// Requires: nothing was appended yet.
  void drop_when_slow(std::size_t backlog);
  /// From now on a slow reader is waited for again, until it takes nothing for two seconds. Then
  /// the state is closed.
  void wait_for_reader() noexcept { reader_is_awaited_ = true; }

  /// Adds one record, given in two pieces where that saves a copy. May write a block, and then
  /// waits for a slow reader.
  void append(std::string_view record, std::string_view rest = {});
  /// Writes what waits. Where a slow reader holds nobody up and nothing waits, asks whether the
  /// reader is still there.
  void flush();
  /// Flushes and closes. Nothing may be appended afterwards.
  void close(Rest rest = Rest::awaits_reader);

  [[nodiscard]] State state() const noexcept { return state_; }

  /// Why state() is failed: `cannot write x.csv: No space left on device`.
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

  /// The same where a reader that went away is a failure, too: who named a pipe wanted all of it.
  [[nodiscard]] std::string problem() const;

  /// Whether octets wait for a flush.
  [[nodiscard]] bool pending() const noexcept {
    return !block_.empty() || (queue_ && queue_->size() != 0);
  }

  /// Records that were appended but not written.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  void enqueue(std::string_view record, std::string_view rest);
  void write_queue(std::chrono::milliseconds patience, std::size_t most);
  void fail(int error, std::size_t written);
  void cut_to_border(std::size_t written, std::size_t border) noexcept;

  Descriptor descriptor_;
  std::string name_;
  Flushing flushing_{};
  State state_ = State::good;
  std::string message_;
  std::string block_;
  std::vector<std::size_t> ends_;  ///< of the records in block_
  std::uint64_t lost_ = 0;
  std::unique_ptr<PipeQueue> queue_;  ///< instead of block_, where a reader may be slow
  std::size_t write_at_ = 0;          ///< size of the queue at which the next write is tried
  bool reader_is_awaited_ = false;
};

/// Whether both paths lead to one existing file: writing to it would destroy what is read.
[[nodiscard]] bool same_file(const std::string& a, const std::string& b) noexcept;

}  // namespace ntan::sink
