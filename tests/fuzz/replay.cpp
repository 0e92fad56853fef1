// Stands in for libFuzzer in ordinary builds: runs a fuzz target over the files of its corpus
// folder and over their prefixes. Exit 77 (CTest: skipped) when the folder holds no file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

constexpr int skipped = 77;
// Beyond this many prefixes of one file they are taken at even distances: their cost is quadratic.
constexpr std::size_t max_prefixes = 1024;

std::vector<fs::path> corpus_files(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::uint8_t> content(const fs::path& file) {
  std::ifstream input(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

// A block of exactly this size, so that AddressSanitizer sees a read of the octet behind it.
void run(std::span<const std::uint8_t> input) {
  const auto copy = std::make_unique<std::uint8_t[]>(input.size());  // NOLINT(*-c-arrays)
  std::ranges::copy(input, copy.get());
  (void)LLVMFuzzerTestOneInput(copy.get(), input.size());
}

std::size_t replay(const fs::path& file) {
  const std::vector<std::uint8_t> octets = content(file);
  const std::span<const std::uint8_t> input{octets};
  const std::size_t step = input.size() / max_prefixes + 1;
  std::size_t runs = 1;
  for (std::size_t size = 0; size < input.size(); size += step, ++runs) run(input.first(size));
  run(input);
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments{argv, static_cast<std::size_t>(argc)};
  if (arguments.size() != 2) {
    std::fputs("usage: replay_NAME FOLDER\n", stderr);
    return 2;
  }
  try {
    const std::vector<fs::path> files = corpus_files(arguments[1]);
    std::size_t runs = 0;
    for (const fs::path& file : files) {
      std::printf("%s\n", file.filename().c_str());
      std::fflush(stdout);  // the last line names the culprit of a crash
      runs += replay(file);
    }
    std::printf("%zu files, %zu runs\n", files.size(), runs);
    return files.empty() ? skipped : 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "replay: %s\n", error.what());
    return 1;
  }
}
