#include "source/filter.h"

#include <array>
#include <nss.h>
#include <utility>

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "source/filter_words.h"
#include "source/link_name.h"

namespace ntan::source {
namespace {

constexpr int snaplen = 262'144;
constexpr std::size_t max_notes = 16;

struct Compiled {
  std::unique_ptr<bpf_program> program;  ///< null: `error` says why
  std::string error;
};

/// libpcap asks for the address of a name, and with it, the network. Only /etc/hosts is asked.
void ask_no_network() {
  static const int done = __nss_configure_lookup("hosts", "files");
  (void)done;
}

Compiled compile(const std::string& expression, LinkType link) {
  ask_no_network();
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle{pcap_open_dead(dlt_of(link), snaplen),
                                                              &pcap_close};
  if (handle == nullptr) return {.program = nullptr, .error = "out of memory"};
  auto program = std::make_unique<bpf_program>();
  constexpr bpf_u_int32 no_netmask = 0;  // as tcpdump has it for files
  constexpr int optimize = 1;
  if (pcap_compile(handle.get(), program.get(), expression.c_str(), optimize, no_netmask) != 0) {
    return {.program = nullptr, .error = pcap_geterr(handle.get())};
  }
  return {.program = std::move(program), .error = {}};
}

std::string name_of(LinkType link) {
  std::string name = link_name(link);
  return name.empty() ? fmt::format("link type {}", static_cast<unsigned>(link)) : name;
}

}  // namespace

void PacketFilter::Release::operator()(bpf_program* program) const noexcept {
  pcap_freecode(program);
  delete program;  // NOLINT(*-owning-memory): this is its owner
}

Error filter_error(const std::string& expression, const std::string& message) {
  return {Error::Kind::usage, fmt::format("bad filter '{}': {}", expression, message),
          filter_hints(expression)};
}

std::size_t check_filter(const std::string& expression, LinkType link) {
  // libpcap looks words that it does not know up as host names: a slow way to meet a typing error.
  if (has_impossible_word(expression)) throw filter_error(expression, "syntax error");
  const Compiled wanted = compile(expression, link);
  if (wanted.program != nullptr) {
    const std::size_t instructions = wanted.program->bf_len;
    pcap_freecode(wanted.program.get());
    return instructions;
  }
  constexpr std::array others{LinkType::ethernet, LinkType::ieee80211_radiotap, LinkType::linux_sll,
                              LinkType::raw, LinkType::ppp};
  for (const LinkType other : others) {
    if (other == link) continue;
    if (const Compiled tried = compile(expression, other); tried.program != nullptr) {
      const std::size_t instructions = tried.program->bf_len;
      pcap_freecode(tried.program.get());
      return instructions;
    }
  }
  throw filter_error(expression, wanted.error);
}

PacketFilter::PacketFilter(std::string expression) : expression_(std::move(expression)) {}

PacketFilter::~PacketFilter() = default;

bool PacketFilter::matches(const PacketView& packet) {
  if (recent_link_ != packet.link) {
    recent_ = program_for(packet.link);
    recent_link_ = packet.link;
  }
  if (recent_ == nullptr) return false;
  return bpf_filter(recent_->bf_insns, packet.data.data(), packet.wire_size,
                    static_cast<u_int>(packet.data.size())) != 0;
}

const bpf_program* PacketFilter::program_for(LinkType link) {
  const auto [entry, is_new] = programs_.try_emplace(static_cast<std::uint16_t>(link));
  if (is_new) {
    Compiled compiled = compile(expression_, link);
    entry->second = Program{compiled.program.release()};
    if (entry->second == nullptr && notes_.size() < max_notes) {
      notes_.push_back(fmt::format("filter '{}' matches no packet of {}: {}", expression_,
                                   name_of(link), compiled.error));
    }
  }
  return entry->second.get();
}

}  // namespace ntan::source
