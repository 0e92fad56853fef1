// Event lines as ntan writes them, for whoever reads them.
#pragma once

#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <simdjson.h>

#include "base/time.h"

namespace ntan::test {

/// RFC 3339 text of a time `ms` after a morning in 2026.
inline std::string time_text(std::int64_t ms) {
  constexpr std::int64_t morning = 1'769'846'400;
  std::string text(max_time_text, '\0');
  const char* end = append_time(
      text.data(), Timestamp{std::chrono::seconds{morning} + std::chrono::milliseconds{ms}},
      TimeDigits::micro);
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}

/// A line of the event `name` whose record holds `members`. `envelope` begins with a comma.
inline std::string event_line(std::string_view name, std::string_view members = {},
                              std::int64_t ms = 0, std::string_view envelope = {}) {
  return fmt::format(R"({{"v":1,"event":"{}","ts":"{}"{},"{}":{{{}}}}})", name, time_text(ms),
                     envelope, name, members);
}

/// A document that lives as long as this; the test fails where the text is no JSON.
class Json {
 public:
  explicit Json(std::string_view text) {
    constexpr std::size_t shown = 2'000;
    INFO(text.substr(0, shown));
    REQUIRE(parser_.parse(text.data(), text.size()).get(root_) == simdjson::SUCCESS);
  }

  [[nodiscard]] simdjson::dom::element root() const noexcept { return root_; }
  [[nodiscard]] simdjson::dom::object object() const { return root_.get_object().value(); }
  /// Of a JSON pointer, `/rows/0/dns/query`.
  [[nodiscard]] std::uint64_t number(std::string_view pointer) const {
    return root_.at_pointer(pointer).get_uint64().value();
  }
  [[nodiscard]] std::string text(std::string_view pointer) const {
    return std::string{root_.at_pointer(pointer).get_string().value()};
  }
  [[nodiscard]] bool has(std::string_view pointer) const noexcept {
    return root_.at_pointer(pointer).error() == simdjson::SUCCESS;
  }
  [[nodiscard]] std::size_t size(std::string_view pointer) const {
    return root_.at_pointer(pointer).get_array().value().size();
  }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

}  // namespace ntan::test
