#include "app/x509.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <span>
#include <string_view>

#include "app/der.h"
#include "app/x509_name.h"
#include "base/address.h"
#include "base/digest.h"
#include "base/digits.h"

namespace ntan::app {
namespace {

constexpr std::size_t max_serial = 64;

struct KnownKey {
  KnownOid oid;
  std::string_view name;
  std::uint16_t bits = 0;  ///< of a type with one size
};

constexpr std::array key_types{
    KnownKey{KnownOid{"1.2.840.113549.1.1.1"}, "rsa"},
    KnownKey{KnownOid{"1.2.840.113549.1.1.10"}, "rsa-pss"},
    KnownKey{KnownOid{"1.2.840.10040.4.1"}, "dsa"},
    KnownKey{KnownOid{"1.2.840.10045.2.1"}, "ec"},
    KnownKey{KnownOid{"1.3.101.112"}, "ed25519", 256},
    KnownKey{KnownOid{"1.3.101.113"}, "ed448", 456},
    KnownKey{KnownOid{"2.16.840.1.101.3.4.3.17"}, "ml-dsa-44"},
    KnownKey{KnownOid{"2.16.840.1.101.3.4.3.18"}, "ml-dsa-65"},
    KnownKey{KnownOid{"2.16.840.1.101.3.4.3.19"}, "ml-dsa-87"},
};

constexpr std::array curves{
    KnownKey{KnownOid{"1.2.840.10045.3.1.1"}, "secp192r1", 192},
    KnownKey{KnownOid{"1.2.840.10045.3.1.7"}, "secp256r1", 256},
    KnownKey{KnownOid{"1.3.132.0.33"}, "secp224r1", 224},
    KnownKey{KnownOid{"1.3.132.0.34"}, "secp384r1", 384},
    KnownKey{KnownOid{"1.3.132.0.35"}, "secp521r1", 521},
    KnownKey{KnownOid{"1.3.132.0.10"}, "secp256k1", 256},
    KnownKey{KnownOid{"1.2.156.10197.1.301"}, "curveSM2", 256},
    KnownKey{KnownOid{"1.3.36.3.3.2.8.1.1.7"}, "brainpoolP256r1", 256},
    KnownKey{KnownOid{"1.3.36.3.3.2.8.1.1.11"}, "brainpoolP384r1", 384},
    KnownKey{KnownOid{"1.3.36.3.3.2.8.1.1.13"}, "brainpoolP512r1", 512},
};

constexpr KnownOid subject_alt_name{"2.5.29.17"};

const KnownKey* find(std::span<const KnownKey> keys, Bytes oid) noexcept {
  const auto at =
      std::ranges::find_if(keys, [oid](const KnownKey& key) { return key.oid.is(oid); });
  return at == keys.end() ? nullptr : &*at;
}

/// Reads a time of ASN.1, two digits at a time.
class TimeReader {
 public:
  explicit TimeReader(Bytes text) noexcept : reader_(text) {}

  [[nodiscard]] int two() noexcept {
    const int high = reader_.u8() - '0';
    const int low = reader_.u8() - '0';
    if (high < 0 || high > 9 || low < 0 || low > 9) ok_ = false;
    return 10 * high + low;
  }

  /// Nothing but the `Z` is left.
  [[nodiscard]] bool ends() noexcept { return reader_.u8() == 'Z' && reader_.done() && ok_; }

