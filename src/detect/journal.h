// The recent first contacts of one source, kept so that an alert can show what it is made of.
#pragma once

#include "base/budget.h"
#include "detect/probe.h"
#include "detect/ring.h"

namespace ntan::detect {

inline constexpr std::size_t max_journal = 64;
using Journal = Ring<Probe>;

/// A probe still pending. `hash`: target_key of the outcome.
[[nodiscard]] Probe make_probe(const Outcome& outcome, std::uint64_t hash) noexcept;

/// Whether the result may be part of a scan's evidence; what a good session did is forgotten.
[[nodiscard]] bool worth_keeping(const Outcome& outcome) noexcept;

[[nodiscard]] Probe* find_probe(Journal& journal, std::uint64_t hash) noexcept;

/// Appends; when full, first goes what an alert has already counted, then the oldest. Paid from the
/// budget; without memory the probe is not kept.
void keep_probe(Journal& journal, const Probe& probe, Budget& budget);

/// Removes a probe. Requires: it is in the journal.
void drop_probe(Journal& journal, const Probe& probe) noexcept;

/// Forgets everything and gives the memory back.
void release_journal(Journal& journal, Budget& budget) noexcept;

}  // namespace ntan::detect
