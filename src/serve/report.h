// A run as one file to keep: a page that opens from disk, Markdown for a ticket, JSON for a
// program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "serve/control.h"
#include "serve/digest.h"
#include "serve/report_form.h"

namespace ntan::serve {

struct ReportOptions {
  std::string title;    ///< of what: names of files, of an interface
  std::string version;  ///< of ntan
};

/// Limits of a report, so that it stays a file to mail. What is left out is counted in it.
inline constexpr std::size_t report_rows = 200;  ///< of each table
inline constexpr std::size_t report_windows = 1'200;
inline constexpr std::size_t report_table_octets = std::size_t{200} << 10U;  ///< of each
inline constexpr std::size_t report_summary_octets = std::size_t{64} << 10U;
inline constexpr std::size_t report_scan_octets = std::size_t{600} << 10U;

/// The same digest gives the same octets: no clock and no machine is in it. HTML without the page's
/// files (see page_assets()) says that it has none.
[[nodiscard]] std::string report(const Digest& digest, const RunState& run, ReportForm form,
                                 const ReportOptions& options);

}  // namespace ntan::serve
