#include "sink/packet_sink.h"

#include <csignal>
#include <string>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "tests/sink/folder.h"
#include "tests/support/bytes.h"

using namespace ntan;
using namespace ntan::sink;
using namespace ntan::test;

namespace {

struct Given {
  std::int64_t ns;
  Bytes data;
  LinkType link = LinkType::ethernet;
  std::uint32_t interface = 0;
};

Batch batch_of(std::initializer_list<Given> packets) {
  Batch batch;
  for (const Given& packet : packets) {
    batch.packets[batch.count++] = {
        .time = from_ns(packet.ns),
        .data = packet.data,
        .wire_size = static_cast<std::uint32_t>(packet.data.size() + 1000),
        .interface = packet.interface,
        .link = packet.link};
  }
  return batch;
}

const auto payload = "de ad be ef 01"_hex;

template <class Octets>
std::string text_of(const Octets& octets) {
  return {octets.begin(), octets.end()};
}

std::string written(CaptureFormat format, const std::vector<CaptureInterface>& interfaces,
                    const Batch& batch) {
  const Folder folder;
  PacketSink sink(OutputFile::create(folder / "x", {.flushing = Flushing::blocks}), format);
  for (const CaptureInterface& each : interfaces) sink.add_interface(each);
  sink.write(batch);
  sink.finish();
  CHECK(sink.state() == State::good);
  return read_file(folder / "x");
}

}  // namespace

