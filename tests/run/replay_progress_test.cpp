#include "run/replay_progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/descriptor.h"
#include "tests/support/temp_dir.h"

namespace ntan::run {
namespace {

constexpr off_t mib = off_t{1} << 20U;

/// A file of this size, open at this place.
Descriptor file_at(const std::string& path, off_t size, off_t place) {
  Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  REQUIRE(::ftruncate(file.get(), size) == 0);
  REQUIRE(::lseek(file.get(), place, SEEK_SET) == place);
  return file;
}

}  // namespace

TEST_CASE("replay progress: the kernel tells where another process stands in a file") {
  const test::TempDir dir;
  const std::string path = dir.path("a.pcap");
  const Descriptor file = file_at(path, 10 * mib, 3 * mib);
  const auto progress = replay_progress(::getpid(), {path}).value_or(serve::Progress{});
  CHECK(progress.bytes == 3U << 20U);
  CHECK(progress.size == 10U << 20U);
}

TEST_CASE("replay progress: files before the open one are behind it, those after it are to come") {
  const test::TempDir dir;
  const std::vector<std::string> files{dir.path("a"), dir.path("b"), dir.path("c")};
  (void)file_at(files[0], 5 * mib, 0);
  (void)file_at(files[2], 7 * mib, 0);
  const Descriptor open = file_at(files[1], 6 * mib, mib);
  const auto progress = replay_progress(::getpid(), files).value_or(serve::Progress{});
  CHECK(progress.bytes == 6U << 20U);
  CHECK(progress.size == 18U << 20U);
}

TEST_CASE("replay progress: nothing is told of what is closed, small, missing or no file") {
  const test::TempDir dir;
  const std::string large = dir.path("large");
  (void)file_at(large, 10 * mib, mib);
  CHECK_FALSE(replay_progress(::getpid(), {large}).has_value());
  const std::string small = dir.path("small");
  const Descriptor open = file_at(small, mib, 0);
  CHECK_FALSE(replay_progress(::getpid(), {small}).has_value());
  CHECK_FALSE(replay_progress(::getpid(), {dir.path("missing")}).has_value());
  CHECK_FALSE(replay_progress(::getpid(), {"/dev/null"}).has_value());
  CHECK_FALSE(replay_progress(-1, {small}).has_value());
}

}  // namespace ntan::run
