#include "run/filter_file.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "source/source.h"

namespace ntan::run {
namespace {

constexpr std::size_t max_size = std::size_t{64} << 10U;

struct Close {
  void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
};

std::string read_all(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  const auto check = [&path](bool good) {
    if (!good) throw std::system_error(errno, std::generic_category(), "cannot read " + path);
  };
  check(file != nullptr);
  std::string text(max_size + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  check(std::ferror(file.get()) == 0);
  const auto refuse = [&path](const char* why) {
    throw source::Error(source::Error::Kind::usage, path + why);
  };
  if (text.size() > max_size) refuse(" is too long for a filter");
  // Whoever compiles the filter would read no further.
  if (text.find('\0') != std::string::npos) refuse(" is no text");
  return text;
}

}  // namespace

std::string read_filter_file(const std::string& path) {
  std::string text = read_all(path);
  bool comment = false;
  for (char& c : text) {
    if (c == '#') comment = true;
    if (c == '\n') comment = false;
    if (comment || c == '\n') c = ' ';
  }
  return text;
}

}  // namespace ntan::run
