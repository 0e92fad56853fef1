#include "app/http2.h"

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/support/dissect.h"

namespace ntan::app {
namespace {

Verdict probe(std::string_view text) {
  const Bytes data = as_bytes(text);
  return http2_protocol.probe({.data = data, .size = static_cast<std::uint32_t>(data.size())}, {});
}

TEST_CASE("http2: the client's preface is recognised once it is whole") {
  CHECK(probe("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == Verdict::yes);
  CHECK(probe("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00") == Verdict::yes);
  CHECK(probe("PRI * HTT") == Verdict::unsure);
  CHECK(probe("PRI * HTTP/1.1\r\n") == Verdict::no);
}

TEST_CASE("http2: nothing is wanted beyond the name") {
  test::DissectorRun run(http2_protocol, {.transport = Transport::tcp});
  run.feed(Direction::to_server, as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 0);
  CHECK(run.result().progress == Progress::done);
  CHECK(run.result().lines.empty());
}

}  // namespace
}  // namespace ntan::app
