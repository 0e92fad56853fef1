#include "serve/http_server.h"

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <utility>

#include <catch2/catch.hpp>

#include "serve/stream_hub.h"
#include "tests/serve/lines.h"
#include "tests/serve/loopback.h"

using namespace ntan;
using namespace ntan::serve;
using test::HttpClient;
using test::HttpReply;
using test::Json;
using test::Loopback;

namespace {

/// Answers by a function, and keeps what it was asked.
class Answers final : public Handler {
 public:
  using Answer =
      std::function<std::optional<Reply>(const Request&, const std::shared_ptr<PendingReply>&)>;

  explicit Answers(Answer answer) : answer_(std::move(answer)) {}

  std::optional<Reply> answer(const Request& request,
                              const std::shared_ptr<PendingReply>& later) override {
    ++asked;
    return answer_(request, later);
  }

  int asked = 0;

 private:
  Answer answer_;
};

Reply text_reply(std::string body) {
  Reply reply;
  reply.type = "text/plain";
  reply.body = std::move(body);
  return reply;
}

/// Says what it was asked for.
Answers echo() {
  return Answers([](const Request& request, const std::shared_ptr<PendingReply>&) {
    std::string text = fmt::format("{} {}", request.method, request.path);
    for (const auto& [name, value] : request.query) text += fmt::format(" {}={}", name, value);
    if (!request.body.empty()) text += fmt::format(" [{}]", request.body);
    if (!request.last_event_id.empty()) text += fmt::format(" id:{}", request.last_event_id);
    if (request.accepts_gzip) text += " gzip";
    return std::optional{text_reply(text)};
  });
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

Descriptor file_of(std::string_view text) {
  Descriptor file{::memfd_create("ntan-test", MFD_CLOEXEC)};
  REQUIRE(::pwrite(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return file;
}

}  // namespace

TEST_CASE("http: one connection answers many requests") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  for (int i = 0; i < 50; ++i)
    CHECK(client.get(fmt::format("/page{}", i)).body == fmt::format("GET /page{}", i));
  CHECK(loopback.server().connections() == 1);
  CHECK(loopback.server().replies()[1] == 50);
}

TEST_CASE("http: requests that come together are answered one after the other") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  client.ask("GET", "/a");
  client.ask("GET", "/b");
  CHECK(client.reply().body == "GET /a");
  CHECK(client.reply().body == "GET /b");
}

TEST_CASE("http: a request that comes octet by octet is one") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  const std::string text = fmt::format(
      "POST /x HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nX-Ntan: 1\r\n"
      "Content-Length: 5\r\n\r\nhello",
      loopback.host());
  for (const char c : text) client.send({&c, 1});
  CHECK(client.reply().body == "POST /x [hello]");
}

TEST_CASE("http: path and query are decoded, the handler sees who accepts what") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  CHECK(client.get("/a%20b?q=x%2By+z&empty&n=1").body == "GET /a b q=x+y z empty= n=1");
  CHECK(client.get("/", "Last-Event-ID: 7\r\nAccept-Encoding: br, gzip\r\n").body ==
        "GET / id:7 gzip");
}

TEST_CASE("http: HEAD has the head of GET and no body") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  client.ask("HEAD", "/x");
  const HttpReply head = client.reply(HttpClient::Body::none);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "6");
  CHECK(client.get("/y").body == "GET /y");
}

TEST_CASE("http: every reply says how a browser is to take it") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  const HttpReply good = client.get("/x");
  const HttpReply refused = client.get("/x", "Origin: null\r\n");
  CHECK(refused.status == 403);
  for (const HttpReply& reply : {good, refused}) {
    CHECK_THAT(reply.header("content-security-policy"), Catch::Contains("default-src 'none'"));
    CHECK_THAT(reply.header("content-security-policy"), Catch::Contains("frame-ancestors 'none'"));
    CHECK(reply.header("x-content-type-options") == "nosniff");
    CHECK(reply.header("referrer-policy") == "no-referrer");
    CHECK(reply.header("cache-control") == "no-store");
    CHECK(reply.header("access-control-allow-origin").empty());
  }
  CHECK(good.header("content-type") == "text/plain");
  CHECK(Json(refused.body).text("/error") == "a page of another origin may not ask this");
}

