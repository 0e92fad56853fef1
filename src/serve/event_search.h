// The words of a search over event lines: `src:10.0.0. port:443 sni:example /re/ word`. The page
// searches a report by the same rules, in page/search.ts; tests/serve/search_cases.json holds both
// to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace re2 {
class RE2;
}

namespace ntan::serve {

/// All words have to match, letters of either case:
///
///   src: dst: ip:   begin of the originator's, responder's, either's address
///   port:           either port
///   proto:          transport protocol
///   sni: query: host:  part of the name in a TLS, DNS, HTTP event
///   event:          name of the event
///   id:             flow_id or scan.id
///   /…/             regular expression of RE2 over the line
///   other words     part of the line
///
/// Behind a `=`, as in `src:=10.0.0.1`, addresses and names are whole.
class EventSearch {
 public:
  static constexpr std::size_t most_words = 16;

  explicit EventSearch(std::string_view query);
  EventSearch(const EventSearch&) = delete;
  EventSearch& operator=(const EventSearch&) = delete;
  EventSearch(EventSearch&&) noexcept;
  EventSearch& operator=(EventSearch&&) noexcept;
  ~EventSearch();

  /// What is wrong with the query, in words; empty if nothing is.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  [[nodiscard]] bool everything() const noexcept { return words_.empty(); }
  /// `event` is `line`, parsed.
  [[nodiscard]] bool matches(const simdjson::dom::object& event, std::string_view line) const;

 private:
  struct Word {
    std::string field;  ///< `src`, …; empty for a word without
    std::string value;
    bool exact = false;
    std::unique_ptr<re2::RE2> expression;  ///< of a regular expression
  };

  void add(std::string_view text);

  std::vector<Word> words_;
  std::string error_;
};

/// What a member holds, for sorting: numbers before texts before nothing.
struct SortKey {
  enum class Kind : std::uint8_t { number, text, nothing };

  Kind kind = Kind::nothing;
  double number = 0;
  std::string text;

  friend bool operator<(const SortKey& a, const SortKey& b) noexcept;
};

/// Members that one key may be the sum of: each is looked for in every row.
inline constexpr std::size_t most_sort_members = 4;

/// Of the member that `path` names, as `flow.src_bytes` or `src_ip`; of numbers also their sum, as
/// `flow.src_bytes+flow.dst_bytes`.
[[nodiscard]] SortKey sort_key(const simdjson::dom::object& event, std::string_view path);

}  // namespace ntan::serve
