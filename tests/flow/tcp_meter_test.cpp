#include "flow/tcp_meter.h"

#include <array>

#include <catch2/catch.hpp>

#include "base/bytes.h"
#include "flow/record.h"
#include "tests/flow/segment.h"

namespace ntan::flow {
namespace {

using test::Talk;
namespace flag = wire::tcp_flag;

constexpr auto there = Direction::to_server;
constexpr auto back = Direction::to_client;

const TcpMeter& meter_of(const Talk& talk) {
  REQUIRE(talk.tcp.meter() != nullptr);
  return *talk.tcp.meter();
}

FlowRecord record_of(const Talk& talk) {
  return make_record(Flow{}, &talk.tcp);
}

/// An option that holds one block, aligned as usual: as long as timestamps are.
std::array<std::uint8_t, 12> sack(std::uint32_t start, std::uint32_t end) {
  std::array<std::uint8_t, 12> option{1, 1, 5, 10};
  store_be(&option[4], start);
  store_be(&option[8], end);
  return option;
}

}  // namespace

TEST_CASE("tcp meter: keep-alives count on a connection that has sent nothing") {
  Talk talk(">S <SA >A");
  CHECK(talk.tcp.meter() == nullptr);
  talk.send({there, flag::ack, 1000, 5001});
  talk.send({back, flag::ack, 5001, 1001});
  talk.send({there, flag::ack, 1000, 5001});
  REQUIRE(meter_of(talk).trouble(there) != nullptr);
  CHECK(meter_of(talk).trouble(there)->of(SegmentKind::keep_alive) == 2);
  CHECK(meter_of(talk).trouble(back)->of(SegmentKind::keep_alive) == 0);
}

TEST_CASE("tcp meter: a window stays closed until a FIN shows it open, or up to the last packet") {
  Talk talk(">S <SA >A >D10A <AZ +500 <A");
  CHECK(record_of(talk).dst_zero_win_us == 500'000);
  talk.play("<AZ +300 >A");
  CHECK(record_of(talk).dst_zero_win == 2);
  CHECK(record_of(talk).dst_zero_win_us == 800'000);
  talk.play("<FA +900 >A");
  CHECK(record_of(talk).dst_zero_win_us == 800'000);
}

TEST_CASE("tcp meter: a window that stays closed is timed by the packets' own clock") {
  Talk talk(">S <SA >A >D10A <AZ +200 >A");
  talk.play("+-2500000 >A +40 >A");
  CHECK(record_of(talk).dst_zero_win_us == 240'000);
}

TEST_CASE("tcp meter: a window that is said to be closed again and again is timed for an hour") {
  Talk talk(">S <SA >A >D10A <AZ");
  for (int minute = 0; minute < 70; ++minute) talk.play("+60000 >A <AZ");
  talk.play("+30000 <A");
  CHECK(record_of(talk).dst_zero_win == 1);
  CHECK(record_of(talk).dst_zero_win_us == 4'230'000'000);
  for (int minute = 0; minute < 2; ++minute) talk.play("<AZ +60000 <A");
  CHECK(record_of(talk).dst_zero_win == 3);
  CHECK_FALSE(record_of(talk).dst_zero_win_us);
}

TEST_CASE("tcp meter: octets in flight, where acknowledgements tell of them") {
  CHECK(record_of(Talk(">S <SA >A >D10A >D20A <A >D5A")).src_bif_max_bytes == 30);
  // Data in the SYN is in flight before anything was acknowledged.
  CHECK(record_of(Talk(">SD100 <SA >A")).src_bif_max_bytes == 100);
  // A FIN takes a number and is no octet.
  CHECK(record_of(Talk(">S <SA >A >D10FA")).src_bif_max_bytes == 10);
  // One way only, or from the middle on, nobody knows.
  CHECK_FALSE(record_of(Talk(">S >D10A >D20A")).src_bif_max_bytes);
  CHECK_FALSE(record_of(Talk(">D10A <A")).src_bif_max_bytes);
}

TEST_CASE("tcp meter: the client's window before its first data counts") {
  Talk talk(">S <SA");
  talk.send({there, flag::ack, 1001, 5001, 0, 100});
  talk.send({there, flag::ack, 1001, 5001, 10, 200});
  CHECK(record_of(talk).src_rwnd_min_bytes == 100);
  CHECK(record_of(talk).src_rwnd_max_bytes == 200);
}

TEST_CASE("tcp meter: a clock that jumps by hours measures nothing") {
  // Times are kept modulo 2^32 microseconds: without care some of these look like short ones.
  for (const std::string_view jump :
       {"+-1000000", "+-2500000", "+-4290000", "+2500000", "+4300000"}) {
    CAPTURE(jump);
    Talk talk(">S +40 <SA +10 >A >D10A <AZ");
    talk.play(">D10A");
    talk.play(jump);
    talk.play("<A");
    CHECK(meter_of(talk).side(there).rtt.n() == 2);
    CHECK(meter_of(talk).side(there).rtt.range().max() == 40'000);
    CHECK(record_of(talk).dst_zero_win_us.value_or(0) < 3'000'000'000);
    talk.play(">D10A +7 <A");
    CHECK(meter_of(talk).side(there).rtt.n() == 3);
  }
}

TEST_CASE("tcp meter: each SYN-ACK is timed by the last copy before it") {
  const Talk talk(">S +40 <SA +1000 <* +50 <* +2000 <* +10 >A");
  CHECK(record_of(talk).dst_syn_rtx == 3);
  CHECK(record_of(talk).dst_rtx_rto == 2);
  CHECK(record_of(talk).dst_rtx_other == 1);
}

TEST_CASE("tcp meter: a SYN that data overtook was sent once") {
  Talk talk;
  talk.send({there, flag::ack, 1001, 5001, 10});
  talk.play(">S <SA >A");
  CHECK(talk.state() == "S1");
  CHECK(talk.history.text().view() == "DShA");
  const FlowRecord record = record_of(talk);
  CHECK(record.src_rtx == 0);
  CHECK(record.src_reorder == 1);
  CHECK_FALSE(record.src_syn_rtx);
  CHECK(record.src_loss_ratio == 0);
  CHECK(record.src_goodput_bytes == 10);
  talk.play("+1000 >S");
  CHECK(record_of(talk).src_rtx == 1);
  CHECK(record_of(talk).src_syn_rtx == 1);
}

TEST_CASE("tcp meter: SYNs and FINs that came again are no lost data") {
  // The SYN-ACK by time-out and sooner, the FIN by time-out; all the data was fine.
  const Talk talk(">S +40 <SA +80 <* +1000 <* +10 >A >D10A <D20A >A <FA +1000 <* +3000 <* >A");
  const FlowRecord record = record_of(talk);
  CHECK(record.dst_rtx == 4);
  CHECK(record.dst_rtx_other == 1);
  CHECK(record.dst_rtx_rto == 3);
  CHECK(record.dst_loss_up_ratio == 0);
  CHECK(record.dst_loss_down_ratio == 0);
  CHECK(record.dst_loss_ratio == 0);
  // A FIN with data is data.
  const Talk with_data(">S <SA >A >D10A <FD20A +1000 <*");
  CHECK(record_of(with_data).dst_loss_down_ratio == 0.5);
}

TEST_CASE("tcp meter: a FIN lost before the tap is no lost data") {
  Talk talk(">S <SA >A >D10A <A");
  // Its sender goes on behind the FIN, which comes by 300 ms later.
  talk.send({there, flag::ack, 1012, 5001});
  talk.play("+300");
  talk.send({there, flag::fin | flag::ack, 1011, 5001});
  const FlowRecord record = record_of(talk);
  CHECK(record.src_rtx == 1);
  CHECK(record.src_rtx_upstream == 1);
  CHECK(record.src_loss_up_ratio == 0);
  CHECK(record.src_loss_ratio == 0);
}

TEST_CASE("tcp meter: the server's half is known with the SYN-ACK") {
  Talk talk(">S +40 <SA");
  CHECK(talk.effect().syn_answered);
  talk.play(">A");
  CHECK_FALSE(talk.effect().syn_answered);
  CHECK(talk.effect().established);
}

TEST_CASE("tcp meter: of one direction alone, what is a window old is sent again all the same") {
  Talk talk;
  constexpr std::uint32_t size = 1400;
  for (std::uint32_t i = 0; i < 500; ++i) talk.send({back, flag::ack, 5001 + i * size, 1, size});
  talk.play("+300");
  CHECK_FALSE(talk.send({back, flag::ack, 5001, 1, size}).window_violation);
  const FlowRecord record = record_of(talk);
  CHECK(record.dst_data_segs == 501);
  CHECK(record.dst_rtx == 1);
  CHECK(record.dst_rtx_bytes == size);
  CHECK(record.dst_goodput_bytes == 500 * size);
  // More than any window old, or beyond one, it is nobody's.
  CHECK(talk.send({back, flag::ack, 5001 + 500 * size - (2U << 20U), 1, size}).window_violation);
  CHECK(talk.send({back, flag::ack, 5001 + 500 * size + (2U << 20U), 1, size}).window_violation);
}

TEST_CASE("tcp meter: however many segments a full queue drops, each is lost before the tap") {
  Talk talk(">S +20 <SA +20 >A");
  constexpr std::uint32_t size = 1000;
  constexpr std::uint32_t lost = 700;
  for (std::uint32_t i = 0; i < lost; ++i)
    talk.send({back, flag::ack, 5001 + (2 * i + 1) * size, 1001, size});
  talk.play("+100");
  for (std::uint32_t i = 0; i < lost; ++i)
    talk.send({back, flag::ack, 5001 + 2 * i * size, 1001, size});
  talk.send({there, flag::ack, 1001, 5001 + 2 * lost * size});
  const FlowRecord record = record_of(talk);
  CHECK(record.dst_rtx == lost);
  CHECK(record.dst_rtx_upstream == lost);
  CHECK(record.dst_rtx_bytes == 0);
  CHECK(record.dst_goodput_bytes == 2 * lost * size);
  CHECK(record.dst_loss_down_ratio == 0);
  CHECK(record.dst_unseen_bytes == 0U);
}

TEST_CASE("tcp meter: duplicates are reported by the shortest SACK too, and by ACKs of news") {
  const bool news = GENERATE(false, true);
  CAPTURE(news);
  Talk talk(">S +20 <SA +20 >A >D10A <D100A +600 <*");
  REQUIRE(record_of(talk).dst_rtx == 1);
  REQUIRE(record_of(talk).dst_loss_down_ratio == 0.5);
  if (!news) talk.send({there, flag::ack, 1011, 5101});
  const auto option = sack(5001, 5101);
  CHECK(talk.send({there, flag::ack, 1011, 5101, 0, 0x4000, option}).ack.needless);
  CHECK(record_of(talk).dst_loss_down_ratio == 0);
}

TEST_CASE("tcp meter: timestamps alone are no SACK, though as long") {
  Talk talk(">S +20 <SA +20 >A >D10A <D100A");
  const std::array<std::uint8_t, 12> stamps{1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 7};
  talk.send({there, flag::ack, 1011, 5001, 0, 0x4000, stamps});
  // The window has moved: of an ACK without SACK that is an update, no duplicate.
  CHECK_FALSE(talk.send({there, flag::ack, 1011, 5001, 0, 0x4100, stamps}).ack.duplicate);
  const auto option = sack(5050, 5101);
  CHECK(talk.send({there, flag::ack, 1011, 5001, 0, 0x4200, option}).ack.duplicate);
}

TEST_CASE("tcp meter: the only octet that is not acknowledged comes again, no keep-alive") {
  Talk talk(">S +20 <SA +20 >A >D1A +400 >*");
  CHECK(record_of(talk).src_rtx == 1);
  CHECK(record_of(talk).src_rtx_rto == 1);
  CHECK_FALSE(record_of(talk).src_keepalive);
  talk.play("+20 <A");
  CHECK(record_of(talk).rtt_server_n == 1);  // of the handshake: nobody knows which copy this is of
  talk.play("+5000 >*");
  CHECK(record_of(talk).src_rtx == 1);
  CHECK(record_of(talk).src_keepalive == 1);
  // The octet of a keep-alive came twice, but was not taken for lost.
  const auto option = sack(1001, 1002);
  CHECK_FALSE(talk.send({back, flag::ack, 5001, 1002, 0, 0x4000, option}).ack.needless);
  CHECK(record_of(talk).src_loss_down_ratio == 0.5);
}

TEST_CASE("tcp meter: an empty probe of a closed window is no keep-alive") {
  Talk talk(">S <SA >A >D10A <AZ +500");
  talk.send({there, flag::ack, 1010, 5001});
  talk.play("<AZ +900");
  talk.send({there, flag::ack, 1010, 5001});
  talk.play("<A +900");
  CHECK(record_of(talk).src_zwp == 2);
  CHECK_FALSE(record_of(talk).src_keepalive);
  talk.send({there, flag::ack, 1010, 5001});
  CHECK(record_of(talk).src_keepalive == 1);
  talk.play(">D5A");
  CHECK(record_of(talk).src_goodput_bytes == 15);
}

TEST_CASE("tcp meter: data that its acknowledgement overtook was late, not sent again") {
  Talk talk(">S +20 <SA +20 >A");
  talk.send({back, flag::ack, 5101, 1001, 100});
  talk.send({there, flag::ack, 1001, 5201});
  talk.send({back, flag::ack, 5001, 1001, 100});
  const FlowRecord record = record_of(talk);
  CHECK(record.dst_reorder == 1);
  CHECK(record.dst_rtx == 0);
  CHECK(record.dst_unseen_bytes == 0U);
}

TEST_CASE("tcp meter: copies are told apart without numbers of datagrams too") {
  Talk talk(">S +20 <SA +20 >A >D100A >* +20 <D50A <*");
  CHECK(record_of(talk).src_rtx == 0);
  CHECK(record_of(talk).src_dup_capture == 1);
  CHECK(record_of(talk).dst_dup_capture == 1);
  CHECK(record_of(talk).src_loss_down_ratio == 0);
  // Empty acknowledgements that are alike are duplicates of TCP's own (RFC 5681 2).
  talk.play("<D50A >A >*");
  CHECK(record_of(talk).src_dup_capture == 1);
}

}  // namespace ntan::flow
