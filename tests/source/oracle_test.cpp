// Our readers against others that read the same files: libpcap on generated ones, tshark on real
// ones.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <pcap/pcap.h>
#include <simdjson.h>

#include "source/file_source.h"
#include "tests/support/capture.h"
#include "tests/support/temp_dir.h"

namespace ntan {
namespace {

using test::join;
using test::le16;
using test::le32;
using Octets = std::vector<std::uint8_t>;

/// Reproducible numbers for generated files.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : state_(seed * 2'654'435'761U + 1) {}

  std::uint32_t below(std::uint32_t limit) {
    state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<std::uint32_t>(state_ >> 33U) % limit;
  }

  Octets octets(std::size_t count) {
    Octets all(count);
    for (auto& octet : all) octet = static_cast<std::uint8_t>(below(256));
    return all;
  }

 private:
  std::uint64_t state_;
};

void append(Octets& file, const Octets& piece) {
  file.insert(file.end(), piece.begin(), piece.end());
}

Octets random_pcap(Dice& dice) {
  const bool nano = dice.below(2) == 1;
  Octets file = join(le32(nano ? 0xa1b23c4dU : 0xa1b2c3d4U), le16(2), le16(4), le32(0), le32(0),
                     le32(262'144), le32(1 + 100 * dice.below(2)));
  const std::uint32_t count = dice.below(60);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Octets data = dice.octets(dice.below(8) == 0 ? dice.below(9'000) : dice.below(200));
    append(file,
           join(le32(dice.below(2'000'000'000)), le32(dice.below(nano ? 1'000'000'000 : 1'000'000)),
                le32(data.size()), le32(data.size() + dice.below(100)), data));
  }
  return file;
}

Octets random_pcapng(Dice& dice) {
  const std::uint8_t resolution =
      static_cast<std::uint8_t>(dice.below(2) == 0 ? 6 + dice.below(4) : 0x80 + 30);
  const Octets options = join(le16(9), le16(1), le32(resolution), le16(0), le16(0));
  // libpcap takes files with one link type and one snaplen only.
  Octets file =
      join(test::section_block(), test::interface_block(LinkType::ethernet, 262'144, options),
           test::interface_block(LinkType::ethernet, 262'144));
  const std::uint32_t count = dice.below(60);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Octets data = dice.octets(dice.below(300));
    const std::uint64_t ticks =
        (std::uint64_t{dice.below(100'000)} << 32U) | dice.below(0x7fffffff);
    switch (dice.below(8)) {
      case 0: append(file, test::block(3, join(le32(data.size()), data))); break;
      case 1: append(file, test::block(0xbad, data)); break;
      case 2:
        append(file,
               test::block(2, join(le16(1), le16(0), le32(ticks >> 32U), le32(ticks & 0xffffffffU),
                                   le32(data.size()), le32(data.size()), data)));
        break;
      default:
        append(file,
               test::enhanced_block(dice.below(2), ticks, data,
                                    static_cast<std::uint32_t>(data.size()) + dice.below(50)));
    }
  }
  return file;
}

struct Oracle {
  std::vector<test::ReadPacket> packets;
  bool clean = false;
};

/// Interfaces and link types stay unset: libpcap does not tell them for each packet.
Oracle read_by_libpcap(const std::string& path) {
  char error[PCAP_ERRBUF_SIZE]{};  // NOLINT(*-avoid-c-arrays): libpcap's interface
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle{
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error),
      &pcap_close};
  Oracle oracle;
  if (handle == nullptr) return oracle;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(handle.get(), &header, &data)) == 1) {
    oracle.packets.push_back(
        {.ns = std::int64_t{header->ts.tv_sec} * 1'000'000'000 + header->ts.tv_usec,
         .data = {data, data + header->caplen},
         .wire_size = header->len,
         .interface = 0,
         .link = {}});
  }
  oracle.clean = result == PCAP_ERROR_BREAK;
  return oracle;
}

struct Difference {
  bool time_too = false;
};

void compare(const test::ReadFile& ours, const Oracle& oracle, Difference difference) {
  REQUIRE(ours.packets.size() == oracle.packets.size());
  for (std::size_t i = 0; i < ours.packets.size(); ++i) {
    INFO("packet " << i + 1);
    if (difference.time_too) REQUIRE(ours.packets[i].ns == oracle.packets[i].ns);
    REQUIRE(ours.packets[i].data == oracle.packets[i].data);
    REQUIRE(ours.packets[i].wire_size == oracle.packets[i].wire_size);
  }
}

TEST_CASE("oracle: generated pcap files read as libpcap reads them, whole and cut") {
  const test::TempDir dir;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const Octets file = random_pcap(dice);
    const Oracle oracle = read_by_libpcap(dir.write("whole", file));
    REQUIRE(oracle.clean);
    const auto ours = test::read_capture(file);
    REQUIRE_FALSE(ours.damage);
    compare(ours, oracle, {.time_too = true});
    const std::size_t size = 24 + dice.below(static_cast<std::uint32_t>(file.size() - 23));
    const Oracle cut = read_by_libpcap(dir.write("cut", Bytes{file}.first(size)));
    const auto ours_cut = test::read_capture(Bytes{file}.first(size));
    CHECK(ours_cut.damage.has_value() != cut.clean);
    compare(ours_cut, cut, {.time_too = true});
  }
}

TEST_CASE("oracle: generated pcapng files read as libpcap reads them, whole and cut") {
  const test::TempDir dir;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const Octets file = random_pcapng(dice);
    const Oracle oracle = read_by_libpcap(dir.write("whole", file));
    REQUIRE(oracle.clean);
    const auto ours = test::read_capture(file);
    REQUIRE_FALSE(ours.damage);
    // A simple packet has no time; libpcap says 0 where we say that of the packet before.
    compare(ours, oracle, {.time_too = false});
    for (std::size_t i = 0; i < ours.packets.size(); ++i) {
      if (oracle.packets[i].ns != 0) CHECK(ours.packets[i].ns == oracle.packets[i].ns);
    }
    const std::size_t size = 120 + dice.below(static_cast<std::uint32_t>(file.size() - 119));
    const Oracle cut = read_by_libpcap(dir.write("cut", Bytes{file}.first(size)));
    const auto ours_cut = test::read_capture(Bytes{file}.first(size));
    CHECK(ours_cut.damage.has_value() != cut.clean);
    compare(ours_cut, cut, {.time_too = false});
  }
}

std::filesystem::path corpus() {
  const char* chosen = std::getenv("NTAN_CORPUS");
  return chosen != nullptr ? std::filesystem::path(chosen)
                           : std::filesystem::path(NTAN_SOURCE_DIR) / ".." / "shared" / "corpus";
}

struct Totals {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t captured = 0;
  std::string earliest;
  std::string latest;
  friend bool operator==(const Totals&, const Totals&) = default;
};

std::ostream& operator<<(std::ostream& out, const Totals& totals) {
  return out << totals.packets << " packets, " << totals.bytes << " bytes, " << totals.captured
             << " captured, " << totals.earliest << " to " << totals.latest;
}

/// tshark's line of totals; fields of a capture without packets are left out in it.
Totals totals_by_tshark(const std::filesystem::path& path) {
  std::ifstream lines(path);
  std::string line;
  simdjson::dom::parser parser;
  const auto number = [](simdjson::dom::element record, const char* field) {
    std::uint64_t value = 0;
    return record[field].get(value) == simdjson::SUCCESS ? value : 0;
  };
  const auto text = [](simdjson::dom::element record, const char* field) {
    std::string_view value;
    return record[field].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
  };
  while (std::getline(lines, line)) {
    const simdjson::dom::element record = parser.parse(line);
    if (text(record, "kind") != "totals") continue;
    return {.packets = number(record, "packets"),
            .bytes = number(record, "bytes"),
            .captured = number(record, "cap_bytes"),
            .earliest = text(record, "first_ts"),
            .latest = text(record, "last_ts")};
  }
  return {};
}

std::string seconds(Timestamp time) {
  std::string digits = std::to_string(to_ns(time) % 1'000'000'000);
  digits.insert(0, 9 - digits.size(), '0');
  return std::to_string(to_ns(time) / 1'000'000'000) + '.' + digits;
}

Totals totals_by_us(const std::filesystem::path& path) {
  const auto source = source::open_files({path.string()});
  Totals totals;
  Timestamp earliest = Timestamp::max();
  Timestamp latest = Timestamp::min();
  Batch batch;
  while (source->read(batch) == source::Status::packets) {
    totals.packets += batch.count;
    for (const PacketView& packet : batch.view()) {
      earliest = std::min(earliest, packet.time);
      latest = std::max(latest, packet.time);
      totals.bytes += packet.wire_size;
      totals.captured += packet.data.size();
    }
  }
  if (totals.packets > 0) {
    totals.earliest = seconds(earliest);
    totals.latest = seconds(latest);
  }
  for (const auto& damage : source->damage()) UNSCOPED_INFO(damage.text);
  return totals;
}

/// tshark's totals as they are by our rules, where those differ.
Totals expected_totals(const std::filesystem::path& oracle, const std::string& name) {
  Totals totals = totals_by_tshark(oracle);
  if (name == "format-gopacket-le-test202.pcapng") {
    // tshark counts the file's three custom blocks (24, 60 and 32 octets) as packets.
    totals.packets -= 3;
    totals.bytes -= 116;
    totals.captured -= 116;
  }
  // A time of the year 586524 is past what nanoseconds in 63 bits express.
  if (name == "format-pcapng-example.pcapng") totals.latest = seconds(latest_time);
  return totals;
}

TEST_CASE("oracle: every capture of the corpus has the totals that tshark found") {
  const std::filesystem::path root = corpus();
  if (!std::filesystem::exists(root / "captures")) {
    WARN("skipped: no corpus at " << root.string() << " (set NTAN_CORPUS)");
    return;
  }
  std::size_t compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root / "captures")) {
    const std::filesystem::path& path = entry.path();
    const std::filesystem::path oracle =
        root / "oracle" / (path.filename().string() + ".tshark.jsonl");
    if (!std::filesystem::exists(oracle)) continue;
    INFO(path.filename().string());
    if (path.extension() == ".snoop") {
      CHECK_THROWS_WITH(totals_by_us(path), Catch::EndsWith("(it is a snoop capture)"));
      continue;
    }
    CHECK(totals_by_us(path) == expected_totals(oracle, path.filename().string()));
    ++compared;
  }
  CHECK(compared >= 130);
}

}  // namespace
}  // namespace ntan
