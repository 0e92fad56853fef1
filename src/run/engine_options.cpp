#include "run/engine_options.h"

#include <cerrno>
#include <sys/random.h>
#include <system_error>

#include "run/command_text.h"

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

// Who can send packets must not be able to choose which flows share a bucket. Files get a fixed
// seed: with a full table it decides which flow gives way.
std::uint64_t hash_seed(const Options& options) {
  std::uint64_t seed = 0;
  if (options.command == Command::capture && getrandom(&seed, sizeof seed, 0) != sizeof seed) {
    throw std::system_error(errno, std::generic_category(), "cannot get a random number");
  }
  return seed;
}

}  // namespace

EngineOptions engine_options(const Options& options) {
  return {
      .mem_limit = options.mem_limit,
      .max_flows = options.max_flows,
      .hash_seed = hash_seed(options),
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
                .home = options.scan.home},
      .sensor = options.sensor,
      .extract = extract_line(options),
      // Packets that are waited for one by one need not wait for each other.
      .threads = options.pace == Pace::recorded ? 1 : options.threads};
}

}  // namespace ntan::run
