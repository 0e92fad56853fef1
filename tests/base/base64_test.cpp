#include "base/base64.h"

#include <string>
#include <string_view>
#include <utility>

#include <catch2/catch.hpp>

using namespace ntan;

TEST_CASE("base64: the vectors of RFC 4648 10") {
  const auto text_of = [](std::string_view octets) {
    std::string text(base64_size(octets.size()), '\0');
    const char* const end = append_base64(text.data(), as_bytes(octets));
    CHECK(end == text.data() + text.size());
    return text;
  };
  for (const auto& [octets, text] :
       {std::pair{"", ""}, std::pair{"f", "Zg=="}, std::pair{"fo", "Zm8="},
        std::pair{"foo", "Zm9v"}, std::pair{"foob", "Zm9vYg=="}, std::pair{"fooba", "Zm9vYmE="},
        std::pair{"foobar", "Zm9vYmFy"}})
    CHECK(text_of(octets) == text);
  CHECK(text_of("\xfb\xff\xfe") == "+//+");
}
