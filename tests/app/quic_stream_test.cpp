#include "app/quic_stream.h"

#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"

namespace ntan::app {
namespace {

using namespace test::literals;  // NOLINT(*-using-namespace)
using Added = QuicCryptoStream::Added;

std::vector<std::uint8_t> ready(const QuicCryptoStream& stream) {
  const Bytes octets = stream.ready();
  return {octets.begin(), octets.end()};
}

std::vector<std::uint8_t> octets(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("quic stream: pieces in any order become one") {
  Budget memory{.limit = 1 << 20};
  QuicCryptoStream stream{memory};
  CHECK(stream.add(4, "0405"_hex) == Added::fresh);
  CHECK(stream.ready().empty());
  CHECK(stream.add(0, "0001"_hex) == Added::fresh);
  CHECK(ready(stream) == octets("0001"_hex));
  CHECK(stream.add(2, "0203"_hex) == Added::fresh);
  CHECK(ready(stream) == octets("000102030405"_hex));
  CHECK(stream.add(1, "010203"_hex) == Added::known);
  stream.take(5);
  CHECK(ready(stream) == octets("05"_hex));
  CHECK(stream.add(3, "03040506"_hex) == Added::fresh);
  CHECK(ready(stream) == octets("0506"_hex));
}

TEST_CASE("quic stream: of octets that come twice the first copy stands") {
  Budget memory{.limit = 1 << 20};
  QuicCryptoStream stream{memory};
  CHECK(stream.add(1, "11"_hex) == Added::fresh);
  CHECK(stream.add(3, "13"_hex) == Added::fresh);
  CHECK(stream.add(0, "2021222324"_hex) == Added::fresh);
  CHECK(ready(stream) == octets("2011221324"_hex));
}

TEST_CASE("quic stream: what is too much closes it, and its memory goes back") {
  Budget memory{.limit = 1 << 20};
  const std::vector<std::uint8_t> one{1};
  SECTION("too far ahead") {
    QuicCryptoStream stream{memory};
    CHECK(stream.add(QuicCryptoStream::max_size - 1, one) == Added::fresh);
    CHECK(stream.add(QuicCryptoStream::max_size, one) == Added::excess);
    CHECK(stream.add(0, one) == Added::known);
    CHECK(memory.used == 0);
  }
  SECTION("farther than a number holds") {
    QuicCryptoStream stream{memory};
    CHECK(stream.add(UINT64_MAX, one) == Added::excess);
  }
  SECTION("in too many pieces") {
    QuicCryptoStream stream{memory};
    for (std::uint64_t i = 0; i < 32; ++i) CHECK(stream.add(2 * i + 1, one) == Added::fresh);
    CHECK(stream.add(0, one) == Added::fresh);  // joins the first
    CHECK(stream.add(100, one) == Added::excess);
    CHECK(memory.used == 0);
  }
  SECTION("without memory") {
    Budget none{.limit = 100};
    QuicCryptoStream stream{none};
    CHECK(stream.add(0, std::vector<std::uint8_t>(200)) == Added::refused);
    CHECK(none.refused == 1);
  }
}

TEST_CASE("quic stream: it may begin anew") {
  Budget memory{.limit = 1 << 20};
  QuicCryptoStream stream{memory};
  CHECK(stream.add(0, "0001"_hex) == Added::fresh);
  stream.take(2);
  stream.restart();
  CHECK(memory.used == 0);
  CHECK(stream.add(0, "10"_hex) == Added::fresh);
  CHECK(ready(stream) == octets("10"_hex));
  stream.close();
  stream.restart();
  CHECK(stream.add(0, "20"_hex) == Added::fresh);
}

TEST_CASE("quic stream: it equals a map of octets, whatever comes") {
  std::mt19937 random{7};
  const auto below = [&random](unsigned limit) { return random() % limit; };
  for (int round = 0; round < 300; ++round) {
    Budget memory{.limit = 1 << 20};
    QuicCryptoStream stream{memory};
    std::map<std::uint64_t, std::uint8_t> twin;
    std::uint64_t base = 0;
    for (int step = 0; step < 40; ++step) {
      const std::uint64_t offset = base + below(60) - std::min<std::uint64_t>(base, below(8));
      std::vector<std::uint8_t> data(1 + below(12));
      bool fresh = false;
      for (std::size_t i = 0; i < data.size(); ++i) {
        data[i] = static_cast<std::uint8_t>(random());
        if (offset + i >= base) fresh = twin.emplace(offset + i, data[i]).second || fresh;
      }
      REQUIRE(stream.add(offset, data) == (fresh ? Added::fresh : Added::known));
      std::vector<std::uint8_t> expected;
      for (std::uint64_t at = base; twin.contains(at); ++at) expected.push_back(twin[at]);
      REQUIRE(ready(stream) == expected);
      if (expected.empty()) continue;
      const auto taken = below(static_cast<unsigned>(expected.size()) + 1);
      stream.take(taken);
      base += taken;
    }
  }
}

}  // namespace ntan::app
