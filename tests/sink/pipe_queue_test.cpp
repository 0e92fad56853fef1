#include "sink/pipe_queue.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <climits>

#include "sink/output_file.h"

using namespace ntan::sink;
using ntan::Descriptor;
using namespace std::chrono_literals;

namespace {

struct Ends {
  int reader = -1;
  int writer = -1;

  ~Ends() {
    if (reader >= 0) ::close(reader);
    if (writer >= 0) ::close(writer);
  }
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  REQUIRE(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  return {.reader = ends[0], .writer = ends[1]};
}

std::string read_all(int descriptor) {
  std::string all;
  std::array<char, 65536> some{};
  ssize_t count = 0;
  while ((count = ::read(descriptor, some.data(), some.size())) > 0)
    all.append(some.data(), static_cast<std::size_t>(count));
  return all;
}

/// Record `number` of this size, told apart by its first octets.
std::string record(int number, std::size_t size) {
  std::string text = std::to_string(number);
  text.resize(size - 1, '.');
  return text + '\n';
}

}  // namespace

TEST_CASE("pipe queue: only pipes and sockets have a reader that can be slow") {
  const Ends pipe = make_pipe();
  std::array<int, 2> sockets{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) == 0);
  const Ends socket{.reader = sockets[0], .writer = sockets[1]};
  const Ends null{.writer = ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  CHECK(PipeQueue::fits(pipe.writer));
  CHECK(PipeQueue::fits(socket.writer));
  CHECK_FALSE(PipeQueue::fits(null.writer));
  CHECK_FALSE(PipeQueue::fits(-1));
}

TEST_CASE("pipe queue: what was pushed arrives whole and in order, however it is read") {
  const std::size_t size = GENERATE(std::size_t{7}, 500, 4095, 4096, 4097, 200'000);
  const bool over_socket = GENERATE(false, true);
  Ends ends = make_pipe();
  Ends other;
  if (over_socket) {
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    REQUIRE(::fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0);
    std::swap(ends.reader, pair[0]);
    std::swap(ends.writer, pair[1]);
    other.reader = pair[0];
    other.writer = pair[1];
  }
  PipeQueue queue(std::size_t{8} << 20U);
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    expected += record(i, size);
    REQUIRE(queue.push(record(i, size), {}));
  }
  CHECK(queue.records() == 20);
  std::string got;
  for (int turn = 0; turn < 10'000 && queue.size() != 0; ++turn) {
    REQUIRE(queue.write(ends.writer, 0ms) == 0);
    got += read_all(ends.reader);
  }
  CHECK(queue.records() == 0);
  CHECK(got == expected);
}

TEST_CASE("pipe queue: a reader that does not read sees whole records only") {
  const Ends pipe = make_pipe();
  PipeQueue queue(std::size_t{1} << 20U);
  for (int i = 0; i < 900; ++i) REQUIRE(queue.push(record(i, 999), {}));
  CHECK(queue.write(pipe.writer, 0ms) == 0);
  CHECK(queue.records() > 0);
  const std::string seen = read_all(pipe.reader);
  CHECK(seen.size() % 999 == 0);
  CHECK(900 - queue.records() == seen.size() / 999);
}

TEST_CASE("pipe queue: it refuses what is beyond its limit, also in many small records") {
  PipeQueue queue(1000);
  CHECK_FALSE(queue.push(std::string(1000, 'x'), {}));
  CHECK(queue.size() == 0);
  std::size_t kept = 0;
  while (queue.push("x", "\n")) ++kept;
  CHECK(kept == 100);
  CHECK(queue.size() == 200);
}

TEST_CASE("pipe queue: a reader that has gone is an error") {
  std::signal(SIGPIPE, SIG_IGN);
  Ends pipe = make_pipe();
  ::close(std::exchange(pipe.reader, -1));
  PipeQueue queue(1000);
  REQUIRE(queue.push("x\n", {}));
  CHECK(queue.write(pipe.writer, 0ms) == EPIPE);
}

TEST_CASE("output file: a slow reader costs records, not time, and each is counted") {
  Ends pipe = make_pipe();
  OutputFile file(Descriptor{std::exchange(pipe.writer, -1)}, "pipe", Flushing::blocks);
  constexpr std::size_t backlog = 100'000;
  file.drop_when_slow(backlog);
  constexpr std::uint64_t all = 1000;
  for (std::uint64_t i = 0; i < all; ++i) file.append(record(static_cast<int>(i), 1000));
  file.flush();
  CHECK(file.state() == State::good);
  CHECK(file.pending());
  CHECK(file.lost() > 0);
  std::string got = read_all(pipe.reader);
  for (int turn = 0; turn < 100 && file.pending(); ++turn) {
    file.flush();
    got += read_all(pipe.reader);
  }
  file.append("last\n");
  file.close();
  got += read_all(pipe.reader);
  CHECK(got.size() == (all - file.lost()) * 1000 + 5);
  CHECK(got.ends_with("\nlast\n"));
}

TEST_CASE("output file: at the end a reader is waited for, one that has stopped is given up") {
  Ends pipe = make_pipe();
  OutputFile file(Descriptor{std::exchange(pipe.writer, -1)}, "pipe", Flushing::blocks);
  file.drop_when_slow(std::size_t{1} << 20U);
  for (int i = 0; i < 200; ++i) file.append(record(i, 1000));
  file.wait_for_reader();
  file.close();
  CHECK(file.state() == State::closed);
  const std::string got = read_all(pipe.reader);
  CHECK(got.size() == (200 - file.lost()) * 1000);
}

TEST_CASE("output file: a flush without records finds that the reader has gone") {
  Ends pipe = make_pipe();
  OutputFile file(Descriptor{std::exchange(pipe.writer, -1)}, "pipe", Flushing::records);
  file.drop_when_slow(1000);
  file.append("first\n");
  file.flush();
  CHECK(read_all(pipe.reader) == "first\n");
  CHECK(file.state() == State::good);
  ::close(std::exchange(pipe.reader, -1));
  file.flush();
  CHECK(file.state() == State::closed);
}

TEST_CASE("output file: a reader that leaves after the last record has missed nothing") {
  Ends pipe = make_pipe();
  OutputFile file(Descriptor{std::exchange(pipe.writer, -1)}, "pipe", Flushing::records);
  file.drop_when_slow(1000);
  file.append("last\n");
  CHECK(read_all(pipe.reader) == "last\n");
  ::close(std::exchange(pipe.reader, -1));
  file.close();
  CHECK(file.state() == State::good);
  CHECK(file.lost() == 0);
}

TEST_CASE("pipe queue: a signal does not shorten the patience with a reader") {
  const Ends pipe = make_pipe();
  struct sigaction before{};
  struct sigaction quiet{};
  quiet.sa_handler = [](int) {};
  REQUIRE(::sigaction(SIGALRM, &quiet, &before) == 0);
  PipeQueue queue(std::size_t{4} << 20U);
  for (int i = 0; i < 100; ++i) REQUIRE(queue.push(record(i, 4096), {}));
  REQUIRE(queue.write(pipe.writer, 0ms, SIZE_MAX) == 0);
  REQUIRE(queue.size() != 0);  // the pipe is full
  std::string seen;
  std::thread reader([&] {
    std::this_thread::sleep_for(60ms);
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (seen.size() < 100U * 4096 && std::chrono::steady_clock::now() < deadline)
      seen += read_all(pipe.reader);
  });
  constexpr itimerval every{.it_interval = {.tv_sec = 0, .tv_usec = 10'000},
                            .it_value = {.tv_sec = 0, .tv_usec = 10'000}};
  REQUIRE(::setitimer(ITIMER_REAL, &every, nullptr) == 0);
  CHECK(queue.write(pipe.writer, 5000ms, SIZE_MAX) == 0);
  constexpr itimerval never{};
  REQUIRE(::setitimer(ITIMER_REAL, &never, nullptr) == 0);
  reader.join();
  REQUIRE(::sigaction(SIGALRM, &before, nullptr) == 0);
  CHECK(queue.size() == 0);
  CHECK(seen.size() == 100U * 4096);
}
