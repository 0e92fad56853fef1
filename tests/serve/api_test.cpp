#include "serve/api.h"

#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "run/schemas.h"
#include "serve/page_assets.h"
#include "tests/serve/lines.h"
#include "tests/serve/loopback.h"

using namespace ntan;
using namespace ntan::serve;
using test::event_line;
using test::HttpClient;
using test::HttpReply;
using test::Json;
using test::Loopback;

namespace {

/// A run that does as it is told.
class Puppet final : public Control {
 public:
  RunState state() override { return now; }
  std::optional<Refused> start(const StartRequest& request) override {
    fail();
    if (refused) return refused;
    started = request;
    now.status = Status::running;
    return std::nullopt;
  }
  std::optional<Refused> stop() override {
    if (refused) return refused;
    now.status = Status::stopped;
    return std::nullopt;
  }
  FilterVerdict check(const std::string& filter) override {
    if (filter == "tcp") return {.good = true, .instructions = 5};
    return {.good = false,
            .instructions = 0,
            .error = "bad \"" + filter + '"',
            .word = filter,
            .offset = 2,
            .suggestions = {"port"}};
  }
  std::vector<InterfaceState> interfaces() override {
    fail();
    return {{.name = "eth0", .up = true, .addresses = {"192.0.2.1"}, .bps = {1, 2.5}},
            {.name = "lo", .loopback = true}};
  }
  void packets(const PacketChoice& choice, const std::shared_ptr<PendingReply>& later) override {
    chosen = choice;
    pending = later;
    if (refused) later->complete(error_reply(refused->status, refused->error));
  }

  void fail() const {
    if (broken) throw std::runtime_error("cannot list interfaces");
  }

  RunState now;
  bool broken = false;
  std::optional<Refused> refused;
  StartRequest started;
  PacketChoice chosen;
  std::shared_ptr<PendingReply> pending;
};

struct Page {
  Digest digest{std::size_t{4} << 20U};
  Puppet run;
  Api api{{.version = "1.2", .schemas = run::schemas()}, digest, run};
  Loopback loopback{api};
  HttpClient client{loopback};

  Page() { run.now.status = Status::running; }

  void take(std::string_view line) {
    if (digest.take(line) == Digest::Line::scan) api.scan_told(line);
  }
};

/// The messages of a stream, by their names; ids and data.
struct Message {
  std::string name;
  std::string id;
  std::string data;
};

std::vector<Message> messages_of(std::string_view text) {
  std::vector<Message> all;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    REQUIRE(end != std::string_view::npos);
    std::string_view rest = text.substr(0, end);
    Message message;
    while (!rest.empty()) {
      const std::size_t line_end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, line_end);
      rest.remove_prefix(std::min(line_end + 1, rest.size()));
      if (line.starts_with("event: ")) message.name = line.substr(7);
      if (line.starts_with("id: ")) message.id = line.substr(4);
      if (line.starts_with("data: "))
        message.data += (message.data.empty() ? "" : "\n") + std::string{line.substr(6)};
    }
    if (!message.name.empty()) all.push_back(std::move(message));
    text.remove_prefix(end + 2);
  }
  return all;
}

}  // namespace

TEST_CASE("api: the state is a snapshot of the run and its digest") {
  Page page;
  page.run.now.mode = Mode::live;
  page.run.now.interface = "eth0";
  page.run.now.filter = "say \"x\" \\ip";
  page.run.now.notes = {"a note", "with \x1b[31m"};
  page.run.now.failure = Failure{.error = "it broke", .hints = {"mend it"}, .exit_code = 4};
  page.run.now.packets = PacketsKept{.packets = 1, .bytes = 2, .capacity = 3, .given_up = 4};
  page.take(event_line("summary", R"("packets":7,"talkers":[{"ip":"10.0.0.1","bytes":9}])"));
  page.take(event_line("scan", R"("id":"00000000000000cd")"));
  page.take("junk");
  const HttpReply reply = page.client.get("/api/v1/state");
  CHECK(reply.status == 200);
  CHECK(reply.header("content-type") == "application/json");
  const Json json(reply.body);
  CHECK(json.text("/version") == "1.2");
  CHECK(json.text("/mode") == "live");
  CHECK(json.text("/status") == "running");
  CHECK(json.text("/filter") == "say \"x\" \\ip");  // as it has to come back
  CHECK(json.text("/notes/1") == "with \\x1b[31m");
  CHECK(json.number("/failure/exit_code") == 4);
  CHECK(json.number("/ring/given_up") == 4);
  CHECK(json.number("/totals/packets") == 7);
  CHECK(json.number("/totals/malformed_lines") == 1);
  CHECK(json.size("/history/rows") == 1);
  CHECK(json.number("/summary/packets") == 7);
  CHECK(json.text("/talkers/0/ip") == "10.0.0.1");
  CHECK(json.text("/scans/0/scan/id") == "00000000000000cd");
}

