#include "app/dhcp_message.h"

#include <algorithm>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "tests/app/dhcp_bytes.h"

namespace ntan::app::dhcp {
namespace {

using namespace test;            // NOLINT(*-using-namespace)
using namespace test::literals;  // NOLINT(*-using-namespace)

/// A message with what it was read from and with.
struct Read {
  explicit Read(Octets from) : octets(std::move(from)) { message = read_message(octets, *scratch); }

  Octets octets;
  std::unique_ptr<Scratch> scratch = std::make_unique<Scratch>();
  std::optional<Message> message;

  [[nodiscard]] std::string_view defect() const {
    REQUIRE(message);
    return message->defect ? message->defect->where : std::string_view{};
  }
};

Octets options(const Octets& those) {
  return dhcp_message({}, join(dhcp_option(53, Octets{1}), those));
}

}  // namespace

TEST_CASE("dhcp message: a header has its fields where RFC 2131 has them") {
  const Read read{dhcp_message({.op = 2,
                                .hops = 3,
                                .xid = 9,
                                .seconds = 4,
                                .flags = 0x80,
                                .client = {10, 0, 0, 1},
                                .assigned = {10, 0, 0, 2},
                                .next_server = {10, 0, 0, 3},
                                .relay = {10, 0, 0, 4},
                                .file = octets("boot")},
                               {})};
  REQUIRE(read.message);
  const Message& message = *read.message;
  CHECK(message.is_reply);
  CHECK(message.hardware.size() == 6);
  CHECK(message.hops == 3);
  CHECK(message.xid == 9);
  CHECK(message.seconds == 4);
  CHECK(message.broadcast);
  CHECK(to_string(message.client) == "10.0.0.1");
  CHECK(to_string(message.assigned) == "10.0.0.2");
  CHECK(to_string(message.next_server) == "10.0.0.3");
  CHECK(to_string(message.relay) == "10.0.0.4");
  CHECK(message.boot_file == "boot");
  CHECK(!message.type);
  CHECK(!message.defect);
}

TEST_CASE("dhcp message: seconds are taken the way round that makes sense") {
  const auto seconds = [](std::uint8_t high, std::uint8_t low) {
    Octets message = dhcp_message({}, {});
    message[8] = high;
    message[9] = low;
    return Read{message}.message->seconds;
  };
  CHECK(seconds(0, 11) == 11);
  CHECK(seconds(1, 2) == 258);
  CHECK(seconds(11, 0) == 11);
}

TEST_CASE("dhcp message: options are read, in any order and between any padding") {
  const Read read{options(join(
      Octets(3), dhcp_option(51, "00000e10"_hex), dhcp_option(12, "686f7374 0000"_hex), Octets(2),
      dhcp_option(3, "0a000001 0a000002"_hex), dhcp_option(99, "what"), dhcp_option(55, "0103"_hex),
      dhcp_option(1, "ffffff00"_hex), dhcp_option(58, "00000708"_hex),
      dhcp_option(59, "00000c4e"_hex), dhcp_option(54, "0a0000fe"_hex)))};
  REQUIRE(read.message);
  const Message& message = *read.message;
  CHECK(message.type == type::discover);
  CHECK(message.lease == 3600);
  CHECK(message.renewal == 1800);
  CHECK(message.rebinding == 3150);
  CHECK(message.host_name == "host");
  REQUIRE(message.routers.size() == 2);
  CHECK(to_string(message.routers[1]) == "10.0.0.2");
  CHECK(std::ranges::equal(message.parameters, "0103"_hex));
  CHECK(to_string(message.subnet_mask) == "255.255.255.0");
  CHECK(to_string(message.server_id) == "10.0.0.254");
  CHECK(read.defect().empty());
}

TEST_CASE("dhcp message: an option that comes in parts is put together") {
  const Read read{
      options(join(dhcp_option(12, "one"), dhcp_option(15, "a"), dhcp_option(12, "two"),
                   dhcp_option(15, "b"), dhcp_option(12, "three"), dhcp_option(15, "c")))};
  CHECK(read.message->host_name == "onetwothree");
  CHECK(read.message->domain == "abc");
  CHECK(read.defect().empty());
}

TEST_CASE("dhcp message: what is put together has a bound") {
  Octets many;
  for (int i = 0; i < 20; ++i) many = join(many, dhcp_option(12, std::string(255, 'x')));
  const Read read{options(many)};
  CHECK(read.message->host_name.size() == 8 * std::size_t{255});
  CHECK(read.defect() == "option in parts");
}

TEST_CASE("dhcp message: file and server name hold options where one says so") {
  const Octets in_file = join(dhcp_option(12, "in"), dhcp_option(52, "03"_hex), Octets{255});
  const Octets in_name = join(dhcp_option(12, "both"), Octets{255});
  const auto read = [&](std::uint8_t overload) {
    return Read{dhcp_message({.server_name = in_name, .file = in_file},
                             join(dhcp_option(53, Octets{1}), dhcp_option(12, "first"),
                                  dhcp_option(52, Octets{overload})))};
  };
  CHECK(read(1).message->host_name == "firstin");
  CHECK(read(2).message->host_name == "firstboth");
  CHECK(read(3).message->host_name == "firstinboth");
  CHECK(read(1).message->boot_file.empty());
  CHECK(!read(2).message->boot_file.empty());
  CHECK(read(0).defect() == "option overload");
  CHECK(read(4).defect() == "option overload");
}

TEST_CASE("dhcp message: a name for DNS comes as text or as labels") {
  const auto name = [](Bytes value) {
    const Read read{options(dhcp_option(81, value))};
    CHECK(read.defect().empty());
    return std::string{read.message->fqdn};
  };
  CHECK(name(join("000000"_hex, octets("pc.example"))) == "pc.example");
  CHECK(name(join("040000"_hex, "02706307 6578616d706c65 00"_hex)) == "pc.example");
  CHECK(name(join("040000"_hex, "027063"_hex)) == "pc");
  CHECK(name(join("040000"_hex, "03702e63"_hex)) == "p\\.c");
  CHECK(name("040000"_hex).empty());
  CHECK(Read{options(dhcp_option(81, "040000 0570"_hex))}.defect() == "client name");
  CHECK(Read{options(dhcp_option(81, "040000 c000"_hex))}.defect() == "client name");
  CHECK(Read{options(dhcp_option(81, "0400"_hex))}.defect() == "length of an option");
}

TEST_CASE("dhcp message: what is wrong is named, and what could be read is kept") {
  const auto defect = [](const Octets& those) {
    return std::string{Read{options(those)}.defect()};
  };
  CHECK(defect(dhcp_option(51, "0001"_hex)) == "length of an option");
  CHECK(defect(dhcp_option(50, "0a00000102"_hex)) == "length of an option");
  CHECK(defect(dhcp_option(3, "0a0000"_hex)) == "length of an option");
  CHECK(defect(dhcp_option(6, Bytes{})) == "length of an option");
  CHECK(defect(Octets{12, 200, 'a'}) == "option");
  CHECK(Read{dhcp_message({.hardware_size = 17}, {})}.defect() == "hardware address");
  CHECK(Read{dhcp_message({.op = 2}, dhcp_option(53, Octets{1}))}.defect() ==
        "direction of the message");
  Octets endless = options(dhcp_option(12, "pc"));
  endless.pop_back();
  const Read read{endless};
  CHECK(read.defect() == "end of options");
  CHECK(read.message->host_name == "pc");
}

TEST_CASE("dhcp message: what is no message has no header") {
  Scratch scratch{};
  CHECK(!read_message({}, scratch));
  CHECK(!read_message(dhcp_message({.op = 3}, {}), scratch));
  CHECK(!read_message(Bytes{dhcp_message({}, {})}.first(43), scratch));
}

TEST_CASE("dhcp message: every prefix of a message reads without its rest") {
  const Octets whole = options(
      join(dhcp_option(12, "pc"), dhcp_option(51, "00000e10"_hex), dhcp_option(6, "0a000001"_hex)));
  for (std::size_t size = 44; size < whole.size(); ++size) {
    const Read read{Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))};
    REQUIRE(read.message);
    if (size < header_size || size > header_size + 6)
      CHECK((read.message->defect && read.message->defect->flaw == Flaw::truncated));
  }
}

TEST_CASE("dhcp message: types have the names of RFC 2131, others a number") {
  CHECK(type_name(1).view() == "DISCOVER");
  CHECK(type_name(18).view() == "TLS");
  CHECK(type_name(0).view() == "TYPE0");
  CHECK(type_name(200).view() == "TYPE200");
}

}  // namespace ntan::app::dhcp
