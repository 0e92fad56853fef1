#include "detect/journal.h"

#include <algorithm>
#include <deque>
#include <random>

#include <catch2/catch.hpp>

using namespace ntan;
using namespace ntan::detect;

namespace {

/// What a journal is: a queue in which those in an alert and those without a result go first.
struct PlainJournal {
  std::deque<Probe> probes;

  void keep(const Probe& probe) {
    if (probes.size() >= 64) {
      const auto spared = std::ranges::find_if(probes, [](const Probe& p) {
        return p.reported || (p.pending && p.contact_class != ContactClass::arp);
      });
      probes.erase(spared != probes.end() ? spared : probes.begin());
    }
    probes.push_back(probe);
  }

  Probe* find(std::uint64_t hash) {
    const auto found = std::find_if(probes.rbegin(), probes.rend(),
                                    [hash](const Probe& probe) { return probe.hash == hash; });
    return found == probes.rend() ? nullptr : &*found;
  }

  void drop(const Probe* kept) {
    probes.erase(std::ranges::find_if(probes, [kept](const Probe& p) { return &p == kept; }));
  }
};

}  // namespace

TEST_CASE("journal: agrees with a plain one on what is kept, found and given up") {
  std::mt19937 random{1};  // NOLINT(*-msc51-cpp): the same in every run
  Budget budget{.limit = std::size_t{1} << 20U};
  JournalMemory memory{budget};
  Journal journal;
  PlainJournal plain;
  for (unsigned n = 0; n < 20'000; ++n) {
    const std::uint64_t hash = random() % 100;
    Probe* kept = journal.find(hash);
    Probe* expected = plain.find(hash);
    REQUIRE((kept == nullptr) == (expected == nullptr));
    Probe probe;
    probe.hash = hash;
    probe.packet = n;
    probe.reported = random() % 4 == 0;
    probe.pending = random() % 4 == 0;
    probe.contact_class = random() % 8 == 0 ? ContactClass::arp : ContactClass::syn;
    const unsigned what = static_cast<unsigned>(random() % 8);
    if (what < 4 || kept == nullptr) {
      REQUIRE(journal.keep(probe, memory)->packet == n);
      plain.keep(probe);
    } else if (what < 6) {
      journal.replace(*kept, probe);
      *expected = probe;
    } else if (what == 6) {
      journal.report(*kept);
      expected->reported = true;
    } else {
      journal.drop(*kept);
      plain.drop(expected);
    }
    const auto same = [](const Probe& a, const Probe& b) {
      return a.packet == b.packet && a.reported == b.reported;
    };
    std::deque<Probe> all;
    for (const Probe& held : journal) all.push_back(held);
    REQUIRE(std::ranges::equal(all, plain.probes, same));
  }
  journal.release(memory);
  REQUIRE(budget.used == 0);
  REQUIRE_FALSE(journal.holds_memory());
  REQUIRE(journal.find(1) == nullptr);
}

TEST_CASE("journal: without memory a probe is not kept") {
  Budget budget{.limit = 3 * sizeof(Probe)};
  JournalMemory memory{budget};
  Journal journal;
  REQUIRE(journal.keep({.hash = 1}, memory) != nullptr);
  REQUIRE(journal.keep({.hash = 2}, memory) != nullptr);
  REQUIRE(journal.keep({.hash = 3}, memory) == nullptr);
  REQUIRE(journal.find(2) != nullptr);
  REQUIRE(journal.find(3) == nullptr);
}
