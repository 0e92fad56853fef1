#include "app/x509_name.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/digits.h"

namespace ntan::app {
namespace {

struct Attribute {
  std::string_view oid;
  std::string_view name;
};

constexpr std::array attributes{
    Attribute{"2.5.4.3", "CN"},
    Attribute{"2.5.4.4", "SN"},
    Attribute{"2.5.4.5", "serialNumber"},
    Attribute{"2.5.4.6", "C"},
    Attribute{"2.5.4.7", "L"},
    Attribute{"2.5.4.8", "ST"},
    Attribute{"2.5.4.9", "STREET"},
    Attribute{"2.5.4.10", "O"},
    Attribute{"2.5.4.11", "OU"},
    Attribute{"2.5.4.12", "title"},
    Attribute{"2.5.4.15", "businessCategory"},
    Attribute{"2.5.4.17", "postalCode"},
    Attribute{"2.5.4.42", "GN"},
    Attribute{"2.5.4.97", "organizationIdentifier"},
    Attribute{"0.9.2342.19200300.100.1.1", "UID"},
    Attribute{"0.9.2342.19200300.100.1.25", "DC"},
    Attribute{"1.2.840.113549.1.9.1", "emailAddress"},
    Attribute{"1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"},
    Attribute{"1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"},
    Attribute{"1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"},
};

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

/// The octets of a string type as UTF-8, or nothing for other types and broken ones.
std::optional<std::string> string_value(const DerElement& value) {
  std::string text;
  Reader reader{value.content};
  switch (value.tag) {
    case der::utf8_string:
    case der::numeric_string:
    case der::printable_string:
    case der::teletex_string:
    case der::ia5_string:
    case der::visible_string: return std::string{as_text(value.content)};
    case der::bmp_string:
      while (!reader.done()) append_utf8(text, reader.be16());
      break;
    case der::universal_string:
      while (!reader.done()) append_utf8(text, reader.be32());
      break;
    default: return std::nullopt;
  }
  if (!reader.ok()) return std::nullopt;
  return text;
}

/// RFC 4514 2.4
void append_escaped(std::string& text, std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool outer_blank = c == ' ' && (i == 0 || i + 1 == value.size());
    if (c == '\0') {
      text += "\\00";
      continue;
    }
    if (outer_blank || (c == '#' && i == 0) ||
        std::string_view{"\"+,;<>\\"}.find(c) != std::string_view::npos) {
      text += '\\';
    }
    text += c;
  }
}

/// `O=Example`, or `1.2.3=#0403…` for what has no name or is no string.
bool append_attribute(std::string& text, Bytes attribute, DerAllowance& allowance) {
  Der level{attribute, allowance};
  const auto oid = oid_text(level.expect(der::oid));
  const DerElement value = level.next();
  if (!level.ok() || !level.done() || !oid) return false;
  const auto known = std::ranges::find(attributes, *oid, &Attribute::oid);
  const auto plain = known != attributes.end() ? string_value(value) : std::nullopt;
  text += known != attributes.end() ? known->name : std::string_view{*oid};
  text += '=';
  if (plain) {
    append_escaped(text, *plain);
    return true;
  }
  text += '#';
  const std::size_t start = text.size();
  text.resize(start + 2 * value.whole.size());
  append_hex(text.data() + start, value.whole);
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

Parsed<std::string> distinguished_name(Bytes name, DerAllowance& allowance) {
  std::vector<std::string> components;
  Der sets{name, allowance};
  while (!sets.done()) {
    Der set{sets.expect(der::set), allowance};
    std::string component;
    while (!set.done()) {
      if (!component.empty()) component += '+';
      const Bytes attribute = set.expect(der::sequence);
      if (!set.ok() || !append_attribute(component, attribute, allowance)) return Flaw::bad_length;
    }
    if (component.empty()) return Flaw::bad_length;
    components.push_back(std::move(component));
  }
  if (!sets.ok()) return Flaw::bad_length;
  std::string text;
  for (std::size_t i = components.size(); i-- > 0;) {
    text += components[i];
    if (i != 0) text += ',';
  }
  return text;
}

}  // namespace ntan::app
