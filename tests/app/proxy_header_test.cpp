#include "app/proxy_header.h"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"

using namespace ntan;
using namespace ntan::test;

namespace {

std::optional<std::size_t> size_of(std::string_view text) {
  return app::proxy_header_size(as_bytes(text));
}

}  // namespace

TEST_CASE("proxy header: a line of version 1 ends with its line end") {
  CHECK(size_of("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET /") == 45);
  CHECK(size_of("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n") == 46);
  CHECK(size_of("PROXY UNKNOWN\r\n") == 15);
  CHECK(size_of("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nEHLO") == 35);
}

TEST_CASE("proxy header: a line of version 1 has at most 107 octets") {
  const std::string begin = "PROXY UNKNOWN ";
  CHECK(size_of(begin + std::string(91, 'x') + "\r\n") == 107);
  CHECK(size_of(begin + std::string(92, 'x') + "\r\n") == 0);
  CHECK(size_of(begin + std::string(92, 'x')) == std::nullopt);
  CHECK(size_of(begin + std::string(93, 'x')) == 0);
}

TEST_CASE("proxy header: version 2 tells its length") {
  const Bytes local = "0d0a 0d0a 000d 0a51 5549 540a 2000 0000"_hex;
  const Bytes proxied =
      "0d0a 0d0a 000d 0a51 5549 540a 2111 000c c0000201 c6336401 dc04 01bb 1603"_hex;
  CHECK(app::proxy_header_size(local) == 16);
  CHECK(app::proxy_header_size(proxied) == 28);
  CHECK(app::proxy_header_size("0d0a 0d0a 000d 0a51 5549 540a 1111 0000"_hex) == 0);
  CHECK(app::proxy_header_size("0d0a 0d0a 000d 0a51 5549 540a 2211 0000"_hex) == 0);
}

TEST_CASE("proxy header: what may become one is told apart with more octets") {
  const std::string_view line = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
  for (std::size_t size = 0; size < line.size(); ++size) {
    CAPTURE(size);
    CHECK(size_of(line.substr(0, size)) == std::nullopt);
  }
  const Bytes proxied = "0d0a 0d0a 000d 0a51 5549 540a 2111 000c c0000201 c6336401 dc04 01bb"_hex;
  for (std::size_t size = 0; size < proxied.size(); ++size) {
    CAPTURE(size);
    CHECK(app::proxy_header_size(proxied.first(size)) == std::nullopt);
  }
}

TEST_CASE("proxy header: other protocols begin otherwise") {
  for (const std::string_view text :
       {"GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "PROXY / HTTP/1.1\r\n", "PROXY TCP5 1 2\r\n",
        "PROPFIND / HTTP/1.1\r\n", "\r\n\r\nGET / HTTP/1.1\r\n", "\x16\x03\x01"}) {
    CAPTURE(text);
    CHECK(size_of(text) == 0);
  }
}
