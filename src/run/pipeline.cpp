#include "run/pipeline.h"

#include <algorithm>
#include <cerrno>
#include <ranges>
#include <system_error>
#include <unistd.h>

#include <fmt/core.h>

#include "run/console.h"
#include "run/engine_options.h"
#include "run/file_name.h"
#include "run/filter_file.h"
#include "run/process_clock.h"
#include "run/run_totals.h"
#include "run/signals.h"
#include "source/file_source.h"
#include "source/filter.h"
#include "source/interfaces.h"
#include "source/link_name.h"
#include "source/live_source.h"

namespace ntan::run {
namespace {

// The kernel hands over a packet this much after its time stamp at the latest: until then an idle
// link's clock must not pass it.
constexpr Duration idle_lag = std::chrono::milliseconds{500};
constexpr std::int64_t silent_seconds = 5;
constexpr std::int64_t status_every_ns = 1'000'000'000;
// Of --mem-limit, in percent: events that wait for others of their time.
constexpr std::size_t event_share = 4;

event::LineStyle line_style(const Options& options) {
  return {.values = {.digits = options.time_digits},
          .formulas = options.csv_safe ? event::Formulas::guard : event::Formulas::keep,
          .color = options.color ? event::Color::on : event::Color::off,
          .width = options.width};
}

std::string counted(const std::optional<std::uint64_t>& value) {
  return value ? fmt::format("{}", *value) : "unknown";
}

std::string name_of(const Identity& identity) {
  return identity.name.empty() ? fmt::format("user {}", identity.user) : identity.name;
}

/// That of the default route, said with the others there are.
std::string choose_interface() {
  const auto found = source::default_interface();
  if (!found) {
    throw source::Error(source::Error::Kind::not_found,
                        "there is no default route to choose an interface by",
                        {"name one with -i; `ntan interfaces` lists them"});
  }
  std::string others;
  for (const source::NetworkInterface& other : source::list_interfaces()) {
    if (other.name != *found) others += (others.empty() ? "" : ", ") + other.name;
  }
  say(fmt::format("capturing on {} (default route); others: {}", *found,
                  others.empty() ? "none" : others));
  return *found;
}

}  // namespace

Pipeline::Pipeline(const Options& options, source::Interrupt& interrupt)
    : options_(&options),
      interrupt_(&interrupt),
      limit_(options),
      outputs_(options),
      recorder_(outputs_, Outputs::wanted, &outputs_, line_style(options),
                options.mem_limit / 100 * event_share) {
  outputs_.stand_above(status_);
}

void Pipeline::open() {
  filter_ = options_->filter_file ? read_filter_file(*options_->filter_file) : options_->filter;
  if (!filter_.empty()) {
    const LeaveAtOnce meanwhile;  // a long one takes seconds
    source::check_filter(filter_);
  }
  const auto identity = identity_to_take(options_->user);
  // Root reads files of its own as root, unless told otherwise.
  const bool drops = live() || (identity && (called_by_sudo() || !options_->user.empty()));
  // Root's own outputs are created while root; a sudo caller's after the change, so that they are
  // his.
  const bool outputs_first = drops && identity && !called_by_sudo();
  open_source();
  if (outputs_first) outputs_.open();
  if (drops) drop_privileges(identity);
  if (drops && identity) check_later_inputs();
  check_later_files(drops ? identity : std::nullopt);
  if (!outputs_first) open_outputs(drops ? identity : std::nullopt);
  engine_ = std::make_unique<Engine>(engine_options(*options_), recorder_, source_->interfaces());
}

// As whom files are created is not plain where root has been left.
void Pipeline::open_outputs(const std::optional<Identity>& identity) {
  try {
    outputs_.open();
  } catch (const std::system_error& error) {
    if (!identity || error.code().value() != EACCES) throw;
    throw source::Error(source::Error::Kind::permission,
                        fmt::format("{} for {}", error.what(), name_of(*identity)),
                        {"run as a user who may: --user NAME"});
  }
}

// All but the first are opened when their turn comes.
void Pipeline::check_later_inputs() const {
  for (const std::string& file : options_->files | std::views::drop(1)) {
    if (file == "-" || ::access(file.c_str(), R_OK) == 0) continue;
    throw source::Error(source::Error::Kind::permission, fmt::format("only root may read {}", file),
                        {"go on as root: --user root"});
  }
}

// Files whose names come with the time are created by whom we then run as; better told now.
void Pipeline::check_later_files(const std::optional<Identity>& identity) const {
  for (const Output& output : options_->outputs) {
    if (!sink::depends_on_time(output.pattern)) continue;
    const std::string known = output.pattern.substr(0, output.pattern.find_first_of("%{"));
    const std::size_t slash = known.find_last_of('/');
    const std::string folder = slash == std::string::npos ? "." : known.substr(0, slash + 1);
    // Of folders that are named by the event, too, some may be there and others not.
    if (output.pattern.find('/', known.size()) != std::string::npos) continue;
    if (::access(folder.c_str(), W_OK | X_OK) == 0) continue;
    if (!identity || errno != EACCES) {
      throw std::system_error(errno, std::generic_category(),
                              fmt::format("cannot write {}", output.pattern));
    }
    throw source::Error(source::Error::Kind::permission,
                        fmt::format("cannot write {}: {} may not create files there",
                                    output.pattern, name_of(*identity)),
                        {"run as a user who may: --user NAME"});
  }
}

void Pipeline::open_source() {
  if (live()) return open_interface();
  for (const std::string& file : options_->files)
    source_names_.push_back(file == "-" ? file : without_folder(file));
  source_ = source::open_files(options_->files, {.filter = filter_,
                                                 .pace = options_->pace == Pace::recorded
                                                             ? source::Pace::as_recorded
                                                             : source::Pace::as_fast_as_possible,
                                                 .interrupt = interrupt_});
}

void Pipeline::open_interface() {
  const std::vector<std::string>& named = options_->interfaces;
  if (named.size() > 1) {
    throw source::Error(source::Error::Kind::usage,
                        fmt::format("cannot capture on {} and {} in one run", named[0], named[1]),
                        {"-i any captures on all interfaces"});
  }
  const LeaveAtOnce meanwhile;  // the filter is compiled once more
  source_ = source::open_live({.interface = named.empty() ? choose_interface() : named.front(),
                               .filter = filter_,
                               .snaplen = options_->snaplen,
                               .ring_size = options_->buffer_size,
                               .promiscuity = options_->promiscuous == Promiscuous::on
                                                  ? source::Promiscuity::on
                                                  : source::Promiscuity::off,
                               .interrupt = interrupt_});
  source_names_.push_back(source_->interfaces().front().name);
}

ExitCode Pipeline::run() {
  started_ns_ = process_clock_ns();
  told_ns_ = started_ns_;
  if (live()) {
    links_at_start_ = source::link_counts();
    if (const auto now = source_->clock()) write_start(*now);
    outputs_.flush();
  }
  Batch batch;
  bool more = true;
  while (more) {
    batch.count = 0;
    const source::Status status = source_->read(batch);
    report_source();
    if (status == source::Status::end) {
      if (live() && !interrupt_->stopped()) stop_reason_ = StopReason::interface_gone;
      break;
    }
    if (status == source::Status::packets) more = take(batch);
    // A ring or pipe that is empty for now: what is decided goes out, nobody waits for a full
    // block.
    if (status == source::Status::idle || (in_real_time() && !batch.full())) go_idle();
    handle_requests();
    report_outputs();
    if (outputs_ended()) break;
  }
  if (SignalGuard::stop_asked()) stop_reason_ = StopReason::signal;
  finish();
  return exit_code();
}

// Nothing is left to write to. False where what the kernel has counted as received is still to be
// taken and counted.
bool Pipeline::outputs_ended() {
  if (interrupt_->stopped() || !(outputs_.closed() || outputs_.useless())) return false;
  stop_reason_ = outputs_.failed() ? StopReason::output_failed : StopReason::output_closed;
  if (live()) interrupt_->stop();
  return !live();
}

bool Pipeline::take(Batch& batch) {
  const std::optional<StopReason> stop = limit_.cut(batch);
  if (stop) stop_reason_ = *stop;
  if (batch.count == 0) {
    if (stop) come_to_end(*stop);
    return !stop;
  }
  if (!start_written_) write_start(batch.packets.front().time);
  if (engine_->ledger().total.packets == 0) first_ = batch.packets.front().time;
  outputs_.write_packets(batch, source_->interfaces());
  engine_->run(batch);
  heap_.keep_present();
  constexpr std::uint64_t look_every = 64;
  if (++batches_ % look_every == 0) {
    tell_outside();
    show_status();
  }
  if (stop) come_to_end(*stop);
  return !stop;
}

// Whoever waits sees the time pass, up to the end that was asked for; in a file nothing is known of
// it behind the last packet.
void Pipeline::come_to_end(StopReason reason) {
  const std::optional<Duration>& whole = options_->duration;
  if (whole && reason == StopReason::duration && in_real_time() && start_written_)
    engine_->advance(first_ + *whole);
}

void Pipeline::go_idle() {
  if (const auto now = source_->clock()) {
    tell_outside();
    Timestamp clock = *now - idle_lag;
    const bool over = options_->duration && start_written_ && clock - first_ >= *options_->duration;
    // To the end that was asked for, not to when that was noticed.
    if (over) clock = first_ + *options_->duration;
    engine_->advance(clock);
    if (over) {
      stop_reason_ = StopReason::duration;
      interrupt_->stop();
    }
  }
  engine_->settle();
  recorder_.finish();
  outputs_.flush();
  warn_of_silence();
  show_status();
}

// Once, if nothing came in the first seconds: the usual reasons are a wrong interface or filter.
void Pipeline::warn_of_silence() {
  constexpr std::int64_t ns_per_second = 1'000'000'000;
  if (!live() || silence_judged_ ||
      process_clock_ns() - started_ns_ < silent_seconds * ns_per_second)
    return;
  silence_judged_ = true;
  if (engine_->ledger().total.packets != 0) return;
  status_.erase();
  say_warning(source::explain({.interface = source_names_.front(),
                               .filter = source::excerpt_of_filter(filter_),
                               .seconds = silent_seconds},
                              links_at_start_, source::link_counts()));
}

void Pipeline::tell_outside() {
  const source::Counters counters = source_->counters();
  engine_->set_outside({.received = counters.received,
                        .dropped_by_kernel = counters.dropped_by_kernel,
                        .dropped_by_interface = counters.dropped_by_interface,
                        .dropped_by_ntan = outputs_.lost()});
}

void Pipeline::handle_requests() {
  const Requests requests = SignalGuard::take_requests();
  if (requests.flush) outputs_.flush();
  if (requests.report) {
    engine_->settle();
    status_.erase();
    say_figures();
  }
}

void Pipeline::report_source() {
  for (; damage_said_ < source_->damage().size(); ++damage_said_) {
    const std::string& text = source_->damage()[damage_said_].text;
    status_.erase();
    live() ? say_error(text) : say_warning(text);
  }
  for (; notes_said_ < source_->notes().size(); ++notes_said_) {
    status_.erase();
    say_warning(source_->notes()[notes_said_]);
  }
}

void Pipeline::report_outputs() {
  for (const std::string& message : outputs_.take_failures()) {
    status_.erase();
    say_error(message);
  }
}

Progress Pipeline::progress() {
  const Ledger& ledger = engine_->ledger();
  Progress progress{.packets = ledger.total.packets,
                    .wire_bytes = ledger.total.bytes,
                    .events = outputs_.events(),
                    .dropped = outputs_.lost(),
                    .position = source_->position(),
                    .size = source_->size()};
  if (!live()) return progress;
  const source::Counters counters = source_->counters();
  progress.dropped +=
      counters.dropped_by_kernel.value_or(0) + counters.dropped_by_interface.value_or(0);
  return progress;
}

void Pipeline::show_status() {
  if (!options_->progress || options_->verbosity == Verbosity::quiet) return;
  const std::int64_t now_ns = process_clock_ns();
  if (now_ns - told_ns_ < status_every_ns) return status_.restore(now_ns);
  if (!status_.possible()) return;
  // What was decided before it stands above it.
  outputs_.flush();
  const Progress now = progress();
  status_.show(
      live() ? capture_status(now, told_, Duration{now_ns - told_ns_}) : reading_status(now),
      now_ns);
  told_ = now;
  told_ns_ = now_ns;
}

void Pipeline::finish() {
  status_.erase();
  if (!start_written_) write_start(engine_->clock());
  tell_outside();
  outputs_.wait_for_readers();
  engine_->finish();
  recorder_.finish();
  outputs_.flush();
  write_end();
  recorder_.finish();
  outputs_.tell_interfaces(source_->interfaces());
  outputs_.finish();
  report_outputs();
  say_end();
}

void Pipeline::write_start(Timestamp first) {
  start_written_ = true;
  if (live()) first_ = first;
  std::vector<std::string_view> names(source_names_.begin(), source_names_.end());
  const RunStart start{.version = NTAN_VERSION,
                       .input = live() ? InputKind::live : InputKind::files,
                       .sources = names,
                       .filter = filter_,
                       .summary_every_us = to_us(options_->summary_every),
                       .mem_limit_bytes = options_->mem_limit,
                       .max_flows = options_->max_flows};
  event::Common common{.ts = first};
  common.sensor = options_->sensor;
  record_run(event::make_event(common, start), {event::Order::timer, 0});
}

void Pipeline::write_end() {
  const RunTotals totals(*engine_, *source_);
  RunEnd end = totals.record();
  end.stop_reason = stop_reason_;
  // An interface that went away is the stop reason, not damage of an input.
  end.input_truncated = end.input_truncated && !live();
  end.input_damaged = end.input_damaged && !live();
  end.events = recorder_.recorded();
  end.dropped_by_ntan = outputs_.lost();
  if (engine_->started()) {
    end.first_ts = live() ? std::optional{engine_->first()} : std::optional{first_};
    end.last_ts = engine_->clock();
  }
  event::Common common{.ts = engine_->started() ? engine_->clock() : first_};
  common.sensor = options_->sensor;
  record_run(event::make_event(common, end), engine_->last_place());
}

void Pipeline::record_run(const event::Event& event, Place place) {
  const std::uint64_t before = recorder_.recorded();
  recorder_.record(event, place);
  run_records_ += recorder_.recorded() - before;
}

void Pipeline::say_figures() const {
  const Ledger& ledger = engine_->ledger();
  say(fmt::format("{} packets, {} octets, {} flows, {} events", ledger.total.packets,
                  ledger.total.bytes, engine_->counters().flows, recorder_.recorded()));
  if (!live()) return;
  const source::Counters counters = source_->counters();
  say(fmt::format("received {}, dropped by kernel {}, dropped by interface {}, dropped by ntan {}",
                  counted(counters.received), counted(counters.dropped_by_kernel),
                  counted(counters.dropped_by_interface), outputs_.lost()));
}

void Pipeline::say_drops() const {
  const source::Counters counters = source_->counters();
  const std::uint64_t by_kernel = counters.dropped_by_kernel.value_or(0);
  const std::uint64_t by_interface = counters.dropped_by_interface.value_or(0);
  if (live()) {
    if (by_kernel == 0) return;
    say_warning(
        "the kernel dropped packets; try a larger ring (-B), a smaller snaplen (-s) or a narrower "
        "filter (-f)");
  } else if (by_kernel != 0 || by_interface != 0) {
    say_warning(
        fmt::format("packets were lost when this was captured, its statistics say: {} dropped by "
                    "the kernel, {} by the interface",
                    counted(counters.dropped_by_kernel), counted(counters.dropped_by_interface)));
  }
}

void Pipeline::say_end() const {
  if (options_->verbosity != Verbosity::quiet &&
      (live() || options_->verbosity > Verbosity::normal))
    say_figures();
  const Ledger& ledger = engine_->ledger();
  if (ledger.total.packets == 0 && !live() && stop_reason_ == StopReason::end_of_input) {
    say_warning(
        filter_.empty() || !source_->had_packets()
            ? "there are no packets in the input"
            : fmt::format("no packet matched the filter '{}'", source::excerpt_of_filter(filter_)));
  }
  for (const auto& [link, tally] : ledger.unknown_links) {
    say_warning(
        fmt::format("link type {} ({}) is not decoded: packets of it are only counted, {} so far",
                    static_cast<unsigned>(link), source::link_name(link), tally.packets));
  }
  if (ledger.backwards_second != 0) {
    say_warning(
        fmt::format("{} packets are more than a second older than one before them; the trace clock "
                    "does not go back",
                    ledger.backwards_second));
  }
  say_drops();
  if (engine_->sampled()) {
    say_warning(
        "TCP connections lack most of their packets, as where only some were captured (sampling): "
        "what had no answer counts less as a sign of scans, and losses are those of the capture");
  }
  for (const std::string& file : outputs_.empty_files()) {
    say_warning(fmt::format("{}: no events; {} packets were read{}", file, ledger.total.packets,
                            filter_.empty() ? std::string{}
                                            : fmt::format(", the filter was '{}'",
                                                          source::excerpt_of_filter(filter_))));
  }
  for (const std::string& change : outputs_.changes()) say_warning(change);
}

ExitCode Pipeline::exit_code() const {
  if (outputs_.failed() || !outputs_.changes().empty()) return ExitCode::runtime;
  if (stop_reason_ == StopReason::interface_gone) return ExitCode::runtime;
  const auto& damage = source_->damage();
  if (source::has_damage(damage, source::Damage::Kind::unreadable)) return ExitCode::runtime;
  const bool other = source::has_damage(damage, source::Damage::Kind::not_a_capture);
  if (other || (options_->strict && !damage.empty())) return ExitCode::not_a_capture;
  if (options_->fail_empty && recorder_.recorded() == run_records_) return ExitCode::not_a_capture;
  const Ledger& ledger = engine_->ledger();
  // Nothing at all could be looked at.
  const bool all_unknown = ledger.total.packets != 0 &&
                           ledger.of(wire::Bucket::unknown_link).packets == ledger.total.packets;
  if (all_unknown) return ExitCode::runtime;
  const bool matched = options_->fail_on_scan && engine_->worst_scan() >= options_->fail_on_scan;
  return matched ? ExitCode::matched : ExitCode::done;
}

}  // namespace ntan::run
