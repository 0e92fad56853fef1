#include "cli/help.h"

#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "cli/parse.h"
#include "cli/values.h"

using namespace ntan;
using namespace ntan::cli;
using run::Command;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  const auto lines = split(text, '\n');
  return {lines.begin(), lines.end()};
}

std::string text_of(const std::vector<std::string>& words) {
  return parse(words, {}).text;
}

constexpr std::array topics{Command::capture,    Command::read,   Command::extract,
                            Command::serve,      Command::report, Command::explain,
                            Command::interfaces, Command::schema};

}  // namespace

TEST_CASE("help: every option of a command stands at the start of a line of its full help") {
  for (const Command topic : topics) {
    std::vector<std::string> expected;
    for (const Flag& flag : flags()) {
      if ((flag.commands & bit(topic)) != 0) expected.push_back("  " + label(flag));
    }
    std::vector<std::string> shown;
    const std::string text = help(topic, Draft::Help::full);
    for (const std::string& line : lines_of(text)) {
      if (!line.starts_with("  -") && !line.starts_with("      --")) continue;
      const std::size_t name = line.find("--") == std::string::npos ? 2 : line.find("--");
      shown.push_back(line.substr(0, line.find(' ', name)));
    }
    CHECK(shown == expected);
  }
}

TEST_CASE("help: lines fit 79 columns and groups keep their order") {
  for (const Draft::Help length : {Draft::Help::brief, Draft::Help::full}) {
    for (const Command topic : topics) {
      for (const std::string& line : lines_of(help(topic, length))) {
        CAPTURE(line);
        CHECK(line.size() <= 79);
        CHECK((line.empty() || line.back() != ' '));
      }
    }
    for (const std::string& line : lines_of(help(std::nullopt, length))) CHECK(line.size() <= 79);
  }
  const std::string text = help(Command::capture, Draft::Help::full);
  std::size_t at = 0;
  for (const char* group :
       {"Examples:", "Input:", "Filter:", "Output:", "Stop:", "Analysis:", "Diagnostics:"}) {
    const std::size_t found = text.find(std::string{"\n"} + group + "\n");
    REQUIRE(found != std::string::npos);
    CHECK(found >= at);
    at = found;
  }
}

TEST_CASE("help: the short form has four examples and fewer options") {
  const std::string brief = help(Command::capture, Draft::Help::brief);
  std::size_t examples = 0;
  for (const std::string& line : lines_of(brief)) {
    if (line.starts_with("  sudo ntan capture")) ++examples;
  }
  CHECK(examples == 4);
  CHECK(brief.find("--scan-memory") == std::string::npos);
  CHECK(brief.find("  -i, --interface IF") != std::string::npos);
}

TEST_CASE("help: each way to ask for it") {
  CHECK(text_of({"-h"}) == help(std::nullopt, Draft::Help::brief));
  CHECK(text_of({"--help"}) == help(std::nullopt, Draft::Help::full));
  CHECK(text_of({"help"}) == help(std::nullopt, Draft::Help::full));
  CHECK(text_of({"capture", "-h"}) == help(Command::capture, Draft::Help::brief));
  CHECK(text_of({"read", "x", "--help"}) == help(Command::read, Draft::Help::full));
  CHECK(text_of({"help", "schema"}) == help(Command::schema, Draft::Help::full));
  CHECK(text_of({"--version"}) == "ntan " NTAN_VERSION "\n");
  CHECK(text_of({"read", "--version"}) == "ntan " NTAN_VERSION "\n");
  CHECK(text_of({"help", "--help"}) == help(std::nullopt, Draft::Help::full));
}

TEST_CASE("flags: every one is described, and no two of a command share a name") {
  for (const Command topic : topics) {
    std::set<std::string> names;
    for (const Flag& flag : flags()) {
      if ((flag.commands & bit(topic)) == 0) continue;
      CAPTURE(label(flag));
      CHECK_FALSE(flag.doc.empty());
      CHECK(flag.doc.back() != '.');
      CHECK(flag.apply != nullptr);
      CHECK((flag.letter != 0 || !flag.name.empty()));
      if (flag.letter != 0) CHECK(names.insert({'-', flag.letter}).second);
      if (!flag.name.empty()) CHECK(names.insert(std::string{flag.name}).second);
    }
  }
}
