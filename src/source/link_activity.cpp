#include "source/link_activity.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>

#include <fmt/format.h>

#include "base/parse_number.h"

namespace ntan::source {
namespace {

std::optional<std::uint64_t> take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return parse_number<std::uint64_t>(word);
}

/// `  eth0: RX bytes packets errs drop fifo frame compressed multicast TX bytes packets …`
std::optional<LinkCount> parse_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view name = line.substr(0, colon);
  name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
  constexpr std::size_t received = 1;
  constexpr std::size_t sent = 9;
  std::array<std::uint64_t, sent + 1> columns{};
  line.remove_prefix(colon + 1);
  for (std::uint64_t& column : columns) {
    const auto number = take_number(line);
    if (!number) return std::nullopt;
    column = *number;
  }
  return LinkCount{.interface = std::string{name},
                   .packets = columns[received] + columns[sent],
                   .octets = columns[received - 1] + columns[sent - 1]};
}

std::uint64_t growth(const LinkCount& now, std::span<const LinkCount> before) {
  const auto same = std::find_if(before.begin(), before.end(), [&now](const LinkCount& one) {
    return one.interface == now.interface;
  });
  const std::uint64_t then = same == before.end() ? 0 : same->packets;
  return now.packets > then ? now.packets - then : 0;
}

}  // namespace

std::vector<LinkCount> parse_link_counts(std::string_view table) {
  std::vector<LinkCount> counts;
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    if (auto count = parse_line(line)) counts.push_back(std::move(*count));
  }
  return counts;
}

std::vector<LinkCount> link_counts() {
  std::ifstream file("/proc/net/dev");
  std::ostringstream text;
  text << file.rdbuf();
  return parse_link_counts(text.str());
}

std::string explain(const Silence& silence, std::span<const LinkCount> before,
                    std::span<const LinkCount> after) {
  std::uint64_t here = 0;
  std::uint64_t most = 0;
  std::string_view busiest;
  for (const LinkCount& count : after) {
    const std::uint64_t packets = growth(count, before);
    if (count.interface == silence.interface || silence.interface == "any") here += packets;
    if (packets > most) {
      most = packets;
      busiest = count.interface;
    }
  }
  const std::string where = fmt::format("on {} in {} s", silence.interface, silence.seconds);
  if (here == 0) {
    return fmt::format("no traffic {}{}{}", where, busiest.empty() ? "" : "; busiest interface is ",
                       busiest);
  }
  if (silence.filter.empty())
    return fmt::format("no packet came {}, but the link has traffic (+{} packets)", where, here);
  return fmt::format("no packet passed the filter '{}' {}, but the link has traffic (+{} packets)",
                     silence.filter, where, here);
}

}  // namespace ntan::source
