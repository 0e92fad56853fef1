// A directory for the files of one test, removed at its end.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>  // NOLINT(*-deprecated-headers): mkdtemp is POSIX
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ntan::test {

class TempDir {
 public:
  TempDir() : path_((std::filesystem::temp_directory_path() / "ntan-test-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  }

  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string path(std::string_view name) const {
    return path_ + '/' + std::string(name);
  }

  /// Writes a file and returns its path.
  [[nodiscard]] std::string write(std::string_view name, Bytes octets) const {
    std::ofstream file(path(name), std::ios::binary);
    const std::string_view text = as_text(octets);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file) throw std::runtime_error("cannot write " + path(name));
    return path(name);
  }

 private:
  std::string path_;
};

}  // namespace ntan::test
