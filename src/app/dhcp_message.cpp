#include "app/dhcp_message.h"

#include <algorithm>

#include "app/dns_text.h"
#include "base/digits.h"

namespace ntan::app::dhcp {
namespace {

enum class Op : std::uint8_t { none = 0, request = 1, reply = 2 };

struct Type {
  std::string_view name;
  Op op = Op::none;
};

// IANA, BOOTP and DHCP parameters. Who sends which: RFC 2131 4.3.1 and 4.4.1, RFC 3203, RFC 4388.
constexpr std::array<Type, 19> types{{{},
                                      {"DISCOVER", Op::request},
                                      {"OFFER", Op::reply},
                                      {"REQUEST", Op::request},
                                      {"DECLINE", Op::request},
                                      {"ACK", Op::reply},
                                      {"NAK", Op::reply},
                                      {"RELEASE", Op::request},
                                      {"INFORM", Op::request},
                                      {"FORCERENEW", Op::reply},
                                      {"LEASEQUERY", Op::request},
                                      {"LEASEUNASSIGNED", Op::reply},
                                      {"LEASEUNKNOWN", Op::reply},
                                      {"LEASEACTIVE", Op::reply},
                                      {"BULKLEASEQUERY", Op::none},
                                      {"LEASEQUERYDONE", Op::none},
                                      {"ACTIVELEASEQUERY", Op::none},
                                      {"LEASEQUERYSTATUS", Op::none},
                                      {"TLS", Op::none}}};

/// The options that are read, and where each is kept. The order of the codes is that of the places.
constexpr std::array<std::uint8_t, 19> codes{1,  3,  6,  12, 15, 42, 50, 51, 52, 53,
                                             54, 55, 56, 58, 59, 60, 61, 67, 81};
constexpr std::uint8_t no_place = codes.size();

constexpr auto places = [] {
  std::array<std::uint8_t, 256> all{};
  all.fill(no_place);
  for (std::size_t i = 0; i < codes.size(); ++i) all[codes[i]] = static_cast<std::uint8_t>(i);
  return all;
}();

namespace option {
constexpr std::uint8_t pad = 0;
constexpr std::uint8_t subnet_mask = 1;
constexpr std::uint8_t router = 3;
constexpr std::uint8_t dns_server = 6;
constexpr std::uint8_t host_name = 12;
constexpr std::uint8_t domain = 15;
constexpr std::uint8_t ntp_server = 42;
constexpr std::uint8_t requested = 50;
constexpr std::uint8_t lease = 51;
constexpr std::uint8_t overload = 52;
constexpr std::uint8_t type = 53;
constexpr std::uint8_t server_id = 54;
constexpr std::uint8_t parameters = 55;
constexpr std::uint8_t text = 56;
constexpr std::uint8_t renewal = 58;
constexpr std::uint8_t rebinding = 59;
constexpr std::uint8_t vendor_class = 60;
constexpr std::uint8_t client_id = 61;
constexpr std::uint8_t boot_file = 67;
constexpr std::uint8_t fqdn = 81;
constexpr std::uint8_t end = 255;
}  // namespace option

/// Reads a message piece by piece into what is told of it.
class Parser {
 public:
  Parser(Message& message, Scratch& scratch) noexcept
      : message_(&message), scratch_(&scratch), text_(scratch.text) {}

  void read_options(Bytes field, Bytes server_name, Bytes file) noexcept;

 private:
  void found(Flaw flaw, std::string_view where) noexcept {
    if (!message_->defect) message_->defect = Defect{flaw, where};
  }

  /// Whether the field ends as it should.
  bool read_field(Bytes field) noexcept;
  void keep(std::uint8_t place, Bytes value) noexcept;

  [[nodiscard]] std::optional<Bytes> value(std::uint8_t code) const noexcept {
    return values_[places[code]];
  }

  [[nodiscard]] std::optional<Bytes> fixed(std::uint8_t code, std::size_t size) noexcept;
  [[nodiscard]] std::optional<std::uint32_t> number(std::uint8_t code) noexcept;
  [[nodiscard]] IpAddress address(std::uint8_t code) noexcept;
  [[nodiscard]] std::span<const IpAddress> addresses(std::uint8_t code, std::size_t list) noexcept;
  [[nodiscard]] std::string_view text(std::uint8_t code) const noexcept;
  [[nodiscard]] std::string_view full_name() noexcept;
  void check_type() noexcept;

