#include "run/extract_line.h"

#include <catch2/catch.hpp>

using namespace ntan;
using namespace ntan::run;

TEST_CASE("extract line: the id of the scan stands in it twice, with sixteen digits") {
  const ExtractLine line{.before = "ntan extract --scan ", .between = " -w ", .after = ".pcap"};
  CHECK(line.known());
  CHECK(line.of({0xabc}) == "ntan extract --scan 0000000000000abc -w 0000000000000abc.pcap");
  CHECK_FALSE(ExtractLine{}.known());
}
