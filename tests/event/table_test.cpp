#include "event/table.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

#include "tests/event/sample.h"

using namespace ntan;
using namespace ntan::event;
using test::Sample;
using test::SampleAnswer;
using test::SampleSummary;

namespace {

struct Alarm {
  std::string_view kind;

  static constexpr RecordInfo info{.name = "scan", .doc = "An alarm", .order = Order::scan};

  static constexpr auto fields() { return event::fields(field<"kind", &Alarm::kind>("Kind")); }
};

template <Record R>
std::string line(const Common& common, const R& record, const TableStyle& style = {}) {
  std::string out;
  append_table(out, make_event(common, record), style);
  return out;
}

template <Record R>
std::string block(const R& record, const TableStyle& style = {}) {
  std::string out;
  append_table_block(out, make_event(Common{}, record), style);
  return out;
}

Common between(std::string_view source, std::string_view destination) {
  return {.ts = from_ns(1'700'000'000'123'456'789),
          .src_ip = *parse_address(source),
          .src_port = 40001,
          .dst_ip = *parse_address(destination),
          .dst_port = 53};
}

}  // namespace

TEST_CASE("table: a line has time, event, ends and what the record says") {
  const std::array<std::uint16_t, 6> ports{1, 2, 3, 4, 5, 6};
  const std::array<SampleAnswer, 2> answers{
      SampleAnswer{.name = "x", .ttl = 1, .address = *parse_address("192.0.2.1")},
      SampleAnswer{.name = "y", .ttl = 1, .address = *parse_address("192.0.2.2")}};
  CHECK(line(between("10.0.0.1", "10.0.0.53"), Sample{.text = "example.org",
                                                      .complete = true,
                                                      .rtt_us = 1234,
                                                      .loss_ratio = 0.004,
                                                      .src_bytes = 48'100,
                                                      .ports = ports,
                                                      .answers = answers}) ==
        "22:13:20.123  sample    10.0.0.1:40001 > 10.0.0.53:53           client  example.org  "
        "complete  rtt 1.23 ms  loss 0.40 %  src_bytes 48.1 kB  ports=1,2,3,4,+2  "
        "answers=192.0.2.1,192.0.2.2\n");
}

TEST_CASE("table: an IPv6 end with a port stands in brackets and is never cut to align") {
  CHECK(line(between("2001:db8::1", "2001:db8:1111:2222:3333:4444:5555:6666"), Alarm{"syn"}) ==
        "22:13:20.123  SCAN      [2001:db8::1]:40001 > "
        "[2001:db8:1111:2222:3333:4444:5555:6666]:53  syn\n");
}

TEST_CASE("table: an event without ends goes on with its fields") {
  CHECK(line({}, Alarm{"syn"}) == "00:00:00.000  SCAN        syn\n");
}

TEST_CASE("table: colour surrounds the event's name only") {
  CHECK(line({}, Alarm{"syn"}, {.values = {}, .color = Color::on, .width = 0}) ==
        "00:00:00.000  \x1b[1;31mSCAN     \x1b[0m   syn\n");
}

TEST_CASE("table: what is beyond the width goes on below, and nothing is cut") {
  const Sample sample{.text = "caf\xc3\xa9", .complete = true, .rtt_us = 1234, .src_bytes = 7};
  const auto [width, expected] = GENERATE(table<std::size_t, std::string>({
      {80,
       "22:13:20.123  sample    10.0.0.1:40001 > 10.0.0.53:53           client  caf\xc3\xa9\n"
       "                          complete  rtt 1.23 ms  loss 0 %  src_bytes 7 B\n"},
      {76,
       "22:13:20.123  sample    10.0.0.1:40001 > 10.0.0.53:53           client  caf\xc3\xa9\n"
       "                          complete  rtt 1.23 ms  loss 0 %  src_bytes 7 B\n"},
      {75,
       "22:13:20.123  sample    10.0.0.1:40001 > 10.0.0.53:53           client\n"
       "                          caf\xc3\xa9  complete  rtt 1.23 ms  loss 0 %\n"
       "                          src_bytes 7 B\n"},
      {30,
       "22:13:20.123  sample    10.0.0.1:40001 > 10.0.0.53:53\n"
       "                          client\n"
       "                          caf\xc3\xa9\n"
       "                          complete\n"
       "                          rtt 1.23 ms\n"
       "                          loss 0 %\n"
       "                          src_bytes 7 B\n"},
      {24,
       "22:13:20.123  sample    10.0.0.1:40001 > 10.0.0.53:53           client  caf\xc3\xa9  "
       "complete  rtt 1.23 ms  loss 0 %  src_bytes 7 B\n"},
  }));
  CHECK(line(between("10.0.0.1", "10.0.0.53"), sample,
             {.values = {}, .color = Color::off, .width = width}) == expected);
}

TEST_CASE("table: no octet from the network reaches the terminal as a control") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  all +=
      "\xc2\x9b"
      "31m\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf";
  const std::array<std::string_view, 1> names{all};
  const Sample sample{.text = all, .names = names};
  for (const std::string& text : {line({}, sample), block(sample)}) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto octet = static_cast<unsigned char>(text[i]);
      const bool control = (octet < 0x20 && octet != '\n') || octet == 0x7f;
      const bool c1 = octet == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
      if (control || c1) FAIL("octet " << unsigned{octet} << " at " << i);
    }
    CHECK(text.find("\xe2\x80") == std::string::npos);
    CHECK(text.find("\xef\xbb\xbf") == std::string::npos);
  }
  CHECK(line({}, sample).find('\n') == line({}, sample).size() - 1);
}

TEST_CASE("table: units follow the number") {
  const auto [us, text] = GENERATE(table<std::uint64_t, std::string>({
      {0, "0 us"},
      {999, "999 us"},
      {1000, "1.00 ms"},
      {12'345, "12.3 ms"},
      {123'456, "123 ms"},
      {1'500'000, "1.50 s"},
      {7'200'000'000, "7200 s"},
  }));
  CHECK(line({}, Sample{.rtt_us = us}).find("  rtt " + text + "  ") != std::string::npos);
}

TEST_CASE("table: a block lists the figures, then each list as a table") {
  const std::array<SampleAnswer, 2> talkers{
      SampleAnswer{.name = "a", .ttl = 100, .address = *parse_address("10.0.0.1")},
      SampleAnswer{.name = "long\x1b", .ttl = 5, .address = {}}};
  CHECK(block(SampleSummary{.packets = 12, .rate_bps = 41'200'000, .talkers = talkers}) ==
        "packets  12\n"
        "rate     41.2 Mbit/s\n"
        "\n"
        "talkers\n"
        "  name      ttl  address\n"
        "  a         100  10.0.0.1\n"
        "  long\\x1b    5\n");
}
