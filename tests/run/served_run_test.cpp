#include "run/served_run.h"

#include <optional>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "base/descriptor.h"
#include "source/source.h"
#include "tests/serve/lines.h"
#include "tests/support/temp_dir.h"

using namespace ntan;
using namespace ntan::run;
using serve::Status;
using test::event_line;
using test::TempDir;

namespace {

class Listener final : public RunListener {
 public:
  void run_begins() override { ++begun; }
  void state_changed() override { ++changed; }
  void scan_told(std::string_view line) override { scans.emplace_back(line); }

  int begun = 0;
  int changed = 0;
  std::vector<std::string> scans;
};

/// A run with nobody else around it.
struct Alone {
  Options options;
  serve::Digest digest{std::size_t{1} << 20U};
  Listener listener;
  ServedRun run;

  explicit Alone(Options given) : options(std::move(given)), run(options, digest) {
    run.set_listener(listener);
  }
};

Options events_of(std::string file) {
  Options options;
  options.command = Command::serve;
  options.event_stream = std::move(file);
  return options;
}

Options live() {
  Options options;
  options.command = Command::serve;
  return options;
}

/// The reply that an export would have had to wait for.
class Reply final : public serve::PendingReply {
 public:
  void complete(serve::Reply reply) override {
    status = reply.status;
    body = reply.body;
  }
  [[nodiscard]] bool gone() const noexcept override { return left; }

  unsigned status = 0;
  std::string body;
  bool left = false;  ///< the client
};

}  // namespace

TEST_CASE("served run: saved events are taken to the last line, which needs no end") {
  const TempDir dir;
  const std::string scan = event_line("scan", R"("id":"1")");
  const std::string text = event_line("dns") + "\njunk\n\n" + scan;
  Alone alone(events_of(dir.write("e.ndjson", as_bytes(text))));
  alone.run.begin();
  CHECK(alone.run.state().status == Status::running);
  CHECK(alone.run.state().file == "e.ndjson");
  for (int i = 0; i < 10 && alone.run.state().status == Status::running; ++i) (void)alone.run.run();
  CHECK(alone.run.state().status == Status::ended);
  CHECK(alone.digest.kept().seen() == 2);
  CHECK(alone.digest.malformed() == 1);
  CHECK(alone.listener.begun == 1);
  CHECK(alone.listener.changed == 2);
  CHECK(alone.listener.scans == std::vector<std::string>{scan});
  std::vector<int> descriptors;
  alone.run.descriptors(descriptors);
  CHECK(descriptors.empty());
}

