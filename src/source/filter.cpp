#include "source/filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nss.h>
#include <span>
#include <system_error>
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
  FilterProgram program;  ///< null: `error` says why
  std::string error;
};

/// libpcap looks names up; from now on it finds those of /etc/hosts and /etc/networks only. Filters
/// of the page are checked while they are typed: no piece of a name is asked of the network.
void ask_no_network() noexcept {
  static const int done =
      __nss_configure_lookup("hosts", "files") | __nss_configure_lookup("networks", "files");
  (void)done;
}

using Handle = std::unique_ptr<pcap_t, decltype(&pcap_close)>;

/// The header of a savefile.
using FileHeader = std::array<std::uint32_t, 6>;

bool has_family(LinkType link) noexcept {
  return link == LinkType::null || link == LinkType::loop;
}

/// Of a savefile of such a link type. Only of its handle libpcap takes, of IPv6, the address
/// families of every system, and those of LinkType::null in either byte order (pcap-linktype(7)).
FileHeader header_of(LinkType link, bool swapped) noexcept {
  FileHeader header{0xa1b2c3d4, 4U << 16U | 2U, 0, 0, snaplen, static_cast<std::uint32_t>(link)};
  if constexpr (std::endian::native == std::endian::big) header[1] = 2U << 16U | 4U;
  if (swapped) {
    std::ranges::transform(header, header.begin(),
                           [](std::uint32_t word) { return __builtin_bswap32(word); });
    header[1] = std::rotl(header[1], 16);  // two numbers of 16 bits
  }
  return header;
}

/// Null: `error` says why. `header` outlives the handle.
Handle open_savefile(FileHeader& header, std::string& error) {
  std::FILE* file = ::fmemopen(header.data(), sizeof header, "r");
  if (file == nullptr) {
    error = std::generic_category().message(errno);
    return {nullptr, &pcap_close};
  }
  std::array<char, PCAP_ERRBUF_SIZE> message{};
  Handle handle{pcap_fopen_offline(file, message.data()), &pcap_close};
  if (handle == nullptr) {
    error = message.data();
    (void)std::fclose(file);
  }
  return handle;
}

/// Of programs longer than this, in instructions, libpcap's optimizer makes seconds and soon
/// minutes (200 hosts: 0.4 s, 400: 9 s, 800: 74 s): what it saves then is less, and nobody waits
/// for it.
constexpr u_int worth_optimizing = 6'000;

enum class Effort : int { plain = 0, optimized = 1 };

Compiled compile(pcap_t* handle, const std::string& expression, bpf_u_int32 netmask,
                 Effort effort) {
  Compiled compiled;
  compiled.program.reset(new bpf_program{});  // NOLINT(*-owning-memory): its deleter frees more
  if (pcap_compile(handle, compiled.program.get(), expression.c_str(), static_cast<int>(effort),
                   netmask) != 0) {
    return {.program = nullptr, .error = pcap_geterr(handle)};
  }
  return compiled;
}

Compiled compile(pcap_t* handle, const std::string& expression, bpf_u_int32 netmask) {
  ask_no_network();
  Compiled plain = compile(handle, expression, netmask, Effort::plain);
  if (plain.program == nullptr || plain.program->bf_len > worth_optimizing) return plain;
  return compile(handle, expression, netmask, Effort::optimized);
}

/// `swapped`: of LinkType::null, for packets whose address family is in the other byte order.
Compiled compile(const std::string& expression, LinkType link, bool swapped = false) {
  FileHeader header = header_of(link, swapped);
  std::string error = "out of memory";
  const Handle handle = has_family(link)
                            ? open_savefile(header, error)
                            : Handle{pcap_open_dead(dlt_of(link), snaplen), &pcap_close};
  if (handle == nullptr) return {.program = nullptr, .error = error};
  constexpr bpf_u_int32 no_netmask = 0;  // as tcpdump has it for files
  return compile(handle.get(), expression, no_netmask);
}

/// Families are small numbers: which half of the word is zero tells its order.
bool has_swapped_family(Bytes packet) noexcept {
  std::uint32_t family = 0;
  if (packet.size() < sizeof family) return false;
  std::memcpy(&family, packet.data(), sizeof family);
  return family > 0xffffU;
}

