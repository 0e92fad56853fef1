#include "base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <catch2/catch.hpp>

using namespace ntan;

TEST_CASE("descriptor: it is closed once, by its last owner") {
  Descriptor first{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const int number = first.get();
  Descriptor second = std::move(first);
  CHECK(second.get() == number);
  CHECK(::fcntl(number, F_GETFD) >= 0);
  second = Descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  CHECK(second.get() != number);
  CHECK(::fcntl(number, F_GETFD) == -1);
  const int released = second.release();
  CHECK_FALSE(second.open());
  CHECK(::fcntl(released, F_GETFD) >= 0);
  CHECK(::close(released) == 0);
}
