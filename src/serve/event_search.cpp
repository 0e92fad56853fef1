#include "serve/event_search.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <re2/re2.h>
#include <tuple>

#include <fmt/core.h>

#include "base/lower.h"
#include "base/parse_number.h"
#include "serve/json_read.h"

namespace ntan::serve {
namespace {

namespace dom = simdjson::dom;

constexpr std::array<std::string_view, 10> fields{"src", "dst",   "ip",   "port",  "proto",
                                                  "sni", "query", "host", "event", "id"};
/// Expressions that need more memory than this are refused.
constexpr std::int64_t expression_memory = std::int64_t{1} << 20U;

bool contains(std::string_view text, std::string_view part) noexcept {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return to_lower(a) == to_lower(b); }) != text.end();
}

bool equal(std::string_view text, std::string_view wanted) noexcept {
  return std::equal(text.begin(), text.end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

bool begins(std::string_view text, std::string_view part) noexcept {
  return text.size() >= part.size() && equal(text.substr(0, part.size()), part);
}

bool has_port(const dom::object& event, std::string_view wanted) noexcept {
  const auto port = parse_number<std::uint64_t>(wanted);
  if (!port) return false;
  for (const std::string_view member : {"src_port", "dst_port"}) {
    std::uint64_t value = 0;
    if (event[member].get(value) == simdjson::SUCCESS && value == *port) return true;
  }
  return false;
}

/// `exact`: the whole of what else may be a part.
bool field_matches(const dom::object& event, std::string_view field, std::string_view value,
                   bool exact) {
  const auto address = [value, exact](std::string_view text) {
    return exact ? equal(text, value) : begins(text, value);
  };
  const auto name = [value, exact](std::string_view text) {
    return exact ? equal(text, value) : contains(text, value);
  };
  // Rows of talkers have one address.
  if (field == "src" || field == "ip") {
    if (const auto ip = text_of(event, "ip"); !ip.empty()) return address(ip);
  }
  if (field == "src") return address(text_of(event, "src_ip"));
  if (field == "dst") return address(text_of(event, "dst_ip"));
  if (field == "ip") return address(text_of(event, "src_ip")) || address(text_of(event, "dst_ip"));
  if (field == "port") return has_port(event, value);
  if (field == "proto") return equal(text_of(event, "proto"), value);
  if (field == "sni") return name(text_of(event, "tls", "sni"));
  if (field == "query") return name(text_of(event, "dns", "query"));
  if (field == "host") return name(text_of(event, "http", "host"));
  if (field == "event") return equal(text_of(event, "event"), value);
  return equal(text_of(event, "flow_id"), value) || equal(text_of(event, "scan", "id"), value);
}

SortKey key_of_member(const dom::object& event, std::string_view path) {
  dom::element element;
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) {
    if (event[path].get(element) != simdjson::SUCCESS) return {};
  } else {
    dom::object inner;
    if (event[path.substr(0, dot)].get(inner) != simdjson::SUCCESS ||
        inner[path.substr(dot + 1)].get(element) != simdjson::SUCCESS) {
      return {};
    }
  }
  double number = 0;
  if (element.get(number) == simdjson::SUCCESS)
    return {.kind = SortKey::Kind::number, .number = number, .text = {}};
  bool truth = false;
  if (element.get(truth) == simdjson::SUCCESS)
    return {.kind = SortKey::Kind::number, .number = truth ? 1.0 : 0.0, .text = {}};
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS)
    return {.kind = SortKey::Kind::text, .number = 0, .text = std::string{text}};
  return {};
}

}  // namespace

EventSearch::EventSearch(std::string_view query) {
  while (error_.empty()) {
    const std::size_t begin = query.find_first_not_of(' ');
    if (begin == std::string_view::npos) return;
    query.remove_prefix(begin);
    // A regular expression goes to the slash before a blank or the end.
    std::size_t end = query.find(' ');
    if (query.front() == '/') {
      const std::size_t close = query.find("/ ", 1);
      if (close != std::string_view::npos) {
        end = close + 1;
      } else if (query.back() == '/') {
        end = query.size();
      }
    }
    end = std::min(end, query.size());
    add(query.substr(0, end));
    query.remove_prefix(end);
  }
}

EventSearch::EventSearch(EventSearch&&) noexcept = default;
EventSearch& EventSearch::operator=(EventSearch&&) noexcept = default;
EventSearch::~EventSearch() = default;

void EventSearch::add(std::string_view text) {
  if (words_.size() == most_words) {
    error_ = fmt::format("a search has at most {} words", most_words);
    return;
  }
  Word word;
  if (text.size() > 2 && text.front() == '/' && text.back() == '/') {
    word.value = text.substr(1, text.size() - 2);
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_case_sensitive(false);
    options.set_max_mem(expression_memory);
    word.expression = std::make_unique<re2::RE2>(word.value, options);
    if (!word.expression->ok()) {
      error_ =
          fmt::format("/{}/ is no regular expression: {}", word.value, word.expression->error());
    }
  } else {
    const std::size_t colon = text.find(':');
    const std::string field = to_lower(text.substr(0, colon));
    const bool known = colon != std::string_view::npos &&
                       std::find(fields.begin(), fields.end(), field) != fields.end();
    if (known) {
      word.field = field;
      text.remove_prefix(colon + 1);
      word.exact = text.starts_with('=');
      if (word.exact) text.remove_prefix(1);
    }
    word.value = text;
  }
  words_.push_back(std::move(word));
}

bool EventSearch::matches(const dom::object& event, std::string_view line) const {
  return std::all_of(words_.begin(), words_.end(), [&](const Word& word) {
    if (word.expression != nullptr)
      return re2::RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *word.expression);
    return word.field.empty() ? contains(line, word.value)
                              : field_matches(event, word.field, word.value, word.exact);
  });
}

bool operator<(const SortKey& a, const SortKey& b) noexcept {
  return std::tie(a.kind, a.number, a.text) < std::tie(b.kind, b.number, b.text);
}

SortKey sort_key(const dom::object& event, std::string_view path) {
  SortKey key;
  while (!path.empty()) {
    const std::size_t plus = std::min(path.find('+'), path.size());
    const SortKey one = key_of_member(event, path.substr(0, plus));
    path.remove_prefix(std::min(plus + 1, path.size()));
    if (key.kind == SortKey::Kind::number && one.kind == SortKey::Kind::number) {
      key.number += one.number;
    } else if (key.kind == SortKey::Kind::nothing) {
      key = one;
    }
  }
  return key;
}

}  // namespace ntan::serve