/// Of PacketFilter's programs.
std::uint32_t key_of(LinkType link, bool swapped) noexcept {
  return static_cast<std::uint32_t>(link) << 1U | static_cast<std::uint32_t>(swapped);
}

/// Live, VLAN tags and the direction are no octets of the packet: programs ask the kernel for them
/// by loads from far behind it (SKF_AD_OFF).
bool asks_kernel(const bpf_program& program) noexcept {
  constexpr bpf_u_int32 kernels_own = 0xfff00000;
  const std::span instructions{program.bf_insns, program.bf_len};
  return std::ranges::any_of(instructions, [](const bpf_insn& each) {
    return BPF_CLASS(each.code) == BPF_LD && BPF_MODE(each.code) == BPF_ABS &&
           each.k >= kernels_own;
  });
}

Error filter_error(const std::string& expression, const std::string& message) {
  return {Error::Kind::usage,
          fmt::format("bad filter '{}': {}", excerpt_of_filter(expression), message),
          filter_hints(expression)};
}

}  // namespace

void ReleaseProgram::operator()(bpf_program* program) const noexcept {
  pcap_freecode(program);
  delete program;  // NOLINT(*-owning-memory): this is its owner
}

std::string excerpt_of_filter(std::string_view expression) {
  constexpr std::size_t most = 100;
  if (expression.size() <= most) return std::string{expression};
  return fmt::format("{}...", expression.substr(0, most - 3));
}

std::size_t check_filter(const std::string& expression, LinkType link) {
  // libpcap looks words that it does not know up as host names: a slow way to meet a typing error.
  if (has_impossible_word(expression)) throw filter_error(expression, "syntax error");
  const Compiled wanted = compile(expression, link);
  if (wanted.program != nullptr) return wanted.program->bf_len;
  constexpr std::array others{LinkType::ethernet, LinkType::ieee80211_radiotap, LinkType::linux_sll,
                              LinkType::raw, LinkType::ppp};
  for (const LinkType other : others) {
    if (other == link) continue;
    if (const Compiled tried = compile(expression, other); tried.program != nullptr)
      return tried.program->bf_len;
  }
  throw filter_error(expression, wanted.error);
}

FilterProgram compile_filter(pcap_t* handle, const std::string& expression, std::uint32_t netmask) {
  Compiled compiled = compile(handle, expression, netmask);
  if (compiled.program == nullptr) throw filter_error(expression, compiled.error);
  return std::move(compiled.program);
}

PacketFilter::PacketFilter(std::string expression) : expression_(std::move(expression)) {}

PacketFilter::PacketFilter(std::string expression, LinkType link, FilterProgram program)
    : expression_(std::move(expression)) {
  if (!asks_kernel(*program)) programs_.emplace(key_of(link, false), std::move(program));
}

PacketFilter::~PacketFilter() = default;

bool PacketFilter::matches(const PacketView& packet) {
  const bool swapped = packet.link == LinkType::null && has_swapped_family(packet.data);
  if (recent_link_ != packet.link || recent_swapped_ != swapped) {
    recent_ = program_for(packet.link, swapped);
    recent_link_ = packet.link;
    recent_swapped_ = swapped;
  }
  if (recent_ == nullptr) return false;
  return bpf_filter(recent_->bf_insns, packet.data.data(), packet.wire_size,
                    static_cast<u_int>(packet.data.size())) != 0;
}

const bpf_program* PacketFilter::program_for(LinkType link, bool swapped) {
  const auto [entry, is_new] = programs_.try_emplace(key_of(link, swapped));
  if (is_new) {
    Compiled compiled = compile(expression_, link, swapped);
    entry->second = std::move(compiled.program);
    if (entry->second == nullptr && notes_.size() < max_notes) {
      notes_.push_back(fmt::format("filter '{}' matches no packet of {}: {}",
                                   excerpt_of_filter(expression_), link_name(link),
                                   compiled.error));
    }
  }
  return entry->second.get();
}

}  // namespace ntan::source
