// One run of capture or read: source → packets out → engine → events out, until something says
// stop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "run/engine.h"
#include "run/exit_code.h"
#include "run/heap.h"
#include "run/input_limit.h"
#include "run/options.h"
#include "run/outputs.h"
#include "run/privileges.h"
#include "run/recorder.h"
#include "run/run_records.h"
#include "run/status_line.h"
#include "source/interrupt.h"
#include "source/link_activity.h"
#include "source/source.h"

namespace ntan::run {

class Pipeline {
 public:
  /// `options` outlives the pipeline. `interrupt` stops and wakes the source.
  Pipeline(const Options& options, source::Interrupt& interrupt);

  /// Opens the input, gives up root, opens the outputs. Throws source::Error, std::system_error.
  void open();
  /// Reads to the end. Throws nothing that is not fatal; failures of outputs are in the exit code.
  ExitCode run();

 private:
  [[nodiscard]] bool live() const noexcept { return options_->command == Command::capture; }

  /// Whether somebody may be watching what comes.
  [[nodiscard]] bool in_real_time() const noexcept {
    return live() || options_->pace == Pace::recorded;
  }

  void open_source();
  void open_interface();
  void open_outputs(const std::optional<Identity>& identity);
  void check_later_inputs() const;
  void check_later_files(const std::optional<Identity>& identity) const;
  bool outputs_ended();
  bool take(Batch& batch);
  void come_to_end(StopReason reason);
  void go_idle();
  void handle_requests();
  void report_source();
  void report_outputs();
  void say_figures() const;
  void show_status();
  [[nodiscard]] Progress progress();
  /// run_start and run_end, which say nothing of the traffic.
  void record_run(const event::Event& event, Place place);
  void warn_of_silence();
  void tell_outside();
  void finish();
  void write_start(Timestamp first);
  void write_end();
  void say_drops() const;
  void say_end() const;
  [[nodiscard]] ExitCode exit_code() const;

  const Options* options_;
  source::Interrupt* interrupt_;
  std::unique_ptr<source::Source> source_;
  std::vector<std::string> source_names_;
  std::string filter_;
  StatusLine status_;
  InputLimit limit_;
  Outputs outputs_;
  Recorder recorder_;
  Heap heap_;
  std::unique_ptr<Engine> engine_;
  StopReason stop_reason_ = StopReason::end_of_input;
  bool start_written_ = false;
  Timestamp first_{};
  std::size_t damage_said_ = 0;
  std::size_t notes_said_ = 0;
  std::uint64_t batches_ = 0;
  std::uint64_t run_records_ = 0;  ///< of recorder_.recorded()
  std::int64_t started_ns_ = 0;    ///< process clock, for what is said on stderr only
  std::vector<source::LinkCount> links_at_start_;
  bool silence_judged_ = false;
  Progress told_;  ///< when the status line was
  std::int64_t told_ns_ = 0;
};

}  // namespace ntan::run
