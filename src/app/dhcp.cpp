// DHCP for IPv4, and BOOTP (RFC 2131, 951): reports each message.
//
// A client without an address asks everybody, and is answered at the address it is to have or with
// a broadcast: question and answer are in flows of their own. So an event is one message; `xid`
// joins those of an exchange, and what an answer tells of the question (how long ago, how often)
// comes from what the flows of the shard know together. A relay's exchange with a server is another
// one than that of the client with the relay.
#include <algorithm>
#include <array>
#include <optional>

#include "app/dhcp_exchanges.h"
#include "app/dhcp_message.h"
#include "app/observed.h"
#include "app/protocol.h"
#include "base/digest.h"
#include "base/hash.h"
#include "base/port.h"
#include "event/record.h"

namespace ntan::app {
namespace dhcp {
namespace {

constexpr std::uint8_t ethernet = 1;
constexpr std::size_t max_client_id = 64;  // octets; RFC 4361 makes them no longer than 133
constexpr std::size_t max_parameters = 255;

/// The `dhcp` event.
struct Dhcp {
  TypeName type;
  std::uint32_t xid = 0;
  std::optional<MacAddress> mac;
  std::optional<std::uint8_t> hardware;
  event::FixedText<2 * max_client_id> client_id;
  IpAddress client_ip;
  IpAddress requested_ip;
  IpAddress assigned_ip;
  IpAddress server_id;
  IpAddress relay_ip;
  IpAddress next_server;
  std::string_view boot_file;
  std::string_view host_name;
  std::string_view fqdn;
  std::string_view domain;
  std::string_view vendor_class;
  std::span<const std::uint8_t> parameters;
  std::optional<std::uint32_t> lease_s;
  std::optional<std::uint32_t> renewal_s;
  std::optional<std::uint32_t> rebinding_s;
  IpAddress subnet_mask;
  std::span<const IpAddress> routers;
  std::span<const IpAddress> dns_servers;
  std::span<const IpAddress> ntp_servers;
  std::string_view message;
  std::optional<std::uint16_t> secs;
  std::optional<std::uint8_t> hops;
  std::optional<bool> broadcast;
  std::optional<std::uint32_t> retries;
  std::optional<std::int64_t> rtt_us;
  std::optional<std::int64_t> dora_us;

