#include "source/link_name.h"

#include <catch2/catch.hpp>

namespace ntan::source {

TEST_CASE("link_name: our names come first, then those of libpcap") {
  CHECK(link_name(LinkType::linux_sll2) == "linux_sll2");
  CHECK(link_name(static_cast<LinkType>(107)) == "frelay");
  CHECK(link_name(static_cast<LinkType>(195)) == "ieee802_15_4");
  CHECK(link_name(static_cast<LinkType>(40'000)) == "LINKTYPE40000");
}

}  // namespace ntan::source
