#include "detect/context.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "base/port.h"
#include "detect/journal.h"
#include "detect/keys.h"

namespace ntan::detect {
namespace {

constexpr std::uint16_t ftp_data = 20, ftp_control = 21;

/// Answers that say nothing of a lost direction.
bool tells_direction(ContactClass contact_class) noexcept {
  return group_of(contact_class) != Group::link && contact_class != ContactClass::reverse_rst;
}

/// It is so because some packet did not come by.
bool concludes_from_absence(ContactClass contact_class, Result result) noexcept {
  return result == Result::silent || result == Result::half_open || result == Result::connect ||
         contact_class == ContactClass::reverse_rst;
}

/// Of an outcome's source. Never 0.
std::uint32_t short_hash(const OutcomeKeys& keys) noexcept {
  return std::max(static_cast<std::uint32_t>(keys.source), std::uint32_t{1});
}

std::uint64_t outage_key_of(const Outcome& outcome) noexcept {
  return outage_key(network_words_of(outcome.src), outcome.dst, outcome.contact_class,
                    outcome.dst_port);
}

/// It fails for others too: at least two of the three remembered.
bool fails_for_others(const Outage& outage, const OutcomeKeys& keys) noexcept {
  const std::uint32_t source = short_hash(keys);
  return std::ranges::count_if(outage.sources, [source](std::uint32_t other) {
           return other != 0 && other != source;
         }) >= 2;
}

bool is_trace(const Outcome& outcome, const Row& row) noexcept {
  // Who wants an answer of the target sends no packet that barely gets there.
  constexpr std::uint8_t spent_ttl = 3;
  if (outcome.contact_class != ContactClass::udp) return false;
  const bool many_ttls = std::popcount(row.note.trace_ttls()) >= 3;
  if (!is_numbered_port(outcome.dst_port)) return false;
  if (outcome.ttl <= spent_ttl) return true;
  return is_trace_port(outcome.dst_port) ? row.trace || many_ttls : row.trace && many_ttls;
}

constexpr Duration name_half_life = std::chrono::hours{1};

/// What is older than `half_life` goes, at twice that at the latest.
template <class Filter>
void fade(Filter& filter, Timestamp& since, Duration half_life, Timestamp now) noexcept {
  const Duration age = now - since;
  if (age < half_life) return;
  filter.rotate();
  if (age >= 2 * half_life) filter.rotate();
  since = now;
}

/// Why an outcome says nothing at all.
std::optional<Guard> excuse_of(const Context& context, const Outcome& outcome,
                               const Row& row) noexcept {
  if (is_trace(outcome, row)) return Guard::traceroute;
  const ContactClass what = outcome.contact_class;
  // What a server sends to clients that have forgotten it, or gets from those that give up.
  const bool inside = is_inside(what) || what == ContactClass::reverse_rst;
  if (inside && is_towards_client(outcome.src_port, outcome.dst_port)) return Guard::older;
  // Behind NAT clients call from any user port.
  if (inside && outcome.dst_port >= first_user_port &&
      context.is_service(target_key(outcome.src, ContactClass::syn, outcome.src_port)))
    return Guard::older;
  if (what == ContactClass::syn && outcome.src_port == ftp_data &&
      context.is_service(pair_key(outcome.dst, outcome.src)))
    return Guard::ftp_data;
  // Passive transfers of nothing, as of an empty directory.
  if (what == ContactClass::syn && outcome.result == Result::connect &&
      outcome.dst_port >= first_user_port && context.is_service(pair_key(outcome.src, outcome.dst)))
    return Guard::ftp_data;
  return std::nullopt;
}

}  // namespace

Context::Context(std::size_t max_outages) : outages_(max_outages) {}

const Outage* Context::observe(const Outcome& outcome, const OutcomeKeys& keys) {
  if (services_ != nullptr) fade_services(outcome.time);
  if (names_ != nullptr) fade(*names_, names_since_, name_half_life, outcome.time);
  if (tells_direction(outcome.contact_class)) {
    ++resolved_;
    if (outcome.answered) {
      ++answered_;
    } else if (unanswered_ == 0) {
      unanswered_ = keys.source;
    }
    if (!outcome.answered && (outcome.result == Result::session || unanswered_ != keys.source))
      misses_answers_ = true;
  }
  if (group_of(outcome.contact_class) == Group::tcp) {
    const bool syn = outcome.contact_class == ContactClass::syn;
    if (outcome.left) {
      if (!is_raw_syn(outcome)) ++left_;
    } else if (!syn || (!has_failed(outcome.result) && outcome.result != Result::idle)) {
      goes_on_ = true;
    }
  }
  if (outcome.result == Result::session) remember_service(outcome, keys);
  return has_failed(outcome.result) ? remember_failure(outcome, keys) : nullptr;
}

void Context::observe(flow::Continuation continuation) noexcept {
  constexpr std::uint32_t most = 1024;
  goes_on_ = true;
  ++(continuation == flow::Continuation::jumps ? jumped_ : followed_);
  if (followed_ + jumped_ < most) return;
  followed_ /= 2;
  jumped_ /= 2;
}

void Context::fade_services(Timestamp now) noexcept {
  constexpr Duration half_life = std::chrono::hours{12};
  fade(*services_, services_since_, half_life, now);
}

Context::Services& Context::services(Timestamp now) {
  // Not before: its quarter of a megabyte is much to touch for a file that has no session.
  if (services_ == nullptr) {
    services_ = std::make_unique<Services>();
    services_since_ = now;
  }
  return *services_;
}

void Context::remember_service(const Outcome& outcome, const OutcomeKeys& keys) {
  Services& all = services(outcome.time);
  all.add(keys.target);
  if (outcome.contact_class == ContactClass::syn && outcome.dst_port == ftp_control)
    all.add(pair_key(outcome.src, outcome.dst));
}

void Context::note_dhcp_server(const IpAddress& address, Timestamp now) {
  services(now).add(target_key(address, ContactClass::udp, dhcp_server_port));
}

void Context::note_name(const IpAddress& client, const IpAddress& address, Timestamp now) {
  if (names_ == nullptr) {
    names_ = std::make_unique<Names>();
    names_since_ = now;
  }
  fade(*names_, names_since_, name_half_life, now);
  names_->add(name_key(client, address));
}

bool Context::was_named(const IpAddress& client, const IpAddress& address) const noexcept {
  return names_ != nullptr && names_->contains(name_key(client, address));
}

const Outage* Context::remember_failure(const Outcome& outcome, const OutcomeKeys& keys) {
  if (!has_port(outcome.contact_class)) return nullptr;
  Outage& outage = outages_.find_or_insert(outage_key_of(outcome), [](Outage&) {});
  outage.last = outcome.time;
  const std::uint32_t source = short_hash(keys);
  for (std::uint32_t& slot : outage.sources) {
    if (slot == source) break;
    if (slot == 0) {
      slot = source;
      break;
    }
  }
  return &outage;
}

const Outage* Context::outage_of(const Outcome& outcome) noexcept {
  const bool remembered = has_failed(outcome.result) && has_port(outcome.contact_class);
  return remembered ? outages_.find(outage_key_of(outcome)) : nullptr;
}

bool Context::is_cut_handshake(const Outcome& outcome) const noexcept {
  return outcome.left && outcome.contact_class == ContactClass::syn && !is_raw_syn(outcome) &&
         only_handshakes();
}

bool Context::is_used_inside(const Outcome& outcome) const noexcept {
  return is_inside(outcome.contact_class) &&
         is_service(target_key(outcome.dst, ContactClass::syn, outcome.dst_port));
}

bool Context::is_dhcp_server(const IpAddress& address) const noexcept {
  return is_service(target_key(address, ContactClass::udp, dhcp_server_port));
}

// What is bad for reasons of its own, be it a scan or not.
void Context::doubt(Weight& weight, const Outcome& outcome, const OutcomeKeys& keys,
                    const Outage* outage) const noexcept {
  if (!is_bad(outcome.result)) return;
  const bool fails = has_failed(outcome.result);
  const bool connects = outcome.contact_class == ContactClass::syn && !is_raw_syn(outcome);
  if (fails && (is_service(keys.target) || is_used_inside(outcome))) {
    weight.doubt_row(Guard::churn);
    weight.doubt_column(Guard::churn);
  }
  // A passive transfer that a firewall stops: the server has named the port to who fails there.
  if (fails && connects && outcome.dst_port >= first_user_port &&
      is_service(pair_key(outcome.src, outcome.dst)))
    weight.doubt_row(Guard::ftp_data);
  if (fails && outage != nullptr && fails_for_others(*outage, keys))
    weight.doubt_column(Guard::outage);
  // Who asks for hosts by name has not come upon them by chance; many ports of one he tries all the
  // same.
  if ((connects || outcome.contact_class == ContactClass::udp) &&
      was_named(outcome.src, outcome.dst))
    weight.doubt_column(Guard::named);
}

Weight Context::weigh(const Outcome& outcome, const OutcomeKeys& keys, const Row& row,
                      const Outage* outage, Habits habits) const noexcept {
  if (const std::optional<Guard> excuse = excuse_of(*this, outcome, row)) {
    Weight weight;
    weight.note(*excuse);
    return weight;
  }
  const ContactClass what = outcome.contact_class;
  const Steps client = client_steps(what, outcome.result);
  const Steps peer = peer_steps(what, outcome.result, outcome.dst_port);
  // No peer makes its SYNs by hand, to many ports of one host.
  Weight weight{.row = client.row,
                .row_peer = is_raw_syn(outcome) ? client.row : peer.row,
                .column = client.column,
                .column_peer = habits.asks_neighbours ? client.column : peer.column};
  const bool fails = has_failed(outcome.result);
  const bool datagram = what == ContactClass::udp || what == ContactClass::icmp;
  const bool peer_prone = is_peer_prone(outcome.dst_port);
  if (peer.row != client.row) weight.note(Guard::peer_prone);
  if (outcome.result == Result::silent && datagram && one_way()) {
    weight.note(Guard::one_way);
    // Servers of all the world may answer behind a tap's back, a whole network of them hardly.
    if (!habits.sweeps) weight.column = weight.column_peer = 0;
    if (peer_prone) weight.row = weight.row_peer = 0;
  }
  doubt(weight, outcome, keys, outage);
  if (sampled() && concludes_from_absence(what, outcome.result)) {
    for (Nats* step : {&weight.row, &weight.row_peer, &weight.column, &weight.column_peer})
      *step = *step * 3 / 10;
    weight.note(Guard::sampled);
  }
  if (outcome.result != Result::connect && outcome.result != Result::half_open) {
    weight.source = weight.column / 2;
    const bool neutral = what == ContactClass::udp && fails && peer_prone;  // DHT, ICE
    weight.source_peer = neutral ? 0 : weight.column_peer / 2;
  }
  return weight;
}

}  // namespace ntan::detect
