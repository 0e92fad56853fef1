#include "detect/journal.h"

#include <algorithm>

namespace ntan::detect {
namespace {

/// A SYN as scanners craft it: without the options that every stack sends.
bool is_raw_syn(const Outcome& outcome) noexcept {
  if (outcome.contact_class != ContactClass::syn) return false;
  const bool bare =
      !outcome.syn_has_sack && !outcome.syn_has_timestamp && !outcome.syn_has_window_scale;
  const bool odd_window = outcome.syn_window == 1024 || outcome.syn_window == 2048 ||
                          outcome.syn_window == 3072 || outcome.syn_window == 4096;
  return bare || (odd_window && !outcome.syn_has_timestamp);
}

}  // namespace

Probe make_probe(const Outcome& outcome, std::uint64_t hash) noexcept {
  return {.time = outcome.first_time,
          .packet = outcome.packet,
          .hash = hash,
          .dst = outcome.dst,
          .port = outcome.dst_port,
          .src_port = outcome.src_port,
          .ttl = outcome.ttl,
          .contact_class = outcome.contact_class,
          .result = outcome.result,
          .raw_syn = is_raw_syn(outcome)};
}

bool worth_keeping(const Outcome& outcome) noexcept {
  return is_bad(outcome.result) || outcome.contact_class == ContactClass::icmp;
}

Probe* find_probe(std::vector<Probe>& journal, std::uint64_t hash) noexcept {
  const auto found = std::ranges::find(journal, hash, &Probe::hash);
  return found == journal.end() ? nullptr : &*found;
}

void keep_probe(std::vector<Probe>& journal, const Probe& probe, Budget& budget) {
  if (journal.size() >= max_journal) {
    const auto counted =
        std::ranges::find(journal, true, [](const Probe& p) { return p.reported; });
    journal.erase(counted == journal.end() ? journal.begin() : counted);
  } else if (journal.size() == journal.capacity()) {
    const std::size_t wider = journal.empty() ? 1 : 2 * journal.size();
    if (!budget.take((wider - journal.size()) * sizeof(Probe))) return;
    journal.reserve(wider);
  }
  journal.push_back(probe);
}

void drop_probe(std::vector<Probe>& journal, const Probe* probe) noexcept {
  journal.erase(journal.begin() + (probe - journal.data()));
}

void release_journal(std::vector<Probe>& journal, Budget& budget) noexcept {
  budget.give_back(journal.capacity() * sizeof(Probe));
  journal = {};
}

}  // namespace ntan::detect
