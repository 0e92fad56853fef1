#include "source/source.h"

#include <cerrno>

#include <catch2/catch.hpp>

using ntan::source::Error;
using ntan::source::kind_of;

TEST_CASE("source error: what the system says has one meaning, read or written") {
  const auto kind = [](int number) { return kind_of({number, std::generic_category()}); };
  for (const int number : {EACCES, EPERM, EROFS}) CHECK(kind(number) == Error::Kind::permission);
  for (const int number : {ENOENT, ENOTDIR}) CHECK(kind(number) == Error::Kind::not_found);
  for (const int number : {EIO, ENOSPC, EMFILE, ELOOP, EISDIR})
    CHECK(kind(number) == Error::Kind::runtime);
  CHECK(kind_of({EACCES, std::system_category()}) == Error::Kind::permission);
}
