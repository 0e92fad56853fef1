#include "tests/support/dissect.h"

#include <algorithm>

#include <catch2/catch.hpp>

namespace ntan::test {
namespace {
Timestamp at(std::int64_t ms) {
  return from_ns(1'700'000'000'000'000'000 + ms * 1'000'000);
}
}  // namespace

DissectorRun::DissectorRun(const app::Protocol& protocol, app::FlowContext flow, std::size_t memory)
    : budget_{.limit = memory},
      protocol_(&protocol),
      flow_(flow),
      storage_(new std::byte[protocol.state_size]) {
  flow_.memory = &budget_;
  dissector_ = protocol.construct(storage_.get(), flow_);
}

DissectorRun::~DissectorRun() {
  if (dissector_ != nullptr) dissector_->~Dissector();
}

void DissectorRun::take(app::Progress progress) {
  result_.progress = progress;
  if (progress == app::Progress::more) return;
  dissector_->~Dissector();
  dissector_ = nullptr;
  CHECK(budget_.used == 0);  // a dissector gives back all it took
}

void DissectorRun::feed(Direction direction, Bytes data, std::int64_t ms, std::uint32_t sent_size) {
  advance(ms);
  if (!wake(data)) return;
  // An exactly sized copy, so that a sanitizer sees every read past the end.
  const std::vector<std::uint8_t> copy(data.begin(), data.end());
  const auto size = static_cast<std::uint32_t>(data.size());
  const app::Segment segment{.data = copy,
                             .size = sent_size == 0 ? size : sent_size,
                             .direction = direction,
                             .time = now_,
                             .packet = ++packet_,
                             .link_source = link_source_,
                             .link = link_,
                             .ip_version = version_};
  take(dissector_->consume(segment, *this));
  if (result_.progress == app::Progress::anew && wake(data))
    take(dissector_->consume(segment, *this));
}

/// Whether there is a dissector for these octets; one that was idle is made anew.
bool DissectorRun::wake(Bytes data) {
  const bool was_idle =
      result_.progress == app::Progress::idle || result_.progress == app::Progress::anew;
  if (dissector_ != nullptr || !was_idle) return dissector_ != nullptr;
  const std::uint8_t wakes = protocol_->wakes;
  if (wakes != 0 && (data.empty() || (data.front() & wakes) != wakes)) return false;
  flow_.made_anew = true;
  dissector_ = protocol_->construct(storage_.get(), flow_);
  return true;
}

void DissectorRun::gap(Direction direction, std::uint64_t size, std::int64_t ms) {
  advance(ms);
  if (dissector_ != nullptr) take(dissector_->on_gap(direction, size, now_, *this));
}

void DissectorRun::hole(Direction direction, std::uint64_t size, std::int64_t ms) {
  advance(ms);
  if (dissector_ != nullptr) take(dissector_->on_gap(direction, size, std::nullopt, *this));
}

void DissectorRun::unseen(Direction direction, std::uint64_t size, std::int64_t ms) {
  advance(ms);
  if (dissector_ != nullptr) take(dissector_->on_unseen(direction, size, now_, *this));
}

void DissectorRun::half_close(Direction direction, std::int64_t ms) {
  advance(ms);
  if (dissector_ != nullptr) take(dissector_->on_half_close(direction, now_, *this));
}

void DissectorRun::advance(std::int64_t ms) {
  const Timestamp target = at(ms);
  for (;;) {
    const auto first =
        std::min_element(timers_.begin(), timers_.end(),
                         [](const Armed& a, const Armed& b) { return a.due < b.due; });
    if (first == timers_.end() || first->due > target) break;
    const Armed due = *first;
    timers_.erase(first);
    now_ = due.due;
    if (dissector_ != nullptr) dissector_->on_timer(due.timer, due.token, now_, *this);
  }
  now_ = std::max(now_, target);
}

void DissectorRun::end(std::int64_t ms) {
  advance(ms);
  if (dissector_ == nullptr) return;
  dissector_->on_end(now_, *this);
  take(app::Progress::done);
}

void DissectorRun::arm(app::Timer timer, std::uint32_t token) {
  timers_.push_back({now_ + app::length(timer), timer, token});
}

void DissectorRun::anomaly(std::string_view layer, event::Reason reason,
                           std::string_view /*detail*/) {
  result_.anomalies.push_back(std::string{layer} + ' ' + std::string{to_text(reason)});
}

void DissectorRun::emit_record(const event::Schema& schema, const void* record, const Ends* ends) {
  if (!wanted_) return;
  std::string text(schema.json_bound(record), '\0');
  const event::Style style;
  text.resize(
      static_cast<std::size_t>(schema.append_json(text.data(), record, style) - text.data()));
  std::string line{schema.name};
  if (ends != nullptr) line += ' ' + to_string(ends->source) + '>' + to_string(ends->destination);
  result_.lines.push_back(line + ' ' + text);
}

std::vector<std::string> note_texts(const Dissected& result) {
  std::vector<std::string> texts;
  for (const event::Note& note : result.notes) {
    texts.push_back(std::to_string(static_cast<unsigned>(note.kind)));
    texts.back().append(" ").append(std::to_string(note.value));
  }
  return texts;
}

}  // namespace ntan::test
