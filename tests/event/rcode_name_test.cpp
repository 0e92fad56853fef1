#include "event/rcode_name.h"

#include <catch2/catch.hpp>

using ntan::event::rcode_name;

TEST_CASE("rcode name: of IANA's registry, else the number") {
  CHECK(rcode_name(0).view() == "NOERROR");
  CHECK(rcode_name(3).view() == "NXDOMAIN");
  CHECK(rcode_name(11).view() == "DSOTYPENI");
  CHECK(rcode_name(12).view() == "RCODE12");
  CHECK(rcode_name(16).view() == "BADVERS");
  CHECK(rcode_name(23).view() == "BADCOOKIE");
  CHECK(rcode_name(24).view() == "RCODE24");
  CHECK(rcode_name(65'535).view() == "RCODE65535");
}
