#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "app/dns_message.h"
#include "app/dns_rdata.h"
#include "app/protocol.h"
#include "tests/app/dns_bytes.h"
#include "tests/app/dns_run.h"
#include "tests/support/bytes.h"
#include "tests/support/dissect.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::test::dns;
using ntan::event::Note;

namespace {

// The text of RDATA of class IN that stands behind a header and the name "example.org".
struct Rendered {
  std::string text;
  std::optional<Flaw> flaw;
};

Rendered render(std::uint16_t type, Bytes rdata) {
  const Octets message =
      join("0000 8000 0000 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00"_hex, rdata);
  std::array<char, 4096> storage{};
  app::dns::TextArena text{storage};
  std::size_t budget = app::dns::max_expansion;
  text.begin();
  const auto flaw = app::dns::add_rdata(text,
                                        {.type = type,
                                         .code = app::dns::class_in,
                                         .octets = Bytes{message}.last(rdata.size()),
                                         .message = message},
                                        budget);
  return {std::string{text.finish().value_or("full")}, flaw};
}

// A response to a question for ".", type A, with `count` answer records.
Octets response(std::uint8_t answers, Bytes records) {
  const std::array<std::uint8_t, 2> number{0, answers};
  return join("0001 8000 0001"_hex, Bytes{number}, "0000 0000 | 00 0001 0001"_hex, records);
}

app::dns::Message read(Bytes octets, app::dns::Scratch& scratch) {
  return app::dns::read_message(octets, app::dns::Service::dns, scratch)
      .value_or(app::dns::Message{});
}

}  // namespace

// --- names --------------------------------------------------------------------------------------

namespace {

struct NameText {
  std::string text;
  std::optional<Flaw> flaw;
  std::size_t left = 0;
};

// Reads the name at `at` of a message.
NameText name_at(Bytes message, std::size_t at) {
  std::array<char, 4096> storage{};
  app::dns::TextArena text{storage};
  std::size_t budget = app::dns::max_expansion;
  Reader reader{message.subspan(at)};
  text.begin();
  const auto flaw = app::dns::add_name(text, reader, message, budget);
  return {std::string{text.finish().value_or("full")}, flaw, reader.left()};
}

NameText name_of(Bytes name) {
  return name_at(join("0000 0000 0000 0000 0000 0000"_hex, name), 12);
}

}  // namespace

TEST_CASE("dns: names read as RFC 1035 5.1 text without the last dot") {
  const auto [octets, text] = GENERATE(table<Bytes, std::string>({
      {"00"_hex, "."},
      {"07 6578616d706c65 03 6f7267 00"_hex, "example.org"},
      {"03 457841 00"_hex, "ExA"},
      {"03 612e62 01 63 00"_hex, "a\\.b.c"},
      {"03 615c62 00"_hex, "a\\\\b"},
      {"04 001b20ff 00"_hex, "\\000\\027\\032\\255"},
      {"03 7f2261 00"_hex, "\\127\"a"},
  }));
  const NameText name = name_of(octets);
  CHECK(name.flaw == std::nullopt);
  CHECK(name.text == text);
  CHECK(name.left == 0);
}

TEST_CASE("dns: labels of every size are escaped octet by octet") {
  const auto escaped = [](std::uint8_t octet) -> std::string {
    const char c = static_cast<char>(octet);
    if (octet > 0x20 && octet < 0x7f)
      return c == '.' || c == '\\' ? std::string{'\\', c} : std::string{c};
    const std::string digits = std::to_string(unsigned{octet});
    return '\\' + std::string(3 - digits.size(), '0') + digits;
  };
  const auto size = GENERATE(range<std::uint8_t>(1, 64));
  // A hyphen, a dot, a backslash, and what borders on the plain octets or has their low bits.
  for (const std::uint8_t octet : "2d 2e 5c 20 21 7e 7f 80 ff 00 1f ae dc"_hex) {
    for (std::uint8_t at = 0; at < size; ++at) {
      Octets name{1, 'x', size};
      name.insert(name.end(), size, 'a');
      name[3 + std::size_t{at}] = octet;
      name.push_back(0);
      const std::string expected = "x." + std::string(at, 'a') + escaped(octet) +
                                   std::string(size - std::size_t{at} - 1, 'a');
      REQUIRE(name_of(name).text == expected);
    }
  }
}

