#include "app/dns_probe.h"

#include <algorithm>

#include "app/dns_message.h"

namespace ntan::app::dns {
namespace {

constexpr std::uint16_t class_bits = 0x7fff;  // the top bit is mDNS's
constexpr std::uint16_t sane_count = 64;

// What the probe is given: a message, whole or cut.
struct Candidate {
  Bytes octets;
  bool whole = false;
  bool known_port = false;
};

bool known_class(std::uint16_t code) {
  code &= class_bits;
  return code == 1 || code == 3 || code == 4 || code == 254 || code == 255;
}

// NetBIOS name service has the same header; its names are one label of 32 letters A to P (RFC 1001
// 14.1) and its types are NB and NBSTAT.
bool is_netbios(Bytes name, std::uint16_t type) {
  constexpr std::uint16_t nb = 0x20;
  constexpr std::uint16_t nbstat = 0x21;
  if (type != nb && type != nbstat) return false;
  Reader reader{name};
  if (reader.u8() != 32) return false;
  const Bytes label = reader.take(32);
  return !label.empty() &&
         std::ranges::all_of(label, [](std::uint8_t c) { return c >= 'A' && c <= 'P'; });
}

// 3 is no opcode (IANA), nor is what follows 6.
bool sane_opcode(const Header& header) {
  const std::uint8_t opcode = header.opcode();
  return opcode <= 6 && opcode != 3;
}

// RFC 1035 4.1.1: the bit is reserved. Implementations take no notice of it (RFC 6895 2.1).
bool sane_flags(const Header& header) {
  return sane_opcode(header) && (header.flags & flag::zero) == 0;
}

bool sane(const Header& header) {
  return sane_opcode(header) &&
         std::ranges::all_of(header.counts, [](auto count) { return count < sane_count; });
}

Verdict by_header(const Header& header, const Candidate& candidate) {
  const auto& counts = header.counts;
  if (!sane(header)) return Verdict::no;
  if (counts[0] == 1) return Verdict::yes;
  // Stateful operations have no records (RFC 8490 5.4).
  constexpr std::uint8_t stateful = 6;
  const bool anything =
      counts[0] + counts[1] + counts[2] + counts[3] > 0 || header.opcode() == stateful;
  if (!header.is_response()) return anything ? Verdict::yes : Verdict::no;
  // A server that could not read the query may leave the question out.
  const bool refusal = header.rcode() != 0 && candidate.octets.size() == header_size;
  return anything || refusal ? Verdict::yes : Verdict::no;
}

// A walk over the questions. Nothing: they are not DNS.
struct Walked {
  bool complete = false;
};

std::optional<Walked> walk_questions(Reader& reader, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes name = reader.rest();
    const auto flaw = skip_name(reader);
    if (flaw == Flaw::bad_value) return std::nullopt;
    const std::uint16_t type = reader.be16();
    const std::uint16_t code = reader.be16();
    if (!reader.ok()) return Walked{};
    if (type == 0 || !known_class(code) || is_netbios(name, type)) return std::nullopt;
  }
  return Walked{.complete = true};
}

std::optional<Walked> walk_records(Reader& reader, const Header& header, Bytes octets) {
  for (std::size_t section = 1; section < header.counts.size(); ++section) {
    for (std::size_t i = 0; i < header.counts[section]; ++i) {
      const Bytes owner = reader.rest();
      if (skip_name(reader) == Flaw::bad_value) return std::nullopt;
      const auto record = read_record_head(reader, octets);
      if (!record) return Walked{};
      if (is_netbios(owner, record->type)) return std::nullopt;
    }
  }
  return Walked{.complete = true};
}

Verdict by_content(const Header& header, Reader reader, const Candidate& candidate) {
  const bool question_only = header.counts[1] == 0 && header.counts[2] == 0;
  if (!sane_flags(header)) return Verdict::no;
  if (!header.is_response() && (header.rcode() != 0 || (header.opcode() == 0 && !question_only)))
    return Verdict::no;
  if (header.counts[0] != 1 && (header.counts[0] != 0 || header.counts[1] == 0)) return Verdict::no;
  const auto questions = walk_questions(reader, header.counts[0]);
  if (!questions) return Verdict::no;
  if (questions->complete &&
      walk_records(reader, header, candidate.octets).value_or(Walked{}).complete) {
    return reader.done() ? Verdict::yes : Verdict::no;
  }
  return candidate.whole ? Verdict::no : Verdict::unsure;
}

Verdict judge(const Candidate& candidate) {
  Reader reader{candidate.octets};
  const auto header = read_header(reader);
  if (!header) return candidate.whole ? Verdict::no : Verdict::unsure;
  if (candidate.known_port && by_header(*header, candidate) == Verdict::yes) return Verdict::yes;
  return by_content(*header, reader, candidate);
}

bool is_known(std::uint16_t port) {
  return port == dns_port || port == mdns_port || port == llmnr_port;
}

}  // namespace

Verdict probe(const Segment& start, const FlowContext& flow) {
  Candidate candidate{.octets = start.data,
                      .whole = start.data.size() >= start.size,
                      .known_port = is_known(flow.client_port) || is_known(flow.server_port)};
  if (flow.transport == Transport::tcp) {
    Reader reader{start.data};
    const std::size_t size = reader.be16();
    if (!reader.ok()) return Verdict::unsure;
    if (size < header_size) return Verdict::no;
    candidate.whole = reader.left() >= size;
    candidate.octets = reader.take(std::min(size, reader.left()));
  }
  return judge(candidate);
}

}  // namespace ntan::app::dns
