#include <array>
#include <string>

#include <catch2/catch.hpp>

#include "sink/sink.h"
#include "tests/event/sample.h"
#include "tests/sink/folder.h"

using namespace ntan;
using namespace ntan::sink;
using event::Format;
using test::Folder;
using test::read_file;

namespace {

constexpr std::array<const event::Schema*, 1> one{&event::schema_of<test::SampleSummary>};
constexpr std::array<const event::Schema*, 2> both{&event::schema_of<test::Sample>, one[0]};

}  // namespace

TEST_CASE("stream: lines follow the header of the one event") {
  const Folder folder;
  const auto sink = make_stream_sink(
      OutputFile::create(folder / "x", {.flushing = Flushing::blocks}), Format::csv, one);
  sink->write("totals", {}, "1\n");
  sink->flush();
  std::string header;
  event::append_head(header, *one[0], Format::csv);
  CHECK(read_file(folder / "x") == header + "1\n");
  sink->finish();
  CHECK(sink->written()[0].lines == 1);
  CHECK(sink->format() == Format::csv);
}

TEST_CASE("stream: JSON has no header") {
  const Folder folder;
  const auto sink = make_stream_sink(
      OutputFile::create(folder / "x", {.flushing = Flushing::records}), Format::json, both);
  sink->write("sample", {}, "{}\n");
  CHECK(read_file(folder / "x") == "{}\n");
}
