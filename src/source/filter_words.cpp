#include "source/filter_words.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/similar.h"

namespace ntan::source {
namespace {

using namespace std::string_view_literals;

/// Words of pcap-filter(7), the frequent ones first: suggestions come in this order.
constexpr std::array filter_words{
    "tcp"sv,      "udp"sv,       "icmp"sv,       "icmp6"sv,       "ip"sv,         "ip6"sv,
    "arp"sv,      "proto"sv,     "port"sv,       "host"sv,        "net"sv,        "src"sv,
    "dst"sv,      "and"sv,       "or"sv,         "not"sv,         "portrange"sv,  "ether"sv,
    "vlan"sv,     "mpls"sv,      "less"sv,       "greater"sv,     "broadcast"sv,  "multicast"sv,
    "gateway"sv,  "mask"sv,      "len"sv,        "length"sv,      "protochain"sv, "rarp"sv,
    "sctp"sv,     "igmp"sv,      "igrp"sv,       "pim"sv,         "vrrp"sv,       "carp"sv,
    "ah"sv,       "esp"sv,       "atalk"sv,      "aarp"sv,        "decnet"sv,     "lat"sv,
    "sca"sv,      "moprc"sv,     "mopdl"sv,      "iso"sv,         "clnp"sv,       "esis"sv,
    "es-is"sv,    "isis"sv,      "is-is"sv,      "l1"sv,          "l2"sv,         "iih"sv,
    "lsp"sv,      "snp"sv,       "csnp"sv,       "psnp"sv,        "stp"sv,        "ipx"sv,
    "netbeui"sv,  "pppoed"sv,    "pppoes"sv,     "geneve"sv,      "inbound"sv,    "outbound"sv,
    "ifindex"sv,  "ifname"sv,    "on"sv,         "rnr"sv,         "rulenum"sv,    "reason"sv,
    "rset"sv,     "ruleset"sv,   "srnr"sv,       "subrulenum"sv,  "action"sv,     "link"sv,
    "ppp"sv,      "slip"sv,      "fddi"sv,       "tr"sv,          "wlan"sv,       "type"sv,
    "subtype"sv,  "direction"sv, "dir"sv,        "ra"sv,          "ta"sv,         "addr1"sv,
    "addr2"sv,    "addr3"sv,     "addr4"sv,      "address1"sv,    "address2"sv,   "address3"sv,
    "address4"sv, "radio"sv,     "lane"sv,       "llc"sv,         "metac"sv,      "bcc"sv,
    "oam"sv,      "oamf4"sv,     "oamf4ec"sv,    "oamf4sc"sv,     "sc"sv,         "ilmic"sv,
    "vpi"sv,      "vci"sv,       "connectmsg"sv, "metaconnect"sv, "fisu"sv,       "lssu"sv,
    "lsu"sv,      "msu"sv,       "hfisu"sv,      "hlssu"sv,       "hmsu"sv,       "sio"sv,
    "opc"sv,      "dpc"sv,       "sls"sv,        "hsio"sv,        "hopc"sv,       "hdpc"sv,
    "hsls"sv,
};

/// Names of header fields and values, allowed inside and beside brackets.
constexpr std::array index_words{
    "tcpflags"sv, "tcp-fin"sv,   "tcp-syn"sv,   "tcp-rst"sv, "tcp-push"sv,
    "tcp-ack"sv,  "tcp-urg"sv,   "tcp-ece"sv,   "tcp-cwr"sv, "icmptype"sv,
    "icmpcode"sv, "icmp6type"sv, "icmp6code"sv,
};

constexpr std::array index_prefixes{"icmp-"sv, "icmp6-"sv};

/// Behind these stands a name or address.
constexpr std::array takes_name{
    "host"sv,   "net"sv,   "port"sv,   "portrange"sv, "src"sv,   "dst"sv,        "gateway"sv,
    "proto"sv,  "mask"sv,  "ifname"sv, "on"sv,        "rset"sv,  "ruleset"sv,    "reason"sv,
    "action"sv, "type"sv,  "dir"sv,    "subtype"sv,   "addr1"sv, "addr2"sv,      "direction"sv,
    "llc"sv,    "addr3"sv, "addr4"sv,  "ra"sv,        "ta"sv,    "protochain"sv,
};

struct EventWord {
  std::string_view word;
  std::string_view filter;  ///< what selects such packets; may be empty
};

/// Events and fields that people take for filter words.
constexpr std::array event_words{
    EventWord{"dns", "port 53"},
    EventWord{"http", "tcp port 80"},
    EventWord{"https", "port 443"},
    EventWord{"tls", "tcp port 443"},
    EventWord{"ssl", "tcp port 443"},
    EventWord{"quic", "udp port 443"},
    EventWord{"ssh", "tcp port 22"},
    EventWord{"dhcp", "udp port 67 or udp port 68"},
    EventWord{"ntp", "udp port 123"},
    EventWord{"mdns", "udp port 5353"},
    EventWord{"flow", {}},
    EventWord{"conn", {}},
    EventWord{"scan", {}},
    EventWord{"stats", {}},
    EventWord{"event", {}},
    EventWord{"query", {}},
    EventWord{"rcode", {}},
    EventWord{"answers", {}},
    EventWord{"sni", {}},
    EventWord{"ja3", {}},
    EventWord{"ja4", {}},
    EventWord{"uri", {}},
    EventWord{"method", {}},
    EventWord{"status", {}},
    EventWord{"user_agent", {}},
    EventWord{"community_id", {}},
    EventWord{"src_ip", {}},
    EventWord{"dst_ip", {}},
    EventWord{"src_port", {}},
    EventWord{"dst_port", {}},
};

struct Word {
  std::string_view text;
  std::size_t at = 0;
  enum class Place : std::uint8_t {
    keyword,  ///< the language wants one of its words
    either,   ///< behind `and` and `or`: also a name, for the qualifier before
    operand,  ///< the word before wants a name
  };
  Place place{};
};

bool starts_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool continues_word(char c) noexcept {
  return starts_word(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const EventWord* event_word(std::string_view word) {
  const std::string_view head = word.substr(0, word.find('.'));
  const auto found = std::find_if(event_words.begin(), event_words.end(),
                                  [head](const EventWord& event) { return event.word == head; });
  return found == event_words.end() ? nullptr : &*found;
}

bool is_known(std::string_view word) {
  return contains(filter_words, word) || contains(index_words, word) ||
         std::any_of(index_prefixes.begin(), index_prefixes.end(),
                     [word](std::string_view prefix) { return word.starts_with(prefix); });
}

Word::Place place_behind(std::string_view before, std::string_view all_before) {
  if (contains(takes_name, before)) return Word::Place::operand;
  if (before != "and" && before != "or") return Word::Place::keyword;
  // `port 80 or https` names a second port.
  const bool ports = all_before.find("port") != std::string_view::npos;
  return ports ? Word::Place::operand : Word::Place::either;
}

/// Words that begin with a letter; numbers, addresses, operators and quoted `\names` are passed
/// over.
std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  std::string_view before;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    while (at < text.size() && continues_word(text[at])) ++at;
    const bool address = at < text.size() && (text[at] == ':' || text[at] == '/');
    const bool quoted = start > 0 && text[start - 1] == '\\';
    if (at == start) {
      ++at;
    } else if (address || !starts_word(text[start])) {
      // The rest of 2001:db8::1 or 10.0.0.0/8 is no word either.
      while (at < text.size() && (continues_word(text[at]) || text[at] == ':' || text[at] == '/'))
        ++at;
      before = {};
    } else {
      const std::string_view word = text.substr(start, at - start);
      if (!quoted) {
        words.push_back(
            {.text = word, .at = start, .place = place_behind(before, text.substr(0, start))});
      }
      before = word;
    }
  }
  return words;
}

/// One word that ends as files of packets do, and needs no quotes for a shell.
bool names_capture(std::string_view text) {
  constexpr std::array<std::string_view, 3> packings{".gz", ".zst", ".lz4"};
  constexpr std::array<std::string_view, 3> endings{".pcap", ".pcapng", ".cap"};
  if (!std::all_of(text.begin(), text.end(), [](char c) { return continues_word(c) || c == '/'; }))
    return false;
  for (const std::string_view packing : packings) {
    if (text.ends_with(packing)) text.remove_suffix(packing.size());
  }
  return std::any_of(endings.begin(), endings.end(),
                     [text](std::string_view ending) { return text.ends_with(ending); });
}

/// What stands behind a word is an operand: then the word should have been a keyword.
bool operand_follows(std::string_view text, const Word& word) {
  std::string_view rest = text.substr(word.at + word.text.size());
  rest = rest.substr(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
  if (rest.empty() || !continues_word(rest.front())) return false;
  const std::string_view next = rest.substr(0, rest.find_first_of(" \t\n()"));
  return next != "and" && next != "or";
}

/// The first word that is not of the language where the language wants one of its own.
std::optional<Word> first_unknown(std::string_view expression) {
  for (const Word& word : words_of(expression)) {
    if (word.place == Word::Place::operand || is_known(word.text)) continue;
    const bool no_name = event_word(word.text) != nullptr || operand_follows(expression, word);
    if (word.place == Word::Place::keyword || no_name) return word;
  }
  return std::nullopt;
}

}  // namespace

bool has_impossible_word(std::string_view expression) {
  const std::optional<Word> word = first_unknown(expression);
  return word && (event_word(word->text) != nullptr || operand_follows(expression, *word));
}

std::optional<UnknownWord> unknown_word(std::string_view expression) {
  const std::optional<Word> word = first_unknown(expression);
  if (!word) return std::nullopt;
  UnknownWord unknown{.text = word->text, .at = word->at, .suggestions = {}};
  if (event_word(word->text) == nullptr)
    unknown.suggestions = similar_words(word->text, filter_words);
  // A host may be called like that: say nothing unless the word looks like a slip.
  if (event_word(word->text) == nullptr && unknown.suggestions.empty() &&
      !operand_follows(expression, *word)) {
    return std::nullopt;
  }
  return unknown;
}

std::vector<std::string> filter_hints(std::string_view expression) {
  if (names_capture(expression))
    return {fmt::format("to read a capture: ntan read {}", expression)};
  const std::optional<UnknownWord> word = unknown_word(expression);
  const bool one_line = expression.find_first_of("\n\t") == std::string_view::npos;
  if (!word || !one_line) return {};
  const EventWord* event = event_word(word->text);
  const std::string meant =
      event == nullptr ? did_you_mean(word->text, filter_words) : std::string();
  // Of a long filter, what stands around the word.
  constexpr std::size_t before = 40;
  constexpr std::size_t most = 100;
  const std::size_t begin = expression.size() > most && word->at > before ? word->at - before : 0;
  std::vector<std::string> hints{std::string(expression.substr(begin, most)),
                                 fmt::format("{:{}}{:^^{}} not a word of pcap-filter(7){}", "",
                                             word->at - begin, "", word->text.size(), meant)};
  if (event != nullptr) {
    hints.emplace_back("event fields are not BPF; filter events with jq");
    if (!event->filter.empty()) {
      hints.push_back(fmt::format("packets that may hold {}: {}", event->word, event->filter));
    }
  }
  return hints;
}

}  // namespace ntan::source
