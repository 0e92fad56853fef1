#include "run/engine_options.h"

#include <cerrno>
#include <filesystem>
#include <sched.h>
#include <sys/random.h>
#include <system_error>

#include "run/command_text.h"
#include "source/link_name.h"

namespace ntan::run {
namespace {

detect::Sense sense_of(Sensitivity sensitivity) noexcept {
  switch (sensitivity) {
    case Sensitivity::low: return detect::Sense::low;
    case Sensitivity::medium: return detect::Sense::medium;
    case Sensitivity::high: return detect::Sense::high;
  }
  return detect::Sense::medium;
}

void fill_randomly(void* object, std::size_t size) {
  if (getrandom(object, size, 0) != static_cast<ssize_t>(size))
    throw std::system_error(errno, std::generic_category(), "cannot get a random number");
}

// Who can send packets must not be able to choose which flows share a bucket. Files get a fixed
// seed: with a full table it decides which flow gives way.
std::uint64_t hash_seed(const Options& options) {
  std::uint64_t seed = 0;
  if (options.command == Command::capture) fill_randomly(&seed, sizeof seed);
  return seed;
}

// Nothing that is written depends on this one, so files get one too.
SipKey make_secret() {
  SipKey secret;
  fill_randomly(&secret, sizeof secret);
  return secret;
}

bool has_two_cpus() noexcept {
  cpu_set_t allowed;
  return sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 1;
}

/// Octets of the files, as stored; what is no file has none.
std::uintmax_t size_of(const std::vector<std::string>& files) {
  std::uintmax_t sum = 0;
  for (const std::string& file : files) {
    std::error_code none;
    const std::uintmax_t size = std::filesystem::file_size(file, none);
    if (!none) sum += size;
  }
  return sum;
}

// A second thread makes a run one and a half times as fast (scripts/bench.sh threads), for 5 MiB:
// what takes less than a second does without.
std::size_t threads_of(const Options& options) {
  constexpr std::uintmax_t large = std::uintmax_t{256} << 20U;
  // Packets that are waited for one by one need not wait for each other.
  if (options.pace == Pace::recorded) return 1;
  if (options.threads) return *options.threads;
  const bool worth_it =
      options.command == Command::read && size_of(options.files) >= large && has_two_cpus();
  return worth_it ? 2 : 1;
}

}  // namespace

EngineOptions engine_options(const Options& options) {
  return {
      .mem_limit = options.mem_limit,
      .max_flows = options.max_flows,
      .hash_seed = hash_seed(options),
      .secret = make_secret(),
      .vlan = options.vlan_key == VlanKey::ignored ? flow::VlanUse::ignore : flow::VlanUse::keep,
      .decode = {.verify_checksums = options.checksums == Checksums::all},
      .scan = {.sense = sense_of(options.scan.sensitivity),
               .memory = options.scan.memory,
               .allow = options.scan.allowed,
               .home = options.scan.home},
      .scan_timeout = options.scan.timeout,
      .stats = {.every = options.summary_every,
                .top = options.top,
                .sensor = options.sensor,
                .home = options.scan.home,
                .link_name = source::link_name,
                .total = options.summary_total},
      .sensor = options.sensor,
      .extract = extract_line(options),
      .threads = threads_of(options)};
}

}  // namespace ntan::run
