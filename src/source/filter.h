// Capture filters of pcap-filter(7), compiled by libpcap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/packet.h"
#include "source/source.h"

struct bpf_program;
struct pcap;

namespace ntan::source {

struct ReleaseProgram {
  void operator()(bpf_program* program) const noexcept;
};
using FilterProgram = std::unique_ptr<bpf_program, ReleaseProgram>;

/// Throws Error{usage} when `expression` is no filter for `link` nor for any other common link
/// type. Hints point at the word that is wrong, as far as that can be told. Names of hosts and
/// networks are those of /etc/hosts and /etc/networks: ntan makes no network access. Returns how
/// many instructions the filter has.
std::size_t check_filter(const std::string& expression, LinkType link = LinkType::ethernet);

/// What a message quotes of a filter: all of it, or where it is long its beginning.
[[nodiscard]] std::string excerpt_of_filter(std::string_view expression);

/// Compiles for the link type of `handle`; optimized, unless the program is so long that this would
/// take seconds. `netmask` of the interface, in network order; 0: unknown. Throws Error{usage}.
[[nodiscard]] FilterProgram compile_filter(pcap* handle, const std::string& expression,
                                           std::uint32_t netmask);

/// Applies one filter to packets of any link type.
class PacketFilter {
 public:
  /// Requires: check_filter(expression) has passed.
  explicit PacketFilter(std::string expression);
  /// The same, with what it was compiled to for `link` already, by a handle of a live capture.
  PacketFilter(std::string expression, LinkType link, FilterProgram program);
  PacketFilter(const PacketFilter&) = delete;
  PacketFilter& operator=(const PacketFilter&) = delete;
  ~PacketFilter();

  /// The first packet of a link type compiles the expression for it. Where that fails no packet of
  /// that type matches, and notes() says so.
  [[nodiscard]] bool matches(const PacketView& packet);

  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

 private:
  const bpf_program* program_for(LinkType link, bool swapped);

  std::string expression_;
  /// By link type, and whether swapped; null: matches nothing.
  std::unordered_map<std::uint32_t, FilterProgram> programs_;
  const bpf_program* recent_ = nullptr;
  std::optional<LinkType> recent_link_;
  bool recent_swapped_ = false;
  std::vector<std::string> notes_;
};

}  // namespace ntan::source
