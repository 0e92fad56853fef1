// Scripts of first contacts for tests of the scan detector.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "detect/scan_detector.h"

namespace ntan::test {

using detect::ContactClass;
using detect::Outcome;
using detect::Result;

/// What an alert said, with its views copied.
struct Told {
  event::Common common;
  detect::ScanRecord record;
  std::vector<IpAddress> members;
  std::vector<std::string> port_ranges;
  std::vector<std::string> open;
  std::vector<detect::ScanSample> sample;
};

class Listener final : public detect::ScanSink {
 public:
  void on_scan(const event::Common& common, const detect::ScanRecord& record) override {
    Told told;
    told.common = common;
    told.record = record;
    told.members.assign(record.members.begin(), record.members.end());
    told.port_ranges.assign(record.port_ranges.begin(), record.port_ranges.end());
    told.open.assign(record.open.begin(), record.open.end());
    told.sample.assign(record.sample.begin(), record.sample.end());
    const event::Event event = event::make_event(common, record);
    std::string line(event::json_bound(event), '\0');
    char* end = event::append_json(line.data(), event, {});
    line.resize(static_cast<std::size_t>(end - line.data()));
    text += line;
    all.push_back(std::move(told));
  }

  [[nodiscard]] std::size_t count(detect::ScanPhase phase) const {
    std::size_t found = 0;
    for (const Told& told : all) found += told.record.phase == phase ? 1U : 0U;
    return found;
  }

  [[nodiscard]] std::size_t opened() const { return count(detect::ScanPhase::open); }

  std::vector<Told> all;
  std::string text;
};

/// One first contact and its result.
struct Step {
  std::string src = "198.51.100.10";
  std::string dst = "192.0.2.10";
  std::uint16_t port = 80;
  Result result = Result::refused;
  ContactClass contact_class = ContactClass::syn;
  std::uint16_t src_port = 40000;
  std::uint8_t ttl = 64;
  bool raw = true;    ///< of a SYN: without the options that systems send
  bool heard = true;  ///< what the target sends is in the capture
};

/// The n-th address of 192.0.2.0/24 and what follows it.
inline std::string host(unsigned n) {
  return "192.0." + std::to_string(2 + n / 256) + "." + std::to_string(n % 256);
}

/// Ports that are not peer-prone: 1, 2, 3, …
inline std::uint16_t low_port(unsigned n) {
  return static_cast<std::uint16_t>(1 + n % 1023);
}

/// Drives a detector and keeps the clock.
class Script {
 public:
  explicit Script(const detect::ScanOptions& options = {}) : detector(options, heard) {}

  [[nodiscard]] Outcome outcome(const Step& step, Outcome::Kind kind) const {
    Outcome out;
    out.time = out.first_time = now;
    out.src = *parse_address(step.src);
    out.dst = *parse_address(step.dst);
    out.src_port = step.src_port;
    out.dst_port = step.port;
    out.kind = kind;
    out.contact_class = step.contact_class;
    out.result = step.result;
    out.answered =
        step.heard && (step.result == Result::refused || step.result == Result::session ||
                       step.result == Result::half_open || step.result == Result::connect ||
                       step.result == Result::banner);
    out.ttl = step.ttl;
    out.packet = packets;
    out.syn_has_sack = out.syn_has_timestamp = out.syn_has_window_scale = !step.raw;
    return out;
  }

  void begin(const Step& step) {
    ++packets;
    detector.on_outcome(outcome(step, Outcome::Kind::contact));
  }

  void end(const Step& step, Outcome::Kind kind = Outcome::Kind::result) {
    detector.on_outcome(outcome(step, kind));
  }

  /// Contact and result, then a second passes.
  void add(const Step& step) {
    begin(step);
    end(step);
    wait(std::chrono::seconds{1});
  }

  void wait(Duration duration) { now += duration; }

  Listener heard;
  detect::ScanDetector detector;
  Timestamp now = from_ns(1'700'000'000'000'000'000);
  std::uint64_t packets = 0;
};

}  // namespace ntan::test
