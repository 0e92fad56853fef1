// The recent first contacts of one source, kept so that an alert can show what it is made of.
#pragma once

#include <cstddef>
#include <cstdint>

#include "detect/probe.h"
#include "detect/ring.h"
#include "flow/contact.h"

namespace ntan::detect {

/// A SYN as scanners craft it: without the options that every stack sends.
[[nodiscard]] constexpr bool is_raw_syn(const Outcome& outcome) noexcept {
  if (outcome.contact_class != ContactClass::syn || outcome.began_inside ||
      outcome.syn_has_timestamp)
    return false;
  if (!outcome.syn_has_sack && !outcome.syn_has_window_scale) return true;
  return outcome.syn_window % 1024 == 0 && outcome.syn_window >= 1024 && outcome.syn_window <= 4096;
}

/// A handshake that was not used, as monitors and load balancers make them: over a socket. A SYN by
/// hand is none, nor one whose source, if it is there at all, did not reset what it had opened.
[[nodiscard]] inline bool may_be_check(const Outcome& outcome) noexcept {
  if (outcome.result == Result::connect) return true;
  const bool left = outcome.time - outcome.first_time >= timeout_of(flow::ContactTimer::handshake);
  return outcome.result == Result::half_open && outcome.contact_class == ContactClass::syn &&
         !is_raw_syn(outcome) && !left;
}

/// A probe still pending. `hash`: target_key of the outcome.
[[nodiscard]] inline Probe make_probe(const Outcome& outcome, std::uint64_t hash) noexcept {
  return {.time = outcome.first_time,
          .packet = outcome.packet,
          .hash = hash,
          .dst = outcome.dst,
          .port = outcome.dst_port,
          .src_port = outcome.src_port,
          .ttl = outcome.ttl,
          .contact_class = outcome.contact_class,
          .result = outcome.result,
          .accepted = outcome.accepted,
          .raw_syn = is_raw_syn(outcome)};
}

/// Whether the result may be part of a scan's evidence; what a good session did is forgotten.
[[nodiscard]] constexpr bool worth_keeping(const Outcome& outcome) noexcept {
  return is_bad(outcome.result) || outcome.contact_class == ContactClass::icmp;
}

using JournalMemory = RingMemory<Probe>;

/// At most 64 probes, oldest first. Pointers live until the next keep() or drop(). Without memory a
/// probe is not kept.
class Journal {
 public:
  [[nodiscard]] auto begin() noexcept { return probes_.begin(); }
  [[nodiscard]] auto end() noexcept { return probes_.end(); }
  [[nodiscard]] auto begin() const noexcept { return probes_.begin(); }
  [[nodiscard]] auto end() const noexcept { return probes_.end(); }
  [[nodiscard]] bool holds_memory() const noexcept { return probes_.capacity() != 0; }

  /// The latest of that hash, or nullptr. From the latest back: a result mostly follows its contact
  /// soon.
  [[nodiscard]] Probe* find(std::uint64_t hash) noexcept {
    return probes_.find_last([hash](const Probe& probe) { return probe.hash == hash; });
  }

  /// Appends and returns where it is; when full, first goes what can be spared, then the oldest: a
  /// sweep that waits for hundreds of answers keeps those it got. nullptr: no memory.
  Probe* keep(const Probe& probe, JournalMemory& memory) {
    if (probes_.size() == probes_.capacity() && !make_room(memory)) return nullptr;
    probes_.push_back(probe);
    note(probes_.size() - 1, can_be_spared(probe));
    return &probes_[probes_.size() - 1];
  }

  /// Requires of these: `kept` is in the journal.
  void replace(Probe& kept, const Probe& probe) noexcept {
    kept = probe;
    note(probes_.index_of(kept), can_be_spared(probe));
  }

  void drop(const Probe& kept) noexcept { erase(probes_.index_of(kept)); }

  /// It is part of an alert.
  void report(Probe& kept) noexcept {
    kept.reported = true;
    note(probes_.index_of(kept), true);
  }

  /// Forgets everything and gives the memory back.
  void release(JournalMemory& memory) noexcept {
    memory.release(probes_);
    spared_first_ = 0;
  }

 private:
  static constexpr std::size_t max_probes = 64;

  [[nodiscard]] bool make_room(JournalMemory& memory);

  /// An alert has counted it, or its result, which those of address resolution have none of, brings
  /// all of it again.
  [[nodiscard]] static bool can_be_spared(const Probe& probe) noexcept {
    return probe.reported || (probe.pending && group_of(probe.contact_class) != Group::link);
  }

  void note(std::size_t at, std::uint64_t can_be_spared) noexcept {
    spared_first_ = (spared_first_ & ~(std::uint64_t{1} << at)) | can_be_spared << at;
  }

  void erase(std::size_t at) noexcept;

  Ring<Probe, std::uint16_t> probes_;
  std::uint64_t spared_first_ = 0;  // bit n: the nth oldest can be spared
};

}  // namespace ntan::detect
