#include "stats/aggregator.h"

#include <algorithm>
#include <limits>

#include "stats/question_table.h"
#include "stats/summary.h"
#include "stats/window.h"

namespace ntan::stats {
namespace {

using Kind = event::Note::Kind;

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
/// Windows without anything that are reported one after the other.
constexpr std::uint64_t max_empty_windows = 600;

}  // namespace

// Once max_empty_windows have passed, the window is left open-ended (`idle`) until a packet tells
// where time goes on: a capture may claim a gap of centuries.
struct Aggregator::State {
  State(const Options& chosen, Duration length)
      : every(length.count()),
        sensor(chosen.sensor),
        home(chosen.home),
        summary(chosen.top, !chosen.home.empty()),
        window(chosen.link_name) {}

  void start(Timestamp first);
  void on_packet(const PacketFacts& packet) noexcept;
  void on_flow(const FlowFacts& flow);
  void on_note(event::Note note) noexcept;
  /// The open-ended window becomes the one that holds `clock`.
  void wake(Timestamp clock) noexcept;
  enum class Of : std::uint8_t { window, whole_run };
  void report(Timestamp end, const Quality& quality, const Emit& emit, Of of = Of::window);
  /// A note about a DNS message, which may say something together with others of other flows.
  void on_question(event::Note note) noexcept;

  std::int64_t every;
  std::string sensor;
  std::vector<Network> home;
  Summary summary;
  Window window;
  QuestionTable questions;
  Quality told;  ///< totals of the run when the last window ended
  PathCounts path;
  PathCounts path_told;
  Timestamp begin{};  ///< of the present window
  Timestamp last_packet{};
  std::int64_t due = never;
  std::uint64_t empty_windows = 0;  ///< in a row
  std::uint64_t skipped = 0;
  bool started = false;
  bool idle = false;
};

void Aggregator::State::wake(Timestamp clock) noexcept {
  idle = false;
  empty_windows = 0;
  const std::int64_t now = bin_begin(to_ns(clock), every);
  if (now > to_ns(begin)) {
    // Counted without sign: the gap may be longer than half of all time.
    const auto gap = static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(to_ns(begin));
    skipped = gap / static_cast<std::uint64_t>(every);
    begin = from_ns(now);
  }
  due = bin_end(to_ns(begin), every);
}

void Aggregator::State::report(Timestamp end, const Quality& quality, const Emit& emit, Of of) {
  const WindowFrame frame{.begin = begin,
                          .end = std::max(begin, end),
                          .skipped = skipped,
                          .window = every > 0,
                          .whole_run = of == Of::whole_run};
  const event::Common common{.ts = frame.end, .sensor = sensor};
  Quality all = quality;
  all.memory_refused += questions.displaced();
  emit(event::make_event(common,
                         summary.of(window, frame, since(told, all), since(path_told, path))));
  told = all;
  path_told = path;
  skipped = 0;
  window.clear();
}

void Aggregator::State::on_question(event::Note note) noexcept {
  if (note.kind == Kind::dns_asked) {
    if (questions.ask(note.value, last_packet)) window.on_note({.kind = Kind::dns_soft_retry});
  } else if (note.kind == Kind::dns_settled) {
    questions.answer(note.value, last_packet);
  } else {
    window.on_note({.kind = questions.answered(note.value, last_packet) ? Kind::dns_duplicate_answer
                                                                        : Kind::dns_unsolicited});
  }
}

void Aggregator::State::start(Timestamp first) {
  started = true;
  begin = first;
  if (every > 0) due = bin_end(to_ns(first), every);
}

inline void Aggregator::State::on_packet(const PacketFacts& packet) noexcept {
  if (idle) [[unlikely]]
    wake(packet.clock);
  last_packet = packet.clock;
  if (packet.interface != 0 && window.interfaces().empty()) [[unlikely]]
    window.tell_interfaces_apart();
  window.on_packet(packet);
}

void Aggregator::State::on_flow(const FlowFacts& flow) {
  window.on_flow(flow);
  if (!home.empty()) window.count_directions(flow, home);
}

void Aggregator::State::on_note(event::Note note) noexcept {
  switch (note.kind) {
    case Kind::dns_asked:
    case Kind::dns_settled:
    case Kind::dns_unpaired: on_question(note); break;
    default: window.on_note(note); break;
  }
}

Aggregator::Aggregator(const Options& options)
    : state_(std::make_unique<State>(options, options.every)) {
  if (options.total && options.every > Duration::zero())
    total_ = std::make_unique<State>(options, Duration::zero());
}

Aggregator::~Aggregator() = default;

void Aggregator::start(Timestamp first) {
  state_->start(first);
  if (total_) total_->start(first);
}

void Aggregator::on_packet(const PacketFacts& packet) noexcept {
  state_->on_packet(packet);
  if (total_) [[unlikely]]
    total_->on_packet(packet);
}

void Aggregator::on_flow(const FlowFacts& flow) {
  state_->on_flow(flow);
}

void Aggregator::on_whole_flow(const FlowFacts& flow) {
  if (total_) total_->on_flow(flow);
}

void Aggregator::on_note(event::Note note) noexcept {
  state_->on_note(note);
  if (total_) total_->on_note(note);
}

void Aggregator::on_server(const IpAddress& server, event::Note note) {
  state_->window.on_server(server, note);
  if (total_) total_->window.on_server(server, note);
}

void Aggregator::on_rtts(PathHalf half, std::span<const std::uint32_t> us) noexcept {
  const Kind kind = half == PathHalf::server ? Kind::tcp_rtt_server_us : Kind::tcp_rtt_client_us;
  for (const std::uint32_t sample : us) on_note({.kind = kind, .value = sample});
}

void Aggregator::name_interface(std::size_t interface, std::string_view name) {
  state_->summary.name_interface(interface, name);
  if (total_) total_->summary.name_interface(interface, name);
}

void Aggregator::set_path(const PathCounts& path) noexcept {
  state_->path = path;
  if (total_) total_->path = path;
}

std::int64_t Aggregator::next_due() const noexcept {
  return state_->due;
}

void Aggregator::close_window(const Quality& quality, const Emit& emit) {
  State& state = *state_;
  if (state.due == never) return;
  state.empty_windows = state.window.empty() ? state.empty_windows + 1 : 0;
  if (state.empty_windows > max_empty_windows) {
    state.idle = true;
    state.due = never;
    return;
  }
  const Timestamp end = from_ns(state.due);
  state.report(end, quality, emit);
  state.begin = end;
  state.due = bin_end(state.due, state.every);
}

void Aggregator::finish(Timestamp last, const Quality& quality, const Emit& emit) {
  State& state = *state_;
  if (!state.started) return;
  if (state.idle) state.wake(last);
  // Time may stop right at a border: the last window then holds nothing, or what ended with it.
  const bool nothing = state.window.empty() && state.skipped == 0;
  if (state.every == 0 || last > state.begin || !nothing) state.report(last, quality, emit);
  if (total_) total_->report(last, quality, emit, State::Of::whole_run);
}

}  // namespace ntan::stats