  Message* message_;
  Scratch* scratch_;
  dns::TextArena text_;
  std::array<std::optional<Bytes>, codes.size()> values_;
  std::size_t joined_ = 0;           // octets in Scratch::joined
  std::uint8_t growing_ = no_place;  // whose value ends there
};

// RFC 3396 5: an option that comes again goes on; first the field itself, then the others of the
// header that it names, each once.
void Parser::read_options(Bytes field, Bytes server_name, Bytes file) noexcept {
  const bool ended = read_field(field);
  bool file_is_free = true;
  if (const auto overload = fixed(option::overload, 1)) {
    const std::uint8_t fields = overload->front();
    if (fields == 0 || fields > 3) found(Flaw::bad_value, "option overload");
    file_is_free = (fields & 1U) == 0;
    if (!file_is_free) (void)read_field(file);
    if ((fields & 2U) != 0) (void)read_field(server_name);
  }
  Message& to = *message_;
  if (const auto type = fixed(option::type, 1)) to.type = type->front();
  // What BOOTP has there ends where it likes.
  if (!ended && to.type) found(Flaw::truncated, "end of options");
  check_type();
  to.subnet_mask = address(option::subnet_mask);
  to.requested = address(option::requested);
  to.server_id = address(option::server_id);
  to.lease = number(option::lease);
  to.renewal = number(option::renewal);
  to.rebinding = number(option::rebinding);
  to.host_name = text(option::host_name);
  to.domain = text(option::domain);
  to.vendor_class = text(option::vendor_class);
  to.text = text(option::text);
  to.fqdn = full_name();
  to.client_id = value(option::client_id).value_or(Bytes{});
  to.parameters = value(option::parameters).value_or(Bytes{});
  to.routers = addresses(option::router, 0);
  to.dns_servers = addresses(option::dns_server, 1);
  to.ntp_servers = addresses(option::ntp_server, 2);
  if (!file_is_free) to.boot_file = {};
  if (const auto name = text(option::boot_file); !name.empty()) to.boot_file = name;
}

bool Parser::read_field(Bytes field) noexcept {
  Reader reader{field};
  while (!reader.done()) {
    const std::uint8_t code = reader.u8();
    if (code == option::pad) continue;
    if (code == option::end) return true;
    const Bytes value = reader.take(reader.u8());
    if (!reader.ok()) {
      found(Flaw::truncated, "option");
      return false;
    }
    if (places[code] != no_place) keep(places[code], value);
  }
  return false;
}

void Parser::keep(std::uint8_t place, Bytes value) noexcept {
  std::optional<Bytes>& known = values_[place];
  if (!known) {
    known = value;
    return;
  }
  const bool grows = growing_ == place;
  const std::size_t size = value.size() + (grows ? 0 : known->size());
  if (size > scratch_->joined.size() - joined_) return found(Flaw::bad_length, "option in parts");
  std::uint8_t* const end = scratch_->joined.data() + joined_;
  std::uint8_t* const begin = grows ? end - known->size() : end;
  std::uint8_t* at = end;
  if (!grows) at = std::ranges::copy(*known, at).out;
  at = std::ranges::copy(value, at).out;
  known = Bytes{begin, at};
  joined_ += size;
  growing_ = place;
}

std::optional<Bytes> Parser::fixed(std::uint8_t code, std::size_t size) noexcept {
  const auto known = value(code);
  if (!known) return std::nullopt;
  if (known->size() != size) found(Flaw::bad_length, "length of an option");
  if (known->size() < size) return std::nullopt;
  return known->first(size);
}

std::optional<std::uint32_t> Parser::number(std::uint8_t code) noexcept {
  const auto known = fixed(code, sizeof(std::uint32_t));
  if (!known) return std::nullopt;
  return load_be<std::uint32_t>(known->data());
}

IpAddress Parser::address(std::uint8_t code) noexcept {
  const auto known = fixed(code, sizeof(std::uint32_t));
  return known ? IpAddress::v4(known->data()) : IpAddress{};
}

std::span<const IpAddress> Parser::addresses(std::uint8_t code, std::size_t list) noexcept {
  constexpr std::size_t each = 4;
  const auto known = value(code);
  if (!known) return {};
  if (known->empty() || known->size() % each != 0) found(Flaw::bad_length, "length of an option");
  auto& to = scratch_->lists[list];
  const std::size_t count = std::min(known->size() / each, to.size());
  for (std::size_t i = 0; i < count; ++i) to[i] = IpAddress::v4(known->data() + each * i);
  return std::span{to}.first(count);
}

// RFC 2132 2: it may end with NULs, which are none of it.
std::string_view Parser::text(std::uint8_t code) const noexcept {
  std::string_view known = as_text(value(code).value_or(Bytes{}));
  while (!known.empty() && known.back() == '\0') known.remove_suffix(1);
  return known;
}

// RFC 4702 2: as a DNS name without pointers, perhaps only the first labels of one, or as text.
std::string_view Parser::full_name() noexcept {
  constexpr std::uint8_t encoded = 0x04;
  constexpr std::size_t max_label = 63;
  const auto known = value(option::fqdn);
  if (!known) return {};
  Reader reader{*known};
  const std::uint8_t flags = reader.u8();
  reader.skip(2);  // RCODEs that nobody looks at
  if (!reader.ok()) {
    found(Flaw::bad_length, "length of an option");
    return {};
  }
  if ((flags & encoded) == 0) {
    std::string_view name = as_text(reader.rest());
    while (!name.empty() && name.back() == '\0') name.remove_suffix(1);
    return name;
  }
  text_.begin();
  std::string_view before;
  while (!reader.done()) {
    const std::size_t size = reader.u8();
    if (size == 0) break;
    const Bytes label = reader.take(size);
    if (size > max_label || !reader.ok()) {
      found(Flaw::bad_value, "client name");
      break;
    }
    text_.add_label(label, before);
    before = ".";
  }
  return text_.finish().value_or(std::string_view{});
}

void Parser::check_type() noexcept {
  const auto& type = message_->type;
  if (!type || *type >= types.size()) return;
  const Op due = types[*type].op;
  if (due != Op::none && (due == Op::reply) != message_->is_reply)
    found(Flaw::bad_value, "direction of the message");
}

IpAddress take_address(Reader& reader) noexcept {
  const Bytes octets = reader.take(4);
  const bool known = std::ranges::any_of(octets, [](std::uint8_t octet) { return octet != 0; });
  return known ? IpAddress::v4(octets.data()) : IpAddress{};
}

// Some clients write them the other way round.
std::uint16_t seconds_of(std::uint16_t field) noexcept {
  return (field & 0xffU) == 0 ? static_cast<std::uint16_t>(field >> 8U) : field;
}

}  // namespace

TypeName type_name(std::uint8_t type) noexcept {
  if (type < types.size() && !types[type].name.empty()) return TypeName{types[type].name};
  TypeName name{"TYPE"};
  const char* const end = append_unsigned(name.octets.data() + name.size, type);
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

std::optional<Message> read_message(Bytes octets, Scratch& scratch) noexcept {
  constexpr std::uint16_t broadcast = 0x8000;
  Reader reader{octets};
  Message message;
  const auto op = static_cast<Op>(reader.u8());
  message.is_reply = op == Op::reply;
  message.hardware_type = reader.u8();
  const std::size_t hardware_size = reader.u8();
  message.hops = reader.u8();
  message.xid = reader.be32();
  message.seconds = seconds_of(reader.be16());
  message.broadcast = (reader.be16() & broadcast) != 0;
  message.client = take_address(reader);
  message.assigned = take_address(reader);
  message.next_server = take_address(reader);
  message.relay = take_address(reader);
  const Bytes hardware = reader.take(max_hardware);
  if (!reader.ok() || (op != Op::request && op != Op::reply)) return std::nullopt;
  if (hardware_size <= max_hardware) {
    message.hardware = hardware.first(hardware_size);
  } else {
    message.defect = Defect{Flaw::bad_length, "hardware address"};
  }
  const Bytes server_name = reader.take(64);
  const Bytes file = reader.take(128);
  if (!reader.ok()) {
    if (!message.defect) message.defect = Defect{Flaw::truncated, "header"};
    return message;
  }
  const std::string_view boot_file = as_text(file);
  message.boot_file = boot_file.substr(0, boot_file.find('\0'));
  Reader options = reader;
  if (options.be32() == magic)
    Parser{message, scratch}.read_options(options.rest(), server_name, file);
  return message;
}

}  // namespace ntan::app::dhcp
