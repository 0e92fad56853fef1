#include "app/x509_name.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/digits.h"

namespace ntan::app {
namespace {

struct Attribute {
  KnownOid oid;
  std::string_view name;
};

constexpr std::array attributes{
    Attribute{KnownOid{"2.5.4.3"}, "CN"},
    Attribute{KnownOid{"2.5.4.4"}, "SN"},
    Attribute{KnownOid{"2.5.4.5"}, "serialNumber"},
    Attribute{KnownOid{"2.5.4.6"}, "C"},
    Attribute{KnownOid{"2.5.4.7"}, "L"},
    Attribute{KnownOid{"2.5.4.8"}, "ST"},
    Attribute{KnownOid{"2.5.4.9"}, "STREET"},
    Attribute{KnownOid{"2.5.4.10"}, "O"},
    Attribute{KnownOid{"2.5.4.11"}, "OU"},
    Attribute{KnownOid{"2.5.4.12"}, "title"},
    Attribute{KnownOid{"2.5.4.15"}, "businessCategory"},
    Attribute{KnownOid{"2.5.4.17"}, "postalCode"},
    Attribute{KnownOid{"2.5.4.42"}, "GN"},
    Attribute{KnownOid{"2.5.4.97"}, "organizationIdentifier"},
    Attribute{KnownOid{"0.9.2342.19200300.100.1.1"}, "UID"},
    Attribute{KnownOid{"0.9.2342.19200300.100.1.25"}, "DC"},
    Attribute{KnownOid{"1.2.840.113549.1.9.1"}, "emailAddress"},
    Attribute{KnownOid{"1.3.6.1.4.1.311.60.2.1.1"}, "jurisdictionL"},
    Attribute{KnownOid{"1.3.6.1.4.1.311.60.2.1.2"}, "jurisdictionST"},
    Attribute{KnownOid{"1.3.6.1.4.1.311.60.2.1.3"}, "jurisdictionC"},
};

/// Names of the attributes under 2.5.4, which nearly all are, by their last arc.
constexpr auto directory_names = [] {
  std::array<std::string_view, 128> names{};
  for (std::size_t arc = 0; arc < names.size(); ++arc) {
    const std::array<std::uint8_t, 3> oid{0x55, 0x04, static_cast<std::uint8_t>(arc)};
    for (const Attribute& one : attributes) {
      if (one.oid.is(oid)) names[arc] = one.name;
    }
  }
  return names;
}();

/// Empty for an attribute without a name.
std::string_view attribute_name(Bytes oid) noexcept {
  if (oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x04 && oid[2] < directory_names.size())
    return directory_names[oid[2]];
  const auto known =
      std::ranges::find_if(attributes, [oid](const Attribute& one) { return one.oid.is(oid); });
  return known != attributes.end() ? known->name : std::string_view{};
}

void append_number(std::string& text, std::uint64_t value) {
  std::array<char, max_integer_text> digits{};
  text.append(digits.data(), append_unsigned(digits.data(), value));
}

void append_utf8(std::string& text, std::uint32_t code) {
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (surrogate || code > 0x10ffff) code = 0xfffd;
  const auto tail = [&text](std::uint32_t bits) {
    text += static_cast<char>(0x80U | (bits & 0x3fU));
  };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0U | (code >> 6U));
    tail(code);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0U | (code >> 12U));
    tail(code >> 6U);
    tail(code);
  } else {
    text += static_cast<char>(0xf0U | (code >> 18U));
    tail(code >> 12U);
    tail(code >> 6U);
    tail(code);
  }
}

/// Appends UTF-16 or UTF-32 as UTF-8; false if it ends within a character.
template <std::unsigned_integral Unit>
bool append_units(std::string& text, Bytes content) {
  Reader reader{content};
  while (!reader.done()) append_utf8(text, reader.be<Unit>());
  return reader.ok();
}

/// What RFC 4514 2.4 escapes wherever it stands.
constexpr auto is_special = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view{"\"+,;<>\\"}) table[static_cast<unsigned char>(c)] = true;
  table[0] = true;
  return table;
}();

