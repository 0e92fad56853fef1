// Names of files as they are shown.
#pragma once

#include <string>
#include <string_view>

namespace ntan::run {

/// `a/b.pcap` as `b.pcap`.
[[nodiscard]] inline std::string without_folder(std::string_view path) {
  return std::string{path.substr(path.find_last_of('/') + 1)};
}

}  // namespace ntan::run
