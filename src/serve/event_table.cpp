#include "serve/event_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "serve/event_search.h"
#include "serve/json_text.h"

namespace ntan::serve {
namespace {

namespace dom = simdjson::dom;

struct Match {
  const KeptEvent* event = nullptr;
  SortKey key;
};

/// Sequences of the newest lines of the kind, newest first.
std::vector<std::uint64_t> newest(const KeptEvents& kept, std::string_view event) {
  std::vector<std::uint64_t> all;
  if (event.empty()) {
    const std::uint64_t size = std::min<std::uint64_t>(kept.held(), most_looked_at);
    for (std::uint64_t back = 1; back <= size; ++back) all.push_back(kept.next() - back);
    return all;
  }
  const EventKind* kind = kept.kind(event);
  if (kind == nullptr) return all;
  const std::size_t size = std::min(kind->held.size(), most_looked_at);
  all.assign(kind->held.rbegin(), kind->held.rbegin() + static_cast<std::ptrdiff_t>(size));
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

std::string append_table(std::string& out, const Digest& digest, const TableQuery& query) {
  const EventSearch search(query.words);
  if (!search.error().empty()) return search.error();
  const bool descending = query.sort.starts_with('-');
  const std::string_view path = query.sort.substr(descending ? 1 : 0);
  const KeptEvents& kept = digest.kept();
  std::vector<Match> matches;
  dom::parser parser;
  for (const std::uint64_t sequence : newest(kept, query.event)) {
    const KeptEvent& event = kept.at(sequence);
    Match match{.event = &event, .key = {}};
    if (!search.everything() || !path.empty()) {
      dom::object parsed;
      if (parser.parse(event.line).get(parsed) != simdjson::SUCCESS) continue;
      if (!search.matches(parsed, event.line)) continue;
      if (!path.empty()) match.key = sort_key(parsed, path);
    }
    matches.push_back(std::move(match));
  }
  if (!path.empty()) sort_matches(matches, descending);
  const EventKind* kind = kept.kind(query.event);
  JsonText json(out);
  json.begin_object();
  json.key("rows");
  json.begin_array();
  std::size_t octets = 0;
  for (std::size_t i = 0; i < std::min(query.limit, matches.size()); ++i) {
    octets += octets_in_html(matches[i].event->line);
    if (octets > query.octets) break;
    json.raw(matches[i].event->line);
  }
  json.end_array();
  json.member("matched", std::uint64_t{matches.size()});
  if (query.event.empty()) {
    json.member("held", std::uint64_t{kept.held()});
    json.member("seen", kept.seen());
  } else {
    json.member("held", std::uint64_t{kind == nullptr ? 0 : kind->held.size()});
    json.member("seen", kind == nullptr ? std::uint64_t{0} : kind->seen);
  }
  json.end_object();
  return {};
}

}  // namespace ntan::serve
