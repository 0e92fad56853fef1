// ARP (RFC 826): a request and its reply as one event; announcements and probes (RFC 5227).
//
// The event is written at the reply, or 5 s after the last copy of the request. A reply without an
// open request, a second one included, is an event of its own. One table serves all links.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "app/protocol.h"
#include "base/arp_message.h"
#include "base/digits.h"
#include "base/hash.h"

namespace ntan::app {
namespace arp {
namespace {

constexpr std::size_t max_open = 1024;

namespace op = arp_operation;

using OpName = event::FixedText<16>;

/// The `arp` event.
struct Arp {
  OpName op;
  std::optional<MacAddress> sender_mac;
  IpAddress sender_ip;
  std::optional<MacAddress> target_mac;
  IpAddress target_ip;
  std::optional<bool> gratuitous;
  std::optional<bool> probe;
  std::optional<bool> queried;
  std::optional<bool> answered;
  std::optional<std::uint32_t> retries;
  std::optional<std::int64_t> rtt_us;

  static constexpr event::RecordInfo info{
      .name = "arp",
      .doc = "An ARP request and its reply (RFC 826), or a message that stands alone",
      .order = event::Order::protocol};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"op", &Arp::op>("request, reply, …; OP42 where it has no name; request for both"),
        field<"sender_mac", &Arp::sender_mac>("Hardware address of who asks, or of who tells"),
        field<"sender_ip", &Arp::sender_ip>("Its IP address; 0.0.0.0 in a probe"),
        field<"target_mac", &Arp::target_mac>(
            "Hardware address asked for, as the reply has it; in a message that stands alone, as "
            "the sender has it"),
        field<"target_ip", &Arp::target_ip>("IP address asked for"),
        field<"gratuitous", &Arp::gratuitous>(
            "Announces its own address (RFC 5227 2.3): nobody is asked"),
        field<"probe", &Arp::probe>("Asks whether the address is free (RFC 5227 2.1)"),
        field<"queried", &Arp::queried>("The request was seen; absent outside exchanges"),
        field<"answered", &Arp::answered>(
            "The reply was seen; absent outside exchanges and of a request with too many open"),
        field<"retries", &Arp::retries>("Further copies of the request before the reply"),
        field<"rtt_us", &Arp::rtt_us>("From the last copy of the request to the reply"));
  }
};

OpName op_name(std::uint16_t operation) noexcept {
  switch (operation) {
    case op::request: return OpName{"request"};
    case op::reply: return OpName{"reply"};
    case op::reverse_request: return OpName{"reverse_request"};
    case op::reverse_reply: return OpName{"reverse_reply"};
    case op::inverse_request: return OpName{"inverse_request"};
    case op::inverse_reply: return OpName{"inverse_reply"};
    default: break;
  }
  OpName name{"OP"};
  const char* end = append_unsigned(name.octets.data() + name.size, operation);
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

constexpr IpAddress unspecified = IpAddress::v4(std::array<std::uint8_t, 4>{}.data());

// Who asks, for whom, and on which link.
struct Key {
  std::uint64_t addresses = 0;
  std::uint64_t hardware = 0;  // of a probe, whose sender has no address yet
  std::uint64_t link = 0;

  friend bool operator==(const Key&, const Key&) = default;
};

std::uint64_t number_of(const MacAddress& address) noexcept {
  std::uint64_t number = 0;
  for (const std::uint8_t octet : address.octets) number = number << 8U | octet;
  return number;
}

Key key_of(const IpAddress& asker, const MacAddress& hardware, const IpAddress& wanted,
           std::uint64_t link) noexcept {
  return {.addresses = std::uint64_t{load_be<std::uint32_t>(asker.octets.data())} << 32U |
                       load_be<std::uint32_t>(wanted.octets.data()),
          .hardware = asker == unspecified ? number_of(hardware) : 0,
          .link = link};
}

struct Request {
  ArpMessage packet;
  std::uint64_t link = 0;
  Timestamp last;
  std::uint32_t token = 0;
  std::uint32_t retries = 0;
};

// Requests in the order of their last copy, found by key: slots in one piece of memory, chained by
// number in that order, and an index of open addressing at most half full. Both double up to
// max_open and stay; the budget is charged for the requests that are open.
class RequestTable {
 public:
  explicit RequestTable(Budget& budget) noexcept : budget_(&budget) {}

  RequestTable(const RequestTable&) = delete;
  RequestTable& operator=(const RequestTable&) = delete;

  ~RequestTable() { budget_->give_back(used_ * cost); }

  [[nodiscard]] bool full() const noexcept { return used_ == max_open; }

  [[nodiscard]] bool empty() const noexcept { return used_ == 0; }

  [[nodiscard]] Request* find(const Key& key) noexcept {
    if (index_.empty()) return nullptr;
    const std::uint16_t number = index_[place_of(key)];
    return number == none ? nullptr : &slots_[number].request;
  }

  [[nodiscard]] Request* oldest() noexcept {
    return oldest_ == none ? nullptr : &slots_[oldest_].request;
  }

  /// Null, and counted there, when the budget refuses. Requires: not full(), no entry of that key.
  [[nodiscard]] Request* add(const Key& key, const Request& request) {
    if (!budget_->take(cost)) return nullptr;
    if (free_ == none) grow();
    const std::uint16_t number = free_;
    Slot& slot = slots_[number];
    free_ = slot.younger;
    slot.request = request;
    slot.key = key;
    append(number);
    index_[place_of(key)] = number;
    ++used_;
    return &slot.request;
  }

  /// Requires: an entry of that key.
  void make_youngest(const Key& key) noexcept {
    const std::uint16_t number = index_[place_of(key)];
    unlink(number);
    append(number);
  }

  /// Requires: an entry of that key.
  [[nodiscard]] Request take(const Key& key) noexcept {
    const std::size_t place = place_of(key);
    const std::uint16_t number = index_[place];
    unlink(number);
    close_gap(place);
    slots_[number].younger = free_;
    free_ = number;
    --used_;
    budget_->give_back(cost);
    return slots_[number].request;
  }

 private:
  static constexpr std::uint16_t none = 0xffff;

  struct Slot {
    Request request;
    Key key;
    std::uint16_t older = none;
    std::uint16_t younger = none;  ///< of a free slot: the next free one
  };

  // A slot and its two places in the index.
  static constexpr std::size_t cost = sizeof(Slot) + 2 * sizeof(std::uint16_t);
  static constexpr std::size_t fewest = 16;
  static_assert(max_open % fewest == 0 && max_open * cost <= 132 * std::size_t{1024});

  [[nodiscard]] std::size_t home_of(const Key& key) const noexcept {
    const std::array words{key.addresses, key.hardware, key.link};
    return hash_words(words, fixed_hash_key) & (index_.size() - 1);
  }

  [[nodiscard]] std::size_t after(std::size_t place) const noexcept {
    return (place + 1) & (index_.size() - 1);
  }

  // Where the key is, or the free place where it would be.
  [[nodiscard]] std::size_t place_of(const Key& key) const noexcept {
    std::size_t place = home_of(key);
    while (index_[place] != none && slots_[index_[place]].key != key) place = after(place);
    return place;
  }

  // Takes a place out of the index: entries behind it that could not be at home move up.
  void close_gap(std::size_t gap) noexcept {
    for (std::size_t at = after(gap); index_[at] != none; at = after(at)) {
      const std::size_t home = home_of(slots_[index_[at]].key);
      const std::size_t mask = index_.size() - 1;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      index_[gap] = index_[at];
      gap = at;
    }
    index_[gap] = none;
  }

  void append(std::uint16_t number) noexcept {
    slots_[number].older = youngest_;
    slots_[number].younger = none;
    (youngest_ == none ? oldest_ : slots_[youngest_].younger) = number;
    youngest_ = number;
  }

  void unlink(std::uint16_t number) noexcept {
    const Slot& slot = slots_[number];
    (slot.older == none ? oldest_ : slots_[slot.older].younger) = slot.younger;
    (slot.younger == none ? youngest_ : slots_[slot.younger].older) = slot.older;
  }

  void grow() {
    const std::size_t before = slots_.size();
    const std::size_t wanted = std::max(fewest, 2 * before);
    slots_.resize(wanted);
    for (std::size_t i = wanted; i-- > before;) {
      slots_[i].younger = free_;
      free_ = static_cast<std::uint16_t>(i);
    }
    index_.assign(2 * wanted, none);
    for (std::uint16_t i = oldest_; i != none; i = slots_[i].younger)
      index_[place_of(slots_[i].key)] = i;
  }

  Budget* budget_;
  std::vector<Slot> slots_;
  std::vector<std::uint16_t> index_;  ///< numbers of slots; a power of two of them
  std::uint16_t free_ = none;
  std::uint16_t oldest_ = none;
  std::uint16_t youngest_ = none;
  std::uint16_t used_ = 0;
};

Arp describe(const ArpMessage& packet) noexcept {
  Arp event;
  event.op = op_name(packet.operation);
  if (!packet.has_addresses()) return event;
  event.sender_mac = packet.sender_mac;
  event.sender_ip = packet.sender;
  event.target_ip = packet.target;
  event.gratuitous = packet.is_gratuitous();
  event.probe = packet.is_probe();
  // RFC 826 leaves the target's hardware address of a request undefined.
  if (packet.operation != op::request) event.target_mac = packet.target_mac;
  return event;
}

class ArpDissector final : public Dissector {
 public:
  explicit ArpDissector(const FlowContext& flow) : budget_(flow.memory), open_(*flow.memory) {}

  Progress consume(const Segment& segment, Output& out) override {
    const auto packet = ArpMessage::parse(segment.data);
    if (!packet) {
      const bool cut = segment.data.size() < segment.size;
      if (!cut) out.anomaly("arp", event::Reason::arp_malformed, "packet");
      return Progress::more;
    }
    if (packet->has_addresses() && segment.link_source != MacAddress{} &&
        segment.link_source != packet->sender_mac) {
      out.anomaly("arp", event::Reason::arp_mismatch, "sender hardware address");
    }
    const bool exchange = packet->has_addresses() && packet->sender != packet->target;
    if (exchange && packet->operation == op::request) {
      on_request(*packet, segment, out);
    } else if (exchange && packet->operation == op::reply) {
      on_reply(*packet, segment, out);
    } else {
      report(describe(*packet), out);
    }
    return Progress::more;
  }

  void on_timer(Timer /*timer*/, std::uint32_t token, Timestamp /*now*/, Output& out) override {
    // Time-outs come due in the order in which requests were seen last; one that could not be armed
    // goes with the next.
    const auto is_due = [token](const Request& request) {
      return static_cast<std::int32_t>(request.token - token) <= 0;
    };
    while (!open_.empty() && is_due(*open_.oldest())) close_oldest(out);
  }

  void on_end(Timestamp /*now*/, Output& out) override {
    while (!open_.empty()) close_oldest(out);
  }

 private:
  static void report(const Arp& event, Output& out) {
    out.emit_between(event.sender_ip, event.target_ip, event);
  }

  void on_request(const ArpMessage& packet, const Segment& segment, Output& out) {
    const Request request{.packet = packet, .link = segment.link, .last = segment.time};
    const Key key = request_key(request);
    if (Request* const same = open_.find(key)) {
      ++same->retries;
      same->last = segment.time;
      open_.make_youngest(key);
      return arm(*same, out);
    }
    if (open_.full()) let_go_oldest(out);
    if (Request* const added = open_.add(key, request)) {
      arm(*added, out);
    } else {
      report(describe_request(request), out);  // there is no waiting for the reply
    }
  }

  void on_reply(const ArpMessage& packet, const Segment& segment, Output& out) {
    const Key key = key_of(packet.target, packet.target_mac, packet.sender, segment.link);
    if (open_.find(key) == nullptr) {
      Arp event = describe(packet);
      event.queried = false;
      event.answered = true;
      return report(event, out);
    }
    const Request request = open_.take(key);
    Arp event = describe_request(request);
    event.target_mac = packet.sender_mac;
    event.answered = true;
    if (segment.time >= request.last) event.rtt_us = to_us(segment.time - request.last);
    report(event, out);
  }

  static Arp describe_request(const Request& request) {
    Arp event = describe(request.packet);
    event.queried = true;
    event.retries = request.retries;
    return event;
  }

  [[nodiscard]] Request take_oldest() noexcept { return open_.take(request_key(*open_.oldest())); }

  void close_oldest(Output& out) {
    Arp event = describe_request(take_oldest());
    event.answered = false;
    report(event, out);
  }

  // Whether its reply comes will not be known.
  void let_go_oldest(Output& out) {
    ++budget_->crowded_out;
    report(describe_request(take_oldest()), out);
  }

  static Key request_key(const Request& request) noexcept {
    const ArpMessage& packet = request.packet;
    return key_of(packet.sender, packet.sender_mac, packet.target, request.link);
  }

  void arm(Request& request, Output& out) {
    request.token = ++last_token_;
    out.arm(Timer::reply_5s, request.token);
  }

  Budget* budget_;
  RequestTable open_;
  std::uint32_t last_token_ = 0;
};

Verdict always(const Segment& /*start*/, const FlowContext& /*flow*/) {
  return Verdict::yes;
}

void describe(Transport /*transport*/, const Segment& segment, TextLine& line) {
  const auto packet = ArpMessage::parse(segment.data);
  if (!packet) return;
  line.add(op_name(packet->operation).view());
  if (!packet->has_addresses()) return;
  switch (packet->operation) {
    case op::request: line.add(" for ").add(packet->target).add(" by ").add(packet->sender); break;
    case op::reverse_request:
    case op::inverse_request:
      line.add(" for ").add(packet->target_mac).add(" by ").add(packet->sender_mac);
      break;
    case op::reverse_reply:
      line.add(" ").add(packet->target).add(" is at ").add(packet->target_mac);
      break;
    case op::reply:
    case op::inverse_reply:
      line.add(" ").add(packet->sender).add(" is at ").add(packet->sender_mac);
      break;
    default: break;
  }
}

constexpr std::array<const event::Schema*, 1> events{&event::schema_of<Arp>};

}  // namespace
}  // namespace arp

extern const Protocol arp_protocol;
const Protocol arp_protocol{
    .name = "arp",
    .transports = mask(Transport::arp),
    .ports = {},
    .events = arp::events,
    .probe = arp::always,
    .state_size = sizeof(arp::ArpDissector),
    .construct = construct<arp::ArpDissector>,
    .describe = arp::describe,
};

}  // namespace ntan::app