TEST_CASE("api: the state has the newest scans within a bound, and counts the others") {
  Page page;
  const std::string much(2'000, 'x');
  for (int id = 0; id < 1'200; ++id)
    page.take(event_line("scan", fmt::format(R"("id":"{:016x}","why":"{}")", id, much)));
  const std::string body = page.client.get("/api/v1/state").body;
  CHECK(body.size() < (1U << 20U) + 20'000);
  const Json json(body);
  CHECK(json.size("/scans") > 400);
  CHECK(json.text("/scans/0/scan/id") == fmt::format("{:016x}", 1'199));
  CHECK(json.size("/scans") + json.number("/scans_left_out") == 1'200);
  CHECK(json.number("/totals/scans") == 1'200);
  CHECK(json.number("/totals/scans_open") == 1'000);
}

TEST_CASE("api: every state of a run is JSON") {
  Page page;
  for (const Mode mode : {Mode::live, Mode::replay, Mode::events}) {
    for (const Status status :
         {Status::idle, Status::running, Status::stopped, Status::failed, Status::ended}) {
      page.run.now.mode = mode;
      page.run.now.status = status;
      const Json json(page.client.get("/api/v1/state").body);
      CHECK(json.text("/mode") == to_text(mode));
      CHECK(json.text("/status") == to_text(status));
    }
  }
}

TEST_CASE("api: there is nothing elsewhere, and what only reads changes nothing") {
  Page page;
  for (const char* path :
       {"/nothing", "/api/v1/", "/api/v1", "/api/v2/state", "/api/v1/state/",
        "/api/v1/table/nothing", "/api/v1/export/exe", "/../etc/passwd", "//api/v1/state",
        "/api/v1/../v1/state", "/app.js/", "/API/v1/state", "/api/v1/capture", "/api/v1/table",
        "/api/v1/table/", "/api/v1/states", "/api/v1/export/"})
    CHECK(page.client.get(path).status == 404);
  CHECK(page.client.post("/", "{}").status == 405);
  CHECK(page.client.post("/metrics", "{}").status == 405);
  for (const char* path : {"state", "stream", "interfaces", "table/dns", "export/json"}) {
    const HttpReply reply = page.client.post(std::string{"/api/v1/"} + path, "{}");
    CHECK(reply.status == 405);
    CHECK(Json(reply.body).text("/error") == "this is asked for by GET");
  }
  for (const char* path : {"capture/start", "capture/stop", "filter/check"})
    CHECK(page.client.get(std::string{"/api/v1/"} + path).status == 405);
  CHECK(page.client.post("/api/v1/nothing", "{}").status == 404);
  CHECK(page.run.now.status == Status::running);
}

TEST_CASE("api: the page's files are there, also compressed") {
  Page page;
  if (page_assets().empty()) {
    CHECK(page.client.get("/").status == 501);
    WARN("built without the page");
    return;
  }
  for (const PageAsset& asset : page_assets()) {
    const HttpReply plain = page.client.get(asset.path);
    CHECK(plain.status == 200);
    CHECK(plain.header("content-type") == asset.type);
    CHECK(plain.body.size() == asset.body.size());
    const HttpReply small = page.client.get(asset.path, "Accept-Encoding: gzip\r\n");
    if (!asset.gzip.empty()) {
      CHECK(small.header("content-encoding") == "gzip");
      CHECK(small.body.size() == asset.gzip.size());
    }
  }
}

TEST_CASE("api: a start has what the page has asked for") {
  Page page;
  const HttpReply reply = page.client.post(
      "/api/v1/capture/start",
      R"({"interface":"eth0","filter":"udp","snaplen":96,"duration_s":5,"promisc":false})");
  CHECK(reply.status == 200);
  CHECK(Json(reply.body).text("/status") == "running");
  CHECK(page.run.started.interface == "eth0");
  CHECK(page.run.started.filter == "udp");
  CHECK(page.run.started.snaplen == 96);
  CHECK(page.run.started.duration_s == 5);
  CHECK_FALSE(page.run.started.promiscuous);
  CHECK(page.client.post("/api/v1/capture/start", "{}").status == 200);
  CHECK(page.run.started.promiscuous);
  CHECK_FALSE(page.run.started.snaplen.has_value());
  CHECK(Json(page.client.post("/api/v1/capture/stop", "").body).text("/status") == "stopped");
}

TEST_CASE("api: a member of another type starts nothing, and is named") {
  Page page;
  page.run.now.status = Status::idle;
  for (const auto& [body, name] : {std::pair{R"({"interface":5})", "interface"},
                                   {R"({"filter":["udp"]})", "filter"},
                                   {R"({"snaplen":"96"})", "snaplen"},
                                   {R"({"snaplen":-1})", "snaplen"},
                                   {R"({"duration_s":1.5})", "duration_s"},
                                   {R"({"duration_s":null})", "duration_s"},
                                   {R"({"promisc":1})", "promisc"}}) {
    const HttpReply reply = page.client.post("/api/v1/capture/start", body);
    CHECK(reply.status == 400);
    CHECK_THAT(Json(reply.body).text("/error"), Catch::StartsWith(name));
  }
  CHECK(page.run.now.status == Status::idle);
}

TEST_CASE("api: a run of no time at all is not started") {
  Page page;
  page.run.now.status = Status::idle;
  const HttpReply reply = page.client.post("/api/v1/capture/start", R"({"duration_s":0})");
  CHECK(reply.status == 422);
  CHECK(Json(reply.body).text("/error") == "duration_s: at least 1");
  CHECK(page.run.now.status == Status::idle);
}

TEST_CASE("api: the state says what the processes take, as far as it is known") {
  Page page;
  CHECK(page.client.get("/api/v1/state").body.find("_load") == std::string::npos);
  page.run.now.run_load = Load{.cpu_ratio = 0.25, .resident_bytes = 5'000'000};
  page.run.now.page_load = Load{.cpu_ratio = 0, .resident_bytes = 7'000'000};
  const Json state(page.client.get("/api/v1/state").body);
  CHECK(state.root().at_pointer("/run_load/cpu_ratio").get_double().value() == 0.25);
  CHECK(state.number("/run_load/resident_bytes") == 5'000'000);
  CHECK(state.number("/page_load/resident_bytes") == 7'000'000);
  CHECK(state.root().at_pointer("/promisc").get_bool().value());
}

TEST_CASE("api: a body that is no JSON object starts nothing") {
  Page page;
  page.run.now.status = Status::idle;
  for (const char* body : {"", "x", "5", "[]", "null", "{", "{}{}", "\xff", "\"{}\""}) {
    CHECK(page.client.post("/api/v1/capture/start", body).status == 400);
    CHECK(page.client.post("/api/v1/filter/check", body).status == 400);
  }
  CHECK(page.run.now.status == Status::idle);
}

TEST_CASE("api: a refusal has its status, its reason and its hints") {
  Page page;
  page.run.refused = Refused{422, "bad filter \"x\"", {"a hint"}};
  for (const char* path : {"/api/v1/capture/start", "/api/v1/capture/stop"}) {
    const HttpReply reply = page.client.post(path, "{}");
    CHECK(reply.status == 422);
    CHECK(Json(reply.body).text("/error") == "bad filter \"x\"");
    CHECK(reply.status == 422);
  }
}

TEST_CASE("api: a run that fails to answer is an error of this side, and ends nothing") {
  Page page;
  page.run.broken = true;
  const HttpReply interfaces = page.client.get("/api/v1/interfaces");
  const HttpReply start = page.client.post("/api/v1/capture/start", "{}");
  for (const HttpReply& reply : {interfaces, start}) {
    CHECK(reply.status == 500);
    CHECK(Json(reply.body).text("/error") == "cannot list interfaces");
  }
  page.run.broken = false;
  CHECK(page.client.get("/api/v1/interfaces").status == 200);
}

TEST_CASE("api: a filter is checked without being used") {
  Page page;
  const Json good(page.client.post("/api/v1/filter/check", R"({"filter":"tcp"})").body);
  CHECK(good.root().at_pointer("/ok").get_bool().value());
  CHECK(good.number("/instructions") == 5);
  const Json bad(page.client.post("/api/v1/filter/check", R"({"filter":"\n\""})").body);
  CHECK_FALSE(bad.root().at_pointer("/ok").get_bool().value());
  CHECK(bad.text("/error") == "bad \"\\x0a\"\"");
  CHECK(bad.text("/suggestions/0") == "port");
  CHECK(bad.number("/offset") == 2);
}

TEST_CASE("api: a filter of another type is refused, not taken for none") {
  Page page;
  for (const char* body : {R"({"filter":5})", R"({"filter":["tcp"]})", R"({"filter":null})"}) {
    const HttpReply reply = page.client.post("/api/v1/filter/check", body);
    CHECK(reply.status == 400);
    CHECK(Json(reply.body).text("/error") == "filter is no text");
  }
  CHECK(page.client.post("/api/v1/filter/check", "{}").status == 200);
}

TEST_CASE("api: a member of another name is refused, not passed over") {
  Page page;
  const HttpReply reply =
      page.client.post("/api/v1/capture/start", R"({"interface":"eth0","duration":1})");
  CHECK(reply.status == 400);
  CHECK(Json(reply.body).text("/error") ==
        "'duration' is no member of this; these are: interface, filter, snaplen, duration_s, "
        "promisc");
  const HttpReply check = page.client.post("/api/v1/filter/check", R"({"fil\u001bter":"tcp"})");
  CHECK(check.status == 400);
  CHECK(Json(check.body).text("/error") ==
        "'fil\\x1bter' is no member of this; these are: filter, interface");
}

TEST_CASE("api: a filter that would hold everybody up is not compiled") {
  Page page;
  const auto answer = [&](std::string_view path, std::size_t size) {
    std::string filter = "tcp";
    filter.resize(size, ' ');
    return page.client.post(path, fmt::format(R"({{"interface":"eth0","filter":"{}"}})", filter));
  };
  CHECK(answer("/api/v1/filter/check", 2'048).status == 200);
  for (const std::string_view path : {"/api/v1/filter/check", "/api/v1/capture/start"}) {
    const HttpReply reply = answer(path, 2'049);
    CHECK(reply.status == 400);
    CHECK(Json(reply.body).text("/error") == "the filter has more than 2048 octets");
  }
}

TEST_CASE("api: a filter with a NUL is refused, not read up to it") {
  Page page;
  for (const std::string_view path : {"/api/v1/filter/check", "/api/v1/capture/start"}) {
    const HttpReply reply =
        page.client.post(path, R"({"interface":"eth0","filter":"tcp\u0000 and nonsense"})");
    CHECK(reply.status == 400);
    CHECK(Json(reply.body).text("/error") == "the filter has a NUL in it");
  }
}

TEST_CASE("api: interfaces with what they carry") {
  Page page;
  const Json json(page.client.get("/api/v1/interfaces").body);
  CHECK(json.text("/interfaces/0/addresses/0") == "192.0.2.1");
  CHECK(json.size("/interfaces/0/bps_history") == 2);
  CHECK_FALSE(json.has("/interfaces/1/bps"));
}

TEST_CASE("api: tables by name, with a search that may be wrong") {
  Page page;
  page.take(event_line("dns", R"("query":"a b")"));
  page.take(event_line("summary", R"("talkers":[{"ip":"10.0.0.1","bytes":9}])"));
  for (const char* name : {"flows", "dns", "http", "tls", "scans", "anomalies", "events"}) {
    const HttpReply reply = page.client.get(fmt::format("/api/v1/table/{}", name));
    CHECK(reply.status == 200);
    CHECK(Json(reply.body).has("/rows"));
  }
  CHECK(Json(page.client.get("/api/v1/table/dns?q=%2Fa+b%2F&sort=-dns.rtt_us&limit=1").body)
            .number("/matched") == 1);
  CHECK(Json(page.client.get("/api/v1/table/talkers?limit=1").body).text("/rows/0/ip") ==
        "10.0.0.1");
  CHECK(page.client.get("/api/v1/table/dns?q=%2F(%2F").status == 422);
  CHECK(page.client.get("/api/v1/table/talkers?q=%2F(%2F").status == 422);
  for (const char* limit : {"", "x", "-1", "1e9", "99999999999999999999999"}) {
    const HttpReply refused = page.client.get(fmt::format("/api/v1/table/dns?limit={}", limit));
    CHECK(refused.status == 422);
    CHECK(Json(refused.body).text("/error") == "limit: a whole number");
  }
  for (const char* limit : {"0", "1000", "1001", "18446744073709551615"})
    CHECK(page.client.get(fmt::format("/api/v1/table/dns?limit={}", limit)).status == 200);
  const auto sorted_by = [&page](std::string_view members) {
    return page.client.get(fmt::format("/api/v1/table/dns?sort=-{}", members)).status;
  };
  CHECK(sorted_by("a%2bb%2bc%2bd") == 200);
  CHECK(sorted_by("a%2bb%2bc%2bd%2be") == 422);
}

TEST_CASE("api: talkers are searched and sorted as events are") {
  Page page;
  page.take(event_line("summary", R"("talkers":[{"ip":"10.0.0.1","bytes":9,"pkts":1},)"
                                  R"({"ip":"10.0.0.2","bytes":5,"pkts":8},)"
                                  R"({"ip":"192.0.2.10","bytes":1,"pkts":2}])"));
  const auto rows = [&page](std::string_view query) {
    const Json reply(page.client.get(fmt::format("/api/v1/table/talkers?{}", query)).body);
    std::string ends;
    for (int i = 0; reply.has(fmt::format("/rows/{}", i)); ++i)
      ends += fmt::format("{} ", reply.text(fmt::format("/rows/{}/ip", i)));
    return fmt::format("{}of {}", ends, reply.number("/matched"));
  };
  CHECK(rows("") == "10.0.0.1 10.0.0.2 192.0.2.10 of 3");
  CHECK(rows("sort=bytes") == "192.0.2.10 10.0.0.2 10.0.0.1 of 3");
  CHECK(rows("sort=-pkts&limit=2") == "10.0.0.2 192.0.2.10 of 3");
  CHECK(rows("q=src:10.0") == "10.0.0.1 10.0.0.2 of 2");
  CHECK(rows("q=ip:0.0") == "of 0");
  CHECK(rows("q=2.10") == "192.0.2.10 of 1");
  CHECK(rows("q=dst:10.0.0.1") == "of 0");
}

TEST_CASE("api: events are saved as NDJSON or as CSV of one event, named by the trace") {
  Page page;
  CHECK(page.client.get("/api/v1/export/report").status == 409);
  CHECK(page.client.get("/api/v1/export/json").status == 409);
  const std::string line = event_line("dns", R"("query":"a")");
  page.take(line);
  page.take(event_line("tls"));
  const HttpReply json = page.client.get("/api/v1/export/json?event=dns");
  CHECK(json.body == line + '\n');
  CHECK(json.header("content-disposition") ==
        "attachment; filename=\"ntan-20260131T080000.ndjson\"");
  const HttpReply csv = page.client.get("/api/v1/export/csv?event=dns");
  CHECK(csv.header("content-type") == "text/csv; charset=utf-8");
  CHECK_THAT(csv.body, Catch::StartsWith("v,event,ts,"));
  CHECK(std::count(csv.body.begin(), csv.body.end(), '\n') == 2);
  CHECK(page.client.get("/api/v1/export/csv").status == 422);
  CHECK(page.client.get("/api/v1/export/csv?event=nothing").status == 422);
  for (const char* path : {"/api/v1/export/csv?event=dsn", "/api/v1/export/json?event=dsn"}) {
    const HttpReply slip = page.client.get(path);
    CHECK(slip.status == 422);
    CHECK(Json(slip.body).text("/error") == "no event is called 'dsn'; did you mean 'dns'?");
  }
  CHECK(page.client.get("/api/v1/export/json?event=http").status == 409);
  CHECK(page.client.get("/api/v1/export/json?from=yesterday").status == 422);
  CHECK(page.client.get("/api/v1/export/json?from=2026-01-31T09:00:00Z").status == 409);
  CHECK(page.client.get("/api/v1/export/report").header("content-type") ==
        "text/html; charset=utf-8");
}

TEST_CASE("api: an export of many events goes on while events come and go") {
  Page page;
  int n = 0;
  const auto more = [&](int count) {
    for (int i = 0; i < count; ++i) {
      page.take(
          event_line("dns", fmt::format(R"("n":{},"query":"{}")", n++, std::string(300, 'q'))));
    }
  };
  more(12'000);
  page.client.ask("GET", "/api/v1/export/json");
  CHECK(page.client.reply(HttpClient::Body::none).status == 200);
  std::string all;
  int chunks = 0;
  for (std::string part = page.client.chunk(); !part.empty(); part = page.client.chunk()) {
    all += part;
    if (++chunks < 50) more(20);
    if (chunks == 100) page.digest.clear();
  }
  std::int64_t before = -1;
  std::size_t begin = 0;
  for (std::size_t end = all.find('\n'); end != std::string::npos; end = all.find('\n', begin)) {
    const Json json(std::string_view{all}.substr(begin, end - begin));
    const auto number = static_cast<std::int64_t>(json.number("/dns/n"));
    REQUIRE(number > before);
    before = number;
    begin = end + 1;
  }
  CHECK(begin == all.size());
  CHECK(before < 12'000);
  CHECK(page.client.get("/api/v1/export/json").status == 409);
}

TEST_CASE("api: packets come later, from the run, or are refused at once") {
  Page page;
  page.client.ask("GET", "/api/v1/export/pcap?scan=00000000000000cd");
  page.loopback.run();
  REQUIRE(page.run.pending != nullptr);
  CHECK(page.run.chosen.scan == "00000000000000cd");
  CHECK_FALSE(page.run.chosen.flow.has_value());
  Reply reply;
  reply.body = "packets";
  page.run.pending->complete(std::move(reply));
  CHECK(page.client.reply().body == "packets");
  page.run.refused = Refused{409, "no packets are kept yet", {}};
  CHECK(page.client.get("/api/v1/export/pcap").status == 409);
}

TEST_CASE("api: metrics for a collector") {
  Page page;
  const HttpReply reply = page.client.get("/metrics");
  CHECK(reply.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK_THAT(reply.body, Catch::Contains("ntan_running 1\n"));
}

TEST_CASE("api: a stream begins with the state and ticks once a second") {
  Page page;
  HttpClient listener(page.loopback);
  listener.ask("GET", "/api/v1/stream");
  const HttpReply head = listener.reply(HttpClient::Body::none);
  CHECK(head.header("content-type") == "text/event-stream");
  CHECK(head.header("cache-control") == "no-store");
  const std::string first = listener.chunk();
  CHECK_THAT(first, Catch::StartsWith("retry: 2000\n\n"));
  const auto begin = messages_of(first);
  REQUIRE(begin.size() == 1);
  CHECK(begin[0].name == "state");
  CHECK(Json(begin[0].data).text("/status") == "running");

  page.take(event_line("summary", R"("packets":3)", 1'000));
  page.take(event_line("scan", R"("id":"00000000000000cd")", 1'000));
  page.api.tick();
  const auto second = messages_of(listener.chunk());
  REQUIRE(second.size() == 2);
  CHECK(second[0].name == "alert");
  CHECK(Json(second[0].data).text("/scan/id") == "00000000000000cd");
  CHECK(second[1].name == "tick");
  CHECK(second[1].id == "1");
  CHECK(Json(second[1].data).number("/row/2") == 3);
  CHECK(Json(second[1].data).root().at_key("rows_left_out").error() != simdjson::SUCCESS);
  CHECK(Json(second[1].data).number("/summary/packets") == 3);

  for (int row = 2; row <= 4; ++row)
    page.take(event_line("summary", fmt::format(R"("packets":{})", row), row * 1'000));
  page.api.tick();
  const auto backlog = messages_of(listener.chunk());
  REQUIRE(backlog.size() == 1);
  CHECK(Json(backlog[0].data).number("/row/2") == 4);
  CHECK(Json(backlog[0].data).number("/rows_left_out") == 2);

  page.api.tick();
  const auto quiet = messages_of(listener.chunk());
  REQUIRE(quiet.size() == 1);
  CHECK(Json(quiet[0].data).root().at_pointer("/row").is_null());

  page.run.now.status = Status::ended;
  page.api.state_changed();
  const auto changed = messages_of(listener.chunk());
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].name == "state");
  CHECK(page.api.listeners() == 1);
  page.api.close();
  CHECK(listener.chunk().empty());
}

TEST_CASE("api: who comes back is told what was missed") {
  Page page;
  for (int second = 1; second <= 10; ++second) {
    page.take(event_line("summary", fmt::format(R"("interval_us":1000000,"packets":{})", second),
                         second * 1'000));
    page.api.tick();
  }
  HttpClient listener(page.loopback);
  listener.ask("GET", "/api/v1/stream", "Last-Event-ID: 7\r\n");
  CHECK(listener.reply(HttpClient::Body::none).status == 200);
  const auto first = messages_of(listener.chunk());
  REQUIRE(first.size() == 2);
  CHECK(first[1].name == "refill");
  CHECK(first[1].id == "10");
  const Json rows(first[1].data);
  CHECK(rows.size("/rows") >= 3);
  CHECK(rows.size("/rows") <= 4);
  for (const char* last : {"10", "11", "99999999999999999999", "-1", "x", ""}) {
    HttpClient other(page.loopback);
    other.ask("GET", fmt::format("/api/v1/stream?last={}", last));
    CHECK(other.reply(HttpClient::Body::none).status == 200);
    CHECK(messages_of(other.chunk()).size() == 1);
  }
}

TEST_CASE("api: alerts of a second have a bound, and what is left out is counted") {
  Page page;
  HttpClient listener(page.loopback);
  listener.ask("GET", "/api/v1/stream");
  CHECK(listener.reply(HttpClient::Body::none).status == 200);
  (void)listener.chunk();
  for (int i = 0; i < 100; ++i) {
    page.take(
        event_line("scan", fmt::format(R"("id":"{:016x}","t":"{}")", i, std::string(10'000, 't'))));
  }
  page.api.tick();
  std::string all;
  while (all.find("event: tick") == std::string::npos || !all.ends_with("\n\n"))
    all += listener.chunk();
  const auto messages = messages_of(all);
  CHECK(all.size() < 100'000);
  CHECK(messages.back().name == "tick");
  CHECK(Json(messages.back().data).number("/alerts_left_out") == 100 - (messages.size() - 1));
}

TEST_CASE("api: a line of somebody else's cannot end a message of the stream") {
  Page page;
  HttpClient listener(page.loopback);
  listener.ask("GET", "/api/v1/stream");
  CHECK(listener.reply(HttpClient::Body::none).status == 200);
  (void)listener.chunk();
  page.take("{\"event\":\"scan\",\r\"ts\":\"2026-01-31T08:00:00Z\",\r\"scan\":{\"id\":\"1\"}}\r");
  page.api.tick();
  const std::string text = listener.chunk();
  CHECK(text.find('\r') == std::string::npos);
  const auto messages = messages_of(text);
  REQUIRE(messages.size() == 2);
  CHECK(Json(messages[0].data).text("/scan/id") == "1");
}
