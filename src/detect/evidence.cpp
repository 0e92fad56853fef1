#include "detect/evidence.h"

#include <algorithm>
#include <array>

#include "base/port.h"

namespace ntan::detect {
namespace {

/// Ports above the system range that scanners look for: databases, remote desktops, proxies,
/// consoles, industrial and home devices, backdoors.
constexpr std::array<std::uint16_t, 96> scanned_ports{
    1025, 1026, 1027, 1080, 1099, 1158, 1194,  1433,  1434,  1521,  1604,  1701,  1720, 1723,
    1755, 1812, 1883, 1900, 2000, 2001, 2049,  2082,  2083,  2121,  2181,  2222,  2323, 2375,
    2376, 2379, 2404, 2601, 3000, 3128, 3260,  3283,  3306,  3389,  3690,  3702,  4444, 4500,
    4567, 4786, 4899, 5000, 5001, 5060, 5061,  5351,  5353,  5432,  5555,  5601,  5631, 5666,
    5672, 5683, 5800, 5900, 5901, 5938, 5984,  5985,  5986,  6000,  6001,  6379,  6443, 6667,
    7001, 7547, 8000, 8008, 8009, 8080, 8081,  8086,  8088,  8443,  8545,  8728,  8888, 9000,
    9001, 9042, 9090, 9100, 9200, 9300, 10000, 11211, 20000, 27017, 37777, 50000,
};
static_assert(std::ranges::is_sorted(scanned_ports));

using PortMap = std::array<std::uint64_t, 1024>;

constexpr PortMap scanned_map = [] {
  PortMap map{};
  for (const std::uint16_t port : scanned_ports) map[port / 64] |= std::uint64_t{1} << (port % 64U);
  return map;
}();

constexpr Steps tcp_probe(Result result) noexcept {
  switch (result) {
    case Result::refused: return {.row = 1760, .column = 1760};
    case Result::silent: return {.row = 1300, .column = 1300};
    case Result::half_open: return {.row = 2500, .column = 1000};
    case Result::connect: return {.row = 920, .column = 350};
    case Result::session: return {.row = -2770, .column = -2770};
    default: return {};
  }
}

constexpr Steps udp_probe(Result result) noexcept {
  switch (result) {
    case Result::refused: return {.row = 1600, .column = 1600};
    case Result::silent: return {.row = 700, .column = 600};
    case Result::session: return {.row = -2300, .column = -2300};
    default: return {};
  }
}

constexpr Steps sctp_probe(Result result) noexcept {
  switch (result) {
    case Result::refused: return {.row = 1760, .column = 1760};
    case Result::silent: return {.row = 1300, .column = 1300};
    case Result::half_open: return {.row = 2000, .column = 1600};
    case Result::session: return {.row = -2770, .column = -2770};
    default: return {};
  }
}

constexpr Steps failing(Result result, Steps refused, Steps silent) noexcept {
  if (result == Result::refused) return refused;
  return result == Result::silent ? silent : Steps{};
}

constexpr Steps ip_probe(Result result) noexcept {
  if (result == Result::session) return {.row = -500, .column = 0};
  return failing(result, {.row = 2000, .column = 0}, {.row = 1200, .column = 0});
}

constexpr Steps steps_of_client(ContactClass contact_class, Result result) noexcept {
  switch (contact_class) {
    case ContactClass::syn: return tcp_probe(result);
    case ContactClass::fin:
    case ContactClass::null:
    case ContactClass::xmas:
    case ContactClass::synfin:
      return result == Result::malformed ? Steps{.row = 2500, .column = 2500} : Steps{};
    case ContactClass::ack:
      return failing(result, {.row = 2200, .column = 2000}, {.row = 1000, .column = 900});
    case ContactClass::maimon:
      return failing(result, {.row = 2200, .column = 2000}, {.row = 1200, .column = 1000});
    case ContactClass::udp: return udp_probe(result);
    case ContactClass::sctp: return sctp_probe(result);
    case ContactClass::icmp:
      return failing(result, {.row = 500, .column = 1600}, {.row = 300, .column = 1600});
    case ContactClass::ip_protocol: return ip_probe(result);
    case ContactClass::reverse_rst:
      return {.row = result == Result::refused ? 900 : 0, .column = 0};
    default: return {};
  }
}

// Where the port is peer-prone.
constexpr Steps steps_of_peer(ContactClass contact_class, Result result) noexcept {
  const Steps client = steps_of_client(contact_class, result);
  const bool failed = has_failed(result);
  Nats step = 0;
  switch (contact_class) {
    case ContactClass::syn:
      step = failed ? 405 : 0;  // ln .90/.60
      break;
    // To or from an ephemeral port, a lone ACK, FIN+ACK or RST is more often the end of a
    // connection from before the capture than a probe or an answer to one.
    case ContactClass::udp:
    case ContactClass::ack:
    case ContactClass::maimon: step = failed ? 200 : 0; break;
    case ContactClass::reverse_rst: return {.row = failed ? 200 : 0, .column = 0};
    default: return client;
  }
  if (result == Result::connect) step = 400;
  if (result == Result::half_open) step = 2000;
  if (result == Result::session) step = -2500;
  return {.row = step, .column = step};
}

// Every contact asks for its steps: looked up, not decided anew.
using StepTable = std::array<std::array<Steps, contact_result_count>, contact_class_count>;

constexpr StepTable table_of(Steps (*steps)(ContactClass, Result) noexcept) noexcept {
  StepTable table{};
  for (std::size_t i = 0; i < contact_class_count; ++i) {
    for (std::size_t j = 0; j < contact_result_count; ++j) {
      table[i][j] = steps(static_cast<ContactClass>(i), static_cast<Result>(j));
    }
  }
  return table;
}

constexpr StepTable client_table = table_of(steps_of_client);
constexpr StepTable peer_table = table_of(steps_of_peer);

Steps look_up(const StepTable& table, ContactClass contact_class, Result result) noexcept {
  return table[static_cast<std::size_t>(contact_class)][static_cast<std::size_t>(result)];
}

}  // namespace

Steps client_steps(ContactClass contact_class, Result result) noexcept {
  return look_up(client_table, contact_class, result);
}

Steps peer_steps(ContactClass contact_class, Result result, std::uint16_t port) noexcept {
  return look_up(is_peer_prone(port) ? peer_table : client_table, contact_class, result);
}

bool is_peer_prone(std::uint16_t port) noexcept {
  return port >= first_user_port && (scanned_map[port / 64] >> (port % 64U) & 1U) == 0;
}

std::string_view to_text(Guard guard) noexcept {
  switch (guard) {
    case Guard::traceroute: return "traceroute";
    case Guard::ftp_data: return "ftp_data";
    case Guard::one_way: return "one_way";
    case Guard::churn: return "churn";
    case Guard::outage: return "outage";
    case Guard::sampled: return "sampled";
    case Guard::fallback: return "fallback";
    case Guard::older: return "older";
    case Guard::dhcp_check: return "dhcp_check";
    case Guard::call_back: return "call_back";
    case Guard::media: return "media";
    case Guard::elsewhere: return "elsewhere";
    case Guard::named: return "named";
    case Guard::peer_prone: return "peer_prone";
  }
  return "peer_prone";
}

}  // namespace ntan::detect
