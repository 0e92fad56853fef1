#include "app/ntp_packet.h"

#include <array>
#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "tests/app/ntp_bytes.h"

namespace ntan::app::ntp {
namespace {

using namespace test;            // NOLINT(*-using-namespace)
using namespace test::literals;  // NOLINT(*-using-namespace)

std::string defect(const Octets& behind, std::uint8_t first = 0x23) {
  const auto read = read_packet(join(ntp_packet({.first = first}), behind));
  REQUIRE(read);
  return read->defect ? std::string{read->defect->where} : std::string{};
}

Packet packet_with(const Octets& behind, std::uint8_t first = 0x23) {
  return read_packet(join(ntp_packet({.first = first}), behind)).value().packet;
}

/// 2023-11-14T22:13:20Z.
constexpr std::uint64_t now_seconds = 1'700'000'000 + 2'208'988'800;

NtpPacket plain_answer() {
  return {.first = 0x24,
          .stratum = 2,
          .root_delay = 0x100,
          .root_dispersion = 0x200,
          .reference_id = {192, 0, 2, 1},
          .reference = (now_seconds - 100) << 32U,
          .origin = 77,
          .receive = now_seconds << 32U,
          .transmit = now_seconds << 32U | 5};
}

}  // namespace

TEST_CASE("ntp packet: a header has its fields where RFC 5905 has them") {
  const auto read = read_packet(ntp_packet({.first = 0xdc,
                                            .stratum = 3,
                                            .poll = 10,
                                            .precision = 0xec,
                                            .root_delay = 0x10001,
                                            .root_dispersion = 0x20002,
                                            .reference_id = {1, 2, 3, 4},
                                            .reference = 11,
                                            .origin = 12,
                                            .receive = 13,
                                            .transmit = 14}));
  REQUIRE(read);
  const Packet& packet = read->packet;
  CHECK(packet.leap == 3);
  CHECK(packet.version == 3);
  CHECK(packet.mode == Mode::server);
  CHECK(packet.stratum == 3);
  CHECK(packet.poll == 10);
  CHECK(packet.precision == -20);
  CHECK(packet.root_delay == 0x10001);
  CHECK(packet.root_dispersion == 0x20002);
  CHECK(packet.reference_id == std::array<std::uint8_t, 4>{1, 2, 3, 4});
  CHECK(packet.reference == 11);
  CHECK(packet.origin == 12);
  CHECK(packet.receive == 13);
  CHECK(packet.transmit == 14);
  CHECK_FALSE(packet.synchronized());
  CHECK_FALSE(read->defect);
}

TEST_CASE("ntp packet: every prefix of a header is none") {
  const Octets whole = ntp_packet({});
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(read_packet(Bytes{whole}.first(size)));
}

TEST_CASE("ntp packet: fields behind the header are counted, a MAC is none") {
  const Octets field = ntp_extension(0x0104, Octets(32));
  CHECK(packet_with({}).extensions == 0);
  CHECK(packet_with(field).nts);
  CHECK(packet_with(join(field, ntp_extension(9, Octets(12)))).extensions == 2);
  CHECK_FALSE(packet_with(ntp_extension(9, Octets(24))).nts);
  const Packet keyed = packet_with(join(field, "0000002a"_hex, Octets(16)));
  CHECK(keyed.extensions == 1);
  CHECK(keyed.key_id == 42);
  CHECK_FALSE(keyed.crypto_nak);
  CHECK(packet_with(join("0000002a"_hex, Octets(20))).key_id == 42);
  CHECK(packet_with(Octets(4)).crypto_nak);
  CHECK(packet_with(field, 0x1b).extensions == 0);
}

TEST_CASE("ntp packet: a field of no length that is allowed is a flaw, in version 4") {
  CHECK(defect(join("0104 000c"_hex, Octets(36))) == "extension field");
  CHECK(defect(join("0104 001e"_hex, Octets(36))) == "extension field");
  CHECK(defect(join("0104 0100"_hex, Octets(36))) == "extension field");
  CHECK(defect(Octets(3)) == "extension field");
  CHECK(defect(Octets(12), 0x1b).empty());
  CHECK(defect(ntp_extension(9, Octets(24))).empty());
}

TEST_CASE("ntp packet: times are of the era next to the packet's") {
  using std::chrono::seconds;
  const Timestamp now{seconds{1'700'000'000}};
  CHECK(to_stamp(now) == now_seconds << 32U);
  CHECK(to_time(now_seconds << 32U, now) == now);
  CHECK(to_time((now_seconds - 1) << 32U | 0x8000'0000U, now) ==
        now - std::chrono::milliseconds{500});
  // 2036-02-07T06:28:16Z, where the seconds begin again.
  const Timestamp turn{seconds{2'085'978'496}};
  CHECK(to_stamp(turn) == 0);
  CHECK(to_time(std::uint64_t{UINT32_MAX} << 32U, turn) == turn - seconds{1});
  CHECK(to_time(std::uint64_t{7} << 32U, turn - seconds{5}) == turn + seconds{7});
  CHECK(between(std::uint64_t{UINT32_MAX} << 32U, std::uint64_t{1} << 32U) == seconds{2});
  CHECK(between(std::uint64_t{1} << 32U, std::uint64_t{UINT32_MAX} << 32U) == -seconds{2});
  for (const std::int64_t ns : {1, 999, 27'421'000, 999'999'999}) {
    const Timestamp time = now + Duration{ns};
    CHECK(to_time(to_stamp(time), now) == time);
    CHECK(between(to_stamp(now), to_stamp(time)) == Duration{ns});
  }
}

TEST_CASE("ntp packet: an answer on any port must make sense all through") {
  CHECK(is_plain_answer(ntp_packet(plain_answer())));
  const auto with = [](auto change) {
    NtpPacket packet = plain_answer();
    change(packet);
    return is_plain_answer(ntp_packet(packet));
  };
  CHECK_FALSE(with([](NtpPacket& p) { p.first = 0x23; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.first = 0x14; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.first = 0xe4; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.stratum = 0; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.stratum = 16; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.precision = 3; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.root_delay = 16U << 16U; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.root_dispersion = 16U << 16U; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.receive -= std::uint64_t{2} << 32U; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.reference -= std::uint64_t{200'000} << 32U; }));
  CHECK_FALSE(with([](NtpPacket& p) { p.transmit = 0; }));
  CHECK_FALSE(is_plain_answer(join(ntp_packet(plain_answer()), Octets(1))));
  CHECK_FALSE(is_plain_answer({}));
}

TEST_CASE("ntp packet: what asks for more than the time has a code") {
  const auto control = read_query("16 02 0001 0000 0000 0000 0000"_hex);
  REQUIRE(control);
  CHECK(control->mode == Mode::control);
  CHECK(control->version == 2);
  CHECK(control->code == 2);
  CHECK_FALSE(control->response);
  const auto later = read_query("16 82 0001 0000 0000 01d4 0010"_hex);
  REQUIRE(later);
  CHECK(later->response);
  CHECK(later->goes_on);
  const auto list = read_query("17 00 03 2a 0000 0000"_hex);
  REQUIRE(list);
  CHECK(list->implementation == 3);
  CHECK(list->code == 42);
  CHECK_FALSE(list->response);
  CHECK(read_query("d7 05 03 2a 0006 0048"_hex)->goes_on);
  CHECK_FALSE(read_query("d7 00 03 2a 0006 0048"_hex)->goes_on);
  CHECK_FALSE(read_query("16 02 0001 0000 0000 0000 00"_hex));
  CHECK_FALSE(read_query("17 00 03 2a 0000 00"_hex));
}

}  // namespace ntan::app::ntp
