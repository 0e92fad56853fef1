#include "serve/event_table.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "serve/event_search.h"
#include "serve/json_read.h"
#include "serve/json_text.h"

namespace ntan::serve {
namespace {

namespace dom = simdjson::dom;

struct Match {
  std::string_view line;
  SortKey key;
};

/// Without words, an order or an id to be met once, rows are as they lie.
bool looks_into(const TableQuery& query) noexcept {
  return query.words.find_first_not_of(' ') != std::string_view::npos ||
         query.sort.find_first_not_of('-') != std::string_view::npos || !query.once.empty();
}

/// The newest lines of the kind, newest first, as many as there are octets to look at.
std::vector<std::string_view> newest(const KeptEvents& kept, const TableQuery& query) {
  std::vector<std::string_view> all;
  std::size_t left = looks_into(query) ? query.look_at : SIZE_MAX;
  const auto take = [&all, &left, &kept](std::uint64_t sequence) {
    const std::string_view line = kept.at(sequence).line;
    if (line.size() > left) return false;
    left -= line.size();
    all.push_back(line);
    return true;
  };
  if (query.event.empty()) {
    for (std::uint64_t back = 1; back <= kept.held(); ++back) {
      if (!take(kept.next() - back)) break;
    }
    return all;
  }
  const EventKind* kind = kept.kind(query.event);
  if (kind != nullptr) (void)std::all_of(kind->held.rbegin(), kind->held.rend(), take);
  return all;
}

/// Those without the member come last either way.
void sort_matches(std::vector<Match>& matches, bool descending) {
  std::stable_sort(matches.begin(), matches.end(), [descending](const Match& a, const Match& b) {
    const bool a_holds = a.key.kind != SortKey::Kind::nothing;
    const bool b_holds = b.key.kind != SortKey::Kind::nothing;
    if (a_holds != b_holds) return a_holds;
    return descending ? b.key < a.key : a.key < b.key;
  });
}

}  // namespace

std::size_t octets_in_html(std::string_view line) noexcept {
  constexpr std::size_t growth = 5;
  return line.size() + growth * static_cast<std::size_t>(std::count(line.begin(), line.end(), '<'));
}

std::string append_rows(std::string& out, std::span<const std::string_view> lines,
                        const TableQuery& query, const RowCounts& counts) {
  const EventSearch search(query.words);
  if (!search.error().empty()) return search.error();
  const bool descending = query.sort.starts_with('-');
  const std::string_view path = query.sort.substr(descending ? 1 : 0);
  if (std::count(path.begin(), path.end(), '+') >= std::ptrdiff_t{most_sort_members})
    return fmt::format("a table is sorted by the sum of at most {} members", most_sort_members);
  std::vector<Match> matches;
  dom::parser parser;
  std::set<std::string, std::less<>> met;
  for (const std::string_view line : lines) {
    Match match{.line = line, .key = {}};
    if (!search.everything() || !path.empty() || !query.once.empty()) {
      dom::object parsed;
      if (parser.parse(line.data(), line.size()).get(parsed) != simdjson::SUCCESS) continue;
      if (const std::string_view id = text_of(parsed, query.once);
          !id.empty() && !met.emplace(id).second) {
        continue;
      }
      if (!search.matches(parsed, line)) continue;
      if (!path.empty()) match.key = sort_key(parsed, path);
    }
    matches.push_back(std::move(match));
  }
  if (!path.empty()) sort_matches(matches, descending);
  JsonText json(out);
  json.begin_object();
  json.key("rows");
  json.begin_array();
  std::size_t octets = 0;
  for (std::size_t i = 0; i < std::min(query.limit, matches.size()); ++i) {
    octets += octets_in_html(matches[i].line);
    if (octets > query.octets) break;
    json.raw(matches[i].line);
  }
  json.end_array();
  json.member("matched", std::uint64_t{matches.size()});
  json.member("looked_at", std::uint64_t{lines.size()});
  json.member("held", counts.held);
  json.member("seen", counts.seen);
  json.end_object();
  return {};
}

std::string append_table(std::string& out, const Digest& digest, const TableQuery& query) {
  const KeptEvents& kept = digest.kept();
  RowCounts counts{.held = kept.held(), .seen = kept.seen()};
  if (!query.event.empty()) {
    const EventKind* kind = kept.kind(query.event);
    counts =
        kind == nullptr ? RowCounts{} : RowCounts{.held = kind->held.size(), .seen = kind->seen};
  }
  return append_rows(out, newest(kept, query), query, counts);
}

}  // namespace ntan::serve
