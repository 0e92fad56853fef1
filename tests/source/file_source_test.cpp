#include "source/file_source.h"

#include <chrono>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/capture.h"
#include "tests/support/temp_dir.h"

namespace ntan::source {
namespace {

using namespace std::chrono_literals;
using namespace test::literals;
using test::join;
using Octets = std::vector<std::uint8_t>;

const Bytes header = "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"_hex;
const Bytes udp_frame =
    "000102030405 000102030406 0800"
    "45000020 00000000 40110000 0a000001 0a000002 | 0035 1000 000c 0000 | deadbeef"_hex;
const Bytes arp_frame = "ffffffffffff 000102030406 0806 0001"_hex;

Octets record(std::uint32_t microseconds, Bytes frame) {
  return join(test::le32(1), test::le32(microseconds), test::le32(frame.size()),
              test::le32(frame.size()), frame);
}

struct Seen {
  std::vector<std::uint64_t> numbers;
  std::vector<std::size_t> sizes;
};

Seen read_all(Source& source) {
  Seen seen;
  Batch batch;
  while (source.read(batch) == Status::packets) {
    REQUIRE(batch.count > 0);
    for (const PacketView& packet : batch.view()) {
      seen.numbers.push_back(packet.number);
      seen.sizes.push_back(packet.data.size());
    }
  }
  return seen;
}

Error::Kind failure(const std::vector<std::string>& paths) {
  try {
    (void)open_files(paths);
  } catch (const Error& error) {
    UNSCOPED_INFO(error.what());
    return error.kind();
  }
  FAIL("no error");
  return {};
}

TEST_CASE("file source: several files are one stream with numbers from 1") {
  const test::TempDir dir;
  const auto one = dir.write("one", join(header, record(1, udp_frame), record(2, arp_frame)));
  const auto two =
      dir.write("two", join(test::section_block(), test::interface_block(LinkType::raw, 0),
                            test::enhanced_block(0, 1, udp_frame, 46)));
  const auto source = open_files({one, two, one});
  CHECK(source->size() == 2 * (24 + 16 + 46 + 16 + 16) + 28 + 20 + 80);
  CHECK(read_all(*source).numbers == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
  CHECK(source->interfaces().size() == 2);
  CHECK(source->damage().empty());
  CHECK(source->position() == source->size());
  Batch batch;
  CHECK(source->read(batch) == Status::end);
}

TEST_CASE("file source: a missing file is said before anything is read") {
  const test::TempDir dir;
  const auto good = dir.write("good", header);
  CHECK(failure({good, dir.path("missing")}) == Error::Kind::not_found);
  CHECK(failure({dir.path(".")}) == Error::Kind::not_a_capture);
  CHECK(failure({"-", good, "-"}) == Error::Kind::usage);
}

TEST_CASE("file source: files that are no captures are damage, unless all of them are none") {
  const test::TempDir dir;
  const auto good = dir.write("good", join(header, record(1, udp_frame)));
  const auto text = dir.write("text", test::octets("hello"));
  CHECK(failure({text}) == Error::Kind::not_a_capture);
  CHECK(failure({text, text}) == Error::Kind::not_a_capture);
  for (const std::vector<std::string>& files :
       {std::vector{good, text, good}, {text, good, good}, {good, good, text}}) {
    const auto source = open_files(files);
    CHECK(read_all(*source).numbers.size() == 2);
    REQUIRE(source->damage().size() == 1);
    CHECK(source->damage()[0].kind == Damage::Kind::not_a_capture);
    CHECK(source->damage()[0].text == text + " is not pcap or pcapng (looks like text)");
  }
}

TEST_CASE("file source: damage ends its file, the next goes on") {
  const test::TempDir dir;
  const auto whole = join(header, record(1, udp_frame), record(1, udp_frame));
  const auto cut = dir.write("cut", Bytes{whole}.first(whole.size() - 1));
  const auto source = open_files({cut, dir.write("whole", whole)});
  CHECK(read_all(*source).numbers.size() == 3);
  REQUIRE(source->damage().size() == 1);
  CHECK(source->damage()[0].kind == Damage::Kind::truncated);
  CHECK(source->damage()[0].text ==
        cut + ": cut off in packet 2 at byte " + std::to_string(whole.size() - 1));
}

TEST_CASE("file source: a filter leaves packets out and out of the numbers") {
  const test::TempDir dir;
  Octets octets = join(header);
  for (std::uint32_t i = 0; i < 40; ++i)
    octets = join(octets, record(i, i % 4 == 0 ? udp_frame : arp_frame));
  const auto path = dir.write("x", octets);
  const auto source = open_files({path}, {.filter = "udp port 53"});
  const Seen seen = read_all(*source);
  CHECK(seen.numbers == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(seen.sizes == std::vector<std::size_t>(10, udp_frame.size()));
  CHECK(source->notes().empty());
}

TEST_CASE("file source: a filter that fits no link type is noted once") {
  const test::TempDir dir;
  const auto path =
      dir.write("x", join(test::section_block(), test::interface_block(LinkType::raw, 0),
                          test::enhanced_block(0, 1, udp_frame, 46),
                          test::enhanced_block(0, 1, udp_frame, 46)));
  const auto source = open_files({path}, {.filter = "ether host 00:01:02:03:04:05"});
  CHECK(read_all(*source).numbers.empty());
  CHECK(source->notes().size() == 1);
}

TEST_CASE("file source: a filter that matches nothing for long gives the caller a turn") {
  const test::TempDir dir;
  Octets octets = join(header);
  const Octets arp = record(1, arp_frame);
  for (int i = 0; i < 20'000; ++i) octets.insert(octets.end(), arp.begin(), arp.end());
  const auto source = open_files({dir.write("x", octets)}, {.filter = "udp"});
  Batch batch;
  CHECK(source->read(batch) == Status::idle);
  CHECK(source->read(batch) == Status::end);
}

TEST_CASE("file source: a paced run keeps the distances of the recording") {
  const test::TempDir dir;
  const auto path = dir.write("x", join(header, record(0, udp_frame), record(0, arp_frame),
                                        record(60'000, udp_frame), record(30'000, arp_frame)));
  const auto source = open_files({path}, {.pace = Pace::as_recorded});
  const auto start = std::chrono::steady_clock::now();
  Batch batch;
  REQUIRE(source->read(batch) == Status::packets);
  CHECK(batch.count == 2);
  CHECK(std::chrono::steady_clock::now() - start < 50ms);
  REQUIRE(source->read(batch) == Status::packets);
  CHECK(batch.count == 2);  // the last lies back in time: due at once
  CHECK(std::chrono::steady_clock::now() - start >= 60ms);
  CHECK(batch.packets[1].number == 4);
  CHECK(source->read(batch) == Status::end);
}

TEST_CASE("file source: a paced run says in a silence how far it has come") {
  const test::TempDir dir;
  const auto path =
      dir.write("x", join(header, record(0, udp_frame), "ffffffff 00000000 00000000 00000000"_hex));
  const auto source = open_files({path}, {.pace = Pace::as_recorded});
  CHECK_FALSE(source->clock());
  const auto start = std::chrono::steady_clock::now();
  Batch batch;
  REQUIRE(source->read(batch) == Status::packets);
  const Timestamp first = batch.packets[0].time;
  REQUIRE(source->read(batch) == Status::idle);
  CHECK(batch.count == 0);
  const auto before = source->clock();
  REQUIRE(before);
  CHECK(*before - first >= 100ms);
  REQUIRE(source->read(batch) == Status::idle);
  const auto after = source->clock();
  REQUIRE(after);
  CHECK(*after - *before >= 100ms);
  CHECK(*after - first <= std::chrono::steady_clock::now() - start);
}

TEST_CASE("file source: the clock of a paced run does not pass the packet it waits for") {
  const test::TempDir dir;
  const auto path = dir.write("x", join(header, record(0, udp_frame), record(400'000, arp_frame)));
  const auto source = open_files({path}, {.pace = Pace::as_recorded});
  Batch batch;
  REQUIRE(source->read(batch) == Status::packets);
  const Timestamp first = batch.packets[0].time;
  REQUIRE(source->read(batch) == Status::idle);
  std::this_thread::sleep_for(350ms);
  CHECK(source->clock() == first + 400ms);
}

TEST_CASE("file source: a paced wait can be woken and stopped") {
  const test::TempDir dir;
  const auto path =
      dir.write("x", join(header, record(0, udp_frame), "ffffffff 00000000 00000000 00000000"_hex));
  Interrupt interrupt;
  const auto source = open_files({path}, {.pace = Pace::as_recorded, .interrupt = &interrupt});
  Batch batch;
  REQUIRE(source->read(batch) == Status::packets);
  interrupt.wake();
  CHECK(source->read(batch) == Status::idle);
  std::thread later([&interrupt] {
    std::this_thread::sleep_for(10ms);
    interrupt.stop();
  });
  CHECK(source->read(batch) == Status::end);
  later.join();
  CHECK(source->read(batch) == Status::end);
}

TEST_CASE("file source: a pipe hands over what is there and waits interruptibly") {
  const test::TempDir dir;
  const auto path = dir.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int writer = ::open(path.c_str(), O_RDWR);
  REQUIRE(writer >= 0);
  const auto send = [writer](Bytes octets) {
    REQUIRE(::write(writer, octets.data(), octets.size()) == static_cast<ssize_t>(octets.size()));
  };
  const Octets packet = record(1, udp_frame);
  send(join(header, packet, packet, Bytes{packet}.first(7)));
  Interrupt interrupt;
  const auto source = open_files({path}, {.interrupt = &interrupt});
  CHECK_FALSE(source->size());
  Batch batch;
  REQUIRE(source->read(batch) == Status::packets);
  CHECK(batch.count == 2);
  interrupt.wake();
  CHECK(source->read(batch) == Status::idle);
  send(Bytes{packet}.subspan(7));
  REQUIRE(source->read(batch) == Status::packets);
  CHECK(batch.packets[0].number == 3);
  interrupt.stop();
  CHECK(source->read(batch) == Status::end);
  ::close(writer);
}

TEST_CASE("file source: a pipe that pauses gives its reader one turn, and is waited for") {
  const test::TempDir dir;
  const auto path = dir.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int writer = ::open(path.c_str(), O_RDWR);
  REQUIRE(writer >= 0);
  const auto send = [writer](Bytes octets) {
    return ::write(writer, octets.data(), octets.size()) == static_cast<ssize_t>(octets.size());
  };
  const Octets packet = record(1, udp_frame);
  REQUIRE(send(join(header, packet)));
  Interrupt interrupt;
  const auto source = open_files({path}, {.interrupt = &interrupt});
  Batch batch;
  REQUIRE(source->read(batch) == Status::packets);
  CHECK(source->read(batch) == Status::idle);
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
    (void)send(packet);
  });
  CHECK(source->read(batch) == Status::packets);
  later.join();
  CHECK(batch.packets[0].number == 2);
  CHECK(source->read(batch) == Status::idle);
  ::close(writer);
}

TEST_CASE("file source: stopped before a pipe says what it holds is an end") {
  const test::TempDir dir;
  const auto path = dir.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int writer = ::open(path.c_str(), O_RDWR);
  Interrupt interrupt;
  interrupt.stop();
  const auto source = open_files({path}, {.interrupt = &interrupt});
  Batch batch;
  CHECK(source->read(batch) == Status::end);
  ::close(writer);
}

}  // namespace
}  // namespace ntan::source
