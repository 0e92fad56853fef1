// All that a run writes: standard output, -o files, -w packets. Owns the sinks and knows who wants
// what.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "run/options.h"
#include "run/recorder.h"
#include "run/status_line.h"
#include "sink/packet_sink.h"
#include "sink/sink.h"
#include "source/source.h"

namespace ntan::run {

/// Refuses to write to what is read, by whatever name. Throws source::Error.
void keep_inputs(const Options& options, std::span<const std::string> written);

class Outputs final : public LineSink {
 public:
  explicit Outputs(const Options& options);

  /// Creates what can be created now. Under sudo that is done after root was given up, so that the
  /// files belong to the caller. Throws std::system_error.
  void open();

  /// `status` may be on the terminal that standard output is: it makes room for events.
  void stand_above(StatusLine& status) noexcept;

  /// A Recorder::Wanted over this object.
  static bool wanted(const void* outputs, const event::Schema& schema, Format format);

  void write(const event::Schema& schema, Timestamp time, Format format,
             std::string_view line) override;
  void write_packets(const Batch& batch, const std::vector<source::Interface>& interfaces);
  /// Where packets come from, though none of them may be written: a file has a link type.
  void tell_interfaces(const std::vector<source::Interface>& interfaces);
  void flush();
  /// The input has ended: what comes now may wait for a slow reader.
  void wait_for_readers();
  void finish();

  /// Standard output's reader has gone: nobody listens there any more.
  [[nodiscard]] bool closed() const;
  /// Every output has failed or closed for good: going on would be for nobody.
  [[nodiscard]] bool useless() const;
  /// Failures not reported before, one line each.
  [[nodiscard]] std::vector<std::string> take_failures();
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  /// Lines, and packets of -w, that were not written: a reader was too slow, an output had failed.
  [[nodiscard]] std::uint64_t lost() const;
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// Files that no event was for, by name.
  [[nodiscard]] std::vector<std::string> empty_files() const;
  /// Packets that -w left out because a pcap file has one link type.
  [[nodiscard]] std::uint64_t other_links() const;
  /// Packets that -w wrote with another time because the format does not hold theirs.
  [[nodiscard]] std::uint64_t other_times() const;
  /// Both in words, with the remedy; empty: -w wrote the packets as they are.
  [[nodiscard]] std::vector<std::string> changes() const;

 private:
  struct Entry {
    std::unique_ptr<sink::Sink> sink;
    bool standard_output = false;
    std::string reported{};  ///< of its messages, the last
  };

  [[nodiscard]] sink::OutputFile standard_output() const;
  [[nodiscard]] bool selected(std::string_view event) const;
  [[nodiscard]] bool packets_to_standard_output() const noexcept {
    return options_->write_packets == "-";
  }

  const Options* options_;
  StatusLine* status_ = nullptr;                ///< null: no line to be erased
  std::vector<const event::Schema*> selected_;  ///< sinks keep views of it: behind them
  std::vector<Entry> entries_;
  std::optional<sink::PacketSink> packets_;
  std::size_t interfaces_told_ = 0;
  bool packets_reported_ = false;
  bool failed_ = false;
  std::uint64_t events_ = 0;
};

}  // namespace ntan::run