 private:
  Reader reader_;
  bool ok_ = true;
};

/// RFC 5280 4.1.2.5: whole seconds in UTC, no other form.
std::optional<std::chrono::sys_seconds> read_time(const DerElement& element) noexcept {
  using namespace std::chrono;  // NOLINT(*-using-namespace)
  const bool full = element.tag == der::generalized_time;
  if (!full && element.tag != der::utc_time) return std::nullopt;
  TimeReader text{element.content};
  const int century = full ? text.two() : 0;
  const int short_year = text.two();
  const int full_year =
      full ? 100 * century + short_year : short_year + (short_year < 50 ? 2000 : 1900);
  const int month_number = text.two();
  const int day_number = text.two();
  const int hour = text.two();
  const int minute = text.two();
  const int second = text.two();
  if (!text.ends() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const year_month_day date{year{full_year}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
}

/// The octets of a BIT STRING of whole octets.
std::optional<Bytes> whole_octets(Bytes bit_string) noexcept {
  if (bit_string.empty() || bit_string.front() != 0) return std::nullopt;
  return bit_string.subspan(1);
}

/// Significant bits of a positive INTEGER.
std::optional<std::uint16_t> bit_size(Bytes integer) noexcept {
  Reader reader{integer};
  while (!reader.done() && reader.peek() == 0) reader.skip(1);
  if (reader.done()) return std::nullopt;
  const std::size_t bits =
      8 * (reader.left() - 1) + static_cast<std::size_t>(std::bit_width(unsigned{reader.peek()}));
  if (bits > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(bits);
}

class Parser {
 public:
  Parsed<Certificate> parse(Bytes certificate) {
    Der outer{certificate, allowance_};
    Der whole{outer.expect(der::sequence), allowance_};
    const Bytes to_be_signed = whole.expect(der::sequence);
    (void)whole.expect(der::sequence);  // signature algorithm
    const Bytes signature = whole.expect(der::bit_string);
    if (!outer.ok() || !outer.done() || !whole.ok() || !whole.done()) return Flaw::bad_length;
    if (!whole_octets(signature)) fail();
    if (!read_body(to_be_signed)) return Flaw::bad_length;
    return std::move(result_);
  }

 private:
  void fail() noexcept { result_.flawed = true; }

  void check(const Der& level) noexcept {
    if (!level.ok()) fail();
  }

  void check_end(const Der& level) noexcept {
    if (!level.ok() || !level.done()) fail();
  }

  /// False if it is not made of the fields that it should have.
  [[nodiscard]] bool read_body(Bytes to_be_signed) {
    Der body{to_be_signed, allowance_};
    if (body.at(der::context_constructed(0))) (void)body.next();  // version
    const Bytes serial = body.expect(der::integer);
    (void)body.expect(der::sequence);  // signature algorithm
    const Bytes issuer = body.expect(der::sequence);
    const Bytes validity = body.expect(der::sequence);
    const Bytes subject = body.expect(der::sequence);
    const Bytes key = body.expect(der::sequence);
    // Unique ids, of which nobody makes use.
    if (body.at(der::context(1))) (void)body.next();
    if (body.at(der::context(2))) (void)body.next();
    Bytes extensions;
    if (body.at(der::context_constructed(3))) extensions = body.next().content;
    if (!body.ok() || !body.done()) return false;
    read_serial(serial);
    read_name(result_.issuer, issuer);
    read_validity(validity);
    read_name(result_.subject, subject);
    read_key(key);
    if (!extensions.empty()) read_extensions(extensions);
    return true;
  }

  void read_serial(Bytes serial) {
    if (serial.empty() || serial.size() > max_serial) return fail();
    if ((serial.front() & 0x80U) != 0) return keep_negative_serial(serial);
    if (serial.size() > 1 && serial.front() == 0) serial = serial.subspan(1);
    keep_serial("", serial);
  }

  void keep_serial(std::string_view sign, Bytes magnitude) {
    result_.serial = sign;
    result_.serial.resize(sign.size() + 2 * magnitude.size());
    append_hex(result_.serial.data() + sign.size(), magnitude);
  }

  /// RFC 5280 4.1.2.2 has readers cope with one. As octets it would read like another, positive
  /// one.
  void keep_negative_serial(Bytes serial) {
    std::array<std::uint8_t, max_serial> octets{};
    const std::span magnitude = std::span{octets}.first(serial.size());
    unsigned carry = 1;
    for (std::size_t at = serial.size(); at-- != 0;) {
      carry += static_cast<std::uint8_t>(~serial[at]);
      magnitude[at] = static_cast<std::uint8_t>(carry);
      carry >>= 8U;
    }
    const bool spare = magnitude.size() > 1 && magnitude.front() == 0;
    keep_serial("-", magnitude.subspan(spare ? 1 : 0));
  }

  void read_name(std::string& text, Bytes name) {
    if (append_distinguished_name(text, name, allowance_)) return;
    text.clear();
    fail();
  }

  void read_validity(Bytes validity) {
    Der times{validity, allowance_};
    const DerElement from = times.next();
    const DerElement until = times.next();
    check_end(times);
    result_.not_before = read_time(from);
    result_.not_after = read_time(until);
    if (!result_.not_before || !result_.not_after) fail();
  }

  void read_key(Bytes info) {
    Der level{info, allowance_};
    Der algorithm{level.expect(der::sequence), allowance_};
    const Bytes bits = level.expect(der::bit_string);
    check_end(level);
    const Bytes oid = algorithm.expect(der::oid);
    const auto key = whole_octets(bits);
    if (!key) return fail();
    const KnownKey* known = find(key_types, oid);
    if (known == nullptr) return keep_key_type(oid);
    result_.key_type = known->name;
    if (known->bits != 0) {
      result_.key_bits = known->bits;
    } else if (known->name.starts_with("rsa")) {
      read_first_integer(*key);
    } else if (known->name == "dsa") {
      if (algorithm.at(der::sequence)) read_first_integer(algorithm.next().whole);
    } else if (known->name == "ec") {
      read_curve(algorithm);
    }
  }

  void keep_key_type(Bytes oid) {
    auto text = oid_text(oid);
    if (!text) return fail();
    result_.key_type = std::move(*text);
  }

  /// Key size by the first INTEGER of a SEQUENCE: the modulus, or the prime.
  void read_first_integer(Bytes sequence) {
    Der outer{sequence, allowance_};
    Der inner{outer.expect(der::sequence), allowance_};
    result_.key_bits = bit_size(inner.expect(der::integer));
    check(outer);
    check(inner);
    if (!result_.key_bits) fail();
  }

  void read_curve(Der& algorithm) {
    if (!algorithm.at(der::oid)) return;
    const Bytes oid = algorithm.next().content;
    check(algorithm);
    const KnownKey* curve = find(curves, oid);
    if (curve != nullptr) result_.key_bits = curve->bits;
  }

  void read_extensions(Bytes wrapped) {
    Der outer{wrapped, allowance_};
    Der list{outer.expect(der::sequence), allowance_};
    check_end(outer);
    bool found = false;
    while (!list.done()) {
      Der extension{list.expect(der::sequence), allowance_};
      const Bytes oid = extension.expect(der::oid);
      if (extension.at(der::boolean)) (void)extension.next();
      const Bytes value = extension.expect(der::octet_string);
      check_end(extension);
      if (!subject_alt_name.is(oid)) continue;
      if (found) return fail();  // RFC 5280 4.2: each at most once
      found = true;
      read_alt_names(value);
    }
    check(list);
  }

  void read_alt_names(Bytes value) {
    Der outer{value, allowance_};
    Der names{outer.expect(der::sequence), allowance_};
    check_end(outer);
    while (!names.done() && result_.alt_names.size() < max_alt_names) read_alt_name(names.next());
    check(names);
  }

  void read_alt_name(const DerElement& name) {
    switch (name.tag) {
      case der::context(1):  // mail address
      case der::context(2):  // DNS name
      case der::context(6):  // URI
        if (!name.content.empty()) result_.alt_names.emplace_back(as_text(name.content));
        return;
      case der::context(7):
        if (name.content.size() == 4) {
          result_.alt_names.push_back(to_string(IpAddress::v4(name.content.data())));
        } else if (name.content.size() == 16) {
          result_.alt_names.push_back(to_string(IpAddress::v6(name.content.data())));
        } else {
          fail();
        }
        return;
      default: return;
    }
  }

  Certificate result_;
  DerAllowance allowance_;
};

}  // namespace

Parsed<Certificate> parse_certificate(Bytes certificate) {
  return Parser{}.parse(certificate);
}

CertificateTime to_text(std::chrono::sys_seconds time) noexcept {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{days};
  const std::chrono::hh_mm_ss clock{time - days};
  CertificateTime text;
  char* out = text.octets.data();
  out = append_padded(out, static_cast<std::uint32_t>(static_cast<int>(date.year())), 4);
  *out++ = '-';
  out = append_two(out, static_cast<unsigned>(date.month()));
  *out++ = '-';
  out = append_two(out, static_cast<unsigned>(date.day()));
  *out++ = 'T';
  out = append_two(out, static_cast<unsigned>(clock.hours().count()));
  *out++ = ':';
  out = append_two(out, static_cast<unsigned>(clock.minutes().count()));
  *out++ = ':';
  out = append_two(out, static_cast<unsigned>(clock.seconds().count()));
  *out++ = 'Z';
  text.size = static_cast<std::uint8_t>(out - text.octets.data());
  return text;
}

}  // namespace ntan::app
