// What the kernel has counted on the links, for telling why no packet comes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ntan::source {

struct LinkCount {
  std::string interface;
  std::uint64_t packets = 0;  ///< received and sent
  std::uint64_t octets = 0;   ///< of them
};

/// From the text of /proc/net/dev. Lines that are not understood are left out.
[[nodiscard]] std::vector<LinkCount> parse_link_counts(std::string_view table);
/// Of this network namespace; empty if the kernel does not tell.
[[nodiscard]] std::vector<LinkCount> link_counts();

struct Silence {
  std::string_view interface;  ///< or `any`
  std::string_view filter;
  std::int64_t seconds = 0;
};

/// One line for stderr on what went on at the links meanwhile.
[[nodiscard]] std::string explain(const Silence& silence, std::span<const LinkCount> before,
                                  std::span<const LinkCount> after);

}  // namespace ntan::source
