#include "run/process_load.h"

#include <fstream>
#include <string>
#include <unistd.h>

#include <fmt/format.h>

#include "base/parse_number.h"

namespace ntan::run {

std::optional<ProcessTimes> parse_process_times(std::string_view stat) {
  // The second field is the name in brackets, which may hold blanks and brackets itself.
  constexpr std::size_t first_after_name = 3;
  constexpr std::size_t user_time = 14;
  constexpr std::size_t system_time = 15;
  constexpr std::size_t resident = 24;
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  ProcessTimes times;
  std::size_t field = first_after_name;
  while (!stat.empty() && field <= resident) {
    const std::size_t begin = stat.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return std::nullopt;
    stat.remove_prefix(begin);
    const std::string_view word = stat.substr(0, stat.find_first_of(" \n"));
    if (field == user_time || field == system_time || field == resident) {
      const auto value = parse_number<std::uint64_t>(word);
      if (!value) return std::nullopt;
      (field == resident ? times.resident_pages : times.ticks) += *value;
    }
    stat.remove_prefix(word.size());
    ++field;
  }
  if (field <= resident) return std::nullopt;
  return times;
}

std::optional<serve::Load> LoadMeter::look(pid_t process, std::int64_t now_ns) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string line;
  std::optional<ProcessTimes> times;
  if (std::getline(file, line)) times = parse_process_times(line);
  if (!times) {
    process_ = -1;
    return std::nullopt;
  }
  const bool again = process == process_ && now_ns > then_ns_ && times->ticks >= ticks_;
  const std::uint64_t ticks = times->ticks - ticks_;
  const auto passed_s = static_cast<double>(now_ns - then_ns_) / 1e9;
  process_ = process;
  then_ns_ = now_ns;
  ticks_ = times->ticks;
  if (!again) return std::nullopt;
  const auto per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return serve::Load{.cpu_ratio = static_cast<double>(ticks) / per_second / passed_s,
                     .resident_bytes = times->resident_pages *
                                       static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

}  // namespace ntan::run
