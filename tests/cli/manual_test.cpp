#include <set>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "cli/flags.h"
#include "event/anomaly.h"
#include "tests/sink/folder.h"

using namespace ntan;

namespace {

std::string manual() {
  return test::read_file(NTAN_SOURCE_DIR "/man/ntan.1");
}

}  // namespace

TEST_CASE("manual: it describes every option and no other") {
  std::set<std::string> offered;
  for (const cli::Flag& flag : cli::flags()) {
    if (flag.letter != 0) offered.insert({flag.letter});
    if (!flag.name.empty()) offered.insert("-" + std::string{flag.name});
  }
  std::set<std::string> described;
  std::istringstream lines(manual());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(".It Fl ")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word == "Fl" && words >> word) described.insert(word);
    }
  }
  CHECK(described == offered);
}

TEST_CASE("manual: it lists every reason of an anomaly in the words of the events") {
  const std::string text = manual();
  for (std::size_t i = 0; i < event::reason_count; ++i) {
    const auto reason = static_cast<event::Reason>(i);
    const std::string entry =
        ".It Cm " + std::string{to_text(reason)} + "\n" + std::string{reason_doc(reason)} + ".\n";
    CAPTURE(entry);
    CHECK(text.find(entry) != std::string::npos);
  }
}