TEST_CASE("http: what the guard refuses never reaches the handler") {
  Answers handler = echo();
  Loopback loopback(handler);
  const auto [request, status] = GENERATE(table<std::string, unsigned>({
      {"PUT /x HTTP/1.1\r\nHost: HERE\r\nContent-Length: 3\r\n\r\nabc", 405},
      {"DELETE /x HTTP/1.1\r\nHost: HERE\r\n\r\n", 405},
      {"OPTIONS /x HTTP/1.1\r\nHost: HERE\r\nOrigin: http://evil.example\r\n\r\n", 405},
      {"GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
      {"GET /x HTTP/1.1\r\nHost: HERE\r\nHost: HERE\r\n\r\n", 421},
      {"GET /x HTTP/1.1\r\nHost: HERE\r\nhOST: evil.example\r\n\r\n", 421},
      {"GET /x HTTP/1.0\r\n\r\n", 421},
      {"GET /x HTTP/1.1\r\nHost: HERE\r\nOrigin: null\r\n\r\n", 403},
      {"GET /x HTTP/1.1\r\nHost: HERE\r\nSec-Fetch-Site: cross-site\r\n\r\n", 403},
      {"POST /x HTTP/1.1\r\nHost: HERE\r\nContent-Length: 2\r\n\r\n{}", 403},
      {"POST /x HTTP/1.1\r\nHost: HERE\r\nContent-Type: text/plain\r\nX-Ntan: 1\r\n"
       "Content-Length: 2\r\n\r\n{}",
       403},
      {"POST /x HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\n"
       "Content-Length: 2\r\n\r\n{}",
       403},
      {"POST /x HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nX-Ntan: 1\r\n"
       "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
       400},
  }));
  std::string text = request;
  if (const std::size_t at = text.find("HERE"); at != std::string::npos)
    text.replace(at, 4, loopback.host());
  CAPTURE(text);
  HttpClient client(loopback);
  client.send(text);
  CHECK(client.reply().status == status);
  CHECK(handler.asked == 0);
}

TEST_CASE("http: where a request ends in two ways, nothing of what follows is taken for another") {
  Answers handler = echo();
  Loopback loopback(handler);
  const auto [lengths, status] = GENERATE(table<std::string, unsigned>({
      {"Content-Length: 2\r\nContent-Length: 40\r\n", 400},
      {"Content-Length: 40\r\nContent-Length: 2\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", 400},
      {"Content-Length: 2\r\nTransfer-Encoding: gzip\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Content-Length : 2\r\n", 400},
      {"Content-Length\t: 2\r\n", 400},
      {"Transfer-Encoding : chunked\r\n", 400},
      {"Transfer-Encoding: xchunked\r\n", 501},
      {"Transfer-Encoding: gzip, chunked\r\n", 501},
  }));
  const auto* const method = GENERATE("GET", "POST", "PUT");
  // What the guard refuses must not leave the body behind either.
  const auto* const host = GENERATE("", ".evil.example");
  CAPTURE(lengths, method, host);
  HttpClient client(loopback);
  client.send(
      fmt::format("{} /x HTTP/1.1\r\nHost: {}{}\r\nContent-Type: application/json\r\n"
                  "X-Ntan: 1\r\n{}\r\n2\r\n{{}}\r\n0\r\n\r\n"
                  "GET /hidden HTTP/1.1\r\nHost: {}\r\n\r\n",
                  method, loopback.host(), host, lengths, loopback.host()));
  const HttpReply reply = client.reply();
  CHECK(reply.status == status);
  CHECK(reply.header("connection") == "close");
  CHECK(client.rest().empty());
  CHECK(handler.asked == 0);
  CHECK(loopback.server().connections() == 0);
}

TEST_CASE("http: what is no HTTP is refused or cut off, and harms nobody else") {
  using namespace std::string_literals;
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient good(loopback);
  for (const std::string& junk :
       {"\r\n\r\n"s, "GET\r\n\r\n"s, "\0\0\0\0\r\n\r\n"s, "\x16\x03\x01\x02\0\x01\0\r\n\r\n"s,
        "GET / HTTP/9.9\r\n\r\n"s, "GET / HTTP/1.1\r\n: x\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n"s,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n"s}) {
    HttpClient client(loopback);
    client.send(junk);
    loopback.run();
    client.close();
    loopback.run();
    CHECK(good.get("/x").status == 200);
  }
  CHECK(handler.asked == 10);
}

TEST_CASE("http: who has another user needs the token, and is told so") {
  Answers handler = echo();
  Loopback loopback(handler, {}, {});
  HttpClient client(loopback);
  const HttpReply refused = client.get("/api/v1/state");
  CHECK(refused.status == 401);
  CHECK(refused.header("www-authenticate") == "Bearer");
  CHECK(client.get("/metrics").status == 401);
  CHECK(client.get("/%61pi/v1/state").status == 401);
  CHECK(client.get("/api/v1/state?token=0123456789abcdef0123456789abcdef").status == 401);
  CHECK(client.get("/").status == 200);
  const std::string right = fmt::format("Authorization: Bearer {}\r\n", test::loopback_token);
  CHECK(client.get("/api/v1/state", right).status == 200);
  CHECK(client.get("/api/v1/state").status == 401);
}

TEST_CASE("http: the user at the other end is known without a token") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  CHECK(client.get("/api/v1/state").status == 200);
}

TEST_CASE("http: a body has a bound, and a larger one is refused whole") {
  Answers handler = echo();
  Loopback loopback(handler, {.body_octets = 1'000});
  HttpClient client(loopback);
  CHECK(client.post("/x", std::string(1'000, 'x')).status == 200);
  CHECK(client.post("/x", std::string(1'001, 'x')).status == 413);
  CHECK(client.post("/x", std::string(300'000, 'x')).status == 413);
  CHECK(client.post("/x", "ok").body == "POST /x [ok]");
  CHECK(handler.asked == 2);
}

TEST_CASE("http: 9 kB of headers are heard, a head without bound is not") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  CHECK(client.get("/x", fmt::format("Cookie: {}\r\n", std::string(9'000, 'c'))).status == 200);
  CHECK(client.get("/" + std::string(4'000, 'p')).status == 200);
  HttpClient endless(loopback);
  endless.send(fmt::format("GET / HTTP/1.1\r\nHost: {}\r\n", loopback.host()));
  std::string line = "X-A: " + std::string(1'000, 'a') + "\r\n";
  std::size_t sent = 0;
  for (int i = 0; i < 1'000 && !endless.ended(); ++i) sent += endless.send(line);
  CHECK(sent < 500'000);
  CHECK(client.get("/x").status == 200);
}

TEST_CASE("http: a query has so many parameters and no more") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  std::string target = "/x?";
  for (int i = 0; i < 100; ++i) target += fmt::format("p{}=1&", i);
  const std::string body = client.get(target).body;
  CHECK(std::count(body.begin(), body.end(), '=') == 16);
}

TEST_CASE("http: octets that live for ever, and how a file is saved") {
  static constexpr std::array<std::uint8_t, 4> octets{'p', 'a', 'g', 'e'};
  Answers handler([](const Request&, const std::shared_ptr<PendingReply>&) {
    Reply reply;
    reply.type = "text/html";
    reply.fixed = octets;
    reply.compressed = true;
    reply.lasting = true;
    reply.file_name = "ntan.html";
    return std::optional{std::move(reply)};
  });
  Loopback loopback(handler);
  HttpClient client(loopback);
  const HttpReply reply = client.get("/");
  CHECK(reply.body == "page");
  CHECK(reply.header("content-encoding") == "gzip");
  CHECK(reply.header("cache-control") == "no-cache");
  CHECK(reply.header("content-disposition") == "attachment; filename=\"ntan.html\"");
}

TEST_CASE("http: a name of a file cannot add headers") {
  Answers handler([](const Request& request, const std::shared_ptr<PendingReply>&) {
    Reply reply = text_reply("x");
    reply.file_name = request.parameter("name").value_or("");
    return std::optional{std::move(reply)};
  });
  Loopback loopback(handler);
  HttpClient client(loopback);
  const HttpReply reply = client.get("/?name=a%0d%0aSet-Cookie:%20a=b");
  CHECK(reply.status == 200);
  CHECK(reply.header("set-cookie").empty());
}

// --- replies that come later

TEST_CASE("http: a file is sent whole and closed, also for HEAD and when the client goes away") {
  const std::string text(3'000'000, 'f');
  Answers handler([&text](const Request&, const std::shared_ptr<PendingReply>&) {
    Reply reply = text_reply({});
    reply.file = file_of(text);
    reply.file_size = text.size();
    return std::optional{std::move(reply)};
  });
  const std::ptrdiff_t before = open_descriptors();
  {
    Loopback loopback(handler);
    HttpClient client(loopback);
    CHECK(client.get("/").body == text);
    client.ask("HEAD", "/");
    CHECK(client.reply(HttpClient::Body::none).header("content-length") == "3000000");
    client.ask("GET", "/");
    client.close();
    loopback.run();
    CHECK(loopback.server().connections() == 0);
  }
  CHECK(open_descriptors() == before);
}

namespace {

/// Keeps every request waiting.
struct Waiting {
  std::vector<std::shared_ptr<PendingReply>> pending;
  Answers handler{[this](const Request&, const std::shared_ptr<PendingReply>& later) {
    pending.push_back(later);
    return std::optional<Reply>{};
  }};
};

}  // namespace

TEST_CASE("http: a reply may come later, while others are answered") {
  Waiting waiting;
  Loopback loopback(waiting.handler);
  HttpClient first(loopback);
  HttpClient second(loopback);
  first.ask("GET", "/1");
  second.ask("GET", "/2");
  loopback.run();
  REQUIRE(waiting.pending.size() == 2);
  waiting.pending[1]->complete(text_reply("two"));
  CHECK(second.reply().body == "two");
  waiting.pending[0]->complete(text_reply("one"));
  CHECK(first.reply().body == "one");
  CHECK(waiting.handler.asked == 2);
}

TEST_CASE("http: a reply that is there before the handler has returned is sent like any other") {
  Answers handler([](const Request&, const std::shared_ptr<PendingReply>& later) {
    later->complete(error_reply(409, "nothing here yet"));
    return std::optional<Reply>{};
  });
  Loopback loopback(handler);
  HttpClient client(loopback);
  CHECK(client.get("/").status == 409);
  CHECK(client.get("/").status == 409);
}

TEST_CASE("http: a reply for a client that has gone does nothing, and closes its file") {
  const std::ptrdiff_t before = open_descriptors();
  {
    Waiting waiting;
    Loopback loopback(waiting.handler);
    HttpClient client(loopback);
    client.ask("GET", "/");
    loopback.run();
    REQUIRE(waiting.pending.size() == 1);
    client.close();
    loopback.run();
    Reply reply = text_reply({});
    reply.file = file_of("octets");
    reply.file_size = 6;
    waiting.pending[0]->complete(std::move(reply));
    loopback.run();
    HttpClient next(loopback);
    next.ask("GET", "/");
    loopback.run();
    waiting.pending.back()->complete(text_reply("x"));
    CHECK(next.reply().body == "x");
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("http: the server may end while replies are waited for, and they may come after") {
  Waiting waiting;
  Loopback loopback(waiting.handler);
  HttpClient client(loopback);
  client.ask("GET", "/");
  loopback.run();
  REQUIRE(waiting.pending.size() == 1);
  loopback.stop();
  waiting.pending[0]->complete(text_reply("late"));
  CHECK(client.ended());
}

// --- streams

TEST_CASE("http: a stream comes as it is published and ends when it is closed") {
  StreamHub hub;
  Answers handler([&hub](const Request&, const std::shared_ptr<PendingReply>&) {
    Reply reply = text_reply({});
    reply.source = hub.subscribe("first");
    return std::optional{std::move(reply)};
  });
  Loopback loopback(handler);
  HttpClient client(loopback);
  client.ask("GET", "/");
  CHECK(client.reply(HttpClient::Body::none).status == 200);
  CHECK(client.chunk() == "first");
  for (int i = 0; i < 10; ++i) {
    hub.publish(fmt::format("message {}", i));
    CHECK(client.chunk() == fmt::format("message {}", i));
  }
  CHECK(hub.clients() == 1);
  hub.close();
  CHECK(client.chunk().empty());
}

TEST_CASE("http: a stream whose client has gone is forgotten, one that is only asked about too") {
  StreamHub hub;
  Answers handler([&hub](const Request&, const std::shared_ptr<PendingReply>&) {
    Reply reply = text_reply({});
    reply.source = hub.subscribe("first");
    return std::optional{std::move(reply)};
  });
  Loopback loopback(handler);
  HttpClient client(loopback);
  client.ask("GET", "/");
  CHECK(client.reply(HttpClient::Body::none).status == 200);
  CHECK(client.chunk() == "first");
  client.close();
  // That it has gone shows when it is written to.
  for (int i = 0; i < 3; ++i) {
    hub.publish("x");
    loopback.run();
  }
  CHECK(hub.clients() == 0);
  CHECK(loopback.server().connections() == 0);
  HttpClient asks(loopback);
  asks.ask("HEAD", "/");
  CHECK(asks.reply(HttpClient::Body::none).status == 200);
  loopback.run();
  CHECK(hub.clients() == 0);
}

TEST_CASE("http: a stream's client that does not read is cut off") {
  StreamHub hub;
  Answers handler([&hub](const Request&, const std::shared_ptr<PendingReply>&) {
    Reply reply = text_reply({});
    reply.source = hub.subscribe("first");
    return std::optional{std::move(reply)};
  });
  Loopback loopback(handler);
  HttpClient slow(loopback);
  const int small = 4'096;
  (void)::setsockopt(slow.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  slow.ask("GET", "/");
  loopback.run();
  const std::string message(100'000, 'm');
  for (int i = 0; i < 200 && hub.cut_off() == 0; ++i) {
    hub.publish(message);
    loopback.run(2);
  }
  CHECK(hub.cut_off() == 1);
  CHECK(hub.clients() == 0);
  loopback.run();
  CHECK(loopback.server().connections() == 0);
}

TEST_CASE("http: the server may end while streams are open") {
  StreamHub hub;
  Answers handler([&hub](const Request&, const std::shared_ptr<PendingReply>&) {
    Reply reply = text_reply({});
    reply.source = hub.subscribe("first");
    return std::optional{std::move(reply)};
  });
  Loopback loopback(handler);
  HttpClient client(loopback);
  client.ask("GET", "/");
  CHECK(client.reply(HttpClient::Body::none).status == 200);
  CHECK(client.chunk() == "first");
  loopback.run();
  loopback.stop();
  hub.publish("x");
  CHECK(hub.clients() == 0);
}

// --- clients that do not come to the point

TEST_CASE("http: connections have a bound, and one that goes makes room") {
  Answers handler = echo();
  Loopback loopback(handler, {.connections = 4});
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<HttpClient>(loopback));
    CHECK(clients.back()->get("/").status == 200);
  }
  HttpClient more(loopback);
  more.ask("GET", "/more");
  loopback.run();
  CHECK(loopback.server().connections() == 4);
  clients.pop_back();
  HttpClient next(loopback);
  next.ask("GET", "/next");
  loopback.run();
  CHECK(loopback.server().connections() <= 4);
  CHECK(clients.front()->get("/").status == 200);
}

TEST_CASE("http: a request that is not there in time ends its connection") {
  Answers handler = echo();
  Loopback loopback(handler);
  const std::string begin =
      GENERATE("", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: HERE\r\nX-A: b\r\n",
               "POST / HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nX-Ntan: 1\r\n"
               "Content-Length: 1000\r\n\r\nx");
  std::string text = begin;
  if (const std::size_t at = text.find("HERE"); at != std::string::npos)
    text.replace(at, 4, loopback.host());
  CAPTURE(text);
  HttpClient slow(loopback);
  slow.send(text);
  loopback.run();
  REQUIRE(loopback.server().connections() == 1);
  for (int second = 0; second < 12; ++second) {
    loopback.server().tick();
    slow.send(second < 9 && !text.empty() ? "x" : "");
    loopback.run(2);
  }
  CHECK(slow.ended());
  CHECK(loopback.server().connections() == 0);
  CHECK(handler.asked == 0);
}

TEST_CASE("http: a reply that takes its time does not end its connection") {
  Waiting waiting;
  Loopback loopback(waiting.handler);
  HttpClient client(loopback);
  client.ask("GET", "/");
  loopback.run();
  for (int second = 0; second < 100; ++second) loopback.server().tick();
  loopback.run();
  REQUIRE(waiting.pending.size() == 1);
  waiting.pending[0]->complete(text_reply("at last"));
  CHECK(client.reply().body == "at last");
}

TEST_CASE("http: a connection that is used now and then stays") {
  Answers handler = echo();
  Loopback loopback(handler);
  HttpClient client(loopback);
  for (int i = 0; i < 5; ++i) {
    CHECK(client.get("/").status == 200);
    for (int second = 0; second < 9; ++second) loopback.server().tick();
  }
}

// --- what fails inside

TEST_CASE("http: what a handler throws is a reply, and the server goes on") {
  Answers handler(
      [](const Request& request, const std::shared_ptr<PendingReply>&) -> std::optional<Reply> {
        if (request.path == "/bad") throw std::runtime_error("no \"descriptor\" is left");
        return text_reply("fine");
      });
  Loopback loopback(handler);
  HttpClient client(loopback);
  const HttpReply failed = client.get("/bad");
  CHECK(failed.status == 500);
  CHECK(Json(failed.body).text("/error") == "no \"descriptor\" is left");
  CHECK(client.get("/good").body == "fine");
}

namespace {

/// Has one part, and then fails.
class FailingBody final : public BodySource {
 public:
  Part read(std::span<char> out) override {
    if (std::exchange(told_, true)) throw std::runtime_error("the disk is gone");
    out.front() = 'x';
    return {.size = 1, .next = Next::more};
  }

 private:
  bool told_ = false;
};

}  // namespace

TEST_CASE("http: a body that fails half way ends its connection, without the last chunk") {
  Answers handler([](const Request&, const std::shared_ptr<PendingReply>&) {
    Reply reply = text_reply({});
    reply.source = std::make_unique<FailingBody>();
    return std::optional{std::move(reply)};
  });
  Loopback loopback(handler);
  HttpClient client(loopback);
  client.ask("GET", "/");
  CHECK(client.reply(HttpClient::Body::none).status == 200);
  const std::string rest = client.receive([](std::string_view) { return false; });
  CHECK(rest == "1\r\nx\r\n");
  client.close();
  loopback.run();
  CHECK(loopback.server().connections() == 0);
}

// --- where to listen

TEST_CASE("http: localhost is both loopback addresses with one port") {
  const auto listeners = open_listeners({.host = "localhost", .port = 0});
  REQUIRE_FALSE(listeners.empty());
  std::vector<std::uint16_t> ports;
  for (const int one : listeners) {
    const Descriptor owner{one};
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    // NOLINTNEXTLINE(*-reinterpret-cast): the socket interface
    REQUIRE(::getsockname(one, reinterpret_cast<sockaddr*>(&own), &size) == 0);
    sockaddr_in v4{};
    std::memcpy(&v4, &own, sizeof v4);  // the port stands at the same place in both families
    ports.push_back(v4.sin_port);
  }
  CHECK(ports.front() == ports.back());
}

TEST_CASE("http: where nobody can listen, the reason is told and no socket is left") {
  const std::ptrdiff_t before = open_descriptors();
  CHECK_THROWS_AS(open_listeners({.host = "192.0.2.1", .port = 0}), std::system_error);
  Answers handler = echo();
  {
    const Loopback loopback(handler);
    CHECK_THROWS_AS(open_listeners({.host = "127.0.0.1", .port = loopback.port()}),
                    std::system_error);
    CHECK_THROWS_AS(open_listeners({.host = "localhost", .port = loopback.port()}),
                    std::system_error);
  }
  CHECK_THROWS_AS(open_listeners({.host = "example.org", .port = 0}), std::runtime_error);
  CHECK(open_descriptors() == before);
}
