#include "app/ssh_kex.h"

#include <catch2/catch.hpp>

#include "tests/app/ssh_bytes.h"

namespace ntan::app {
namespace {

using namespace test;  // NOLINT(*-using-namespace)

}  // namespace

TEST_CASE("ssh: an offer has its lists in the order of RFC 4253") {
  const Octets message = join(Octets{20}, Octets(16), ssh_list("k"), ssh_list("h"), ssh_list("c1"),
                              ssh_list("c2"), ssh_list("m1"), ssh_list("m2"), ssh_list("z1"),
                              ssh_list("z2"), ssh_list(""), ssh_list(""), Octets(5));
  const auto offers = parse_ssh_kex_init(message);
  REQUIRE(offers);
  CHECK(offers->kex == "k");
  CHECK(offers->host_key == "h");
  CHECK(offers->ciphers == std::array<std::string_view, 2>{"c1", "c2"});
  CHECK(offers->macs == std::array<std::string_view, 2>{"m1", "m2"});
  CHECK(offers->compressions == std::array<std::string_view, 2>{"z1", "z2"});
}

TEST_CASE("ssh: every prefix of an offer that lacks a list is none") {
  const Octets whole = ssh_offer({});
  const std::size_t lists = whole.size() - 5 - 2 * 4;  // without languages and what follows
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(static_cast<bool>(parse_ssh_kex_init(Bytes{whole}.first(size))) == (size >= lists));
  Octets other = whole;
  other[0] = 21;
  CHECK(parse_ssh_kex_init(other).flaw() == Flaw::bad_value);
}

TEST_CASE("ssh: the client's order decides") {
  CHECK(ssh_choice("a,b,c", "c,b") == "b");
  CHECK(ssh_choice("a", "a") == "a");
  CHECK(ssh_choice("a,b", "ab,ba").empty());
  CHECK(ssh_choice("", "").empty());
  CHECK(ssh_choice(",,", ",").empty());
  std::string long_list;
  for (int i = 0; i < 128; ++i) long_list += "x,";
  CHECK(ssh_choice(long_list + "b", "b").empty());
  CHECK(ssh_choice("b", long_list + "b").empty());
}

TEST_CASE("ssh: ciphers that need no MAC") {
  CHECK(is_ssh_aead("chacha20-poly1305@openssh.com"));
  CHECK(is_ssh_aead("aes256-gcm@openssh.com"));
  CHECK(is_ssh_aead("AEAD_AES_128_GCM"));
  CHECK_FALSE(is_ssh_aead("aes256-ctr"));
}

TEST_CASE("ssh: HASSH is the MD5 of what a side sends with") {
  const Octets message =
      join(Octets{20}, Octets(16), ssh_list("k"), ssh_list("h"), ssh_list("c1"), ssh_list("c2"),
           ssh_list("m1"), ssh_list("m2"), ssh_list("z1"), ssh_list("z2"));
  const auto offers = parse_ssh_kex_init(message);
  REQUIRE(offers);
  // md5sum of k;c1;m1;z1 and of k;c2;m2;z2
  CHECK(hassh(*offers, 0).view() == "dd40933168f18f8a21ff43d3399175d8");
  CHECK(hassh(*offers, 1).view() == "ef2009dcd463afbe99c5888867b06e53");
}

}  // namespace ntan::app
