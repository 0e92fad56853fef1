// What a shard tells while it runs beside others, kept until its turn comes: lines already
// rendered, everything else as it is. Told again in the order of packets and time-outs, it makes
// the same output as a shard that tells at once.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "run/merger.h"
#include "run/renderer.h"
#include "stats/aggregator.h"

namespace ntan::run {

/// What the statistics are told of a flow; nothing if there is nothing new.
[[nodiscard]] std::optional<stats::FlowFacts> flow_facts(const Conversation& conversation,
                                                         const Reported& told, bool ended);

class ShardLog final : public Merger {
 public:
  explicit ShardLog(Renderer renderer) : renderer_(std::move(renderer)) {}

  /// What follows is of the next packet that concerns the shard.
  void begin_packet() { begin({}); }
  /// What follows is of a time-out.
  void begin_timer(std::int64_t due, std::uint64_t sequence) {
    begin({.due = due, .sequence = sequence});
  }

  /// It holds so much that somebody should read it first.
  [[nodiscard]] bool full() const noexcept {
    return renderer_.size() >= most_octets || entries_.size() >= most_entries;
  }

  // --- reading

  /// What comes next: a time-out, when it was due. A packet is due at no time of its own.
  struct Step {
    static constexpr std::int64_t packet = std::numeric_limits<std::int64_t>::min();

    std::int64_t due = packet;
    std::uint64_t sequence = 0;
    std::uint32_t begin = 0;  ///< its first entry
  };
  /// Null when all has been read.
  [[nodiscard]] const Step* next() const noexcept {
    return read_ == steps_.size() ? nullptr : &steps_[read_];
  }
  /// Tells the next step to `reader`, which has a function told() for each kind of entry.
  template <class Reader>
  void read(Reader& reader) {
    const std::uint32_t begin = steps_[read_].begin;
    ++read_;
    const std::size_t end = read_ == steps_.size() ? entries_.size() : steps_[read_].begin;
    for (std::size_t i = begin; i < end; ++i) tell(entries_[i], reader);
  }
  /// Forgets everything. Its memory stays.
  void clear() noexcept;

  struct Line {
    const event::Schema* schema = nullptr;
    Timestamp time;
    Place place;
    Renderer::Lines lines;
  };
  struct ServerTime {
    IpAddress server;
    event::Note note;
  };
  struct Resolved {
    IpAddress client;
    IpAddress address;
  };
  struct Rtts {
    Direction direction{};
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  struct LostContact {};
  struct WholeFlow {
    stats::FlowFacts facts;
  };

  /// Of flows that end, all they ever had is told as well.
  void keep_whole_flows() noexcept { keeps_whole_flows_ = true; }

  // --- Merger

  void record(const event::Event& event, Place place) override;
  [[nodiscard]] bool wants(const event::Schema& schema) override { return renderer_.wants(schema); }
  void note(event::Note note) override { add(Kind::note, notes_, note); }
  void server_time(const IpAddress& server, event::Note note) override {
    add(Kind::server_time, server_times_, {server, note});
  }
  void resolved(const IpAddress& client, const IpAddress& address) override {
    add(Kind::resolved, resolved_, {client, address});
  }
  void rtts(Direction direction, std::span<const std::uint32_t> us) override;
  void outcome(const flow::Outcome& outcome) override { add(Kind::outcome, outcomes_, outcome); }
  void continuation(flow::Continuation continuation) override {
    entries_.push_back({Kind::continuation, static_cast<std::uint32_t>(continuation)});
  }
  void lost_contact() override { entries_.push_back({Kind::lost_contact, 0}); }
  // Cannot fail for want of memory as the others: told on its own.
  void index_flooded() noexcept override { index_flooded_ = true; }
  void flow_ended(const Conversation& conversation, const Reported& told) override;

  /// Since the last call.
  [[nodiscard]] bool take_index_flooded() noexcept { return std::exchange(index_flooded_, false); }

 private:
  enum class Kind : std::uint8_t {
    line,
    note,
    server_time,
    resolved,
    rtts,
    outcome,
    continuation,
    lost_contact,
    flow,
    whole_flow,
  };
  struct Entry {
    Kind kind{};
    std::uint32_t at = 0;  ///< among those of its kind; of a continuation: itself
  };

  static constexpr std::size_t most_octets = std::size_t{256} << 10U;
  static constexpr std::size_t most_entries = 4'096;

  void begin(Step step) {
    step.begin = static_cast<std::uint32_t>(entries_.size());
    steps_.push_back(step);
  }
  template <class T>
  void add(Kind kind, std::vector<T>& all, const T& one) {
    entries_.push_back({kind, static_cast<std::uint32_t>(all.size())});
    all.push_back(one);
  }
  template <class Reader>
  void tell(const Entry& entry, Reader& reader) const {
    switch (entry.kind) {
      case Kind::line: return reader.told(lines_[entry.at], renderer_);
      case Kind::note: return reader.told(notes_[entry.at]);
      case Kind::server_time: return reader.told(server_times_[entry.at]);
      case Kind::resolved: return reader.told(resolved_[entry.at]);
      case Kind::rtts: {
        const Rtts& rtts = rtts_[entry.at];
        return reader.told(rtts.direction, std::span{us_}.subspan(rtts.begin, rtts.size));
      }
      case Kind::outcome: return reader.told(outcomes_[entry.at]);
      case Kind::continuation: return reader.told(static_cast<flow::Continuation>(entry.at));
      case Kind::lost_contact: return reader.told(LostContact{});
      case Kind::flow: return reader.told(flows_[entry.at]);
      case Kind::whole_flow: return reader.told(whole_flows_[entry.at]);
    }
  }

  Renderer renderer_;
  std::vector<Step> steps_;
  std::size_t read_ = 0;
  std::vector<Entry> entries_;
  std::vector<Line> lines_;
  std::vector<event::Note> notes_;
  std::vector<ServerTime> server_times_;
  std::vector<Resolved> resolved_;
  std::vector<Rtts> rtts_;
  std::vector<std::uint32_t> us_;
  std::vector<flow::Outcome> outcomes_;
  std::vector<stats::FlowFacts> flows_;
  std::vector<WholeFlow> whole_flows_;
  bool keeps_whole_flows_ = false;
  bool index_flooded_ = false;
};

}  // namespace ntan::run
