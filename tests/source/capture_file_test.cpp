#include "source/capture_file.h"

#include <string>
#include <tuple>

#include <catch2/catch.hpp>

#include "tests/support/capture.h"

namespace ntan {
namespace {

using test::octets;
using test::read_capture;
using namespace std::string_literals;
using namespace test::literals;

TEST_CASE("capture file: what is no capture is named") {
  using Row = std::tuple<std::string, std::string>;
  const auto [file, message] = GENERATE(table<std::string, std::string>({
      Row{"", "x is empty (0 bytes)"},
      Row{"hello, world\n", "x is not pcap or pcapng (looks like text)"},
      Row{"a", "x is not pcap or pcapng (looks like text)"},
      Row{"\x01\x02"s, "x is not pcap or pcapng (2 bytes)"},
      Row{"\x01\x02\x03\xff"s, "x is not pcap or pcapng (starts with 01 02 03 ff)"},
      Row{"snoop\0\0\0\0\0\0\2"s, "x is not pcap or pcapng (it is a snoop capture)"},
      Row{"GMBU\0\2"s, "x is not pcap or pcapng (it is a Microsoft Network Monitor capture)"},
      Row{"RTSS\0\2"s, "x is not pcap or pcapng (it is a Microsoft Network Monitor 1 capture)"},
      Row{"\xfd\x37zXZ\0\1"s, "x is not pcap or pcapng (it is packed with xz)"},
      Row{"\x7f"
          "ELF",
          "x is not pcap or pcapng (it is a program)"},
      Row{"\0\0\0\0\x00\x00\x00\x50\x02\x04\0\x40\0\0\0\x3c"s,
          "x is not pcap or pcapng (looks like ERF)"},
      Row{"\x1f\x8b\x08"s, "x is not pcap or pcapng (it is gzip inside another packing)"},
      Row{"\x1f\x8b\x08\0"s, "x: gzip data cut off"},
      Row{"\x28\xb5\x2f\xfd"s, "x: zstd data cut off"},
      Row{"\x1f\x8b\x08\xff\xff\xff\xff\xff"s, "x: gzip data corrupt (unknown header flags set)"},
  }));
  INFO(message);
  CHECK_THROWS_WITH(read_capture(octets(file)), message);
}

TEST_CASE("capture file: a convertible format comes with the way to convert it") {
  try {
    read_capture(octets("snoop\0\0\0"s));
    FAIL("no error");
  } catch (const source::Error& error) {
    CHECK(error.kind() == source::Error::Kind::not_a_capture);
    CHECK(error.hints() == std::vector{"convert it: editcap -F pcapng FILE out.pcapng"s});
  }
}

TEST_CASE("capture file: what cannot be opened is told apart") {
  const auto kind_of = [](const std::string& path) {
    try {
      (void)source::open_stream(path, nullptr);
    } catch (const source::Error& error) {
      return error.kind();
    }
    return source::Error::Kind::usage;
  };
  CHECK(kind_of("/nonexistent/x.pcap") == source::Error::Kind::not_found);
}

}  // namespace
}  // namespace ntan
