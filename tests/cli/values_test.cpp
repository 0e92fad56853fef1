#include "cli/values.h"

#include <string>

#include <catch2/catch.hpp>

using namespace ntan;
using namespace ntan::cli;

TEST_CASE("values: sizes are powers of 1,024, plain numbers have the option's unit") {
  const auto [text, expected] = GENERATE(table<std::string, std::optional<std::uint64_t>>({
      {"1", 1024},
      {"1k", 1024},
      {"16M", 16'777'216},
      {"2g", 2'147'483'648},
      {"0", 0},
      {"", std::nullopt},
      {"k", std::nullopt},
      {"-1", std::nullopt},
      {"+1", std::nullopt},
      {"1.5M", std::nullopt},
      {"1MB", std::nullopt},
      {" 1", std::nullopt},
      {"18446744073709551615", std::nullopt},
      {"99999999999G", std::nullopt},
  }));
  CHECK(parse_size(text, 1024) == expected);
}

TEST_CASE("values: times have units, plain numbers are seconds") {
  using namespace std::chrono_literals;
  const auto [text, expected] = GENERATE(table<std::string, std::optional<Duration>>({
      {"30", 30s},
      {"30s", 30s},
      {"1.5", 1500ms},
      {"1.5m", 90s},
      {"2h", 2h},
      {"250ms", 250ms},
      {"10us", 10us},
      {"0", 0s},
      {"0.000001", 1us},
      {"", std::nullopt},
      {"s", std::nullopt},
      {"1.", std::nullopt},
      {".5", std::nullopt},
      {"1.1234567", std::nullopt},
      {"-1", std::nullopt},
      {"1d", std::nullopt},
      {"1e3", std::nullopt},
      {"99999999h", std::nullopt},
  }));
  CHECK(parse_duration(text) == expected);
}

TEST_CASE("values: networks") {
  const auto networks = parse_networks("192.0.2.0/24,2001:db8::1");
  REQUIRE(networks);
  CHECK(*networks == std::vector<Network>{{*parse_address("192.0.2.0"), 24},
                                          {*parse_address("2001:db8::1"), 128}});
  for (const char* bad : {"", "x", "192.0.2.0/33", "192.0.2.0/", "::/129", "192.0.2.0/24,"})
    CHECK_FALSE(parse_networks(bad));
}

TEST_CASE("values: where to listen is a port, or an address of digits and a port") {
  const auto [text, host, port] = GENERATE(table<std::string, std::string, int>({
      {"8080", "localhost", 8080},
      {":9000", "localhost", 9000},
      {"1", "localhost", 1},
      {"65535", "localhost", 65535},
      {"localhost:80", "localhost", 80},
      {"127.0.0.1:8080", "127.0.0.1", 8080},
      {"0.0.0.0:8080", "0.0.0.0", 8080},
      {"[::1]:8080", "::1", 8080},
      {"[::]:8080", "::", 8080},
  }));
  const auto listen = parse_listen(text);
  REQUIRE(listen);
  CHECK(listen->host == host);
  CHECK(listen->port == port);
}

TEST_CASE("values: an address is spelled as a browser spells it") {
  CHECK(parse_listen("[2001:DB8:0:0::1]:80")->host == "2001:db8::1");
}

TEST_CASE("values: nobody can listen there") {
  const std::string text =
      GENERATE("", ":", "0", ":0", "65536", "99999999999999999999", "-1", "+80", " 80", "80 ",
               "0x50", "localhost", "localhost:", "localhost:http", "example.org:80", "127.0.0.1",
               "127.0.0.1:", "127.0.0.256:80", "127.1:80", "[::1]", "[::1]:", "[::1", "::1]:80",
               "[::1]80", "[]:80", "[localhost]:80", "[127.0.0.1]:80", "127.0.0.1:80:80",
               "http://localhost:80", "*:80", "localhost :80", "[::1%lo]:80");
  CAPTURE(text);
  CHECK_FALSE(parse_listen(text));
}

TEST_CASE("values: an IPv6 address without brackets could end anywhere") {
  const std::string text = GENERATE("::1", "::1:8080", "2001:db8::1:80", "1:2:3:4:5:6:7:8:80");
  CAPTURE(text);
  CHECK_FALSE(parse_listen(text));
}