  static constexpr std::array<std::string_view, 8> line{
      "type", "mac", "host_name", "requested_ip", "assigned_ip", "lease_s", "message", "rtt_us"};
  static constexpr event::RecordInfo info{
      .name = "dhcp",
      .doc =
          "One message of DHCP for IPv4 or of BOOTP (RFC 2131, 951). Question and answer are in "
          "flows of their own: xid and mac join them, and the answer has the times of both",
      .order = event::Order::protocol,
      .line = line};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"type", &Dhcp::type>("DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM, "
                                   "…; TYPE42 where it has no name; BOOTREQUEST or BOOTREPLY of "
                                   "BOOTP"),
        field<"xid", &Dhcp::xid>("Transaction number, which the client chose"),
        field<"mac", &Dhcp::mac>("The client's hardware address, if it has six octets"),
        field<"hardware", &Dhcp::hardware>("Type of that address, when it is not Ethernet"),
        field<"client_id", &Dhcp::client_id>(
            "Client identifier in hex, the first 64 octets; absent where it repeats mac"),
        field<"client_ip", &Dhcp::client_ip>("Address the client uses already"),
        field<"requested_ip", &Dhcp::requested_ip>("Address the client asks for"),
        field<"assigned_ip", &Dhcp::assigned_ip>("Address the server offers or gives"),
        field<"server_id", &Dhcp::server_id>("Address the server goes by"),
        field<"relay_ip", &Dhcp::relay_ip>("Relay that the client asked through"),
        field<"next_server", &Dhcp::next_server>("Server to boot from"),
        field<"boot_file", &Dhcp::boot_file>("What to boot there"),
        field<"host_name", &Dhcp::host_name>("Name of the client (option 12)"),
        field<"fqdn", &Dhcp::fqdn>(
            "Name of the client for DNS (RFC 4702), without the last dot; of one that came as a "
            "DNS name RFC 1035 5.1 text"),
        field<"domain", &Dhcp::domain>("Domain the client is in"),
        field<"vendor_class", &Dhcp::vendor_class>("What the client is, in its maker's words"),
        field<"parameters", &Dhcp::parameters>(
            "Options the client asks for, in its order, which tells systems apart"),
        field<"lease_s", &Dhcp::lease_s>(
            "How long the address is lent, or asked for; 4294967295 is for ever, here and in the "
            "next"),
        field<"renewal_s", &Dhcp::renewal_s>("When it is to be renewed (T1)"),
        field<"rebinding_s", &Dhcp::rebinding_s>("When any server may be asked for that (T2)"),
        field<"subnet_mask", &Dhcp::subnet_mask>("Mask of the client's network"),
        field<"routers", &Dhcp::routers>("Routers, the one to prefer first; at most 16, as next"),
        field<"dns_servers", &Dhcp::dns_servers>("DNS servers"),
        field<"ntp_servers", &Dhcp::ntp_servers>("NTP servers"),
        field<"message", &Dhcp::message>("Why, in words: of NAK and DECLINE"),
        field<"secs", &Dhcp::secs>(
            "Since when the client has been trying, as it says; absent for 0, as in the next"),
        field<"hops", &Dhcp::hops>("Relays on the way"),
        field<"broadcast", &Dhcp::broadcast>("The client cannot take an answer to its address yet"),
        field<"retries", &Dhcp::retries>(
            "Copies before: of a question, earlier ones in its exchange; of an answer, further "
            "ones of its question. Absent of an answer to one that was not seen, or with too many "
            "exchanges at a time"),
        field<"rtt_us", &Dhcp::rtt_us>(
            "From the last copy of the question to the answer: DISCOVER to OFFER, REQUEST or "
            "INFORM to ACK or NAK, DISCOVER to an ACK at once (RFC 4039)"),
        field<"dora_us", &Dhcp::dora_us>("ACK: from the first DISCOVER of the exchange"));
  }
};

IpAddress sender_of(const FlowContext& flow, Direction direction) noexcept {
  return direction == Direction::to_server ? flow.client : flow.server;
}

/// Of ports other than a client's: relays and servers among themselves.
bool is_relayed(const FlowContext& flow) noexcept {
  return flow.client_port == dhcp_server_port && flow.server_port == dhcp_server_port;
}

std::uint64_t word_of(Bytes octets) noexcept {
  std::array<std::uint8_t, sizeof(std::uint64_t)> word{};
  std::ranges::copy(octets.first(std::min(octets.size(), word.size())), word.begin());
  return load_be<std::uint64_t>(word.data());
}

/// Whoever is asked through a relay has an exchange of his own with it.
std::uint64_t exchange_of(const Message& message, const FlowContext& flow, Direction direction) {
  const Bytes hardware = message.hardware;
  std::uint64_t relayed = 0;
  if (is_relayed(flow)) {
    const IpAddress server = sender_of(flow, message.is_reply ? direction : reverse(direction));
    relayed = word_of(message.relay.bytes()) | word_of(server.bytes()) >> 32U;
  }
  const std::size_t half = std::min(hardware.size(), sizeof(std::uint64_t));
  return hash_words(
      std::array{std::uint64_t{message.xid} << 32U | hardware.size() << 8U | message.hardware_type,
                 word_of(hardware.first(half)), word_of(hardware.subspan(half)), relayed},
      fixed_hash_key);
}

DhcpExchanges::Part part_of(const Message& message) noexcept {
  using Part = DhcpExchanges::Part;
  if (!message.type) return message.is_reply ? Part::acknowledge : Part::request;
  switch (*message.type) {
    case type::discover: return message.is_reply ? Part::none : Part::discover;
    case type::request:
    case type::inform:
    case type::lease_query: return message.is_reply ? Part::none : Part::request;
    case type::offer: return message.is_reply ? Part::offer : Part::none;
    case type::refuse: return message.is_reply ? Part::refuse : Part::none;
    case type::acknowledge:
    case type::lease_unassigned:
    case type::lease_unknown:
    case type::lease_active: return message.is_reply ? Part::acknowledge : Part::none;
    default: return Part::none;
  }
}

TypeName name_of(const Message& message) noexcept {
  if (message.type) return type_name(*message.type);
  return TypeName{message.is_reply ? "BOOTREPLY" : "BOOTREQUEST"};
}

std::optional<MacAddress> mac_of(const Message& message) noexcept {
  MacAddress mac;
  if (message.hardware.size() != mac.octets.size()) return std::nullopt;
  std::ranges::copy(message.hardware, mac.octets.begin());
  return mac;
}

/// RFC 2132 9.14: nearly always the type and the address that the header has.
bool repeats_hardware(const Message& message) noexcept {
  const Bytes id = message.client_id;
  return !id.empty() && id.front() == message.hardware_type &&
         std::ranges::equal(id.subspan(1), message.hardware);
}

template <class T>
std::optional<T> if_any(T value) noexcept {
  return value == 0 ? std::nullopt : std::optional{value};
}

Dhcp describe(const Message& message, const DhcpExchanges::Times& times) {
  Dhcp event{.type = name_of(message), .xid = message.xid, .mac = mac_of(message)};
  if (message.hardware_type != ethernet) event.hardware = message.hardware_type;
  if (!repeats_hardware(message)) {
    auto& text = event.client_id;
    const Bytes shown = message.client_id.first(std::min(max_client_id, message.client_id.size()));
    text.size =
        static_cast<std::uint8_t>(append_hex(text.octets.data(), shown) - text.octets.data());
  }
  event.client_ip = message.client;
  event.requested_ip = message.requested;
  event.assigned_ip = message.assigned;
  event.server_id = message.server_id;
  event.relay_ip = message.relay;
  event.next_server = message.next_server;
  event.boot_file = message.boot_file;
  event.host_name = message.host_name;
  event.fqdn = message.fqdn;
  event.domain = message.domain;
  event.vendor_class = message.vendor_class;
  event.parameters = message.parameters.first(std::min(max_parameters, message.parameters.size()));
  event.lease_s = message.lease;
  event.renewal_s = message.renewal;
  event.rebinding_s = message.rebinding;
  event.subnet_mask = message.subnet_mask;
  event.routers = message.routers;
  event.dns_servers = message.dns_servers;
  event.ntp_servers = message.ntp_servers;
  event.message = message.text;
  event.secs = if_any(message.seconds);
  event.hops = if_any(message.hops);
  event.broadcast = if_true(message.broadcast);
  event.retries = times.retries;
  event.rtt_us = times.rtt_us;
  event.dora_us = times.dora_us;
  return event;
}

/// Holds nothing: many clients share the flow of those without an address, and one that sends what
/// does not parse says nothing about the others.
class DhcpDissector final : public Dissector {
 public:
  explicit DhcpDissector(const FlowContext& flow) noexcept : flow_(flow) {}

