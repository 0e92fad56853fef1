#include "flow/history.h"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace ntan::flow {
namespace {

constexpr auto to_server = Direction::to_server;
constexpr auto to_client = Direction::to_client;

}  // namespace

TEST_CASE("history: a letter stands once per side, upper case from the originator") {
  History history;
  for (int i = 0; i < 3; ++i) {
    history.add('s', to_server);
    history.add('h', to_client);
    history.add('d', to_server);
    history.add('d', to_client);
  }
  CHECK(history.text().view() == "ShDd");
}

TEST_CASE("history: all single letters of both sides have room") {
  History history;
  for (const char letter : std::string_view("shadfriq")) {
    history.add(letter, to_server);
    history.add(letter, to_client);
  }
  CHECK(history.text().view() == "SsHhAaDdFfRrIiQq");
}

TEST_CASE("history: a counted letter comes at powers of ten only") {
  History history;
  for (std::uint64_t count = 0; count <= 20'000; ++count)
    history.add_counted('t', to_client, count);
  CHECK(history.text().view() == "ttttt");  // 1, 10, 100, 1,000, 10,000
}

TEST_CASE("history: what does not fit is dropped") {
  History history;
  for (int i = 0; i < 30; ++i) history.add_counted('g', to_server, 1);
  CHECK(history.text().view().size() == History::capacity);
  history.add('f', to_server);
  CHECK(history.text().view() == std::string(History::capacity, 'G'));
}

}  // namespace ntan::flow
