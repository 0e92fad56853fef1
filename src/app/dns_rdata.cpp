#include "app/dns_rdata.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "app/dns_codes.h"
#include "app/dns_message.h"

namespace ntan::app::dns {
namespace {

// Writes the fields of one RDATA from left to right. The first flaw stops it.
class Fields {
 public:
  Fields(TextArena& text, const Rdata& rdata, std::size_t& budget) noexcept
      : text_(text), message_(rdata.message), reader_(rdata.octets), budget_(budget) {}

  [[nodiscard]] Reader& reader() noexcept { return reader_; }

  [[nodiscard]] TextArena& text() noexcept { return text_; }

  [[nodiscard]] std::optional<Flaw> flaw() const noexcept {
    if (flaw_) return flaw_;
    if (!reader_.ok() || !reader_.done()) return Flaw::bad_length;
    return std::nullopt;
  }

  [[nodiscard]] bool open() const noexcept { return !flaw_ && reader_.ok() && !reader_.done(); }

  void fail(Flaw flaw) noexcept {
    if (!flaw_) flaw_ = flaw;
  }

  void gap() noexcept {
    if (!first_) text_.add(' ');
    first_ = false;
  }

  void number8() noexcept { number(reader_.u8()); }

  void number16() noexcept { number(reader_.be16()); }

  void number32() noexcept { number(reader_.be32()); }

  void name() noexcept {
    gap();
    if (!reader_.ok()) return;
    const auto flaw = add_name(text_, reader_, message_, budget_);
    if (flaw) fail(*flaw == Flaw::truncated ? Flaw::bad_length : *flaw);
  }

  void quoted() noexcept {
    gap();
    text_.add_quoted(reader_.take(reader_.u8()));
  }

  void address_v4() noexcept {
    gap();
    const Bytes octets = reader_.take(4);
    if (!octets.empty()) text_.add_address(IpAddress::v4(octets.data()));
  }

  void address_v6() noexcept {
    gap();
    const Bytes octets = reader_.take(16);
    if (!octets.empty()) text_.add_address(IpAddress::v6(octets.data()));
  }

  void rest_hex() noexcept {
    gap();
    text_.add_hex(reader_.take(reader_.left()));
  }

  void rest_base64() noexcept {
    gap();
    text_.add_base64(reader_.take(reader_.left()));
  }

  /// A number that counts octets, then those in hex; `-` for none (RFC 5155 3.3).
  void salt() noexcept {
    gap();
    const Bytes octets = reader_.take(reader_.u8());
    if (octets.empty()) text_.add('-');
    text_.add_hex(octets);
  }

  void type() noexcept {
    gap();
    text_.add(type_name(reader_.be16()).view());
  }

  /// YYYYMMDDHHmmSS (RFC 4034 3.2).
  void time() noexcept {
    using namespace std::chrono;  // NOLINT(*-using-namespace)
    gap();
    const sys_seconds at{seconds{reader_.be32()}};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss clock{at - day};
    text_.add_padded(static_cast<std::uint32_t>(static_cast<int>(date.year())), 4);
    text_.add_padded(static_cast<unsigned>(date.month()), 2);
    text_.add_padded(static_cast<unsigned>(date.day()), 2);
    text_.add_padded(static_cast<std::uint32_t>(clock.hours().count()), 2);
    text_.add_padded(static_cast<std::uint32_t>(clock.minutes().count()), 2);
    text_.add_padded(static_cast<std::uint32_t>(clock.seconds().count()), 2);
  }

  /// RFC 4034 4.1.2: windows of 256 types, ascending.
  void type_bitmap() noexcept {
    int last = -1;
    while (open()) {
      const std::uint8_t window = reader_.u8();
      const Bytes bits = reader_.take(reader_.u8());
      if (bits.empty() || bits.size() > 32 || window <= last) return fail(Flaw::bad_value);
      last = window;
      for (std::size_t i = 0; i < 8 * bits.size(); ++i) {
        if ((bits[i / 8] >> (7 - i % 8) & 1U) == 0) continue;
        gap();
        text_.add(type_name(static_cast<std::uint16_t>(window << 8U | i)).view());
      }
    }
  }

