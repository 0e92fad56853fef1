#include "detect/alert.h"

#include <algorithm>
#include <cmath>

#include "base/digits.h"
#include "base/icmp_type.h"
#include "detect/keys.h"

namespace ntan::detect {
namespace {

double nats(Nats value) noexcept {
  return value / 1000.0;
}

/// To a tenth, below one to two digits: slow scans have a rate too.
double rounded(double rate) noexcept {
  const double tenths = 10;
  const double steps = rate >= 1 ? tenths : tenths * std::pow(10, -std::floor(std::log10(rate)));
  return std::round(rate * steps) / steps;
}

/// Probability of a scan with one source in a thousand scanning.
double confidence(Nats score) noexcept {
  const double prior = std::log(1e-3 / (1 - 1e-3));
  const double value = 1 / (1 + std::exp(-(nats(score) + prior)));
  return std::round(value * 1e4) / 1e4;
}

std::string endpoint(const IpAddress& address, std::uint16_t port) {
  const std::string text = to_string(address);
  const std::string number = std::to_string(port);
  return address.version == IpVersion::v6 ? "[" + text + "]:" + number : text + ":" + number;
}

/// `65535-65535`
constexpr std::size_t max_range_text = 11;

char* append_port(char* out, unsigned port) noexcept {
  if (port < 10'000) return append_unsigned(out, port);
  *out = static_cast<char>('0' + port / 10'000);
  return append_two(append_two(out + 1, port / 100 % 100), port % 100);
}

// Into one text for all: an alert may list 256 of them in each of its events.
void add_range(ScanTexts& texts, unsigned first, unsigned last) {
  char* const text = texts.range_text.data() + texts.ranges.size() * max_range_text;
  char* end = append_port(text, first);
  if (last != first) {
    *end++ = '-';
    end = append_port(end, last);
  }
  texts.ranges.emplace_back(text, static_cast<std::size_t>(end - text));
}

bool completed(Result result) noexcept {
  return result == Result::connect || result == Result::banner || result == Result::session;
}

// Of an idle connection nothing can be concluded, but where it came about the port is open.
bool accepted(const Probe& probe) noexcept {
  return completed(probe.result) || probe.result == Result::half_open ||
         (probe.result == Result::idle && probe.accepted);
}

}  // namespace

void Alert::add(const Probe& probe) {
  first_ = probes_ == 0 ? probe.time : std::min(first_, probe.time);
  last_ = std::max(last_, probe.time);
  ++probes_;
  ++classes_[static_cast<std::size_t>(probe.contact_class)];
  if (probe.ttl != 0) ttls_.set(probe.ttl);
  const std::uint64_t host = host_key(probe.dst);
  if (hosts_.add(host) && targets_.size() < max_listed) targets_.push_back(probe.dst);
  if (has_port(probe.contact_class)) {
    ++transport_probes_;
    transport_hosts_.add(host);
    if (!ports_) ports_ = std::make_unique<PortSet>();
    ports_->add(probe.port);
    if (host == row_host_) {
      ++row_probes_;
    } else if (column_port_ == probe.port) {
      ++column_probes_;
    }
    note_src_port(probe.src_port);
  }
  if (probe.contact_class == ContactClass::ip_protocol) protocols_.set(probe.port & 255U);
  if (probe.contact_class == ContactClass::icmp) {
    ++icmp_types_[probe.port == icmp_type::timestamp_request      ? 1
                  : probe.port == icmp_type::address_mask_request ? 2
                                                                  : 0];
  }
  if (probe.raw_syn) ++raw_syns_;
  if (probe.contact_class == ContactClass::syn) {
    if (syn_port_ == probe.src_port) ++bound_syns_;
    syn_port_ = probe.src_port;
  }
  if (sample_.size() < max_sample) sample_.push_back(probe);
  if (!probe.pending) count_result(probe);
}

void Alert::note_row(const IpAddress& host) noexcept {
  if (row_host_ == 0) row_host_ = host_key(host);
}

void Alert::note_column(std::uint16_t port) noexcept {
  if (!column_port_) column_port_ = port;
}

void Alert::note_src_port(std::uint16_t port) {
  if (src_ports_.size() >= max_src_ports || std::ranges::find(src_ports_, port) != src_ports_.end())
    return;
  src_ports_.push_back(port);
}

void Alert::count_result(const Probe& probe) {
  guards_ = static_cast<GuardSet>(guards_ | probe.guards);
  ++results_[static_cast<std::size_t>(probe.result)];
  // What answers to pings and datagrams is no handshake.
  if (probe.contact_class == ContactClass::syn) {
    if (completed(probe.result)) ++completed_;
    if (probe.result == Result::half_open) ++half_open_;
  }
  if (!has_port(probe.contact_class) || !accepted(probe)) return;
  ++open_ports_;
  if (open_.size() < max_listed) open_.push_back(endpoint(probe.dst, probe.port));
}

void Alert::settle(const Probe& probe) {
  count_result(probe);
  const auto found = std::ranges::find(sample_, probe.hash, &Probe::hash);
  if (found != sample_.end()) *found = probe;
}

void Alert::take_back(const Probe& probe, Result former) {
  auto& counted = results_[static_cast<std::size_t>(former)];
  if (counted != 0) --counted;
  settle(probe);
}

void Alert::add_member(const IpAddress& member, std::uint64_t key) {
  if (member_count_.add(key) && members_.size() < max_listed) {
    members_.push_back(member);
  }
}

IpAddress Alert::only_target() const noexcept {
  return targets_.size() == 1 && hosts_.count() == 1 ? targets_.front() : IpAddress{};
}

double Alert::port_overlap(const Alert& other) const noexcept {
  if (!ports_ || !other.ports_) return 0;
  const std::size_t both = ports_->common(*other.ports_);
  const std::size_t either = ports_->count() + other.ports_->count() - both;
  return static_cast<double>(both) / static_cast<double>(either);
}

Duration Alert::mean_gap() const noexcept {
  if (probes_ < 2) return Duration{0};
  return (last_ - first_) / static_cast<Duration::rep>(probes_ - 1);
}

Alert::Shape Alert::shape() const noexcept {
  const std::uint64_t ports = port_count();
  const std::uint64_t hosts = hosts_.count();
  if (transport_probes_ != 0 && 2 * transport_probes_ >= hosts) {
    return {transport_hosts_.count(), ports, transport_probes_, true};
  }
  return {hosts, ports, probes_, false};
}

ScanKind Alert::kind() const noexcept {
  if (origin_.fixed_kind) return *origin_.fixed_kind;
  const Shape s = shape();
  const std::uint64_t discovery =
      of(ContactClass::icmp) + of(ContactClass::arp) + of(ContactClass::nd);
  if (2 * std::uint64_t{of(ContactClass::ip_protocol)} > probes_) return ScanKind::protocol;
  if (!s.transport_only && discovery >= transport_probes_) return ScanKind::host_discovery;
  if (s.hosts <= 2 || s.ports >= 8 * s.hosts) {
    // One port of one host, or two of two, have no shape yet: what fired decides. A scan that goes
    // on after its close begins so.
    const bool shapeless = s.ports <= s.hosts;
    return shapeless && origin_.why == ScanWhy::column ? ScanKind::horizontal : ScanKind::vertical;
  }
  if (s.ports <= 2 || s.hosts >= 8 * s.ports) return ScanKind::horizontal;
  // A row and a column in one report span a block, and cover next to nothing of it.
  const bool crossed = row_probes_ != 0 && column_probes_ != 0;
  if (crossed && 5 * (row_probes_ + column_probes_) >= 4 * s.probes)
    return row_probes_ >= column_probes_ ? ScanKind::vertical : ScanKind::horizontal;
  return ScanKind::block;
}

std::uint64_t Alert::tcp_probes() const noexcept {
  std::uint64_t probes = 0;
  for (std::size_t i = 0; i < contact_class_count; ++i) {
    if (group_of(static_cast<ContactClass>(i)) == Group::tcp) probes += classes_[i];
  }
  return probes;
}

ScanTechnique Alert::technique_of(ContactClass contact_class) const noexcept {
  switch (contact_class) {
    case ContactClass::fin: return ScanTechnique::tcp_fin;
    case ContactClass::null: return ScanTechnique::tcp_null;
    case ContactClass::xmas: return ScanTechnique::tcp_xmas;
    case ContactClass::synfin: return ScanTechnique::tcp_synfin;
    case ContactClass::ack: return ScanTechnique::tcp_ack;
    case ContactClass::maimon: return ScanTechnique::tcp_maimon;
    case ContactClass::udp: return ScanTechnique::udp;
    case ContactClass::sctp: return ScanTechnique::sctp_init;
    case ContactClass::arp: return ScanTechnique::arp;
    case ContactClass::nd: return ScanTechnique::nd;
    case ContactClass::ip_protocol: return ScanTechnique::ip_proto;
    case ContactClass::icmp: {
      const auto most = std::ranges::max_element(icmp_types_) - icmp_types_.begin();
      return most == 1   ? ScanTechnique::icmp_timestamp
             : most == 2 ? ScanTechnique::icmp_mask
                         : ScanTechnique::icmp_echo;
    }
    // Only answers are seen: the commonest probe that gets an RST.
    case ContactClass::reverse_rst: return ScanTechnique::tcp_syn;
    case ContactClass::none:
    case ContactClass::syn: break;
  }
  // Few of many probes without a system's options: what a client of the same host did meanwhile.
  const bool aside = half_open_ == 0 && completed_ * std::uint64_t{10} < raw_syns_;
  if (completed_ != half_open_ && !aside)
    return completed_ > half_open_ ? ScanTechnique::tcp_connect : ScanTechnique::tcp_syn;
  // Systems give each connection a port of its own; of many sources the ports do not tell.
  const std::uint64_t by_hand = origin_.fixed_kind ? raw_syns_ : std::max(raw_syns_, bound_syns_);
  return 2 * by_hand >= of(ContactClass::syn) ? ScanTechnique::tcp_syn : ScanTechnique::tcp_connect;
}

ScanTechnique Alert::technique() const noexcept {
  const bool transport_only = shape().transport_only;
  // Where probes were captured, resets without their connection answer those that were not.
  const bool answers_only = tcp_probes() == 0;
  std::uint64_t total = 0;
  std::uint64_t most = 0;
  std::uint64_t second = 0;
  ContactClass dominant{};
  for (std::size_t i = 0; i < contact_class_count; ++i) {
    const auto contact_class = static_cast<ContactClass>(i);
    const std::uint64_t count = classes_[i];
    const Group way = group_of(contact_class);
    if (count == 0 || (transport_only && (way == Group::icmp || way == Group::link)) ||
        (!answers_only && way == Group::reverse)) {
      continue;
    }
    total += count;
    if (count > most) {
      second = most;
      most = count;
      dominant = contact_class;
    } else {
      second = std::max(second, count);
    }
  }
  return second * 10 > total * 3 ? ScanTechnique::mixed : technique_of(dominant);
}

Severity Alert::severity(ScanKind kind) const noexcept {
  const bool stealth = of(Result::malformed) != 0;
  const bool together = kind == ScanKind::distributed_vertical ||
                        kind == ScanKind::distributed_horizontal || group.has_value();
  if (stealth || together || origin_.inside || (open_ports_ != 0 && probes_ > 100))
    return Severity::high;
  const bool connect_only = of(Result::connect) != 0 && of(Result::refused) == 0 &&
                            of(Result::silent) == 0 && of(Result::half_open) == 0;
  return kind == ScanKind::host_discovery || connect_only ? Severity::low : Severity::medium;
}

void Alert::list_ports(ScanTexts& texts) const {
  if (!ports_) return;
  ports_->for_each_range([&texts](PortRange range) {
    add_range(texts, range.first, range.last);
    return texts.ranges.size() < max_ranges;
  });
}

void Alert::list_protocols(ScanTexts& texts) const {
  const std::size_t end = protocols_.size();
  for (std::size_t at = 0; at < end; ++at) {
    if (!protocols_[at]) continue;
    const std::size_t first = at;
    while (at + 1 < end && protocols_[at + 1]) ++at;
    add_range(texts, static_cast<unsigned>(first), static_cast<unsigned>(at));
  }
}

void Alert::list_sample(ScanTexts& texts) const {
  texts.samples.clear();
  for (const Probe& probe : sample_) {
    const bool numbered = group_of(probe.contact_class) != Group::link;
    texts.samples.push_back({.ts = probe.time,
                             .dst_ip = probe.dst,
                             .port = numbered ? std::optional{probe.port} : std::nullopt,
                             .outcome = probe.pending ? std::string_view{} : to_text(probe.result),
                             .step = nats(probe.step),
                             .sum = nats(probe.sum),
                             .packet = probe.packet});
  }
}

void Alert::list_marks(ScanTexts& texts) const {
  texts.ttls.clear();
  for (std::size_t i = 0; i < ttls_.size(); ++i) {
    if (ttls_[i]) texts.ttls.push_back(static_cast<std::uint16_t>(i));
  }
  texts.guards.clear();
  for (std::size_t i = 0; i < guard_count; ++i) {
    if ((guards_ >> i & 1U) != 0) texts.guards.push_back(to_text(static_cast<Guard>(1U << i)));
  }
}

ScanRecord Alert::describe(const Conditions& conditions, ScanTexts& texts) const {
  const ScanKind what = kind();
  texts.ranges.clear();
  texts.range_text.resize(max_ranges * max_range_text);
  if (what == ScanKind::protocol) {
    list_protocols(texts);
  } else {
    list_ports(texts);
  }
  list_sample(texts);
  texts.open_views.assign(open_.begin(), open_.end());
  list_marks(texts);
  const double seconds = std::chrono::duration<double>(last_ - first_).count();
  const Shape s = shape();
  const bool random = what == ScanKind::block && s.probes * 5 < s.hosts * s.ports;
  ScanRecord record;
  record.id = origin_.id;
  record.kind = what;
  record.kind_hint = group ? "decoy" : random ? "random" : "";
  record.technique = technique();
  record.why = origin_.why;
  record.detect_ts = origin_.detected;
  record.first_ts = first_;
  record.last_ts = last_;
  record.score = nats(origin_.score);
  record.threshold = nats(origin_.threshold);
  record.confidence = confidence(origin_.score);
  record.severity = severity(what);
  record.targets = targets_;
  record.hosts = std::min<std::uint64_t>(hosts_.count(), probes_);
  record.ports = what == ScanKind::protocol ? protocols_.count() : port_count();
  record.probes = probes_;
  record.port_ranges = texts.ranges;
  record.refused = of(Result::refused);
  record.half_open = of(Result::half_open);
  record.silent = of(Result::silent);
  record.connect = of(Result::connect);
  record.data = std::uint64_t{of(Result::session)} + of(Result::banner);
  record.stealth = of(Result::malformed);
  record.open = texts.open_views;
  record.rate_pps =
      seconds > 0 && probes_ > 1 ? rounded(static_cast<double>(probes_ - 1) / seconds) : 0;
  record.ttl = texts.ttls;
  record.src_ports = src_ports_;
  record.guards = texts.guards;
  record.sample = texts.samples;
  record.members = members_;
  record.members_total = member_count_.count();
  record.group = group;
  record.visibility = of(ContactClass::reverse_rst) != 0 ? Visibility::answers_only
                      : conditions.one_way               ? Visibility::one_way
                                                         : Visibility::two_way;
  record.capture_ok = conditions.capture_ok;
  return record;
}

}  // namespace ntan::detect