TEST_CASE("dns: a pointer must go strictly backwards") {
  // 12: a.0  15: pointer
  const auto [octets, at, flawed] = GENERATE(table<Bytes, std::size_t, bool>({
      {"0000 0000 0000 0000 0000 0000 | 0161 00 | c00c"_hex, 15, false},
      {"0000 0000 0000 0000 0000 0000 | 0161 00 | 0162 c00c"_hex, 15, false},
      {"0000 0000 0000 0000 0000 0000 | 0161 00 | c00f"_hex, 15, true},          // itself
      {"0000 0000 0000 0000 0000 0000 | 0161 00 | 0162 c00f"_hex, 15, true},     // its own name
      {"0000 0000 0000 0000 0000 0000 | 0161 00 | c011 0162 00"_hex, 15, true},  // forwards
      {"0000 0000 0000 0000 0000 0000 | c00e c00c"_hex, 14, true},               // each other
      {"0000 0000 0000 0000 0000 0000 | c000"_hex, 12, true},                    // the header
      {"0000 0000 0000 0000 0000 0000 | 0161 00 | c0ff"_hex, 15, true},          // past the end
  }));
  const NameText name = name_at(octets, at);
  CHECK((name.flaw == Flaw::bad_value) == flawed);
}

TEST_CASE("dns: at most 20 jumps, 127 labels and 255 octets of one name") {
  Octets chain = join("0000 0000 0000 0000 0000 0000 | 0161 00"_hex);
  for (std::size_t i = 0; i < 21; ++i) {
    const std::size_t target = i == 0 ? 12 : chain.size() - 2;
    chain.push_back(0xc0);
    chain.push_back(static_cast<std::uint8_t>(target));
  }
  CHECK(name_at(Bytes{chain}.first(chain.size() - 2), chain.size() - 4).flaw == std::nullopt);
  CHECK(name_at(chain, chain.size() - 2).flaw == Flaw::bad_value);

  const auto labels = [](std::size_t count, std::size_t size) {
    Octets name;
    for (std::size_t i = 0; i < count; ++i) {
      name.push_back(static_cast<std::uint8_t>(size));
      name.insert(name.end(), size, 'x');
    }
    name.push_back(0);
    return name;
  };
  CHECK(name_of(labels(127, 1)).flaw == std::nullopt);
  CHECK(name_of(labels(127, 1)).text.size() == 253);
  CHECK(name_of(labels(128, 1)).flaw == Flaw::bad_value);
  CHECK(name_of(labels(4, 63)).flaw == Flaw::bad_value);  // 257 octets
  CHECK(name_of(labels(3, 63)).flaw == std::nullopt);
}

TEST_CASE("dns: label types 01 and 10 are invalid") {
  CHECK(name_of("4161 00"_hex).flaw == Flaw::bad_value);
  CHECK(name_of("8161 00"_hex).flaw == Flaw::bad_value);
}

TEST_CASE("dns: a name cut short is truncated") {
  CHECK(name_of("07 6578"_hex).flaw == Flaw::truncated);
  CHECK(name_of("01 61"_hex).flaw == Flaw::truncated);
  CHECK(name_of("c0"_hex).flaw == Flaw::truncated);
  CHECK(name_of({}).flaw == Flaw::truncated);
}

// --- RDATA --------------------------------------------------------------------------------------

TEST_CASE("dns: RDATA of each type reads as dig prints it") {
  const auto [type, octets, text] = GENERATE(table<std::uint16_t, Bytes, std::string>({
      {1, "c0000201"_hex, "192.0.2.1"},
      {28, "20010db8000000000000000000000001"_hex, "2001:db8::1"},
      {2, "026e73 c00c"_hex, "ns.example.org"},
      {5, "c00c"_hex, "example.org"},
      {12, "00"_hex, "."},
      {39, "c014"_hex, "org"},
      {6, "026e73 c00c 0561646d696e c00c 78859c31 00000e10 00000384 00093a80 00000e10"_hex,
       "ns.example.org admin.example.org 2022022193 3600 900 604800 3600"},
      {15, "000a 046d61696c c00c"_hex, "10 mail.example.org"},
      {16, "03 613b62 00 04 22 5c 0a ff"_hex, R"("a;b" "" "\"\\\010\255")"},
      {13, "03 783836 05 4c696e7578"_hex, R"("x86" "Linux")"},
      {33, "0001 0002 1466 03 736970 c00c"_hex, "1 2 5222 sip.example.org"},
      {257, "00 05 6973737565 6c657473656e63727970742e6f7267"_hex, R"(0 issue "letsencrypt.org")"},
      {43, "ec45 05 01 2bb183af5f22588179a53b0a98631fad1a292118"_hex,
       "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"},
      {48, "0101 03 08 0301 0001"_hex, "257 3 8 AwEAAQ=="},
      {46, "0001 08 02 00000e10 3e79efc0 3e526fc0 0a9e c00c 616263"_hex,
       "A 8 2 3600 20030320164344 20030218173912 2718 example.org YWJj"},
      {47, "04 686f7374 c00c 0006 40 01 00 00 00 03 | 04 01 20"_hex,
       "host.example.org A MX RRSIG NSEC TYPE1026"},
      {50, "01 01 000c 04 aabbccdd 05 0102030405 0006 40 00 00 00 00 02"_hex,
       "1 1 12 AABBCCDD 04106105 A RRSIG"},
      {51, "01 00 0000 00"_hex, "1 0 0 -"},
      {52, "03 01 01 deadbeef"_hex, "3 1 1 DEADBEEF"},
      {35, "0064 000a 01 53 07 5349502b443255 00 04 5f736970 c00c"_hex,
       R"(100 10 "S" "SIP+D2U" "" _sip.example.org)"},
      {65535, "0a000001"_hex, R"(\# 4 0A000001)"},
      {1, {}, ""},
  }));
  const Rendered rendered = render(type, octets);
  CHECK(rendered.text == text);
  CHECK(rendered.flaw == std::nullopt);
}

