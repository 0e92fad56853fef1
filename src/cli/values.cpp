#include "cli/values.h"

#include <array>
#include <limits>

#include "base/lower.h"
#include "base/parse_number.h"

namespace ntan::cli {
namespace {

struct Suffix {
  std::string_view text;
  std::uint64_t factor;
};

/// Cuts the first suffix that fits from `text`; its factor, or `otherwise`.
std::uint64_t take_suffix(std::string_view& text, std::span<const Suffix> suffixes,
                          std::uint64_t otherwise) noexcept {
  for (const Suffix& suffix : suffixes) {
    if (!text.ends_with(suffix.text)) continue;
    text.remove_suffix(suffix.text.size());
    return suffix.factor;
  }
  return otherwise;
}

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const std::uint64_t most = 8 * address->bytes().size();
  std::uint64_t bits = most;
  if (slash != std::string_view::npos) {
    const auto given = parse_number<std::uint64_t>(text.substr(slash + 1));
    if (!given || *given > most) return std::nullopt;
    bits = *given;
  }
  return Network{.address = *address, .bits = static_cast<std::uint8_t>(bits)};
}

}  // namespace

std::optional<std::uint64_t> parse_id(std::string_view text) noexcept {
  constexpr std::size_t digits = 16;
  constexpr int base = 16;
  return text.size() == digits ? parse_number<std::uint64_t>(text, base) : std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t unit) noexcept {
  static constexpr std::array<Suffix, 6> suffixes{{{"k", 1ULL << 10U},
                                                   {"K", 1ULL << 10U},
                                                   {"m", 1ULL << 20U},
                                                   {"M", 1ULL << 20U},
                                                   {"g", 1ULL << 30U},
                                                   {"G", 1ULL << 30U}}};
  const std::uint64_t factor = take_suffix(text, suffixes, unit);
  const auto number = parse_number<std::uint64_t>(text);
  if (!number || *number > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  return *number * factor;
}

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  static constexpr std::array<Suffix, 5> suffixes{{{"us", 1'000},
                                                   {"ms", 1'000'000},
                                                   {"s", 1'000'000'000},
                                                   {"m", 60'000'000'000},
                                                   {"h", 3'600'000'000'000}}};
  constexpr std::uint64_t most_ns = 100ULL * 366 * 24 * 3'600'000'000'000;
  const std::uint64_t factor = take_suffix(text, suffixes, 1'000'000'000);
  const std::size_t point = text.find('.');
  const auto whole = parse_number<std::uint64_t>(text.substr(0, point));
  if (!whole || *whole > most_ns / factor) return std::nullopt;
  std::uint64_t ns = *whole * factor;
  if (point != std::string_view::npos) {
    const std::string_view digits = text.substr(point + 1);
    const auto fraction = parse_number<std::uint64_t>(digits);
    if (!fraction || digits.size() > 6) return std::nullopt;
    std::uint64_t scale = 1;
    for (std::size_t i = 0; i < digits.size(); ++i) scale *= 10;
    ns += *fraction * factor / scale;
  }
  return Duration{static_cast<std::int64_t>(ns)};
}

std::optional<std::vector<Network>> parse_networks(std::string_view text) {
  std::vector<Network> networks;
  for (const std::string_view part : split(text, ',')) {
    const auto network = parse_network(part);
    if (!network) return std::nullopt;
    networks.push_back(*network);
  }
  return networks;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> parse_host(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef.:";
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  const std::string host = to_lower(text);
  std::string_view rest = host;
  const bool in_brackets = rest.starts_with('[') && rest.ends_with(']');
  if (in_brackets) rest = rest.substr(1, rest.size() - 2);
  const bool good = !rest.empty() && rest.find_first_not_of(in_brackets ? digits : letters) ==
                                         std::string_view::npos;
  return good ? std::optional{host} : std::nullopt;
}

std::optional<run::Listen> parse_listen(std::string_view text) {
  run::Listen listen;
  const std::size_t colon = text.rfind(':');
  const bool port_alone = colon == std::string_view::npos;
  const auto port = parse_number<std::uint64_t>(port_alone ? text : text.substr(colon + 1));
  if (!port || *port == 0 || *port > UINT16_MAX) return std::nullopt;
  listen.port = static_cast<std::uint16_t>(*port);
  if (port_alone || colon == 0) return listen;
  // An IPv6 address stands in brackets, as in a browser's address line: without them nobody could
  // tell where it ends.
  std::string_view host = text.substr(0, colon);
  const bool in_brackets = host.starts_with('[') && host.ends_with(']');
  if (in_brackets) host = host.substr(1, host.size() - 2);
  if (host == "localhost" && !in_brackets) return listen;
  const auto address = parse_address(host);
  if (!address || (address->version == IpVersion::v6) != in_brackets) return std::nullopt;
  listen.host = to_string(*address);
  return listen;
}

}  // namespace ntan::cli