  Progress consume(const Segment& segment, Output& out) override {
    // Kilobytes that are written before they are read, message by message.
    // NOLINTNEXTLINE(*-member-init)
    __attribute__((uninitialized)) Scratch scratch;
    const bool cut = segment.data.size() < segment.size;
    const auto message = read_message(segment.data, scratch);
    if (!message) {
      if (!cut) out.anomaly("dhcp", event::Reason::dhcp_malformed, "header");
      return Progress::idle;
    }
    if (message->defect && !(cut && message->defect->flaw == Flaw::truncated))
      out.anomaly("dhcp", event::Reason::dhcp_malformed, message->defect->where);
    if (!out.wants<Dhcp>()) return Progress::idle;
    DhcpExchanges::Times times;
    if (flow_.dhcp != nullptr) {
      times = flow_.dhcp->observe(exchange_of(*message, flow_, segment.direction),
                                  part_of(*message), segment.time);
    }
    out.emit(describe(*message, times));
    return Progress::idle;
  }

 private:
  FlowContext flow_;
};

bool is_own_port(std::uint16_t port) noexcept {
  return port == dhcp_server_port || port == dhcp_client_port;
}

/// The magic number decides, whatever the ports; without it there is only what BOOTP must have.
Verdict probe(const Segment& start, const FlowContext& flow) {
  constexpr std::uint8_t most_hops = 16;  // RFC 1542 4.1.1
  if (start.size < header_size) return Verdict::no;
  Reader reader{start.data};
  const std::uint8_t op = reader.u8();
  if (op != 1 && op != 2) return Verdict::no;
  const std::uint8_t hardware_type = reader.u8();
  const std::uint8_t hardware_size = reader.u8();
  const std::uint8_t hops = reader.u8();
  if (start.data.size() >= header_size + sizeof magic &&
      load_be<std::uint32_t>(start.data.data() + header_size) == magic)
    return Verdict::yes;
  const bool own = is_own_port(flow.client_port) && is_own_port(flow.server_port);
  const bool plausible = hardware_type != 0 && hardware_size <= max_hardware && hops <= most_hops;
  return reader.ok() && own && plausible ? Verdict::yes : Verdict::no;
}

void describe(Transport /*transport*/, const Segment& packet, TextLine& line) {
  // NOLINTNEXTLINE(*-member-init)
  __attribute__((uninitialized)) Scratch scratch;
  const auto message = read_message(packet.data, scratch);
  if (!message) return;
  line.add(name_of(*message).view());
  if (const auto mac = mac_of(*message)) line.add(" of ").add(*mac);
  if (!message->host_name.empty()) line.add(" ").add(message->host_name);
  if (message->assigned.known()) {
    line.add(" gets ").add(message->assigned);
  } else if (message->requested.known()) {
    line.add(" asks for ").add(message->requested);
  }
}

constexpr std::array<std::uint16_t, 2> ports{dhcp_server_port, dhcp_client_port};
constexpr std::array events{&event::schema_of<Dhcp>};

}  // namespace
}  // namespace dhcp

extern const Protocol dhcp_protocol;
const Protocol dhcp_protocol{.name = "dhcp",
                             .transports = mask(Transport::udp),
                             .ports = dhcp::ports,
                             .events = dhcp::events,
                             .probe = dhcp::probe,
                             .state_size = sizeof(dhcp::DhcpDissector),
                             .construct = construct<dhcp::DhcpDissector>,
                             .describe = dhcp::describe};

}  // namespace ntan::app
