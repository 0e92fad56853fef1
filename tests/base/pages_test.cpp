#include "base/pages.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include <catch2/catch.hpp>

namespace ntan {

TEST_CASE("pages: the whole range is zeros and can be written, whatever was said of its use") {
  constexpr std::size_t size = 300'000;
  Pages pages(size);
  pages.use(1);
  pages.use(70'000);
  const std::span octets{pages.data(), size};
  CHECK(std::all_of(octets.begin(), octets.end(), [](std::byte b) { return b == std::byte{0}; }));
  std::fill(octets.begin(), octets.end(), std::byte{7});
  pages.use(size);
  CHECK(std::all_of(octets.begin(), octets.end(), [](std::byte b) { return b == std::byte{7}; }));
}

TEST_CASE("pages: far more can be reserved than there is memory") {
  Pages pages(std::size_t{1} << 40U);
  pages.use(100'000);
  pages.data()[99'999] = std::byte{1};
  CHECK(pages.size() == std::size_t{1} << 40U);
}

TEST_CASE("pages: moving hands over the range") {
  Pages first(4096);
  first.data()[0] = std::byte{3};
  const Pages second(std::move(first));
  CHECK(second.data()[0] == std::byte{3});
  CHECK(first.data() == nullptr);  // NOLINT(*-move, *.Move): that is what is tested
}

}  // namespace ntan