TEST_CASE("dns: service parameters of HTTPS and SVCB (RFC 9460)") {
  const auto [octets, text] = GENERATE(table<Bytes, std::string>({
      {"0000 c00c"_hex, "0 example.org"},
      {"0001 00 | 0001 0006 02 6832 02 6833 | 0003 0002 20fb | 0004 0008 c0000201 c0000202"
       "0005 0003 616263 | 0006 0010 20010db8000000000000000000000001"_hex,
       R"(1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=YWJj ipv6hint=2001:db8::1)"},
      {"0001 00 | 0000 0004 0001 0003 | 0001 0003 02 6832 | 0002 0000 | 0003 0002 01bb"_hex,
       R"(1 . mandatory=alpn,port alpn="h2" no-default-alpn port=443)"},
      {"0001 00 | 0007 0004 2f712122 | 029b 0002 6869 | 029c 0000"_hex,
       R"(1 . dohpath="/q!\"" key667="hi" key668)"},
      {"0001 00 | 0001 000c 08 665c6f6f2c626172 02 6832"_hex, R"(1 . alpn="f\\\\oo\\,bar,h2")"},
  }));
  const Rendered rendered = render(65, octets);
  CHECK(rendered.text == text);
  CHECK(rendered.flaw == std::nullopt);
}

TEST_CASE("dns: RDATA that contradicts its type is shown as octets and flawed") {
  const auto [type, octets, flaw] = GENERATE(table<std::uint16_t, Bytes, Flaw>({
      {1, "c00002"_hex, Flaw::bad_length},
      {1, "c000020100"_hex, Flaw::bad_length},
      {28, "c0000201"_hex, Flaw::bad_length},
      {2, "026e73"_hex, Flaw::bad_length},  // the name runs past RDLENGTH
      {2, "00 00"_hex, Flaw::bad_length},   // octets behind it
      {5, "c0ff"_hex, Flaw::bad_value},
      {15, "000a"_hex, Flaw::bad_length},
      {16, "05 6162"_hex, Flaw::bad_length},  // a chunk longer than the rest
      {257, "00 09 69"_hex, Flaw::bad_length},
      {47, "00 0001 40 0001 40"_hex, Flaw::bad_value},  // a window twice
      {47, "00 0000"_hex, Flaw::bad_value},             // an empty bitmap
      {47, "00 0021"_hex, Flaw::bad_value},
      {50, "01 01 000c 09 aa"_hex, Flaw::bad_length},
      {65, "0001 00 0003 0002 01bb 0001 0003 02 6832"_hex, Flaw::bad_value},  // not ascending
      {65, "0001 00 0003 0002 01bb 0003 0002 01bb"_hex, Flaw::bad_value},     // twice
      {65, "0001 00 0003 0001 01"_hex, Flaw::bad_length},
      {65, "0001 00 0004 0006 c0000201 c000"_hex, Flaw::bad_length},
      {65, "0001 00 0001 00ff"_hex, Flaw::bad_length},
  }));
  const Rendered rendered = render(type, octets);
  CHECK(rendered.text.starts_with("\\# " + std::to_string(octets.size()) + " "));
  CHECK(rendered.flaw == flaw);
}

