// Figures for people: three digits and a unit.
#pragma once

#include <string>
#include <string_view>

namespace ntan::event {

/// `17 us`, `84.4 ms`, `15.6 s`. Requires: us >= 0.
[[nodiscard]] std::string duration_text(double us);

/// `3.74 MB` of 3,740,000 and `B`; decimal prefixes.
[[nodiscard]] std::string size_text(double value, std::string_view unit);

/// `0.44 %` of 0.0044, `12.5 %`, `100 %`; 0 is `0 %` and all is `100 %`, and what
/// is between them never looks like them.
[[nodiscard]] std::string percent_text(double ratio);

}  // namespace ntan::event