TEST_CASE("packet sink: a pcap file has nanosecond times, snaplen and link type") {
  const auto expected =
      "4d3cb2a1 0200 0400 00000000 00000000 60ea0000 01000000"
      "00f15365 15cd5b07 05000000 ed030000 deadbeef01"_hex;
  CHECK(written(CaptureFormat::pcap, {{"eth0", LinkType::ethernet, 60'000}},
                batch_of({{1'700'000'000'123'456'789, payload}})) == text_of(expected));
}

TEST_CASE("packet sink: a pcapng file has every interface with its name") {
  const auto expected =
      "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
      "01000000 28000000 0100 0000 00000400 0200 0400 65746830 0900 0100 09000000 00000000 28000000"
      "01000000 20000000 6500 0000 60000000 0900 0100 09000000 00000000 20000000"_hex;
  const auto packets =
      "06000000 28000000 01000000 fe9c9717 15cd853d 05000000 ed030000 deadbeef 01000000 28000000"_hex;
  const std::string file =
      written(CaptureFormat::pcapng, {{"eth0", LinkType::ethernet, 0}, {"", LinkType::raw, 96}},
              batch_of({{1'700'000'000'123'456'789, payload, LinkType::raw, 1}}));
  CHECK(file == text_of(expected) + text_of(packets));
}

TEST_CASE("packet sink: pcap keeps the first link type and counts the others") {
  const Folder folder;
  PacketSink sink(OutputFile::create(folder / "x", {.flushing = Flushing::blocks}),
                  CaptureFormat::pcap);
  sink.add_interface({"a", LinkType::ethernet, 0});
  sink.add_interface({"b", LinkType::raw_bsd, 0});
  sink.write(batch_of({{1, payload, LinkType::raw_bsd, 1},
                       {2, payload, LinkType::ethernet, 0},
                       {3, payload, LinkType::raw, 1},
                       {4, payload, LinkType::ethernet, 0}}));
  sink.finish();
  CHECK(sink.packets() == 2);
  CHECK(sink.other_links() == 2);
  const std::string file = read_file(folder / "x");
  CHECK(file.size() == 24 + 2 * 21);
  CHECK(file.substr(20, 4) == std::string("\x65\0\0\0", 4));  // LINKTYPE_RAW, not DLT_RAW
}

TEST_CASE("packet sink: a time that the format does not hold becomes the nearest and is counted") {
  constexpr std::int64_t second = 1'000'000'000;
  constexpr std::int64_t last = (std::int64_t{1} << 32U) * second - 1;
  const Folder folder;
  const auto format = GENERATE(CaptureFormat::pcap, CaptureFormat::pcapng);
  const bool pcap = format == CaptureFormat::pcap;
  PacketSink sink(OutputFile::create(folder / "x", {.flushing = Flushing::blocks}), format);
  sink.write(batch_of({{-1, payload}, {0, payload}, {last, payload}, {last + 1, payload}}));
  sink.finish();
  CHECK(sink.packets() == 4);
  CHECK(sink.other_times() == (pcap ? 2 : 1));
  const std::string file = read_file(folder / "x");
  if (pcap) {
    const std::string first(8, '\0');
    const std::string latest = text_of("ffffffff ffc99a3b"_hex);
    for (const std::size_t record : {0, 1}) CHECK(file.substr(24 + 21 * record, 8) == first);
    for (const std::size_t record : {2, 3}) CHECK(file.substr(24 + 21 * record, 8) == latest);
  } else {
    constexpr std::size_t packets_at = 28 + 32;
    CHECK(file.substr(packets_at + 12, 8) == std::string(8, '\0'));
    CHECK(file.substr(packets_at + 3 * 40 + 12, 8) == text_of("00ca9a3b 00000000"_hex));
  }
}

TEST_CASE("packet sink: without packets there is a header with the interface's link type") {
  CHECK(written(CaptureFormat::pcap, {{"a", LinkType::linux_sll2, 0}}, Batch{}) ==
        text_of("4d3cb2a1 0200 0400 00000000 00000000 00000400 14010000"_hex));
  CHECK(written(CaptureFormat::pcap, {}, Batch{}).size() == 24);
  CHECK(written(CaptureFormat::pcapng, {}, Batch{}).size() == 28);
}

TEST_CASE("packet sink: a flush shows the header before the first packet") {
  const Folder folder;
  PacketSink sink(OutputFile::create(folder / "x", {.flushing = Flushing::blocks}),
                  CaptureFormat::pcap);
  sink.add_interface({"a", LinkType::ethernet, 0});
  sink.flush();
  CHECK(read_file(folder / "x").size() == 24);
}

TEST_CASE("packet sink: an interface that comes later is declared before its packet") {
  const Folder folder;
  PacketSink sink(OutputFile::create(folder / "x", {.flushing = Flushing::blocks}),
                  CaptureFormat::pcapng);
  sink.add_interface({"a", LinkType::ethernet, 0});
  sink.write(batch_of({{1, payload}}));
  sink.add_interface({"bb", LinkType::raw, 0});
  sink.write(batch_of({{2, payload, LinkType::raw, 1}, {3, payload, LinkType::ipv4, 2}}));
  sink.finish();
  const std::string file = read_file(folder / "x");
  CHECK(file.size() == 28 + 40 + 40 + 40 + 40 + 32 + 40);
  CHECK(sink.packets() == 3);
}

TEST_CASE("packet sink: a full disk leaves whole packets") {
  std::signal(SIGXFSZ, SIG_IGN);
  const Folder folder;
  PacketSink sink(OutputFile::create(folder / "x", {.flushing = Flushing::blocks}),
                  CaptureFormat::pcap);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{.rlim_cur = 60, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  sink.write(batch_of({{1, payload}, {2, payload}, {3, payload}}));
  sink.finish();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(read_file(folder / "x").size() == 24 + 21);
  CHECK(sink.state() == State::failed);
  CHECK(sink.lost() == 2);
}

TEST_CASE("packet sink: where nothing can be written the packets are lost, and no more") {
  const CaptureFormat format = GENERATE(CaptureFormat::pcap, CaptureFormat::pcapng);
  PacketSink sink(OutputFile::create("/dev/full", {.flushing = Flushing::blocks}), format);
  sink.write(batch_of({{1, payload}, {2, payload}, {3, payload}}));
  sink.finish();
  CHECK(sink.state() == State::failed);
  CHECK(sink.lost() == 3);
}

TEST_CASE("packet sink: the name decides the format") {
  CHECK(capture_format("x.pcapng") == CaptureFormat::pcapng);
  CHECK(capture_format("x.pcap") == CaptureFormat::pcap);
  CHECK(capture_format("-") == CaptureFormat::pcap);
}