 private:
  void number(std::uint32_t value) noexcept {
    gap();
    text_.add_number(value);
  }

  TextArena& text_;
  Bytes message_;
  Reader reader_;
  std::size_t& budget_;
  std::optional<Flaw> flaw_;
  bool first_ = true;
};

// --- SVCB and HTTPS (RFC 9460 2.1, 14.3.2) ----------------------------------------------------

constexpr std::array<std::string_view, 10> parameter_names{
    "mandatory", "alpn",     "no-default-alpn", "port",  "ipv4hint",
    "ech",       "ipv6hint", "dohpath",         "ohttp", "tls-supported-groups"};

void add_parameter_name(TextArena& text, std::uint16_t key) noexcept {
  if (key < parameter_names.size()) {
    text.add(parameter_names[key]);
  } else {
    text.add("key");
    text.add_number(key);
  }
}

template <class One>
void add_list(TextArena& text, Reader& value, One one) noexcept {
  for (bool first = true; value.ok() && !value.done(); first = false) {
    if (!first) text.add(',');
    one();
  }
}

// What tells items apart is escaped twice: in the list, then in the text (RFC 9460 A.1).
void add_list_item(TextArena& text, Bytes item) noexcept {
  for (std::size_t i = 0; i < item.size(); ++i) {
    switch (item[i]) {
      case ',': text.add(R"(\\,)"); break;
      case '\\': text.add(R"(\\\\)"); break;
      default: text.add_escaped(item.subspan(i, 1)); break;
    }
  }
}

void add_alpn(TextArena& text, Reader& value) noexcept {
  text.add('"');
  add_list(text, value, [&] { add_list_item(text, value.take(value.u8())); });
  text.add('"');
}

void add_parameter_value(TextArena& text, std::uint16_t key, Reader& value) noexcept {
  switch (key) {
    case 0: return add_list(text, value, [&] { add_parameter_name(text, value.be16()); });
    case 1: return add_alpn(text, value);
    case 3: return text.add_number(value.be16());
    case 4:
      return add_list(text, value, [&] {
        const Bytes octets = value.take(4);
        if (!octets.empty()) text.add_address(IpAddress::v4(octets.data()));
      });
    case 5: return text.add_base64(value.take(value.left()));
    case 6:
      return add_list(text, value, [&] {
        const Bytes octets = value.take(16);
        if (!octets.empty()) text.add_address(IpAddress::v6(octets.data()));
      });
    default: return text.add_quoted(value.take(value.left()));
  }
}

void add_service_parameters(Fields& fields) noexcept {
  int last = -1;
  while (fields.open()) {
    const std::uint16_t key = fields.reader().be16();
    Reader value{fields.reader().take(fields.reader().be16())};
    if (key <= last) return fields.fail(Flaw::bad_value);
    last = key;
    fields.gap();
    add_parameter_name(fields.text(), key);
    if (value.done()) continue;
    fields.text().add('=');
    add_parameter_value(fields.text(), key, value);
    if (!value.ok() || !value.done()) return fields.fail(Flaw::bad_length);
  }
}

// --- the types ----------------------------------------------------------------------------------

void add_soa(Fields& fields) noexcept {
  fields.name();
  fields.name();
  for (int i = 0; i < 5; ++i) fields.number32();
}

void add_caa(Fields& fields) noexcept {  // RFC 8659 4.1
  fields.number8();
  fields.gap();
  fields.text().add_escaped(fields.reader().take(fields.reader().u8()));
  fields.gap();
  fields.text().add_quoted(fields.reader().take(fields.reader().left()));
}

void add_rrsig(Fields& fields) noexcept {  // RFC 4034 3.1
  fields.type();
  fields.number8();
  fields.number8();
  fields.number32();
  fields.time();
  fields.time();
  fields.number16();
  fields.name();
  fields.rest_base64();
}

void add_nsec3(Fields& fields) noexcept {  // RFC 5155 3.2
  fields.number8();
  fields.number8();
  fields.number16();
  fields.salt();
  fields.gap();
  fields.text().add_base32hex(fields.reader().take(fields.reader().u8()));
  fields.type_bitmap();
}

void add_naptr(Fields& fields) noexcept {  // RFC 3403 4.1
  fields.number16();
  fields.number16();
  fields.quoted();
  fields.quoted();
  fields.quoted();
  fields.name();
}

void add_numbers(Fields& fields, std::string_view octets_each) noexcept {
  for (const char size : octets_each) {
    if (size == '1') {
      fields.number8();
    } else {
      fields.number16();
    }
  }
}

// False for a type without a form of its own.
bool add_typed(Fields& fields, Type type) noexcept {
  switch (type) {
    case Type::ns:
    case Type::cname:
    case Type::ptr:
    case Type::dname: fields.name(); return true;
    case Type::soa: add_soa(fields); return true;
    case Type::mx:
      fields.number16();
      fields.name();
      return true;
    case Type::txt:
    case Type::spf:
    case Type::hinfo:
      while (fields.open()) fields.quoted();
      return true;
    case Type::srv:
      add_numbers(fields, "222");
      fields.name();
      return true;
    case Type::naptr: add_naptr(fields); return true;
    case Type::ds:
    case Type::cds:
      add_numbers(fields, "211");
      fields.rest_hex();
      return true;
    case Type::rrsig: add_rrsig(fields); return true;
    case Type::nsec:
      fields.name();
      fields.type_bitmap();
      return true;
    case Type::dnskey:
    case Type::cdnskey:
      add_numbers(fields, "211");
      fields.rest_base64();
      return true;
    case Type::nsec3: add_nsec3(fields); return true;
    case Type::nsec3param:
      add_numbers(fields, "112");
      fields.salt();
      return true;
    case Type::tlsa:
    case Type::smimea:
      add_numbers(fields, "111");
      fields.rest_hex();
      return true;
    case Type::svcb:
    case Type::https:
      fields.number16();
      fields.name();
      add_service_parameters(fields);
      return true;
    case Type::caa: add_caa(fields); return true;
    default: return false;
  }
}

void add_generic(TextArena& text, Bytes octets) noexcept {
  text.add("\\# ");
  text.add_number(octets.size());
  text.add(' ');
  text.add_hex(octets);
}

}  // namespace

std::optional<Flaw> add_rdata(TextArena& text, const Rdata& rdata, std::size_t& budget) noexcept {
  if (rdata.octets.empty()) return std::nullopt;  // RFC 2136 2.4: nothing but a condition
  Fields fields{text, rdata, budget};
  const auto type = static_cast<Type>(rdata.type);
  bool known = true;
  if (type == Type::a && rdata.code == class_in) {
    fields.address_v4();
  } else if (type == Type::aaaa && rdata.code == class_in) {
    fields.address_v6();
  } else {
    known = add_typed(fields, type);
  }
  if (!known) {
    add_generic(text, rdata.octets);
    return std::nullopt;
  }
  const auto flaw = fields.flaw();
  if (flaw && *flaw != Flaw::unsupported) {
    text.undo();
    text.begin();
    add_generic(text, rdata.octets);
  }
  return flaw;
}

Parsed<std::string_view> read_client_subnet(TextArena& text, Bytes options) noexcept {
  constexpr std::uint16_t client_subnet = 8;
  std::string_view found;
  Reader reader{options};
  while (!reader.done()) {
    const std::uint16_t code = reader.be16();
    Reader value{reader.take(reader.be16())};
    if (!reader.ok()) return Flaw::bad_length;
    if (code != client_subnet || !found.empty()) continue;
    const std::uint16_t family = value.be16();
    const std::uint8_t source = value.u8();
    const std::uint8_t scope = value.u8();
    const Bytes prefix = value.rest();
    const std::size_t full = family == 1 ? 4 : 16;
    if (!value.ok() || prefix.size() > full) return Flaw::bad_length;
    if (family != 1 && family != 2) continue;
    std::array<std::uint8_t, 16> octets{};  // RFC 7871 6: trailing zero octets are left out
    std::ranges::copy(prefix, octets.begin());
    text.begin();
    text.add_address(family == 1 ? IpAddress::v4(octets.data()) : IpAddress::v6(octets.data()));
    text.add('/');
    text.add_number(source);
    text.add('/');
    text.add_number(scope);
    found = text.finish().value_or(std::string_view{});
  }
  return found;
}

}  // namespace ntan::app::dns