TEST_CASE("dns: text of one record is cut after 1,024 octets") {
  const Octets rdata(900, 0xab);
  const Rendered rendered = render(65535, rdata);
  CHECK(rendered.text.size() == 1024);
  CHECK(rendered.text.ends_with("AB\xe2\x80\xa6"));
}

// --- messages -----------------------------------------------------------------------------------

TEST_CASE("dns: at most 64 answers are listed and names of 8 kB expanded") {
  Octets records;
  for (int i = 0; i < 100; ++i) records = join(records, "00 0001 0001 00000001 0004 01020304"_hex);
  app::dns::Scratch scratch{};
  const Octets many = response(100, records);
  const auto message = read(many, scratch);
  CHECK(message.answers.size() == 64);
  CHECK(message.last_answer_type == 1);
  CHECK_FALSE(message.defect);

  // One owner of 251 octets and CNAMEs from it to itself: 8 kB are spent after 16 of them.
  Octets name;
  for (int i = 0; i < 125; ++i) name = join(name, "01 78"_hex);
  Octets bomb = join(name, "00 0005 0001 00000001 0002 c011"_hex);
  for (int i = 0; i < 60; ++i) bomb = join(bomb, "c011 0005 0001 00000001 0002 c011"_hex);
  const Octets large = response(61, bomb);
  const auto expanded = read(large, scratch);
  CHECK(expanded.answers.size() == 16);
  CHECK_FALSE(expanded.defect);
}

TEST_CASE("dns: OPT twice or outside the additional section is a defect") {
  app::dns::Scratch scratch{};
  const Octets twice = join("0001 0100 0001 0000 0000 0002 | 00 0001 0001"_hex,
                            "00 0029 04d0 00008000 0000 | 00 0029 04d0 00000000 0000"_hex);
  const auto message = read(twice, scratch);
  REQUIRE(message.edns);
  CHECK(message.edns->udp_size == 1232);
  CHECK(message.edns->dnssec_ok);
  REQUIRE(message.defect);
  CHECK(message.defect->where == "OPT record");

  const Octets misplaced = response(1, "00 0029 04d0 00000000 0000"_hex);
  CHECK(read(misplaced, scratch).defect.has_value());
}

TEST_CASE("dns: counts beyond the end of the message are a defect, what is there is kept") {
  app::dns::Scratch scratch{};
  const Octets octets = response(3, "00 0001 0001 00000001 0004 01020304"_hex);
  const auto message = read(octets, scratch);
  CHECK(message.answers.size() == 1);
  REQUIRE(message.defect);
  CHECK(message.defect->flaw == Flaw::truncated);
  CHECK(message.defect->where == "answer section");
}

// --- events -------------------------------------------------------------------------------------

TEST_CASE("dns: a query and its answer are one event") {
  DissectorRun dns = run();
  dns.feed(Direction::to_server, query, 0);
  CHECK(dns.result().lines.empty());
  dns.feed(Direction::to_client, answer, 20);
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(dns.result().lines[0] ==
        R"(dns {"id":4321,"query":"example.org","type":"A","queried":true,"answered":true,)"
        R"("rcode":"NOERROR","retries":0,"duplicate_answers":0,"rtt_us":20000,"aa":false,)"
        R"("tc":false,"rd":true,"ra":true,"ad":false,"cd":false,"answer_count":1,)"
        R"("authority_count":0,"additional_count":0,)"
        R"("answers":[{"name":"example.org","type":"A","ttl":60,"data":"192.0.2.1"}]})");
  CHECK(dns.result().resolved == std::vector<std::string>{"192.0.2.1"});
  dns.end(30);
  CHECK(dns.result().lines.size() == 1);
  CHECK(dns.result().anomalies.empty());
}

TEST_CASE("dns: addresses in the answer to another question are not told") {
  const auto as_text_question = [](Bytes message) {
    constexpr std::size_t type_at = 12 + 13 + 1;  // header, name; low octet of the type
    Octets changed(message.begin(), message.end());
    changed[type_at] = 16;
    return changed;
  };
  DissectorRun dns = run();
  dns.feed(Direction::to_server, as_text_question(query), 0);
  dns.feed(Direction::to_client, as_text_question(answer), 20);
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(dns.result().lines[0].find(R"("type":"TXT","queried":true,"answered":true)") !=
        std::string::npos);
  CHECK(dns.result().resolved.empty());
}

TEST_CASE("dns: an answer that nobody asked for tells of no address") {
  DissectorRun dns = run();
  dns.feed(Direction::to_client, answer, 20);
  CHECK(dns.result().resolved.empty());
}

