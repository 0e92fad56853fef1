// The figures of run_end, collected from everything that counted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "run/engine.h"
#include "run/run_records.h"
#include "source/source.h"

namespace ntan::run {

class RunTotals {
 public:
  RunTotals(const Engine& engine, source::Source& source);

  /// Views borrow from this object.
  [[nodiscard]] RunEnd record() const;

 private:
  RunEnd end_;
  std::vector<LedgerRow> rows_;
  std::vector<std::string> link_names_;
  std::vector<UnknownLinkRow> links_;
  std::vector<std::string_view> limits_;
};

}  // namespace ntan::run
