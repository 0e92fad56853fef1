#include "serve/stream_hub.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

using namespace ntan::serve;

namespace {

/// A client's connection, as the server tells it.
class Connection final : public BodyWaker {
 public:
  void wake() noexcept override { ++woken; }
  void cut() noexcept override { was_cut = true; }
  [[nodiscard]] bool gone() const noexcept override { return has_gone; }

  int woken = 0;
  bool was_cut = false;
  bool has_gone = false;
};

struct Client {
  std::unique_ptr<BodySource> body;
  std::shared_ptr<Connection> connection = std::make_shared<Connection>();

  explicit Client(StreamHub& hub, std::string first = "first\n\n")
      : body(hub.subscribe(std::move(first))) {
    body->attach(connection);
  }

  /// What is there for it, read in pieces.
  std::string read(std::size_t piece = 7) const {
    std::string all;
    std::string block(piece, '\0');
    while (true) {
      const auto part = body->read(block);
      all.append(block.data(), part.size);
      if (part.size == 0) return all;
      CHECK(part.next == BodySource::Next::more);
    }
  }

  BodySource::Next state() const {
    std::array<char, 8> block{};
    return body->read(block).next;
  }
};

std::string message(std::string_view name, std::string_view data, std::uint64_t id = 0) {
  std::string out;
  append_message(out, name, data, id);
  return out;
}

}  // namespace

TEST_CASE("stream: a message has an id, a name and data, and ends with an empty line") {
  CHECK(message("tick", "{}", 7) == "id: 7\nevent: tick\ndata: {}\n\n");
  CHECK(message("state", "{\"a\":1}") == "event: state\ndata: {\"a\":1}\n\n");
  CHECK(message("x", "") == "event: x\ndata: \n\n");
}

TEST_CASE("stream: line ends in the data cannot end the message") {
  CHECK(message("alert", "{\"a\":\r1}\r") == "event: alert\ndata: {\"a\":\ndata: 1}\ndata: \n\n");
  CHECK(message("alert", "a\n\nevent: tick\ndata: b") ==
        "event: alert\ndata: a\ndata: \ndata: event: tick\ndata: data: b\n\n");
  CHECK(message("alert", "a\r\nb") == "event: alert\ndata: a\ndata: \ndata: b\n\n");
}

TEST_CASE("stream: a client gets what it began with, then all that is published, then waits") {
  StreamHub hub;
  const Client client(hub);
  hub.publish("a\n\n");
  hub.publish("b\n\n");
  CHECK(client.connection->woken == 2);
  CHECK(client.read() == "first\n\na\n\nb\n\n");
  CHECK(client.state() == BodySource::Next::wait);
  hub.publish("c\n\n");
  CHECK(client.read(1) == "c\n\n");
}

TEST_CASE("stream: who comes later gets nothing of before") {
  StreamHub hub;
  hub.publish("old\n\n");
  const Client client(hub);
  CHECK(client.read() == "first\n\n");
  CHECK(hub.clients() == 1);
}

TEST_CASE("stream: a client that does not read is cut off, the others are not") {
  StreamHub hub;
  const Client slow(hub);
  const Client fast(hub);
  for (int i = 0; i < 10; ++i) {
    hub.publish("x");
    (void)fast.read();
  }
  CHECK(slow.connection->was_cut);
  CHECK_FALSE(fast.connection->was_cut);
  CHECK(hub.cut_off() == 1);
  CHECK(hub.clients() == 1);
  CHECK(slow.state() == BodySource::Next::end);
  hub.publish("y");
  CHECK(fast.read() == "y");
}

TEST_CASE("stream: a message that was read in part still counts as waiting") {
  StreamHub hub;
  const Client client(hub, std::string(100, 'x'));
  std::array<char, 10> block{};
  (void)client.body->read(block);
  for (std::size_t i = 0; i < StreamHub::most_waiting - 1; ++i) hub.publish("y");
  CHECK_FALSE(client.connection->was_cut);
  hub.publish("z");
  CHECK(client.connection->was_cut);
}

TEST_CASE("stream: a client that has gone is forgotten and not woken") {
  StreamHub hub;
  const Client client(hub);
  CHECK(hub.clients() == 1);
  client.connection->has_gone = true;
  CHECK(hub.clients() == 0);
  hub.publish("x");
  CHECK(client.connection->woken == 0);
  CHECK(hub.cut_off() == 0);
}

TEST_CASE("stream: one that is not attached yet misses nothing, and may go before it is") {
  StreamHub hub;
  const auto body = hub.subscribe("first");
  hub.publish("second");
  std::array<char, 64> block{};
  const auto part = body->read(block);
  CHECK(std::string_view{block.data(), part.size} == "firstsecond");
  {
    const auto unused = hub.subscribe("x");
  }
  CHECK(hub.clients() == 1);
}

TEST_CASE("stream: after close() what waits is still read, and then the stream ends") {
  StreamHub hub;
  const Client client(hub);
  hub.publish("last");
  hub.close();
  CHECK(client.connection->woken == 2);
  CHECK(client.read() == "first\n\nlast");
  CHECK(client.state() == BodySource::Next::end);
  CHECK(hub.clients() == 0);
}