/// RFC 4514 2.4
void append_escaped(std::string& text, std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\0') {
      text += "\\00";
      continue;
    }
    const bool outer_blank = c == ' ' && (i == 0 || i + 1 == value.size());
    if (outer_blank || (c == '#' && i == 0) || is_special[static_cast<unsigned char>(c)]) {
      text += '\\';
    }
    text += c;
  }
}

bool is_plain(std::string_view value) noexcept {
  return !value.empty() && value.front() != ' ' && value.front() != '#' && value.back() != ' ' &&
         std::ranges::none_of(value,
                              [](char c) { return is_special[static_cast<unsigned char>(c)]; });
}

void append_value(std::string& text, std::string_view value) {
  if (is_plain(value)) {
    text += value;
  } else {
    append_escaped(text, value);
  }
}

/// Appends a value of a string type; false for other types and broken strings.
bool append_string(std::string& text, const DerElement& value) {
  std::string wide;
  switch (value.tag) {
    case der::utf8_string:
    case der::numeric_string:
    case der::printable_string:
    case der::teletex_string:
    case der::ia5_string:
    case der::visible_string: append_value(text, as_text(value.content)); return true;
    case der::bmp_string:
      if (!append_units<std::uint16_t>(wide, value.content)) return false;
      break;
    case der::universal_string:
      if (!append_units<std::uint32_t>(wide, value.content)) return false;
      break;
    default: return false;
  }
  append_value(text, wide);
  return true;
}

/// `O=Example`, or `1.2.3=#0403…` for what has no name or is no string.
bool append_attribute(std::string& text, Bytes attribute, DerAllowance& allowance) {
  Der level{attribute, allowance};
  const Bytes oid = level.expect(der::oid);
  const DerElement value = level.next();
  if (!level.ok() || !level.done()) return false;
  if (const std::string_view known = attribute_name(oid); !known.empty()) {
    text += known;
    text += '=';
    if (append_string(text, value)) return true;
  } else {
    const auto dotted = oid_text(oid);
    if (!dotted) return false;
    text += *dotted;
    text += '=';
  }
  text += '#';
  const std::size_t start = text.size();
  text.resize(start + 2 * value.whole.size());
  append_hex(text.data() + start, value.whole);
  return true;
}

/// Appends one RelativeDistinguishedName: its attributes with a plus between them.
bool append_component(std::string& text, Bytes component, DerAllowance& allowance) {
  Der set{component, allowance};
  for (bool first = true; first || !set.done(); first = false) {
    if (!first) text += '+';
    const Bytes attribute = set.expect(der::sequence);
    if (!set.ok() || !append_attribute(text, attribute, allowance)) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> oid_text(Bytes oid) {
  Reader reader{oid};
  std::string text;
  std::uint64_t arc = 0;
  bool first = true;
  bool open = true;  // an arc is not complete
  while (!reader.done()) {
    const std::uint8_t octet = reader.u8();
    if (arc >> 56U != 0) return std::nullopt;
    arc = (arc << 7U) | (octet & 0x7fU);
    open = (octet & 0x80U) != 0;
    if (open) continue;
    if (first) {
      // X.690 8.19.4: the first two arcs share a number.
      const std::uint64_t root = std::min<std::uint64_t>(arc / 40, 2);
      append_number(text, root);
      arc -= 40 * root;
      first = false;
    }
    text += '.';
    append_number(text, arc);
    arc = 0;
  }
  if (open) return std::nullopt;
  return text;
}

bool append_distinguished_name(std::string& text, Bytes name, DerAllowance& allowance) {
  constexpr std::size_t usual = 8;
  std::vector<Bytes> components;  // as many as the allowance has elements for
  components.reserve(usual);
  Der sets{name, allowance};
  while (sets.ok() && !sets.done()) components.push_back(sets.expect(der::set));
  if (!sets.ok()) return false;
  text.reserve(text.size() + 2 * name.size());
  for (std::size_t i = components.size(); i-- > 0;) {
    if (!append_component(text, components[i], allowance)) return false;
    if (i != 0) text += ',';
  }
  return true;
}

}  // namespace ntan::app
