// Every capture of the shared corpus, read by libpcap: no packet is lost, and no link type is
// unknown that is decoded here.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <pcap/pcap.h>

#include "base/packet.h"
#include "tests/wire/invariants.h"
#include "wire/decoded.h"
#include "wire/defragment.h"

namespace {

using namespace ntan;
using wire::Bucket;

std::filesystem::path corpus() {
  const char* named = std::getenv("NTAN_CORPUS");
  return named != nullptr ? std::filesystem::path(named)
                          : std::filesystem::path(NTAN_SOURCE_DIR) / "../shared/corpus";
}

struct Tally {
  std::uint64_t packets = 0;
  std::map<Bucket, std::uint64_t> buckets;
  std::map<std::string, std::uint64_t> protocols;  ///< of flows and ICMP errors
};

void add(Tally& tally, const wire::Decoded& decoded, std::uint64_t packets) {
  tally.buckets[decoded.bucket] += packets;
  if (decoded.bucket != Bucket::flow && decoded.bucket != Bucket::icmp_error) return;
  const auto name = ip_protocol_name(decoded.proto);
  tally.protocols[name.empty() ? std::to_string(decoded.proto) : std::string(name)] += packets;
}

/// Nothing where libpcap cannot open the file.
Tally read_capture(const std::filesystem::path& path) {
  Tally tally;
  std::array<char, PCAP_ERRBUF_SIZE> message{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> file(
      pcap_open_offline(path.c_str(), message.data()), &pcap_close);
  if (!file) return tally;
  wire::Defragmenter defragmenter({});
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* data = nullptr;
  while (pcap_next_ex(file.get(), &header, &data) == 1) {
    PacketView packet;
    packet.time = from_ns(header->ts.tv_sec * 1'000'000'000 + header->ts.tv_usec * 1000);
    packet.number = ++tally.packets;
    packet.data = Bytes{data, header->caplen};
    packet.wire_size = header->len;
    packet.link = static_cast<LinkType>(pcap_datalink(file.get()));
    wire::Decoded decoded;
    wire::Extra extra;
    wire::decode(packet, {}, decoded, extra);
    CHECK(test::is_sound(packet.data, decoded, extra));
    CHECK(test::agrees_with_walk(packet, {}, decoded, extra));
    std::uint64_t packets = 1;
    while (decoded.bucket == Bucket::fragment) {
      const auto result = defragmenter.add(packet, decoded, extra);
      packets += result.earlier.packets;
      if (result.verdict == wire::Defragmenter::Verdict::waiting) packets = 0;
      if (result.verdict == wire::Defragmenter::Verdict::dropped) {
        decoded.bucket = Bucket::fragment_incomplete;
      }
      if (result.verdict != wire::Defragmenter::Verdict::whole) break;
    }
    if (packets != 0) add(tally, decoded, packets);
    defragmenter.release();
  }
  defragmenter.drain([&tally](const auto& datagram) {
    tally.buckets[Bucket::fragment_incomplete] += datagram.counts.packets;
  });
  return tally;
}

}  // namespace

TEST_CASE("corpus: every packet of every capture is in exactly one bucket") {
  if (!std::filesystem::exists(corpus())) {
    WARN("skipped: no shared corpus");
    return;
  }
  std::uint64_t packets = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus() / "captures")) {
    const Tally tally = read_capture(entry.path());
    CAPTURE(entry.path().filename().string());
    std::uint64_t sum = 0;
    for (const auto& [bucket, count] : tally.buckets) sum += count;
    CHECK(sum == tally.packets);
    CHECK_FALSE(tally.buckets.contains(Bucket::fragment));
    packets += tally.packets;
    if (std::getenv("NTAN_PRINT_TALLY") != nullptr) {
      std::string line = entry.path().filename().string() + "\t" + std::to_string(tally.packets);
      for (const auto& [bucket, count] : tally.buckets) {
        line += "\t" + std::string(wire::to_text(bucket)) + "=" + std::to_string(count);
      }
      for (const auto& [name, count] : tally.protocols) {
        line += "\t" + name + "=" + std::to_string(count);
      }
      std::puts(line.c_str());
    }
  }
  CHECK(packets > 1000);
}
