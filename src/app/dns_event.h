// The `dns` event.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "app/dns_message.h"
#include "event/record.h"

namespace ntan::app::dns {

/// A query with its answer, or either alone. Flags, RCODE, EDNS and counts are the answer's;
/// without an answer the query's, as far as they mean anything there.
struct Dns {
  std::uint16_t id = 0;
  std::string_view service;
  std::string_view query;
  CodeName type;
  CodeName code;  ///< class
  std::optional<std::uint16_t> questions;
  CodeName opcode;
  bool queried = false;
  std::optional<bool> answered;
  CodeName rcode;
  std::optional<std::uint32_t> retries;
  std::optional<std::uint32_t> duplicate_answers;
  std::optional<std::int64_t> rtt_us;
  std::optional<std::int64_t> rtt_first_us;
  std::optional<bool> aa;
  std::optional<bool> tc;
  std::optional<bool> rd;
  std::optional<bool> ra;
  std::optional<bool> ad;
  std::optional<bool> cd;
  std::optional<bool> unicast_response;
  std::optional<std::uint16_t> edns_udp_size;
  std::optional<bool> edns_do;
  std::string_view ecs;
  std::optional<std::uint16_t> answer_count;
  std::optional<std::uint16_t> authority_count;
  std::optional<std::uint16_t> additional_count;
  std::span<const Answer> answers;

  static constexpr std::array<std::string_view, 7> line{"query", "type",   "answered", "rcode",
                                                        "tc",    "rtt_us", "answers"};
  static constexpr event::RecordInfo info{
      .name = "dns",
      .doc =
          "A DNS query and its answer (RFC 1035); one message of mDNS (RFC 6762) or LLMNR "
          "(RFC 4795)",
      .order = event::Order::protocol,
      .line = line};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"id", &Dns::id>("Message id"),
        field<"service", &Dns::service>("mdns or llmnr; absent for DNS"),
        field<"query", &Dns::query>(
            "Name asked for, case as sent, RFC 1035 5.1 text without the last dot; . is the root"),
        field<"type", &Dns::type>("Type asked for, TYPE1234 where it has no name"),
        field<"class", &Dns::code>("Class asked for, when it is not IN"),
        field<"questions", &Dns::questions>("Questions in the message, when it is not one"),
        field<"opcode", &Dns::opcode>("Operation, when it is not QUERY"),
        field<"queried", &Dns::queried>("The query was seen; not of an answer to one that was "
                                        "answered before, or that had waited "
                                        "for ten seconds"),
        field<"answered", &Dns::answered>(
            "The answer was seen; absent where none is waited for: of a question by mDNS or LLMNR, "
            "or with too much open"),
        field<"rcode", &Dns::rcode>("Response code, 12 bits with EDNS; RCODE12 without a name"),
        field<"retries", &Dns::retries>("Further copies of the query before the answer"),
        field<"duplicate_answers", &Dns::duplicate_answers>(
            "Always 0, as the event comes with the first answer: a further copy is an event of its "
            "own"),
        field<"rtt_us", &Dns::rtt_us>("From the last copy of the query to the answer"),
        field<"rtt_first_us", &Dns::rtt_first_us>(
            "From the first copy of the query to the answer, when there were several"),
        field<"aa", &Dns::aa>("Authoritative answer"), field<"tc", &Dns::tc>("Truncated"),
        field<"rd", &Dns::rd>("Recursion desired"), field<"ra", &Dns::ra>("Recursion available"),
        field<"ad", &Dns::ad>("Authentic data"), field<"cd", &Dns::cd>("Checking disabled"),
        field<"unicast_response", &Dns::unicast_response>("mDNS: a unicast response is asked for"),
        field<"edns_udp_size", &Dns::edns_udp_size>(
            "UDP payload the answer's sender takes; without answer, the query's sender"),
        field<"edns_do", &Dns::edns_do>("DNSSEC records are welcome"),
        field<"ecs", &Dns::ecs>("EDNS client subnet: address/source/scope"),
        field<"answer_count", &Dns::answer_count>("Records in the answer section"),
        field<"authority_count", &Dns::authority_count>("Records in the authority section"),
        field<"additional_count", &Dns::additional_count>("Records in the additional section"),
        field<"answers", &Dns::answers>("The first of the answer section, at most 64"));
  }
};

}  // namespace ntan::app::dns
