// An HTTP connection in a test: what both sides say, and what is said of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/http.h"
#include "tests/support/bytes.h"
#include "tests/support/dissect.h"

namespace ntan::test {

inline constexpr auto client = Direction::to_server;
inline constexpr auto server = Direction::to_client;
inline constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
inline constexpr std::string_view get_begin =
    R"(http {"method":"GET","host":"h","uri":"/a","version":"1.1")";

class HttpRun {
 public:
  explicit HttpRun(std::size_t memory = std::size_t{1} << 20U)
      : run_(app::http_protocol, {.transport = app::Transport::tcp}, memory) {}

  HttpRun& c(std::string_view text, std::int64_t ms = 0) { return feed(client, text, ms); }

  HttpRun& s(std::string_view text, std::int64_t ms = 0) { return feed(server, text, ms); }

  HttpRun& feed(Direction direction, std::string_view text, std::int64_t ms) {
    run_.feed(direction, as_bytes(text), ms);
    return *this;
  }

  HttpRun& gap(Direction direction, std::uint64_t size, std::int64_t ms = 0) {
    run_.gap(direction, size, ms);
    return *this;
  }

  HttpRun& hole(Direction direction, std::uint64_t size, std::int64_t ms = 0) {
    run_.hole(direction, size, ms);
    return *this;
  }

  HttpRun& close(Direction direction, std::int64_t ms = 0) {
    run_.half_close(direction, ms);
    return *this;
  }

  HttpRun& advance(std::int64_t ms) {
    run_.advance(ms);
    return *this;
  }

  HttpRun& end(std::int64_t ms = 0) {
    run_.end(ms);
    return *this;
  }

  void want_no_records() { run_.want_no_records(); }

  [[nodiscard]] const Dissected& result() const { return run_.result(); }

  [[nodiscard]] const std::vector<std::string>& lines() const { return result().lines; }

  [[nodiscard]] const std::vector<std::string>& anomalies() const { return result().anomalies; }

  [[nodiscard]] const Budget& memory() const { return run_.memory(); }

  [[nodiscard]] std::vector<std::uint64_t> notes(event::Note::Kind kind) const {
    std::vector<std::uint64_t> values;
    for (const event::Note& note : result().notes) {
      if (note.kind == kind) values.push_back(note.value);
    }
    return values;
  }

 private:
  DissectorRun run_;
};

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

using Lines = std::vector<std::string>;

}  // namespace ntan::test
