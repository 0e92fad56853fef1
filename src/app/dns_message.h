// DNS messages (RFC 1035 4): octets in, values and text out. Knows nothing of flows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <span>
#include <string_view>

#include "app/dns_codes.h"
#include "app/dns_text.h"
#include "base/address.h"
#include "base/bytes.h"
#include "base/parsed.h"
#include "event/record.h"

namespace ntan::app::dns {

/// Multicast relatives share the format; mDNS gives the top bit of a class a meaning of its own.
enum class Service : std::uint8_t { dns, mdns, llmnr };

inline constexpr std::size_t header_size = 12;
inline constexpr std::size_t max_jumps = 20;
inline constexpr std::size_t max_labels = 127;
inline constexpr std::size_t max_name_octets = 255;
inline constexpr std::size_t max_answers = 64;
/// Octets of names that are expanded for one message: compression lets a small message name a lot.
inline constexpr std::size_t max_expansion = 8192;

/// RFC 1035 4.1.1.
struct Header {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::array<std::uint16_t, 4> counts{};  ///< questions, answers, authorities, additionals

  [[nodiscard]] bool is_response() const noexcept { return (flags & 0x8000U) != 0; }

  [[nodiscard]] std::uint8_t opcode() const noexcept {
    return static_cast<std::uint8_t>(flags >> 11U & 15U);
  }

  [[nodiscard]] std::uint16_t rcode() const noexcept { return flags & 15U; }
};

namespace flag {
inline constexpr std::uint16_t aa = 0x0400;
inline constexpr std::uint16_t tc = 0x0200;
inline constexpr std::uint16_t rd = 0x0100;
inline constexpr std::uint16_t ra = 0x0080;
inline constexpr std::uint16_t zero = 0x0040;
inline constexpr std::uint16_t ad = 0x0020;
inline constexpr std::uint16_t cd = 0x0010;
}  // namespace flag

struct Question {
  std::string_view name;
  std::uint16_t type = 0;
  std::uint16_t code = 0;         ///< class, without the bit that mDNS put there
  bool unicast_response = false;  ///< RFC 6762 5.4
};

/// One record of the answer section, as it is reported.
struct Answer {
  std::string_view name;
  CodeName type;
  std::uint32_t ttl = 0;
  std::string_view data;
  std::optional<bool> cache_flush;

  static constexpr event::RecordInfo info{.name = "dns_answer",
                                          .doc = "One record of the answer section"};

  static constexpr auto fields() {
    return event::fields(
        event::field<"name", &Answer::name>("Owner, RFC 1035 5.1 text without the last dot"),
        event::field<"type", &Answer::type>("Type, TYPE1234 where it has no name"),
        event::field<"ttl", &Answer::ttl>("Time to live in seconds"),
        event::field<"data", &Answer::data>(
            "RDATA as a zone file has it, names without the last dot; \\# and hex for types not "
            "decoded; cut after 1,024 octets"),
        event::field<"cache_flush", &Answer::cache_flush>("mDNS: replaces what is cached"));
  }
};

/// RFC 6891 6.1.
struct Edns {
  std::uint16_t udp_size = 0;
  std::uint8_t extended_rcode = 0;
  bool dnssec_ok = false;
  std::string_view client_subnet;  ///< address/source/scope (RFC 7871)
};

/// Why a message could not be read to its end, and where.
struct Defect {
  Flaw flaw{};
  std::string_view where;
};

struct Message {
  static constexpr std::size_t most_addresses = 8;

  Header header;
  std::optional<Question> question;  ///< the first
  std::span<const Answer> answers;   ///< of a response: the first 64 that fit
  std::uint16_t last_answer_type = 0;
  std::uint32_t first_serial = 0;  ///< of the first answer, if that is an SOA
  std::uint32_t last_serial = 0;   ///< of the last answer, if that is an SOA
  std::uint16_t soas = 0;          ///< SOAs among the answers
  std::optional<Edns> edns;
  std::optional<Defect> defect;  ///< the first
  /// Of A and AAAA records among the answers, the first; unknown behind the last.
  std::array<IpAddress, most_addresses> addresses;

  [[nodiscard]] std::uint16_t rcode() const noexcept {
    return static_cast<std::uint16_t>(header.rcode() | (edns ? edns->extended_rcode << 4U : 0U));
  }
};

/// Storage for one message, on the caller's stack: what a Message views. Nothing in it is
/// initialised, so that a small message does not pay for a large one.
struct Scratch {
  std::array<char, 12288> text;
  alignas(Answer) std::array<std::byte, max_answers * sizeof(Answer)> answers;
};

static_assert(sizeof(Scratch) <= 16384);

/// Reads a whole message. Records behind a defect are missing; the header and what came before it
/// are there. Nothing when even the header is not.
[[nodiscard]] std::optional<Message> read_message(Bytes octets, Service service, Scratch& scratch);

/// Reads the fixed header.
[[nodiscard]] std::optional<Header> read_header(Reader& reader) noexcept;

/// Steps over a name without following pointers.
[[nodiscard]] std::optional<Flaw> skip_name(Reader& reader) noexcept;

/// Appends the text of a name, RFC 1035 5.1 without the last dot, "." for the root, and steps over
/// it. `reader` must stand in `message`, whose end ends the name as well. Pointers go strictly
/// backwards (RFC 1035 4.1.4). `budget` is what may still be expanded; Flaw::unsupported when it is
/// spent.
[[nodiscard]] std::optional<Flaw> add_name(TextArena& text, Reader& reader, Bytes message,
                                           std::size_t& budget) noexcept;

/// A record (RFC 1035 4.1.3) behind its owner name.
struct RecordHead {
  std::uint16_t type = 0;
  std::uint16_t code = 0;
  std::uint32_t ttl = 0;
  Bytes data;
  std::size_t data_end = 0;  ///< offset in the message
};

[[nodiscard]] std::optional<RecordHead> read_record_head(Reader& reader, Bytes message) noexcept;

}  // namespace ntan::app::dns