TEST_CASE("dns: copies, late and missing answers are counted once each") {
  struct Step {
    std::int64_t ms;
    bool from_client;
  };

  struct Expected {
    bool queried;
    bool answered;
    std::string retries;
    std::string rtt;
    std::string rtt_first;
  };

  struct Case {
    std::string name;
    std::vector<Step> steps;
    std::vector<Expected> events;
  };

  const std::vector<Case> cases{
      {"answered after 20 ms", {{0, true}, {20, false}}, {{true, true, "0", "20000", ""}}},
      {"retried after 1 s, answered 30 ms later",
       {{0, true}, {1000, true}, {1030, false}},
       {{true, true, "1", "30000", "1030000"}}},
      {"never answered", {{0, true}}, {{true, false, "0", "", ""}}},
      {"retried twice, never answered",
       {{0, true}, {6000, true}, {12000, true}},
       {{true, false, "2", "", ""}}},
      {"not asked for", {{0, false}}, {{false, true, "", "", ""}}},
      {"answered twice",
       {{0, true}, {20, false}, {21, false}},
       {{true, true, "0", "20000", ""}, {false, true, "", "", ""}}},
      {"answered after 10 s",
       {{0, true}, {10001, false}},
       {{true, false, "0", "", ""}, {false, true, "", "", ""}}},
      {"asked again after the answer",
       {{0, true}, {20, false}, {30, true}, {45, false}},
       {{true, true, "0", "20000", ""}, {true, true, "0", "15000", ""}}},
  };
  for (const Case& each : cases) {
    INFO(each.name);
    DissectorRun dns = run();
    std::size_t queries = 0;
    std::size_t answers = 0;
    for (const Step& step : each.steps) {
      dns.feed(step.from_client ? Direction::to_server : Direction::to_client,
               step.from_client ? query : answer, step.ms);
      (step.from_client ? queries : answers) += 1;
    }
    dns.advance(60000);
    const auto& lines = dns.result().lines;
    REQUIRE(lines.size() == each.events.size());
    std::size_t seen_queries = 0;
    std::size_t seen_answers = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const Expected& expected = each.events[i];
      CHECK(member(lines[i], "queried") == (expected.queried ? "true" : "false"));
      CHECK(member(lines[i], "answered") == (expected.answered ? "true" : "false"));
      CHECK(member(lines[i], "retries") == expected.retries);
      CHECK(member(lines[i], "rtt_us") == expected.rtt);
      CHECK(member(lines[i], "rtt_first_us") == expected.rtt_first);
      if (expected.queried) seen_queries += 1 + std::stoul(member(lines[i], "retries"));
      if (expected.answered)
        seen_answers += 1 + std::stoul("0" + member(lines[i], "duplicate_answers"));
    }
    CHECK(seen_queries == queries);
    CHECK(seen_answers == answers);
    CHECK(count(dns.result().notes, Note::Kind::dns_query) == queries);
    CHECK(count(dns.result().notes, Note::Kind::dns_answer) == answers);
  }
}

TEST_CASE("dns: an answer pairs by id, name without case, type and class") {
  const auto [octets, pairs] = GENERATE(table<Bytes, bool>({
      {"10e1 8180 0001 0000 0000 0000 | 07 4578414d504c45 03 4f5247 00 0001 0001"_hex, true},
      {"10e1 8181 0000 0000 0000 0000"_hex, true},  // no question at all
      {"10e2 8180 0001 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00 0001 0001"_hex, false},
      {"10e1 8180 0001 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00 001c 0001"_hex, false},
      {"10e1 8180 0001 0000 0000 0000 | 07 6578616d706c66 03 6f7267 00 0001 0001"_hex, false},
      {"10e1 8180 0001 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00 0001 0003"_hex, false},
  }));
  DissectorRun dns = run();
  dns.feed(Direction::to_server, query, 0);
  dns.feed(Direction::to_client, octets, 1);
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(member(dns.result().lines[0], "queried") == (pairs ? "true" : "false"));
  if (pairs) CHECK(member(dns.result().lines[0], "query") == "\"example.org\"");
}

