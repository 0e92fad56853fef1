// What holds for every input, over synthetic traffic and over the captures beside the project.
#include <catch2/catch.hpp>

#include "event/csv.h"
#include "tests/support/analysis.h"

namespace ntan {
namespace {

using test::Analysis;
using test::AnalysisOptions;
using test::Frames;

/// The first line in which two outputs differ; empty if none.
std::string difference(const Analysis& a, const Analysis& b) {
  for (std::size_t i = 0; i < std::min(a.lines.size(), b.lines.size()); ++i) {
    if (a.lines[i].text != b.lines[i].text) return a.lines[i].text + b.lines[i].text;
  }
  return a.lines.size() == b.lines.size() ? "" : "one has more lines";
}

std::string broken(const Analysis& analysis) {
  return test::broken_law(analysis).value_or("");
}

/// How the output of one input must not depend on the way it is analysed.
std::string dependence(const Frames& frames) {
  const Analysis usual = analyse(frames, {.packets = true});
  if (auto law = broken(usual); !law.empty()) return law;
  if (!usual.limits_hit.empty()) return "a limit was hit";
  const std::vector<std::pair<std::string, AnalysisOptions>> others{
      {"one shard: ", {.shards = 1, .packets = true}},
      {"another hash seed: ", {.hash_seed = 0x5eed, .packets = true}},
      {"batches of one: ", {.batch = 1, .packets = true}},
      {"three threads: ", {.threads = 3, .packets = true}}};
  for (const auto& [name, options] : others) {
    const std::string differs = difference(usual, analyse(frames, options));
    if (!differs.empty()) return name + differs;
  }
  return "";
}

/// A line that is not what its schema declares; empty if there is none.
std::string undeclared(const Frames& frames) {
  const Analysis analysis =
      analyse(frames, {.summary_every = std::chrono::seconds{10},
                       .packets = true,
                       .formats = {run::Format::json, run::Format::csv, run::Format::table}});
  for (const test::Line& line : analysis.lines) {
    if (line.format == run::Format::json) {
      if (auto flaw = test::flaw_of_line(line.text, *line.schema)) return *flaw + ": " + line.text;
    } else if (line.format == run::Format::csv) {
      std::string head;
      event::append_csv_header(head, *line.schema);
      if (test::csv_cells(head) != test::csv_cells(line.text)) return "cells: " + line.text;
    }
  }
  return analysis.lines.empty() && !frames.empty() ? "no lines" : "";
}

std::string file_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

/// Applies `check` to each capture of a folder.
template <class Check>
void each_capture(std::string_view folder, Check&& check) {
  const std::vector<std::string> paths = test::shared_captures(folder);
  if (paths.empty()) {
    WARN("skipped: ../shared/" << folder << " is absent");
    return;
  }
  for (const std::string& path : paths) {
    INFO(file_name(path));
    CHECK(check(test::read_frames(path)) == "");
  }
}

TEST_CASE("engine: shards, threads, hash seeds and batches leave no trace in the output") {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    INFO("traffic of seed " << seed);
    CHECK(dependence(test::make_traffic({.seed = seed})) == "");
  }
}

TEST_CASE("engine: shards, threads, hash seeds and batches leave no trace on the corpus") {
  each_capture("corpus", dependence);
}

TEST_CASE("engine: shards, threads, hash seeds and batches leave no trace on the scans") {
  each_capture("scanlab", dependence);
}

TEST_CASE("engine: every line is what its schema declares") {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    INFO("traffic of seed " << seed);
    CHECK(undeclared(test::make_traffic({.seed = seed})) == "");
  }
}

TEST_CASE("engine: every line of the corpus is what its schema declares") {
  each_capture("corpus", undeclared);
}

TEST_CASE("engine: every line of the scans is what its schema declares") {
  each_capture("scanlab", undeclared);
}

}  // namespace
}  // namespace ntan
