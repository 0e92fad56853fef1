// A run as JSON, for the page and for the report.
#pragma once

#include <cstddef>

#include "serve/control.h"
#include "serve/digest.h"
#include "serve/json_text.h"

namespace ntan::serve {

/// Members of the object that says how the run stands: mode, status, filter, failure, ….
void append_run(JsonText& json, const RunState& run);
/// Whether the lines tell the totals, or a run of our own has none yet: else they are not zero but
/// unknown.
[[nodiscard]] bool knows_totals(const RunState& run, const Digest& digest) noexcept;
/// The same of scans. Saved lines do not tell which events were selected.
[[nodiscard]] bool knows_scans(const RunState& run, const Digest& digest) noexcept;
/// Members that change from second to second: `totals`, `figures_of`, `kept`, `ring`, `progress`,
/// `elapsed_us`.
void append_figures(JsonText& json, const RunState& run, const Digest& digest);
/// An object.
void append_talker(JsonText& json, const Talker& talker);
/// The member `name`: talkers of the run, most octets first.
void append_talkers(JsonText& json, std::string_view name, const Digest& digest, std::size_t most);
/// The member `protocols`: of the run, at most `most` of each level.
void append_protocols(JsonText& json, const Digest& digest, std::size_t most);
/// The members `scans`: the latest line of each, newest first, and `scans_left_out`: how many have
/// no place in so many octets, as octets_in_html() counts them, or are not kept any more.
void append_scans(JsonText& json, const Digest& digest, std::size_t most_octets);

}  // namespace ntan::serve
