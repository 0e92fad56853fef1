// The run that the page shows: started and stopped by it, its lines taken in, its packets kept.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "run/child.h"
#include "run/line_feed.h"
#include "run/link_rates.h"
#include "run/options.h"
#include "run/packet_ring.h"
#include "run/process_load.h"
#include "serve/control.h"
#include "serve/digest.h"

namespace ntan::run {

/// Whom a run tells that there is something new.
class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void run_begins() = 0;
  virtual void state_changed() = 0;
  virtual void scan_told(std::string_view line) = 0;
};

class ServedRun final : public serve::Control {
 public:
  /// `options` and `digest` outlive it. `listener` is set before anything is started.
  ServedRun(const Options& options, serve::Digest& digest);
  ~ServedRun() override;

  void set_listener(RunListener& listener) noexcept { listener_ = &listener; }

  // serve::Control
  [[nodiscard]] serve::RunState state() override;
  [[nodiscard]] std::optional<serve::Refused> start(const serve::StartRequest& request) override;
  [[nodiscard]] std::optional<serve::Refused> stop() override;
  [[nodiscard]] serve::FilterVerdict check(const std::string& filter) override;
  [[nodiscard]] std::vector<serve::InterfaceState> interfaces() override;
  void packets(const serve::PacketChoice& choice,
               const std::shared_ptr<serve::PendingReply>& later) override;

  /// Starts what the command line names, if it names something. Throws as the first start refuses.
  void begin();
  /// To be waited for until one is readable.
  void descriptors(std::vector<int>& out);
  /// Takes what has come, a bounded part of it. True if there may be more at once.
  bool run();
  /// Once a second.
  void tick();
  /// Ends the run and waits for it a moment.
  void finish();

 private:
  struct Cut;

  /// What a run is started with. Becomes the state only once there is one.
  struct Plan {
    std::string interface;
    std::string filter;
    std::string filter_effective;
  };

  bool take_output(Descriptor& from);
  void take_line(std::string_view line);
  void take_errors();
  bool take_packets();
  void take_end();
  void check_files() const;
  void read_events(const std::string& path);
  [[nodiscard]] Plan plan_run(const serve::StartRequest& request) const;
  [[nodiscard]] std::string choose_interface(std::string wanted) const;
  [[nodiscard]] std::vector<std::string> capture_arguments(const serve::StartRequest& request,
                                                           const Plan& plan) const;
  [[nodiscard]] std::vector<std::string> replay_arguments() const;
  [[nodiscard]] std::string effective_filter(const std::string& filter) const;
  void begin_run();
  [[nodiscard]] std::uint64_t elapsed_us() const noexcept;
  [[nodiscard]] std::optional<serve::Refused> refused_cut(bool all);
  [[nodiscard]] std::optional<serve::Refused> cut_out(
      const serve::PacketChoice& choice, const std::shared_ptr<serve::PendingReply>& later);
  [[nodiscard]] Descriptor packets_held() const;
  [[nodiscard]] bool was_stopped() const noexcept;
  [[nodiscard]] std::vector<std::string> cut_arguments(const serve::PacketChoice& choice) const;
  void drop_unwanted_cuts();
  void run_cuts();
  void say_changed();

  const Options* options_;
  serve::Digest* digest_;
  RunListener* listener_ = nullptr;
  Descriptor program_;
  serve::RunState state_;
  PacketRing ring_;
  LinkRates rates_;
  LoadMeter run_meter_;
  LoadMeter page_meter_;
  std::unique_ptr<Child> child_;
  Descriptor events_;  // mode events: the stream
  LineFeed lines_;
  LineFeed errors_;
  std::vector<std::string> error_lines_;
  std::vector<std::unique_ptr<Cut>> cuts_;
  std::int64_t started_ns_ = 0;
  bool stop_asked_ = false;
  bool changed_ = false;  // and listeners have not been told
  unsigned ticks_of_stop_ = 0;
};

}  // namespace ntan::run