TEST_CASE("dns: between exchanges nothing is held, and no old time-out ends a new query") {
  DissectorRun dns = run();
  dns.feed(Direction::to_server, query, 0);
  CHECK(dns.result().progress == app::Progress::more);
  dns.feed(Direction::to_client, answer, 1);
  CHECK(dns.result().progress == app::Progress::idle);
  dns.feed(Direction::to_server, query, 9'995);
  dns.feed(Direction::to_client, answer, 10'010);
  REQUIRE(dns.result().lines.size() == 2);
  CHECK(member(dns.result().lines[1], "rtt_us") == "15000");
  CHECK(count(dns.result().notes, Note::Kind::dns_unanswered) == 0);
}

TEST_CASE("dns: notes carry what the statistics need") {
  DissectorRun dns = run();
  dns.feed(Direction::to_server, query, 0);
  dns.feed(Direction::to_server, query, 5);
  dns.feed(Direction::to_client, answer, 7);
  dns.feed(Direction::to_server, query, 10);
  dns.end(20);
  const auto& notes = dns.result().notes;
  CHECK(count(notes, Note::Kind::dns_query) == 3);
  CHECK(count(notes, Note::Kind::dns_retry) == 1);
  CHECK(count(notes, Note::Kind::dns_answer) == 1);
  CHECK(count(notes, Note::Kind::dns_unanswered) == 1);
  const auto rtt = std::ranges::find(notes, Note::Kind::dns_rtt_us, &Note::kind);
  REQUIRE(rtt != notes.end());
  CHECK(rtt->value == 2000);
  const auto first = std::ranges::find(notes, Note::Kind::dns_rtt_first_us, &Note::kind);
  REQUIRE(first != notes.end());
  CHECK(first->value == 7000);
}

TEST_CASE("dns: notes and anomalies are the same where nobody reads the event") {
  const auto play = [](bool wanted) {
    DissectorRun exchange = run();
    if (!wanted) exchange.want_no_records();
    exchange.feed(Direction::to_server, query, 0);
    exchange.feed(Direction::to_server, query, 10);
    exchange.feed(Direction::to_client, answer, 25);
    exchange.feed(Direction::to_client, answer, 30);
    exchange.feed(Direction::to_client, answer.first(answer.size() - 3), 35);
    exchange.feed(Direction::to_server, query, 40);
    exchange.end(20'000);
    return exchange.result();
  };
  const Dissected read = play(true);
  const Dissected unread = play(false);
  CHECK(read.lines.size() == 4);
  CHECK(unread.lines.empty());
  CHECK(note_texts(unread) == note_texts(read));
  CHECK(unread.anomalies == read.anomalies);
}

TEST_CASE("dns: notes tell who asked what, whatever the case of the name") {
  const auto hash = [](const DissectorRun& dns, Note::Kind kind) {
    const auto& notes = dns.result().notes;
    REQUIRE(count(notes, kind) == 1);
    const std::uint64_t value = std::ranges::find(notes, kind, &Note::kind)->value;
    return event::question_of_attempt(value, 0);
  };
  DissectorRun asked = run();
  asked.feed(Direction::to_server, query, 0);
  asked.feed(Direction::to_server, query, 1);  // a copy: not asked again
  asked.feed(Direction::to_client, answer, 2);
  const std::uint64_t question = hash(asked, Note::Kind::dns_asked);
  CHECK(hash(asked, Note::Kind::dns_settled) == question);
  CHECK(count(asked.result().notes, Note::Kind::dns_unpaired) == 0);

  DissectorRun late = run();
  late.feed(Direction::to_client, answer, 0);
  CHECK(hash(late, Note::Kind::dns_unpaired) == question);

  Octets shouted(query.begin(), query.end());
  for (std::uint8_t& octet : shouted) {
    if (octet >= 'a' && octet <= 'z') octet = static_cast<std::uint8_t>(octet - 'a' + 'A');
  }
  DissectorRun other_case = run();
  other_case.feed(Direction::to_server, shouted, 0);
  CHECK(hash(other_case, Note::Kind::dns_asked) == question);

  DissectorRun other_way = run();
  other_way.feed(Direction::to_client, query, 0);
  CHECK(hash(other_way, Note::Kind::dns_asked) != question);
}

TEST_CASE("dns: an attempt is told by its number and port, a question cut short by its number") {
  const auto asked = [](Octets octets, std::uint16_t port, std::size_t cut = 0) {
    DissectorRun dns{app::dns_protocol, {.transport = app::Transport::udp, .client_port = port}};
    const auto size = static_cast<std::uint32_t>(octets.size());
    octets.resize(octets.size() - cut);
    dns.feed(Direction::to_server, octets, 0, size);
    const auto& notes = dns.result().notes;
    REQUIRE(count(notes, Note::Kind::dns_asked) == 1);
    return std::ranges::find(notes, Note::Kind::dns_asked, &Note::kind)->value;
  };
  const Octets once(query.begin(), query.end());
  Octets again = once;
  again[1] ^= 1U;
  CHECK(asked(once, 40'000) == asked(once, 40'000));
  for (const std::uint64_t other : {asked(again, 40'000), asked(once, 40'001)}) {
    CHECK(event::attempt_of(other) != event::attempt_of(asked(once, 40'000)));
    CHECK(event::question_of_attempt(other, 0) ==
          event::question_of_attempt(asked(once, 40'000), 0));
  }
  const std::size_t cut = once.size() - 14;
  CHECK(event::question_of_attempt(asked(once, 40'000, cut), 0) !=
        event::question_of_attempt(asked(again, 40'000, cut), 0));
}

TEST_CASE("dns: EDNS extends the RCODE and shows size, DO and client subnet") {
  DissectorRun dns = run();
  dns.feed(Direction::to_server,
           "0001 0120 0001 0000 0000 0001 | 00 0001 0001 | 00 0029 1000 00008000 000b"
           "0008 0007 0001 18 00 c00002"_hex,
           0);
  dns.feed(Direction::to_client,
           "0001 8100 0001 0000 0000 0001 | 00 0001 0001 | 00 0029 04d0 01000000 0000"_hex, 1);
  dns.feed(Direction::to_server,
           "0002 0120 0001 0000 0000 0001 | 00 0001 0001 | 00 0029 1000 00008000 000b"
           "0008 0007 0001 18 00 c00002"_hex,
           2);
  dns.end(3);
  REQUIRE(dns.result().lines.size() == 2);
  const auto& lines = dns.result().lines;
  CHECK(member(lines[0], "rcode") == "\"BADVERS\"");
  CHECK(member(lines[0], "query") == "\".\"");
  CHECK(member(lines[0], "edns_udp_size") == "1232");
  CHECK(member(lines[0], "edns_do") == "false");
  CHECK(member(lines[0], "ecs") == "\"192.0.2.0/24/0\"");
  CHECK(member(lines[1], "edns_udp_size") == "4096");
  CHECK(member(lines[1], "edns_do") == "true");
  CHECK(member(lines[1], "aa").empty());
}

TEST_CASE("dns: an answer without EDNS shows none, whatever the query had") {
  DissectorRun dns = run();
  dns.feed(Direction::to_server,
           "0001 0120 0001 0000 0000 0001 | 00 0001 0001 | 00 0029 1000 00008000 0000"_hex, 0);
  dns.feed(Direction::to_client, "0001 8100 0001 0000 0000 0000 | 00 0001 0001"_hex, 1);
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(member(dns.result().lines[0], "answered") == "true");
  CHECK(member(dns.result().lines[0], "edns_udp_size").empty());
  CHECK(member(dns.result().lines[0], "edns_do").empty());
}

TEST_CASE("dns: codes without a name are shown by number") {
  DissectorRun dns = run();
  dns.feed(Direction::to_client, "0001 b80c 0001 0000 0000 0000 | 00 ff00 0005"_hex, 0);
  REQUIRE(dns.result().lines.size() == 1);
  const std::string& line = dns.result().lines[0];
  CHECK(member(line, "type") == "\"TYPE65280\"");
  CHECK(member(line, "class") == "\"CLASS5\"");
  CHECK(member(line, "opcode") == "\"OPCODE7\"");
  CHECK(member(line, "rcode") == "\"RCODE12\"");
}

TEST_CASE("dns: at most 1,024 queries stay open, and of those that give way nothing is claimed") {
  DissectorRun dns = run();
  for (unsigned id = 0; id < 1025; ++id) {
    Octets octets{query.begin(), query.end()};
    octets[0] = static_cast<std::uint8_t>(id >> 8U);
    octets[1] = static_cast<std::uint8_t>(id);
    dns.feed(Direction::to_server, octets, 1);
  }
  REQUIRE(dns.result().lines.size() == 256);  // the oldest quarter
  CHECK(member(dns.result().lines[0], "id") == "0");
  CHECK(member(dns.result().lines[0], "answered").empty());
  CHECK(member(dns.result().lines[255], "id") == "255");
  CHECK(member(dns.result().lines[255], "answered").empty());
  CHECK(dns.memory().crowded_out == 256);
  CHECK(dns.memory().refused == 0);
  dns.end(100);
  REQUIRE(dns.result().lines.size() == 1025);
  CHECK(member(dns.result().lines[256], "id") == "256");
  CHECK(member(dns.result().lines[256], "answered") == "false");
  CHECK(count(dns.result().notes, Note::Kind::dns_unanswered) == 769);
  CHECK(dns.memory().used == 0);
}

TEST_CASE("dns: characters that are no letters are told apart though they differ in one bit") {
  // "a^.example" and "a~.example", asked under one id.
  DissectorRun dns = run();
  dns.feed(Direction::to_server,
           "0001 0100 0001 0000 0000 0000 | 02 615e 07 6578616d706c65 00 0001 0001"_hex, 0);
  dns.feed(Direction::to_server,
           "0001 0100 0001 0000 0000 0000 | 02 617e 07 6578616d706c65 00 0001 0001"_hex, 1);
  std::vector<std::uint64_t> asked;
  for (const Note& note : dns.result().notes) {
    if (note.kind == Note::Kind::dns_asked) asked.push_back(note.value);
  }
  REQUIRE(asked.size() == 2);
  CHECK(asked[0] != asked[1]);
}

TEST_CASE("dns: without memory each message stands alone") {
  DissectorRun dns{app::dns_protocol, udp, 0};
  dns.feed(Direction::to_server, query, 0);
  dns.feed(Direction::to_client, answer, 20);
  REQUIRE(dns.result().lines.size() == 2);
  CHECK(member(dns.result().lines[0], "answered").empty());
  CHECK(member(dns.result().lines[1], "queried") == "false");
  CHECK(dns.memory().refused == 1);
}

// --- malformed ----------------------------------------------------------------------------------

TEST_CASE("dns: a malformed question is an anomaly and no query") {
  DissectorRun dns = run();
  dns.feed(Direction::to_server, "0001 0100 0001 0000 0000 0000 | c00c 0001 0001"_hex, 0);
  CHECK(dns.result().anomalies == std::vector<std::string>{"dns dns_malformed"});
  dns.end(1);
  CHECK(dns.result().lines.empty());
}

TEST_CASE("dns: bad RDATA is an anomaly and still an answer") {
  DissectorRun dns = run();
  dns.feed(Direction::to_client, response(1, "00 0001 0001 00000001 0003 010203"_hex), 0);
  CHECK(dns.result().anomalies.size() == 1);
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(dns.result().lines[0].find(R"("data":"\\\\# 3 010203")") != std::string::npos);
}

TEST_CASE("dns: malformed messages among good ones do not end it") {
  DissectorRun dns = run();
  for (std::int64_t i = 0; i < 20; ++i) {
    dns.feed(Direction::to_server, "0001"_hex, i);
    if (i % 4 == 3) dns.feed(Direction::to_server, query, i);
  }
  CHECK(dns.result().progress == app::Progress::more);
  CHECK(dns.result().anomalies.size() == 20);
}

TEST_CASE("dns: five malformed messages in a row end it, open queries are written") {
  DissectorRun dns = run();
  dns.feed(Direction::to_server, query, 0);
  for (std::int64_t i = 1; i <= 5; ++i) {
    CHECK(dns.result().progress == app::Progress::more);
    dns.feed(Direction::to_server, "0001"_hex, i);
  }
  CHECK(dns.result().progress == app::Progress::give_up);
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(member(dns.result().lines[0], "answered") == "false");
}

TEST_CASE("dns: what the capture cut off is no anomaly") {
  for (std::size_t size = 0; size < answer.size(); ++size) {
    DissectorRun dns = run();
    dns.feed(Direction::to_client, answer.first(size), 0,
             static_cast<std::uint32_t>(answer.size()));
    CHECK(dns.result().anomalies.empty());
    CHECK(dns.result().lines.size() == (size < 12 ? 0 : 1));
  }
  DissectorRun dns = run();
  dns.feed(Direction::to_server, query.first(20), 0, static_cast<std::uint32_t>(query.size()));
  dns.feed(Direction::to_client, answer.first(20), 9, static_cast<std::uint32_t>(answer.size()));
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(member(dns.result().lines[0], "rtt_us") == "9000");
  CHECK(member(dns.result().lines[0], "query").empty());
}

TEST_CASE("dns: no prefix of a message is read past its end") {
  const Octets full = response(2,
                               "0161 00 000f 0001 00000001 0007 000a 0162 c011 00"
                               "c011 0041 0001 00000001 000a 0001 00 0001 0003 02 6832"_hex);
  for (std::size_t size = 0; size <= full.size(); ++size) {
    DissectorRun dns = run();
    dns.feed(Direction::to_client, Bytes{full}.first(size), 0);
    CHECK(dns.result().lines.size() <= 1);
  }
}