TEST_CASE("served run: a large file is taken in parts, so that requests are answered between") {
  const TempDir dir;
  std::string text;
  while (text.size() < std::size_t{3} << 20U) text += event_line("dns", R"("query":"a")") + '\n';
  Alone alone(events_of(dir.write("e.ndjson", as_bytes(text))));
  alone.run.begin();
  int looks = 1;
  while (alone.run.run()) ++looks;
  CHECK(looks >= 3);
  CHECK(alone.run.state().status == Status::ended);
  CHECK(alone.digest.kept().seen() ==
        static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')));
}

TEST_CASE("served run: events of somebody else's cannot be started, stopped or cut from packets") {
  const TempDir dir;
  Alone alone(events_of(dir.write("e.ndjson", as_bytes("{}"))));
  alone.run.begin();
  REQUIRE(alone.run.start({}));
  CHECK(alone.run.start({})->status == 409);
  REQUIRE(alone.run.stop());
  CHECK(alone.run.stop()->status == 409);
  const auto later = std::make_shared<Reply>();
  alone.run.packets({}, later);
  CHECK(later->status == 409);
  CHECK_FALSE(alone.run.state().packets.has_value());
}

TEST_CASE("served run: events that are not there are an error at once") {
  Alone alone(events_of("/nonexistent/e.ndjson"));
  CHECK_THROWS_AS(alone.run.begin(), std::system_error);
}

TEST_CASE("served run: without an interface it waits to be started") {
  Alone alone(live());
  alone.run.begin();
  CHECK(alone.run.state().status == Status::idle);
  CHECK(alone.run.state().elapsed_us == 0);
  CHECK(alone.run.state().packets->capacity == std::size_t{64} << 20U);
  CHECK(alone.run.stop()->status == 409);
  const auto later = std::make_shared<Reply>();
  alone.run.packets({.scan = "0000000000000001", .flow = std::nullopt}, later);
  CHECK(later->status == 409);
  CHECK(alone.listener.begun == 0);
}

TEST_CASE("served run: what cannot be captured is refused, and changes nothing") {
  Alone alone(live());
  const auto unknown = alone.run.start({.interface = "no-such-link", .filter = {}});
  REQUIRE(unknown);
  CHECK(unknown->status == 422);
  CHECK(unknown->error == "there is no interface 'no-such-link'");
  CHECK_THAT(unknown->hints.front(), Catch::Contains("lo"));
  const auto wrong = alone.run.start({.interface = "lo", .filter = "udp prot 53"});
  REQUIRE(wrong);
  CHECK(wrong->status == 422);
  CHECK_THAT(wrong->error, Catch::Contains("bad filter 'udp prot 53'"));
  // Two halves of a filter that would only fit around ours.
  CHECK(alone.run.start({.interface = "lo", .filter = "tcp) or (udp"})->status == 422);
  const serve::RunState state = alone.run.state();
  CHECK(state.status == Status::idle);
  CHECK(state.interface.empty());
  CHECK(state.filter.empty());
  CHECK(alone.listener.begun == 0);
}

// Sanitizers look at what is thrown through a pipe of their own.
#ifndef __SANITIZE_ADDRESS__

namespace {

/// As if all but so many descriptors were in use.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t left) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const Descriptor next{::dup(STDERR_FILENO)};
    const rlimit few{.rlim_cur = static_cast<rlim_t>(next.get()) + left,
                     .rlim_max = before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;
  ~FewDescriptors() { (void)::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE(
    "served run: a start that fails for want of descriptors is refused, and changes nothing") {
  Alone alone(live());
  // None to list the interfaces by, or enough for that and not for the pipes of a run.
  const rlim_t left = GENERATE(0U, 3U);
  CAPTURE(left);
  std::optional<serve::Refused> refused;
  {
    const FewDescriptors few(left);
    refused = alone.run.start({.interface = "lo", .filter = "tcp"});
  }
  REQUIRE(refused);
  CHECK(refused->status == 500);
  const serve::RunState state = alone.run.state();
  CHECK(state.status == Status::idle);
  CHECK(state.interface.empty());
  CHECK(state.filter.empty());
  CHECK(state.filter_effective.empty());
  CHECK_FALSE(state.own_traffic_excluded);
  CHECK(alone.listener.begun == 0);
}

#endif

TEST_CASE("served run: a filter is checked as a capture would take it") {
  Alone alone(live());
  CHECK(alone.run.check("").good);
  const auto good = alone.run.check("tcp port 80");
  CHECK(good.good);
  CHECK(good.instructions > 1);
  const auto bad = alone.run.check("tcp prot 80");
  CHECK_FALSE(bad.good);
  CHECK_THAT(bad.error, Catch::Contains("bad filter"));
  CHECK(bad.word == "prot");
  CHECK(bad.offset == 4);
  CHECK_FALSE(bad.suggestions.empty());
}

TEST_CASE("served run: a filter may come from a file, and one that is missing is an error") {
  const TempDir dir;
  Options options = live();
  options.files = {"a.pcap"};
  options.filter_file = dir.write("filter", as_bytes("udp # names\n"));
  Alone alone(options);
  CHECK_THAT(alone.run.state().filter, Catch::StartsWith("udp"));
  CHECK(alone.run.state().mode == serve::Mode::replay);
  options.filter_file = dir.path("missing");
  CHECK_THROWS_AS(Alone(options), std::system_error);
}

TEST_CASE("served run: the interfaces of this machine are known") {
  Alone alone(live());
  const auto all = alone.run.interfaces();
  const auto lo = std::find_if(all.begin(), all.end(),
                               [](const serve::InterfaceState& one) { return one.name == "lo"; });
  REQUIRE(lo != all.end());
  CHECK(lo->loopback);
  alone.run.tick();
  alone.run.tick();
}
