// Rows of kept events, found and sorted on demand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "serve/digest.h"

namespace ntan::serve {

struct TableQuery {
  std::string_view event;      ///< name of the event; empty: all
  std::string_view words;      ///< see EventSearch
  std::string_view sort;       ///< member such as `flow.src_bytes`, descending with `-` before it;
                               ///< a sum has at most most_sort_members
  std::string_view once = {};  ///< member of the envelope: of lines that share it only the first
  std::size_t limit = 50;
  std::size_t octets = SIZE_MAX;   ///< of all rows, with `<` as long as it is inside of HTML
  std::size_t look_at = SIZE_MAX;  ///< octets of lines that are searched or sorted, the newest
};

/// For a table of a server, which bounds what others wait for. As much as is kept unless --keep
/// says more.
inline constexpr std::size_t server_look_at = std::size_t{64} << 20U;

/// Octets that a line takes inside of a script element, where a `<` is written as \u003c.
[[nodiscard]] std::size_t octets_in_html(std::string_view line) noexcept;

/// Of what a table shows a part.
struct RowCounts {
  std::uint64_t held = 0;
  std::uint64_t seen = 0;
};

/// Appends `{"rows":[…],"matched":n,"looked_at":n,"held":n,"seen":n}` of those `lines`, JSON
/// objects, that match; in their order where nothing sorts. Returns what is wrong with the query;
/// empty if nothing is.
[[nodiscard]] std::string append_rows(std::string& out, std::span<const std::string_view> lines,
                                      const TableQuery& query, const RowCounts& counts);

/// The same of the kept events, newest first.
[[nodiscard]] std::string append_table(std::string& out, const Digest& digest,
                                       const TableQuery& query);

}  // namespace ntan::serve
