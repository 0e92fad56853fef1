#include "app/dns_codes.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/digits.h"

namespace ntan::app::dns {
namespace {

struct Named {
  std::uint16_t code = 0;
  std::string_view name;
};

constexpr auto types = std::to_array<Named>({
    {1, "A"},           {2, "NS"},       {3, "MD"},        {4, "MF"},         {5, "CNAME"},
    {6, "SOA"},         {7, "MB"},       {8, "MG"},        {9, "MR"},         {10, "NULL"},
    {11, "WKS"},        {12, "PTR"},     {13, "HINFO"},    {14, "MINFO"},     {15, "MX"},
    {16, "TXT"},        {17, "RP"},      {18, "AFSDB"},    {19, "X25"},       {20, "ISDN"},
    {21, "RT"},         {22, "NSAP"},    {23, "NSAP-PTR"}, {24, "SIG"},       {25, "KEY"},
    {26, "PX"},         {27, "GPOS"},    {28, "AAAA"},     {29, "LOC"},       {30, "NXT"},
    {31, "EID"},        {32, "NIMLOC"},  {33, "SRV"},      {34, "ATMA"},      {35, "NAPTR"},
    {36, "KX"},         {37, "CERT"},    {38, "A6"},       {39, "DNAME"},     {40, "SINK"},
    {41, "OPT"},        {42, "APL"},     {43, "DS"},       {44, "SSHFP"},     {45, "IPSECKEY"},
    {46, "RRSIG"},      {47, "NSEC"},    {48, "DNSKEY"},   {49, "DHCID"},     {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},    {53, "SMIMEA"},   {55, "HIP"},       {56, "NINFO"},
    {57, "RKEY"},       {58, "TALINK"},  {59, "CDS"},      {60, "CDNSKEY"},   {61, "OPENPGPKEY"},
    {62, "CSYNC"},      {63, "ZONEMD"},  {64, "SVCB"},     {65, "HTTPS"},     {66, "DSYNC"},
    {99, "SPF"},        {100, "UINFO"},  {101, "UID"},     {102, "GID"},      {103, "UNSPEC"},
    {104, "NID"},       {105, "L32"},    {106, "L64"},     {107, "LP"},       {108, "EUI48"},
    {109, "EUI64"},     {128, "NXNAME"}, {249, "TKEY"},    {250, "TSIG"},     {251, "IXFR"},
    {252, "AXFR"},      {253, "MAILB"},  {254, "MAILA"},   {255, "ANY"},      {256, "URI"},
    {257, "CAA"},       {258, "AVC"},    {259, "DOA"},     {260, "AMTRELAY"}, {261, "RESINFO"},
    {262, "WALLET"},    {263, "CLA"},    {264, "IPN"},     {32768, "TA"},     {32769, "DLV"},
});

constexpr auto classes = std::to_array<Named>({
    {1, "IN"},
    {3, "CH"},
    {4, "HS"},
    {254, "NONE"},
    {255, "ANY"},
});

constexpr auto opcodes = std::to_array<Named>({
    {0, "QUERY"},
    {1, "IQUERY"},
    {2, "STATUS"},
    {4, "NOTIFY"},
    {5, "UPDATE"},
    {6, "DSO"},
});

constexpr bool sorted(std::span<const Named> table) {
  return std::ranges::adjacent_find(table, std::ranges::greater_equal{}, &Named::code) ==
         table.end();
}

static_assert(sorted(types) && sorted(classes) && sorted(opcodes));

// Names by number, ready to be copied: every record of every answer asks for one.
template <std::size_t size>
constexpr auto by_number(std::span<const Named> table) {
  std::array<CodeName, size> names{};
  for (const Named& each : table) {
    if (each.code < size) names[each.code] = CodeName{each.name};
  }
  return names;
}

constexpr auto type_names = by_number<261>(types);
constexpr auto class_names = by_number<256>(classes);
constexpr auto opcode_names = by_number<7>(opcodes);

CodeName numbered(std::string_view prefix, std::uint16_t code) noexcept {
  CodeName name{prefix};
  const char* end = append_unsigned(name.octets.data() + name.size, code);
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

CodeName name_of(std::span<const CodeName> names, std::span<const Named> table, std::uint16_t code,
                 std::string_view prefix) noexcept {
  if (code < names.size()) return names[code].size > 0 ? names[code] : numbered(prefix, code);
  const auto at = std::ranges::lower_bound(table, code, {}, &Named::code);
  return at != table.end() && at->code == code ? CodeName{at->name} : numbered(prefix, code);
}

}  // namespace

CodeName type_name(std::uint16_t type) noexcept {
  return name_of(type_names, types, type, "TYPE");
}

CodeName class_name(std::uint16_t code) noexcept {
  return name_of(class_names, classes, code, "CLASS");
}

CodeName opcode_name(std::uint8_t opcode) noexcept {
  return name_of(opcode_names, opcodes, opcode, "OPCODE");
}

}  // namespace ntan::app::dns
