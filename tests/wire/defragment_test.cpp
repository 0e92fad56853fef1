#include "wire/defragment.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/defragment_twin.h"
#include "tests/wire/frame.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::wire;

namespace {

using Verdict = Defragmenter::Verdict;
using Reason = Defragmenter::Reason;

Defragmenter::Result add(Defragmenter& defragmenter, DecodedFrame& frame) {
  REQUIRE(frame.decoded.bucket == Bucket::fragment);
  return defragmenter.add(frame.packet, frame.decoded, frame.extra);
}

Octets random_octets(std::mt19937& random, std::size_t size) {
  Octets octets(size);
  for (auto& octet : octets) octet = static_cast<std::uint8_t>(random());
  return octets;
}

/// Feeds both, and compares every answer up to the point where the datagram is whole.
void compare_with_twin(IpVersion version, const std::vector<Fragment>& fragments,
                       const std::vector<std::size_t>& order) {
  Defragmenter defragmenter({});
  NaiveDatagram twin(version);
  std::uint64_t waiting = 0;
  bool overlap = false;
  for (const std::size_t i : order) {
    DecodedFrame frame = fragment_frame(version, fragments[i], 7);
    const Reason expected = twin.add(fragments[i]);
    const auto result = add(defragmenter, frame);
    overlap |= result.overlap;
    REQUIRE(result.reason == expected);
    REQUIRE(overlap == twin.overlapped());
    if (!twin.whole()) {
      REQUIRE(result.verdict == (expected == Reason::none ? Verdict::waiting : Verdict::dropped));
      waiting += result.verdict == Verdict::waiting ? 1U : 0U;
      continue;
    }
    if (result.verdict == Verdict::dropped) continue;
    REQUIRE(result.verdict == Verdict::whole);
    REQUIRE(result.earlier.packets == waiting);
    REQUIRE(frame.decoded.bucket == Bucket::flow);
    REQUIRE(frame.decoded.payload_size == twin.size());
    REQUIRE(frame.payload() == twin.payload());
    REQUIRE(defragmenter.size() == 0);
    REQUIRE(defragmenter.budget().used == 0);
    return;
  }
}

void compare_all_orders(IpVersion version, const std::vector<Fragment>& fragments) {
  std::vector<std::size_t> order(fragments.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  do {
    compare_with_twin(version, fragments, order);
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace

TEST_CASE("defragment: all orders of six fragments give one datagram") {
  std::mt19937 random(1);
  const Octets whole = random_octets(random, 44);
  std::vector<Fragment> fragments;
  for (std::uint16_t at = 0; at < 48; at = static_cast<std::uint16_t>(at + 8)) {
    const auto size = std::min<std::ptrdiff_t>(8, 44 - at);
    fragments.push_back({.offset = at,
                         .octets = Octets(whole.begin() + at, whole.begin() + at + size),
                         .last = at == 40});
  }
  for (const auto version : {IpVersion::v4, IpVersion::v6}) {
    compare_all_orders(version, fragments);
    Defragmenter defragmenter({});
    for (const Fragment& fragment : fragments) {
      DecodedFrame frame = fragment_frame(version, fragment, 7);
      const auto result = add(defragmenter, frame);
      if (!fragment.last) continue;
      REQUIRE(result.verdict == Verdict::whole);
      CHECK(frame.payload() == whole);
      CHECK(frame.decoded.fragmented);
      CHECK(frame.decoded.l3_size == (version == IpVersion::v4 ? 20 : 40) + 44);
      CHECK(result.earlier.packets == 5);
      CHECK(result.earlier.octets == 5U * (version == IpVersion::v4 ? 28 : 56));
    }
  }
}

TEST_CASE("defragment: all orders of random overlapping fragments agree with the twin") {
  std::mt19937 random(2);
  for (int round = 0; round < 12; ++round) {
    std::vector<Fragment> fragments;
    for (int i = 0; i < 6; ++i) {
      Fragment fragment{.offset = static_cast<std::uint16_t>(random() % 5 * 8)};
      fragment.last = fragment.offset != 0 && random() % 3 == 0;
      fragment.octets =
          random_octets(random, fragment.last ? 1 + random() % 20 : 8 + random() % 3 * 8);
      if (random() % 4 == 0) fragment.captured = random() % 12;
      // Overlaps with the same octets, too.
      if (random() % 2 == 0) std::fill(fragment.octets.begin(), fragment.octets.end(), 0);
      fragments.push_back(fragment);
    }
    for (const auto version : {IpVersion::v4, IpVersion::v6})
      compare_all_orders(version, fragments);
  }
}

TEST_CASE("defragment: long random streams agree with the twin") {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    std::vector<Fragment> fragments;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < 90; ++i) {
      Fragment fragment{.offset = static_cast<std::uint16_t>(random() % 80 * 8)};
      fragment.last = fragment.offset > 600 && random() % 4 == 0;
      fragment.octets = random_octets(random, fragment.last ? 8 : 8 + random() % 2 * 8);
      fragments.push_back(fragment);
      order.push_back(i);
    }
    for (const auto version : {IpVersion::v4, IpVersion::v6}) {
      compare_with_twin(version, fragments, order);
    }
  }
}

TEST_CASE("defragment: IPv4 overlap is won by the first copy and flagged once") {
  Defragmenter defragmenter({});
  DecodedFrame first = fragment_frame(IpVersion::v4, {.octets = Octets(16, 'a')}, 7);
  DecodedFrame second = fragment_frame(IpVersion::v4, {.offset = 8, .octets = Octets(16, 'b')}, 7);
  DecodedFrame again = fragment_frame(IpVersion::v4, {.offset = 8, .octets = Octets(8, 'c')}, 7);
  DecodedFrame last =
      fragment_frame(IpVersion::v4, {.offset = 24, .octets = Octets(1, 'd'), .last = true}, 7);
  CHECK_FALSE(add(defragmenter, first).overlap);
  CHECK(add(defragmenter, second).overlap);
  CHECK_FALSE(add(defragmenter, again).overlap);
  CHECK(add(defragmenter, last).verdict == Verdict::whole);
  CHECK(as_text(last.decoded.payload_bytes()) == "aaaaaaaaaaaaaaaabbbbbbbbd");
}

TEST_CASE("defragment: a size that would wrap around is too long") {
  for (const std::uint32_t size : {0xffffffffU, 0xffffffffU - 39U, 65'536U, 65'496U}) {
    CAPTURE(size);
    Defragmenter defragmenter({});
    DecodedFrame frame =
        fragment_frame(IpVersion::v4, {.offset = 40, .octets = Octets(8), .last = true}, 7);
    frame.decoded.payload_size = size;
    const auto result = add(defragmenter, frame);
    CHECK(result.verdict == Verdict::dropped);
    CHECK(result.reason == Reason::too_long);
    CHECK(defragmenter.size() == 0);
  }
}

TEST_CASE("defragment: an exact duplicate is silent and credited") {
  for (const auto version : {IpVersion::v4, IpVersion::v6}) {
    Defragmenter defragmenter({});
    DecodedFrame first = fragment_frame(version, {.octets = Octets(16, 'a')}, 7);
    DecodedFrame again = fragment_frame(version, {.octets = Octets(16, 'a')}, 7);
    DecodedFrame last =
        fragment_frame(version, {.offset = 16, .octets = Octets(1, 'd'), .last = true}, 7);
    CHECK(add(defragmenter, first).verdict == Verdict::waiting);
    const auto result = add(defragmenter, again);
    CHECK(result.verdict == Verdict::waiting);
    CHECK_FALSE(result.overlap);
    CHECK(add(defragmenter, last).earlier.packets == 2);
  }
}

TEST_CASE("defragment: an IPv6 overlap discards the datagram, later fragments included") {
  Defragmenter defragmenter({});
  DecodedFrame first = fragment_frame(IpVersion::v6, {.octets = Octets(16, 'a')}, 7);
  DecodedFrame overlap = fragment_frame(IpVersion::v6, {.offset = 8, .octets = Octets(16, 'a')}, 7);
  DecodedFrame last =
      fragment_frame(IpVersion::v6, {.offset = 16, .octets = Octets(8, 'b'), .last = true}, 7);
  CHECK(add(defragmenter, first).verdict == Verdict::waiting);
  const auto result = add(defragmenter, overlap);
  CHECK(result.verdict == Verdict::dropped);
  CHECK(result.reason == Reason::overlap);
  CHECK(result.overlap);
  CHECK(add(defragmenter, last).reason == Reason::discarded);
  std::vector<Defragmenter::Incomplete> given_up;
  defragmenter.drain([&](const auto& datagram) { given_up.push_back(datagram); });
  REQUIRE(given_up.size() == 1);
  CHECK(given_up[0].counts.packets == 1);
  CHECK(defragmenter.budget().used == 0);
}

TEST_CASE("defragment: the datagram is decoded on behind its IP header") {
  const Octets datagram = join("8235 0035 0018 0000"_hex, Octets(16, 'q'));
  DecodedFrame last = decode_frame(
      [&] {
        Octets packet = ipv4(17, Bytes{datagram}.subspan(16));
        put_be16(packet, 6, 2);
        return packet;
      }(),
      {.link = LinkType::raw});
  DecodedFrame first = decode_frame(
      [&] {
        Octets packet = ipv4(17, Bytes{datagram}.first(16));
        put_be16(packet, 6, 0x2000);
        return packet;
      }(),
      {.link = LinkType::raw});
  Defragmenter defragmenter({});
  CHECK(add(defragmenter, last).verdict == Verdict::waiting);
  CHECK(add(defragmenter, first).verdict == Verdict::whole);
  CHECK(first.decoded.bucket == Bucket::flow);
  CHECK(first.decoded.dst_port == 53);
  CHECK(first.decoded.payload_size == 16);
  CHECK(first.decoded.l3_size == 44);
}

TEST_CASE("defragment: a fragmented tunnel is walked to its inside") {
  const Octets inside = ipv4(17, "0001 0002 000c 0000 61626364"_hex);
  Octets first_packet = ipv4(4, Bytes{inside}.first(24));
  put_be16(first_packet, 6, 0x2000);
  Octets last_packet = ipv4(4, Bytes{inside}.subspan(24));
  put_be16(last_packet, 6, 3);
  DecodedFrame first = decode_frame(first_packet, {.link = LinkType::raw});
  DecodedFrame last = decode_frame(last_packet, {.link = LinkType::raw});
  Defragmenter defragmenter({});
  CHECK(add(defragmenter, first).verdict == Verdict::waiting);
  CHECK(add(defragmenter, last).verdict == Verdict::whole);
  CHECK(last.decoded.bucket == Bucket::flow);
  CHECK(last.decoded.dst_port == 2);
  CHECK(last.decoded.tunnel_depth == 1);
  CHECK(as_text(last.decoded.payload_bytes()) == "abcd");
}

/// A datagram in two fragments, both of them in a tunnel and cut in two once more.
std::vector<DecodedFrame> nested_fragments(Bytes datagram) {
  std::vector<DecodedFrame> frames;
  for (std::uint16_t part = 0; part < 2; ++part) {
    Octets inner = ipv4(17, part == 0 ? datagram.first(16) : datagram.subspan(16));
    put_be16(inner, 6, part == 0 ? 0x2000 : 2);
    for (std::uint16_t half = 0; half < 2; ++half) {
      Octets outer = ipv4(4, half == 0 ? Bytes{inner}.first(24) : Bytes{inner}.subspan(24));
      put_be16(outer, 4, 100U + part);
      put_be16(outer, 6, half == 0 ? 0x2000 : 3);
      frames.push_back(decode_frame(outer, {.link = LinkType::raw}));
    }
  }
  return frames;
}

TEST_CASE("defragment: fragments of a fragmented packet in a tunnel are one datagram") {
  const Octets datagram = join("8235 0035 0020 0000"_hex, Octets(24, 'q'));
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    std::vector<DecodedFrame> frames = nested_fragments(datagram);
    Defragmenter defragmenter({});
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(add(defragmenter, frames[order[i]]).verdict == Verdict::waiting);
    DecodedFrame& last = frames[order[3]];
    const auto result = add(defragmenter, last);
    REQUIRE(result.verdict == Verdict::whole);
    CHECK(result.earlier.packets == 3);
    CHECK(result.earlier.octets + last.packet.wire_size == 4U * 20U + 2U * 20U + 32U);
    CHECK(last.decoded.bucket == Bucket::flow);
    CHECK(last.decoded.dst_port == 53);
    CHECK(last.decoded.tunnel_depth == 1);
    CHECK(last.payload() == Octets(24, 'q'));
    CHECK(defragmenter.size() == 0);
    CHECK(defragmenter.budget().used == 0);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("defragment: a datagram tells when the first of its frames came") {
  std::vector<DecodedFrame> frames =
      nested_fragments(join("8235 0035 0020 0000"_hex, Octets(24, 'q')));
  Defragmenter defragmenter({});
  // The second inner fragment's datagram began earlier, but is whole later than the first one's.
  Defragmenter::Result result;
  std::int64_t seconds = 10;
  for (const std::size_t i : {2U, 0U, 1U, 3U}) {
    frames[i].packet.time = from_ns(seconds++ * 1'000'000'000);
    result = add(defragmenter, frames[i]);
  }
  REQUIRE(result.verdict == Verdict::whole);
  CHECK(result.first.own == from_ns(10'000'000'000));
  CHECK(result.first.clock == from_ns(10'000'000'000));
}

TEST_CASE("defragment: the timeout counts from the first frame, nested or not") {
  const Octets datagram = join("8235 0035 0020 0000"_hex, Octets(24, 'q'));
  const auto [last, whole] =
      GENERATE(table<std::int64_t, bool>({{29'999'999'999, true}, {30'000'000'000, false}}));
  std::vector<DecodedFrame> frames = nested_fragments(datagram);
  frames[1].packet.time = from_ns(20'000'000'000);
  frames[2].packet.time = from_ns(20'000'000'000);
  frames[3].packet.time = from_ns(last);
  Defragmenter defragmenter({});
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(add(defragmenter, frames[i]).verdict == Verdict::waiting);
  const auto result = add(defragmenter, frames[3]);
  CHECK(result.verdict == (whole ? Verdict::whole : Verdict::dropped));
  CHECK(result.reason == (whole ? Reason::none : Reason::too_late));
  CHECK(result.earlier.packets == 3);
  CHECK(defragmenter.size() == 0);
  CHECK(defragmenter.budget().used == 0);
}

TEST_CASE("defragment: a nested datagram that stays incomplete is reported with all its frames") {
  std::vector<DecodedFrame> frames =
      nested_fragments(join("8235 0035 0020 0000"_hex, Octets(24, 'q')));
  frames.pop_back();
  Defragmenter defragmenter({});
  for (DecodedFrame& frame : frames) CHECK(add(defragmenter, frame).verdict == Verdict::waiting);
  Defragmenter::Counts given_up;
  defragmenter.drain([&](const auto& datagram) { given_up += datagram.counts; });
  CHECK(given_up.packets == 3);
}

TEST_CASE("defragment: a frame can be followed from datagram to datagram") {
  std::vector<DecodedFrame> frames =
      nested_fragments(join("8235 0035 0020 0000"_hex, Octets(24, 'q')));
  using Serials = decltype(Defragmenter::Result::earlier_in);
  Defragmenter defragmenter({});
  const auto first = add(defragmenter, frames[0]);
  CHECK(first.waits_in == 1);
  CHECK(first.earlier_in == Serials{});
  const auto inner = add(defragmenter, frames[1]);
  CHECK(inner.waits_in == 2);  // with the first frame
  CHECK(inner.earlier_in == Serials{1});
  CHECK(add(defragmenter, frames[2]).waits_in == 3);
  const auto whole = add(defragmenter, frames[3]);
  CHECK(whole.waits_in == 0);
  CHECK(whole.earlier_in == Serials{3, 2});
  DecodedFrame again = fragment_frame(IpVersion::v4, {.octets = Octets(8)}, 7);
  (void)add(defragmenter, again);
  defragmenter.drain([](const auto& datagram) { CHECK(datagram.serial == 4); });
}

TEST_CASE("defragment: a nested fragment that is dropped takes the frames that brought it along") {
  Octets odd = ipv4(17, Octets(9));
  put_be16(odd, 6, 0x2000);
  Octets first_packet = ipv4(4, Bytes{odd}.first(24));
  put_be16(first_packet, 6, 0x2000);
  Octets last_packet = ipv4(4, Bytes{odd}.subspan(24));
  put_be16(last_packet, 6, 3);
  DecodedFrame first = decode_frame(first_packet, {.link = LinkType::raw});
  DecodedFrame last = decode_frame(last_packet, {.link = LinkType::raw});
  Defragmenter defragmenter({});
  CHECK(add(defragmenter, first).verdict == Verdict::waiting);
  const auto result = add(defragmenter, last);
  CHECK(result.verdict == Verdict::dropped);
  CHECK(result.reason == Reason::bad_length);
  CHECK(result.earlier == Defragmenter::Counts{.packets = 1, .octets = 44});
}

TEST_CASE("defragment: datagrams that complete each other do so only as deep as tunnels go") {
  // Each holds the last fragment of the next one, whose first fragment has come by itself.
  constexpr std::uint16_t chain = 40;
  Octets inside = join("0001 0002 0010 0000 6162636465666768"_hex);
  std::vector<Octets> firsts;
  for (std::uint16_t id = chain; id > 0; --id) {
    Octets first = ipv4(4, Bytes{inside}.first(8));
    put_be16(first, 4, id);
    put_be16(first, 6, 0x2000);
    firsts.push_back(first);
    Octets last = ipv4(4, Bytes{inside}.subspan(8));
    put_be16(last, 4, id);
    put_be16(last, 6, 1);
    inside = last;
  }
  Defragmenter defragmenter({});
  for (const Octets& packet : firsts) {
    DecodedFrame first = decode_frame(packet, {.link = LinkType::raw});
    CHECK(add(defragmenter, first).verdict == Verdict::waiting);
  }
  DecodedFrame last = decode_frame(inside, {.link = LinkType::raw});
  const auto result = add(defragmenter, last);
  CHECK(result.verdict == Verdict::dropped);
  CHECK(result.reason == Reason::too_deep);
  CHECK(result.earlier.packets + defragmenter.size() == chain);
  CHECK(result.earlier.packets == 1 + Extra::max_tunnels);
  CHECK(std::ranges::count(result.earlier_in, Defragmenter::Serial{0}) == 0);
}

TEST_CASE("defragment: extension headers behind an IPv6 fragment header are passed") {
  const Octets inside = join("11 00 0104 00000000"_hex, "0001 0002 0010 0000 6162636465666768"_hex);
  const auto part = [&](std::uint16_t offset_and_more, Bytes octets) {
    Octets header = join("3c 00 0000 00000007"_hex);
    put_be16(header, 2, offset_and_more);
    return decode_frame(ipv6(44, join(header, octets)), {.link = LinkType::raw});
  };
  DecodedFrame first = part(1, Bytes{inside}.first(16));
  DecodedFrame last = part(16, Bytes{inside}.subspan(16));
  Defragmenter defragmenter({});
  CHECK_FALSE(add(defragmenter, first).tiny);
  CHECK(add(defragmenter, last).verdict == Verdict::whole);
  CHECK(last.decoded.proto == ip_protocol::udp);
  CHECK(last.decoded.dst_port == 2);
  CHECK(last.decoded.ip_id == 7);
}

TEST_CASE("defragment: a routing header before the fragments keeps the checksum unverified") {
  const Bytes datagram = "0001 0002 0010 1234 6162636465666768"_hex;
  const auto part = [&](std::uint8_t segments_left, std::uint16_t offset_and_more, Bytes octets) {
    Octets headers = join("2c 00 00 00 00000000 | 11 00 0000 00000007"_hex);
    headers[3] = segments_left;
    put_be16(headers, 10, offset_and_more);
    return decode_frame(ipv6(43, join(headers, octets)),
                        {.link = LinkType::raw, .verify_checksums = true});
  };
  const std::uint8_t segments_left = GENERATE(std::uint8_t{0}, std::uint8_t{1});
  DecodedFrame first = part(segments_left, 1, datagram.first(8));
  DecodedFrame last = part(segments_left, 8, datagram.subspan(8));
  Defragmenter defragmenter({.verify_checksums = true});
  CHECK(add(defragmenter, first).verdict == Verdict::waiting);
  CHECK(add(defragmenter, last).verdict == Verdict::whole);
  CHECK(last.decoded.dst_port == 2);
  CHECK(last.decoded.checksum_bad == (segments_left == 0));
}

TEST_CASE("defragment: a first fragment without its transport header is tiny") {
  const auto tcp_part = [](std::uint16_t offset_and_flags, Bytes octets) {
    Octets packet = ipv4(6, octets);
    put_be16(packet, 6, offset_and_flags);
    return decode_frame(packet, {.link = LinkType::raw});
  };
  const Bytes header = "0001 0002 00000001 00000002 5002 0001 0000 0000 00000000"_hex;
  DecodedFrame tiny = tcp_part(0x2000, header.first(8));
  DecodedFrame rewriting = tcp_part(0x2001, header.first(16));
  DecodedFrame fine = tcp_part(0x2000, header);
  Defragmenter defragmenter({});
  CHECK(add(defragmenter, tiny).tiny);
  CHECK_FALSE(add(defragmenter, rewriting).tiny);  // once of a datagram
  CHECK_FALSE(add(defragmenter, fine).tiny);
  Defragmenter other({});
  DecodedFrame again = tcp_part(0x2001, header.first(16));
  CHECK(add(other, again).tiny);
}

TEST_CASE("defragment: the ping of death and lengths that are no multiple of 8 are dropped") {
  Defragmenter defragmenter({});
  DecodedFrame death =
      fragment_frame(IpVersion::v4, {.offset = 65528, .octets = Octets(8), .last = true}, 7);
  CHECK(add(defragmenter, death).reason == Reason::too_long);
  DecodedFrame odd = fragment_frame(IpVersion::v4, {.octets = Octets(9)}, 7);
  CHECK(add(defragmenter, odd).reason == Reason::bad_length);
  DecodedFrame empty = fragment_frame(IpVersion::v4, {.offset = 8, .octets = {}}, 7);
  CHECK(add(defragmenter, empty).reason == Reason::empty);
  CHECK(defragmenter.size() == 0);
}

TEST_CASE("defragment: the same id with another protocol or VLAN is another datagram") {
  Defragmenter defragmenter({});
  DecodedFrame first = fragment_frame(IpVersion::v4, {.octets = Octets(8)}, 7);
  DecodedFrame protocol = fragment_frame(IpVersion::v4, {.octets = Octets(8)}, 7);
  protocol.decoded.proto = 17;
  DecodedFrame vlan = fragment_frame(IpVersion::v4, {.octets = Octets(8)}, 7);
  vlan.decoded.vlan = 1;
  add(defragmenter, first);
  add(defragmenter, protocol);
  add(defragmenter, vlan);
  CHECK(defragmenter.size() == 3);
}

TEST_CASE("defragment: of IPv6 the next header of later fragments says nothing") {
  Defragmenter defragmenter({});
  DecodedFrame first = fragment_frame(IpVersion::v6, {.octets = Octets(16)}, 7);
  const std::uint8_t proto = first.decoded.proto;
  DecodedFrame last =
      fragment_frame(IpVersion::v6, {.offset = 16, .octets = Octets(8), .last = true}, 7);
  last.decoded.proto = 59;
  add(defragmenter, first);
  CHECK(add(defragmenter, last).verdict == Defragmenter::Verdict::whole);
  CHECK(last.decoded.proto == proto);
  CHECK(defragmenter.size() == 0);
}

TEST_CASE("defragment: what stays incomplete is reported after the timeout with its frames") {
  Defragmenter defragmenter({});
  std::vector<Defragmenter::Incomplete> given_up;
  const auto keep = [&](const auto& datagram) { given_up.push_back(datagram); };
  for (const std::uint16_t offset : std::initializer_list<std::uint16_t>{0, 16}) {
    DecodedFrame frame = fragment_frame(IpVersion::v4, {.offset = offset, .octets = Octets(8)}, 7);
    frame.packet.time = from_ns(1'000'000'000 + offset);
    add(defragmenter, frame);
  }
  defragmenter.expire(from_ns(30'999'999'999), keep);
  CHECK(given_up.empty());
  defragmenter.expire(from_ns(31'000'000'000), keep);
  REQUIRE(given_up.size() == 1);
  CHECK(given_up[0].counts == Defragmenter::Counts{.packets = 2, .octets = 56});
  CHECK(given_up[0].ip_id == 7);
  CHECK(to_string(given_up[0].dst) == "10.0.0.2");
  CHECK(defragmenter.budget().used == 0);
}

TEST_CASE("defragment: more fragments than the cap discard the datagram") {
  Defragmenter defragmenter({});
  Defragmenter::Result result;
  for (std::uint16_t i = 0; i < 66; ++i) {
    const auto offset = static_cast<std::uint16_t>(i * 16);
    DecodedFrame frame = fragment_frame(IpVersion::v4, {.offset = offset, .octets = Octets(8)}, 7);
    result = add(defragmenter, frame);
    if (i == 63) CHECK(result.verdict == Verdict::waiting);
    if (i == 64) CHECK(result.reason == Reason::too_many_fragments);
  }
  CHECK(result.reason == Reason::discarded);
  CHECK(defragmenter.size() == 1);
  CHECK(defragmenter.too_finely_cut() == 1);
}

TEST_CASE(
    "defragment: every limit is kept by giving up the oldest, and every frame is accounted for") {
  const DefragmentLimits limits{.octets = 20'000, .datagrams = 10};
  Defragmenter defragmenter({}, limits);
  std::uint64_t dropped = 0;
  std::uint64_t given_up = 0;
  const auto count = [&](const auto& datagram) { given_up += datagram.counts.packets; };
  for (std::uint16_t id = 0; id < 100; ++id) {
    for (const std::uint16_t offset : std::initializer_list<std::uint16_t>{0, 1600, 3200}) {
      DecodedFrame frame =
          fragment_frame(IpVersion::v4, {.offset = offset, .octets = Octets(800)}, id);
      dropped += add(defragmenter, frame).verdict == Verdict::dropped ? 1U : 0U;
      REQUIRE(defragmenter.budget().used <= limits.octets);
      REQUIRE(defragmenter.size() <= limits.datagrams);
    }
    defragmenter.expire({}, count);
  }
  defragmenter.drain(count);
  CHECK(given_up + dropped == 300);
  CHECK(given_up == 300);
  CHECK(defragmenter.budget().used == 0);
}

TEST_CASE("defragment: a datagram larger than all the memory is dropped, frames waiting reported") {
  Defragmenter defragmenter({}, {.octets = 3'000});
  std::uint64_t dropped = 0;
  for (const std::uint16_t offset : std::initializer_list<std::uint16_t>{0, 1600, 3200}) {
    DecodedFrame frame =
        fragment_frame(IpVersion::v4, {.offset = offset, .octets = Octets(1600)}, 7);
    dropped += add(defragmenter, frame).verdict == Verdict::dropped ? 1U : 0U;
  }
  std::uint64_t given_up = 0;
  defragmenter.drain([&](const auto& datagram) { given_up += datagram.counts.packets; });
  CHECK(given_up == 1);
  CHECK(dropped == 2);
  CHECK(defragmenter.budget().used == 0);
}

TEST_CASE("defragment: memory of whole datagrams lives until release") {
  Defragmenter defragmenter({});
  std::array<DecodedFrame, 2> last;
  for (std::uint16_t id = 0; id < 2; ++id) {
    const auto fill = static_cast<std::uint8_t>('a' + id);
    DecodedFrame first = fragment_frame(IpVersion::v4, {.octets = Octets(8, fill)}, id);
    last[id] =
        fragment_frame(IpVersion::v4, {.offset = 8, .octets = Octets(1, fill), .last = true}, id);
    add(defragmenter, first);
    add(defragmenter, last[id]);
  }
  CHECK(as_text(last[0].decoded.payload_bytes()) == "aaaaaaaaa");
  CHECK(as_text(last[1].decoded.payload_bytes()) == "bbbbbbbbb");
  defragmenter.release();
}
