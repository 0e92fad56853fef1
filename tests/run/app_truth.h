// What the truth tests of applications share: connections with something said on them, and events
// by the names of their members.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "tests/support/analysis.h"
#include "tests/support/traffic.h"

namespace ntan::test::truth {

using namespace std::chrono_literals;

inline constexpr std::uint32_t client = ipv4(10, 0, 0, 1);
inline constexpr std::uint32_t server = ipv4(198, 51, 100, 1);

inline void add(Frames& frames, std::chrono::microseconds at, Bytes packet) {
  frames.push_back({.time = traffic_start + at, .data = in_ethernet(packet)});
}

/// One line, by the names of its members.
class Record {
 public:
  Record(std::string_view event, const std::string& line)
      : parser_(std::make_unique<simdjson::dom::parser>()),
        body_(parser_->parse(line)[event].value()) {}

  [[nodiscard]] std::optional<std::int64_t> operator[](std::string_view name) const {
    std::int64_t value = 0;
    if (body_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  [[nodiscard]] std::optional<bool> flag(std::string_view name) const {
    bool value = false;
    if (body_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  [[nodiscard]] double ratio(std::string_view name) const {
    return body_[name].get_double().value();
  }

  [[nodiscard]] std::string text(std::string_view name) const {
    std::string_view value;
    if (body_[name].get(value) != simdjson::SUCCESS) return {};
    return std::string(value);
  }

  [[nodiscard]] std::string json(std::string_view name) const {
    return simdjson::minify(body_[name].value());
  }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element body_;
};

inline std::vector<Record> records(const Analysis& analysis, std::string_view event) {
  std::vector<Record> all;
  for (const std::string& line : analysis.of(event)) all.emplace_back(event, line);
  return all;
}

inline Record summary_of(const Analysis& analysis) {
  auto all = records(analysis, "summary");
  REQUIRE(all.size() == 1);
  return std::move(all.front());
}

using Row = std::vector<std::int64_t>;

/// Number, least and greatest of one metric in a list of the summary; nothing where it has no row.
inline Row row_of(const Analysis& analysis, std::string_view list, std::string_view metric,
                  std::string_view ip = {}) {
  simdjson::dom::parser parser;
  const std::string line = analysis.of("summary").at(0);
  const simdjson::dom::array rows = parser.parse(line)["summary"][list].get_array().value();
  for (const simdjson::dom::element row : rows) {
    if (row["metric"].get_string().value() != metric) continue;
    if (!ip.empty() && row["ip"].get_string().value() != ip) continue;
    return {row["n"].get_int64().value(), row["min_us"].get_int64().value(),
            row["max_us"].get_int64().value()};
  }
  return {};
}

inline Row latency(const Analysis& analysis, std::string_view metric) {
  return row_of(analysis, "latency", metric);
}

inline Row latency_of_server(const Analysis& analysis, std::string_view metric,
                             std::string_view ip = "198.51.100.1") {
  return row_of(analysis, "servers", metric, ip);
}

/// A connection on which both sides talk at given times.
class Talk {
 public:
  explicit Talk(Frames& out, std::uint16_t port = 80)
      : start_(traffic_start), script_(out, {client, server, 40'000, port}, start_, 0ms) {
    script_.handshake();
  }

  void client_says(std::chrono::milliseconds at, std::string_view text) { say(true, at, text); }
  void server_says(std::chrono::milliseconds at, std::string_view text) { say(false, at, text); }
  void close() { script_.fin_both(); }

 private:
  void say(bool from_client, std::chrono::milliseconds at, std::string_view text) {
    script_.wait(start_ + at - script_.now());
    script_.send(from_client, as_bytes(text));
    script_.send(!from_client, {});
  }

  Timestamp start_;
  TcpScript script_;
};

}  // namespace ntan::test::truth
