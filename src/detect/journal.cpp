#include "detect/journal.h"

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

namespace {

// From the latest back: a result mostly follows its contact soon. journal.size() if there is none.
std::size_t place_of(const Journal& journal, std::uint64_t hash) noexcept {
  for (std::size_t at = journal.size(); at-- > 0;) {
    if (journal[at].hash == hash) return at;
  }
  return journal.size();
}

std::size_t first_reported(const Journal& journal) noexcept {
  for (std::size_t at = 0; at < journal.size(); ++at) {
    if (journal[at].reported) return at;
  }
  return 0;
}

}  // namespace

Probe* find_probe(Journal& journal, std::uint64_t hash) noexcept {
  const std::size_t at = place_of(journal, hash);
  return at == journal.size() ? nullptr : &journal[at];
}

void keep_probe(Journal& journal, const Probe& probe, Budget& budget) {
  if (journal.size() >= max_journal) {
    journal.erase(first_reported(journal));
  } else if (journal.size() == journal.capacity()) {
    const std::size_t wider = journal.empty() ? 1 : 2 * journal.size();
    if (!budget.take((wider - journal.size()) * sizeof(Probe))) return;
    journal.reserve(wider);
  }
  journal.push_back(probe);
}

void drop_probe(Journal& journal, const Probe& probe) noexcept {
  journal.erase(journal.index_of(probe));
}

void release_journal(Journal& journal, Budget& budget) noexcept {
  budget.give_back(journal.capacity() * sizeof(Probe));
  journal = {};
}

}  // namespace ntan::detect
