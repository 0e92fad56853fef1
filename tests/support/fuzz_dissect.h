// Runs one dissector inside a fuzz target: no test framework, and every line is checked as it is
// written. Header only, since fuzzers link no test support.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <simdjson.h>

#include "app/protocol.h"
#include "event/event.h"

namespace ntan::test {

/// Ends the run where an invariant is broken.
inline void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// One piece of an input that is a sequence of steps: two octets of control, then up to 4,095
/// octets of payload.
struct FuzzStep {
  Direction direction{};
  bool cut = false;  ///< the capture kept less than was sent
  std::int64_t wait_ms = 0;
  Bytes data;

  static FuzzStep read(Reader& reader) {
    const std::uint16_t control = reader.be16();
    FuzzStep step{
        .direction = (control & 0x8000U) != 0 ? Direction::to_client : Direction::to_server,
        .cut = (control & 0x4000U) != 0,
        .wait_ms = static_cast<std::int64_t>(control & 0x3000U),
        .data = {}};
    step.data = reader.take(std::min<std::size_t>(control & 0xfffU, reader.left()));
    return step;
  }
};

class FuzzRun final : public app::Output {
 public:
  FuzzRun(const app::Protocol& protocol, const app::FlowContext& flow, std::size_t memory)
      : budget_{.limit = memory},
        protocol_(&protocol),
        flow_(flow),
        storage_(new std::byte[protocol.state_size]) {
    flow_.memory = &budget_;
    dissector_ = protocol.construct(storage_.get(), flow_);
  }

  ~FuzzRun() override { finish(); }

  FuzzRun(const FuzzRun&) = delete;
  FuzzRun& operator=(const FuzzRun&) = delete;

  void feed(const FuzzStep& step, IpVersion version = IpVersion::v4) {
    advance(step.wait_ms);
    piece(step, step.data, version);
  }

  /// The same octets, one by one.
  void feed_single(const FuzzStep& step) {
    advance(step.wait_ms);
    for (const std::uint8_t& octet : step.data) piece(step, Bytes{&octet, 1}, IpVersion::v4);
  }

  /// Ends the flow and checks that nothing is left over.
  void finish() {
    if (dissector_ == nullptr) return;
    dissector_->on_end(now_, *this);
    destroy();
  }

  /// Everything written, one line each; notes and anomalies are not in it.
  [[nodiscard]] const std::string& lines() const { return lines_; }

  [[nodiscard]] std::uint64_t notes(event::Note::Kind kind) const {
    return notes_[static_cast<std::size_t>(kind)];
  }

  /// Sum of 1 + `extra` over the lines in which `flag` is true and `extra` is present.
  [[nodiscard]] std::uint64_t total(const char* flag, const char* extra) const {
    std::uint64_t sum = 0;
    simdjson::dom::parser parser;
    std::size_t from = 0;
    while (from < lines_.size()) {
      const std::size_t end = lines_.find('\n', from);
      const simdjson::dom::element line = parser.parse(lines_.substr(from, end - from));
      from = end + 1;
      std::uint64_t more = 0;
      bool set = false;
      if (line[flag].get(set) != simdjson::SUCCESS || !set) continue;
      if (line[extra].get(more) == simdjson::SUCCESS) sum += 1 + more;
    }
    return sum;
  }

  void arm(app::Timer timer, std::uint32_t token) override {
    timers_.push_back({now_ + app::length(timer), timer, token});
  }

  void note(event::Note note) override { ++notes_[static_cast<std::size_t>(note.kind)]; }

  void resolved(const IpAddress& /*address*/) override {}

  bool may_decrypt() override { return true; }

  void anomaly(std::string_view layer, event::Reason /*reason*/, std::string_view detail) override {
    require(!layer.empty() && !detail.empty());
  }

 private:
  struct Armed {
    Timestamp due;
    app::Timer timer{};
    std::uint32_t token = 0;
  };

  void piece(const FuzzStep& step, Bytes data, IpVersion version) {
    if (dissector_ == nullptr && idle_) wake();
    if (dissector_ == nullptr) return;
    // An exactly sized copy, so that a sanitizer sees every read past the end.
    const std::vector<std::uint8_t> copy(data.begin(), data.end());
    const auto size = static_cast<std::uint32_t>(data.size());
    const app::Segment segment{.data = copy,
                               .size = step.cut ? size + 100 : size,
                               .direction = step.direction,
                               .time = now_,
                               .packet = ++packet_,
                               .link_source = {},
                               .ip_version = version};
    if (consume(segment) != app::Progress::anew) return;
    wake();
    require(consume(segment) != app::Progress::anew);
  }

  app::Progress consume(const app::Segment& segment) {
    const app::Progress progress = dissector_->consume(segment, *this);
    require(budget_.used <= budget_.limit + budget_slack);
    idle_ = progress == app::Progress::idle;
    if (progress != app::Progress::more) destroy();
    return progress;
  }

  void wake() {
    flow_.made_anew = true;
    dissector_ = protocol_->construct(storage_.get(), flow_);
  }

  void advance(std::int64_t ms) {
    const Timestamp target = now_ + std::chrono::milliseconds{ms};
    while (next_ < timers_.size() && timers_[next_].due <= target) {
      const Armed due = timers_[next_++];  // one length per protocol: due in the order armed
      now_ = due.due;
      if (dissector_ != nullptr) dissector_->on_timer(due.timer, due.token, now_, *this);
    }
    now_ = target;
  }

  void destroy() {
    dissector_->~Dissector();
    dissector_ = nullptr;
    require(budget_.used == 0);
  }

  void emit_record(const event::Schema& schema, const void* record, const Ends* /*ends*/) override {
    const std::size_t bound = schema.json_bound(record);
    const auto text = std::make_unique<char[]>(bound);  // NOLINT(*-c-arrays)
    const char* end = schema.append_json(text.get(), record, {});
    const std::string_view line{text.get(), end};
    require(line.size() <= bound);
    require(parser_.parse(line.data(), line.size()).error() == simdjson::SUCCESS);
    lines_.append(line);
    lines_ += '\n';
  }

  // A vector may hold a little more than was asked for; Buffer counts that after the fact.
  static constexpr std::size_t budget_slack = 4096;

  Budget budget_;
  const app::Protocol* protocol_;
  app::FlowContext flow_;
  std::unique_ptr<std::byte[]> storage_;  // NOLINT(*-c-arrays)
  app::Dissector* dissector_ = nullptr;
  bool idle_ = false;  ///< it held nothing and is made anew for what comes next
  Timestamp now_ = from_ns(1'700'000'000'000'000'000);
  std::uint64_t packet_ = 0;
  std::vector<Armed> timers_;
  std::size_t next_ = 0;
  std::array<std::uint64_t, 64> notes_{};
  std::string lines_;
  simdjson::dom::parser parser_;
};

}  // namespace ntan::test
