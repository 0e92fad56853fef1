#pragma once

#include <cstddef>
#include <cstdint>

namespace ntan::event {

/// A small fact for the statistics, told by whoever saw it: nothing behind the merger looks at
/// packets.
struct Note {
  enum class Kind : std::uint8_t {
    dns_query,   ///< value: 1 per query seen, copies included
    dns_answer,  ///< value: 1 per answer seen, copies included
    dns_unanswered,
    dns_retry,
    dns_rcode,     ///< value: the 12-bit RCODE
    dns_asked,     ///< value: question_of_attempt(); not told of a copy of the same message
    dns_settled,   ///< value: the question's hash, of a query whose answer came
    dns_unpaired,  ///< value: the question's hash, of an answer without open query
    dns_soft_retry,
    dns_duplicate_answer,
    dns_unsolicited,
    dns_rtt_us,        ///< from the last copy of the query
    dns_rtt_first_us,  ///< from the first copy of the query
    http_request,
    http_status,  ///< value: 100 to 599
    http_ttfb_us,
    http_total_us,
    tls_handshake,
    tls_failed,
    tls_handshake_us,
    tls_ch_sh_us,
    icmp_echo,
    icmp_answered,  ///< of those
    icmp_lost,      ///< of those; the rest waits, or gave way to others
    icmp_rtt_us,
    tcp_hs_rtt_server_us,  ///< SYN to SYN-ACK
    tcp_hs_rtt_client_us,  ///< SYN-ACK to its ACK
    tcp_hs_rtt_us,         ///< both halves of one handshake
    tcp_connect_us,        ///< first SYN to the ACK that completed the handshake
    tcp_rtt_server_us,     ///< data of the client to its ACK
    tcp_rtt_client_us,     ///< data of the server to its ACK
  };
  static constexpr std::size_t kinds = static_cast<std::size_t>(Kind::tcp_rtt_client_us) + 1;

  Kind kind{};
  std::uint64_t value = 1;
};

/// A question's hash, of who asks what, in which 16 bits that nobody tells questions apart by say
/// with which message number and from which port it is asked.
[[nodiscard]] constexpr std::uint64_t question_of_attempt(std::uint64_t question,
                                                          std::uint16_t attempt) noexcept {
  return (question & ~(std::uint64_t{0xffff} << 32U)) | std::uint64_t{attempt} << 32U;
}

[[nodiscard]] constexpr std::uint16_t attempt_of(std::uint64_t question) noexcept {
  return static_cast<std::uint16_t>(question >> 32U);
}

}  // namespace ntan::event
