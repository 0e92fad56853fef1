#include "run/replay_progress.h"

#include <dirent.h>
#include <fstream>
#include <memory>
#include <string_view>
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/parse_number.h"

namespace ntan::run {
namespace {

/// `pos:	4096` is the first line.
std::optional<std::uint64_t> position_of(pid_t process, std::string_view descriptor) {
  std::ifstream info(fmt::format("/proc/{}/fdinfo/{}", process, descriptor));
  std::string line;
  if (!std::getline(info, line)) return std::nullopt;
  const std::size_t digits = line.find_first_of("0123456789");
  if (digits == std::string::npos) return std::nullopt;
  return parse_number<std::uint64_t>(std::string_view{line}.substr(digits));
}

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { (void)::closedir(folder); }
};

/// Calls `visit` with the name and status of each descriptor until it returns true.
template <class Visit>
void each_descriptor(pid_t process, Visit&& visit) {
  const std::string folder = fmt::format("/proc/{}/fd", process);
  const std::unique_ptr<DIR, CloseFolder> entries(::opendir(folder.c_str()));
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries.get())) {  // NOLINT(concurrency-mt-unsafe)
    const std::string name = static_cast<const char*>(entry->d_name);
    struct stat status{};
    const std::string path = fmt::format("{}/{}", folder, name);
    if (::stat(path.c_str(), &status) == 0 && visit(name, status)) return;
  }
}

}  // namespace

std::optional<serve::Progress> replay_progress(pid_t process,
                                               const std::vector<std::string>& files) {
  serve::Progress progress;
  std::optional<std::uint64_t> behind;
  for (const std::string& file : files) {
    struct stat wanted{};
    if (::stat(file.c_str(), &wanted) != 0 || !S_ISREG(wanted.st_mode)) return std::nullopt;
    each_descriptor(process, [&](const std::string& name, const struct stat& open) {
      if (open.st_dev != wanted.st_dev || open.st_ino != wanted.st_ino) return false;
      if (const auto position = position_of(process, name)) behind = progress.size + *position;
      return true;
    });
    progress.size += static_cast<std::uint64_t>(wanted.st_size);
  }
  constexpr std::uint64_t least_told = std::uint64_t{8} << 20U;
  if (!behind || progress.size < least_told) return std::nullopt;
  progress.bytes = *behind;
  return progress;
}

}  // namespace ntan::run
