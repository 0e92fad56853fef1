#include "source/met_interfaces.h"

#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace ntan::source {
namespace {

/// As much of a LINKTYPE_LINUX_SLL2 header as tells the interface.
std::array<std::uint8_t, 8> header(std::uint32_t index) {
  return {0x08,
          0,
          0,
          0,
          static_cast<std::uint8_t>(index >> 24U),
          static_cast<std::uint8_t>(index >> 16U),
          static_cast<std::uint8_t>(index >> 8U),
          static_cast<std::uint8_t>(index)};
}

struct Kernel {
  std::vector<Interface> input{{.name = "any", .link = LinkType::linux_sll2, .snaplen = 99}};
  std::vector<std::uint32_t> asked{};
  MetInterfaces met{[this](std::uint32_t index) {
    asked.push_back(index);
    return index == 7 ? std::string{} : "if" + std::to_string(index);
  }};

  std::uint32_t of(std::uint32_t index) { return met.of(header(index), input); }
};

TEST_CASE("met interfaces: each is asked for once, and is as the whole input is") {
  Kernel kernel;
  CHECK(kernel.of(0x10002) == 1);
  CHECK(kernel.of(2) == 2);
  CHECK(kernel.of(2) == 2);
  CHECK(kernel.of(0x10002) == 1);
  CHECK(kernel.of(1) == 3);
  CHECK(kernel.of(2) == 2);
  CHECK(kernel.asked == std::vector<std::uint32_t>{0x10002, 2, 1});
  REQUIRE(kernel.input.size() == 4);
  CHECK(kernel.input[1].name == "if65538");
  CHECK(kernel.input[2].name == "if2");
  CHECK(kernel.input[3].name == "if1");
  CHECK(kernel.input[3].link == LinkType::linux_sll2);
  CHECK(kernel.input[3].snaplen == 99);
}

TEST_CASE("met interfaces: what cannot be told is of all") {
  Kernel kernel;
  CHECK(kernel.of(0) == 0);
  CHECK(kernel.of(7) == 0);
  CHECK(kernel.of(8) == 1);
  CHECK(kernel.of(7) == 0);
  const auto whole = header(8);
  CHECK(kernel.met.of(std::span{whole}.first(7), kernel.input) == 0);
  CHECK(kernel.met.of({}, kernel.input) == 0);
  CHECK(kernel.input.size() == 2);
}

TEST_CASE("met interfaces: their number is bounded") {
  Kernel kernel;
  constexpr std::uint32_t first = 100;
  for (std::uint32_t i = 0; i < 2 * MetInterfaces::most; ++i) {
    INFO(i);
    CHECK(kernel.of(first + i) == (i < MetInterfaces::most ? i + 1 : 0));
  }
  CHECK(kernel.asked.size() == MetInterfaces::most);
  CHECK(kernel.input.size() == MetInterfaces::most + 1);
  CHECK(kernel.of(first + 5) == 6);
}

}  // namespace
}  // namespace ntan::source
