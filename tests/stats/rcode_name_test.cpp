#include "stats/rcode_name.h"

#include <catch2/catch.hpp>

#include "app/dns_codes.h"

TEST_CASE("rcode name: every code reads as in the dns event") {
  for (std::uint16_t code = 0; code < 4'096; ++code) {
    if (ntan::stats::rcode_name(code).view() != ntan::app::dns::rcode_name(code).view())
      FAIL("code " << code);
  }
  CHECK(ntan::stats::rcode_name(3).view() == "NXDOMAIN");
  CHECK(ntan::stats::rcode_name(12).view() == "RCODE12");
}
