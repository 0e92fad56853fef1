#include "run/engine_options.h"

#include <filesystem>
#include <sched.h>

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"

namespace ntan::run {
namespace {

/// Leaves this thread one CPU, while it lives.
class OneCpu {
 public:
  OneCpu() {
    REQUIRE(sched_getaffinity(0, sizeof before_, &before_) == 0);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &before_)) ++cpu;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  }
  OneCpu(const OneCpu&) = delete;
  OneCpu& operator=(const OneCpu&) = delete;
  ~OneCpu() { sched_setaffinity(0, sizeof before_, &before_); }

  [[nodiscard]] bool had_more() const noexcept { return CPU_COUNT(&before_) > 1; }

 private:
  cpu_set_t before_{};
};

/// A file of that size which takes no room.
std::string hollow_file(const test::TempDir& folder, std::string_view name, std::uintmax_t size) {
  std::string path = folder.write(name, {});
  std::filesystem::resize_file(path, size);
  return path;
}

}  // namespace

TEST_CASE("engine_options: large files have two threads where there are two CPUs") {
  constexpr std::uintmax_t mib = 1U << 20U;
  const test::TempDir folder;
  const std::string half = hollow_file(folder, "half", 128 * mib);
  const std::string less = hollow_file(folder, "less", 128 * mib - 1);
  Options options{.command = Command::read, .files = {half, half}};
  std::size_t alone = 0;
  bool has_two = false;
  {
    const OneCpu one;
    has_two = one.had_more();
    alone = engine_options(options).threads;
  }
  CHECK(alone == 1);
  CHECK(engine_options(options).threads == (has_two ? 2 : 1));
  options.files = {half, less, "-", folder.path("none")};
  CHECK(engine_options(options).threads == 1);
}

TEST_CASE("engine_options: the number of threads that was asked for is that of the engine") {
  Options options{.command = Command::read, .threads = 3};
  CHECK(engine_options(options).threads == 3);
  options.pace = Pace::recorded;
  CHECK(engine_options(options).threads == 1);
}

}  // namespace ntan::run
