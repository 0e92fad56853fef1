#include "run/child.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <poll.h>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

using namespace ntan;
using run::Child;

namespace {

using Words = std::vector<std::string>;

Descriptor shell() {
  return Descriptor{::open("/bin/sh", O_PATH | O_CLOEXEC)};
}

/// A child that runs a few words of shell in place of this program.
struct Script {
  Words words;
  Descriptor program = shell();
  Child child;

  explicit Script(const std::string& text, const Child::Wiring& wiring = {})
      : words{"-c", text}, child(program, words, wiring) {}
};

/// All that comes from a pipe until its end. The test fails where that takes longer than a moment.
std::string read_all(const Descriptor& from) {
  std::string all;
  std::array<char, 4'096> block{};
  while (true) {
    pollfd wait{.fd = from.get(), .events = POLLIN, .revents = 0};
    constexpr int moment_ms = 20'000;
    REQUIRE(::poll(&wait, 1, moment_ms) == 1);
    const ssize_t got = ::read(from.get(), block.data(), block.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    REQUIRE(got >= 0);
    if (got == 0) return all;
    all.append(block.data(), static_cast<std::size_t>(got));
  }
}

int exit_code(Child& child) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (std::chrono::steady_clock::now() < give_up) {
    if (const auto code = child.ended()) return *code;
    (void)::poll(nullptr, 0, 5);
  }
  FAIL("the child does not end");
  return -1;
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

}  // namespace

TEST_CASE("child: its exit code is told, and stays") {
  const int code = GENERATE(0, 1, 3, 127, 255);
  Script script("exit " + std::to_string(code));
  CHECK(exit_code(script.child) == code);
  CHECK(script.child.ended() == code);
  script.child.stop();
  CHECK(script.child.ended() == code);
}

TEST_CASE("child: one that was killed has 128 and the signal's number") {
  Script script("kill -KILL $$");
  CHECK(exit_code(script.child) == 128 + SIGKILL);
}

TEST_CASE("child: while it runs it has no exit code; stop() interrupts it") {
  Script script("trap 'exit 9' INT; echo ready; while :; do sleep 0.01; done");
  pollfd wait{.fd = script.child.output().get(), .events = POLLIN, .revents = 0};
  REQUIRE(::poll(&wait, 1, 20'000) == 1);
  CHECK_FALSE(script.child.ended());
  script.child.stop();
  CHECK(exit_code(script.child) == 9);
}

TEST_CASE("child: what it writes comes by two pipes that never block") {
  Script script("echo out; echo err >&2; exec sleep 0.1");
  std::array<char, 16> block{};
  Script quiet("exec sleep 0.1");
  CHECK(::read(quiet.child.output().get(), block.data(), block.size()) == -1);
  CHECK(errno == EAGAIN);
  CHECK(read_all(script.child.output()) == "out\n");
  CHECK(read_all(script.child.errors()) == "err\n");
  CHECK_FALSE(script.child.packets().open());
}

TEST_CASE("child: a look takes a bounded part of a pipe, and closes it at its end") {
  Script quiet("exec sleep 5");
  CHECK_FALSE(
      run::take_some(quiet.child.output(), [](std::string_view) { FAIL("nothing comes"); }));
  CHECK(quiet.child.output().open());
  Script script("head -c 3000000 /dev/zero");
  Descriptor& from = script.child.output();
  std::size_t all = 0;
  while (from.open()) {
    pollfd wait{.fd = from.get(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&wait, 1, 20'000) == 1);
    std::size_t taken = 0;
    (void)run::take_some(from, [&](std::string_view octets) { taken += octets.size(); });
    CHECK(taken < run::most_at_once + (std::size_t{64} << 10U));
    all += taken;
  }
  CHECK(all == 3'000'000);
}

TEST_CASE("child: nothing comes to it by standard input") {
  Script script("cat; echo end");
  CHECK(read_all(script.child.output()) == "end\n");
}

TEST_CASE("child: packets have descriptor 3, which leads nowhere unless it was asked for") {
  Script with("echo here >&3", {.packets = true});
  CHECK(read_all(with.child.packets()) == "here\n");
  CHECK(exit_code(with.child) == 0);
  Script without("echo here >&3 && echo written");
  CHECK(read_all(without.child.output()) == "written\n");
}

TEST_CASE("child: its output may go into a file of ours") {
  const Descriptor file{::memfd_create("ntan-test", MFD_CLOEXEC)};
  REQUIRE(file.open());
  Script script("echo 123", {.output = file.get()});
  CHECK_FALSE(script.child.output().open());
  CHECK(exit_code(script.child) == 0);
  std::array<char, 8> block{};
  CHECK(::pread(file.get(), block.data(), block.size(), 0) == 4);
  CHECK(std::string_view{block.data(), 4} == "123\n");
}

TEST_CASE("child: keys of our terminal do not reach it") {
  Script script("set -- $(cat /proc/$$/stat); [ $1 = $5 ] && echo alone");
  CHECK(read_all(script.child.output()) == "alone\n");
}

TEST_CASE("child: it may read a file of ours, also again by its path") {
  const Descriptor file{::memfd_create("ntan-test", MFD_CLOEXEC)};
  REQUIRE(::write(file.get(), "abc", 3) == 3);
  Script script("cat /proc/self/fd/0 /proc/self/fd/0", {.input = file.get()});
  CHECK(read_all(script.child.output()) == "abcabc");
}

TEST_CASE("child: arguments arrive as they are") {
  const Words words{
      "-c",       "for word; do printf '[%s]' \"$word\"; done", "sh", "", " a  b ", "-x", "$(exit)",
      "\xff\n'\""};
  const Descriptor program = shell();
  Child child(program, words, {});
  CHECK(read_all(child.output()) == "[][ a  b ][-x][$(exit)][\xff\n'\"]");
}

TEST_CASE("child: no other descriptor of ours is open in it") {
  const Descriptor ours{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  Script other("exec sleep 1");
  Script script("for f in /proc/$$/fd/*; do [ -e $f ] && echo ${f##*/}; done");
  std::istringstream listed(read_all(script.child.output()));
  const std::set<int> numbers{std::istream_iterator<int>(listed), {}};
  // Whoever runs the tests may have handed something down to us.
  std::set<int> expected{0, 1, 2, 3};
  for (int number = 4; number < 1'024; ++number) {
    const int flags = ::fcntl(number, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) expected.insert(number);
  }
  CHECK(numbers == expected);
}

TEST_CASE("child: the program may have any descriptor, also one that the child needs") {
  // What is here now comes back: the number may be in use.
  constexpr int number = 3;
  const Descriptor before{::fcntl(number, F_DUPFD_CLOEXEC, 20)};
  {
    const Descriptor opened = shell();
    Descriptor program;
    if (opened.get() != number) {
      REQUIRE(::dup3(opened.get(), number, O_CLOEXEC) == number);
      program = Descriptor{number};
    }
    Child child(program.open() ? program : opened, Words{"-c", "echo runs"}, {});
    CHECK(read_all(child.output()) == "runs\n");
    CHECK(exit_code(child) == 0);
  }
  if (before.open()) REQUIRE(::dup2(before.get(), number) == number);
}

TEST_CASE("child: what is no program is told by exit code 127") {
  const Descriptor nothing{::open("/dev/null", O_PATH | O_CLOEXEC)};
  Child child(nothing, Words{}, {});
  CHECK(exit_code(child) == 127);
}

TEST_CASE("child: whoever ignores the end of children still learns the exit code") {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  {
    Script script("exit 5");
    CHECK(exit_code(script.child) == 5);
  }
  (void)std::signal(SIGCHLD, before);
}

TEST_CASE("child: after it no descriptor is left over here") {
  const std::ptrdiff_t before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    Script script("exec sleep 100", {.packets = i % 2 == 0});
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("child: it is killed with its object") {
  pid_t process = -1;
  {
    Script script("trap '' INT TERM; echo $$; while :; do sleep 0.01; done");
    pollfd wait{.fd = script.child.output().get(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&wait, 1, 20'000) == 1);
    std::array<char, 16> block{};
    REQUIRE(::read(script.child.output().get(), block.data(), block.size() - 1) > 0);
    process = static_cast<pid_t>(std::stoi(block.data()));
    REQUIRE(::kill(process, 0) == 0);
  }
  CHECK(::kill(process, 0) == -1);
  CHECK(errno == ESRCH);
}

TEST_CASE("child: it ends with the process that has started it, however that ends") {
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const Descriptor told{ends[0]};
  Descriptor tell{ends[1]};
  const pid_t owner = ::fork();
  REQUIRE(owner >= 0);
  if (owner == 0) {
    Script script("echo $$; exec sleep 100");
    std::array<char, 16> block{};
    pollfd wait{.fd = script.child.output().get(), .events = POLLIN, .revents = 0};
    (void)::poll(&wait, 1, 20'000);
    const ssize_t size = ::read(script.child.output().get(), block.data(), block.size());
    (void)::write(tell.get(), block.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    (void)::kill(::getpid(), SIGKILL);
  }
  tell.reset();
  const std::string text = read_all(told);
  REQUIRE_FALSE(text.empty());
  int status = 0;
  REQUIRE(::waitpid(owner, &status, 0) == owner);
  const auto orphan = static_cast<pid_t>(std::stoi(text));
  REQUIRE(::waitpid(orphan, &status, 0) == orphan);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGTERM);
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

TEST_CASE("child: this program's file can be run again") {
  CHECK(run::own_program().open());
}
