#include "event/json_schema.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "tests/event/sample.h"

using namespace ntan;
using namespace ntan::event;
using test::Sample;
using test::SampleSummary;

namespace {

/// The value at a JSON pointer, compact.
std::string at(const std::string& json, const char* pointer) {
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.parse(json);
  return simdjson::minify(root.at_pointer(pointer));
}

}  // namespace

TEST_CASE("json schema: one event is closed and requires what is never absent") {
  const std::string json = json_schema(schema_of<Sample>);
  CHECK(at(json, "/$schema") == R"("https://json-schema.org/draft/2020-12/schema")");
  CHECK(at(json, "/additionalProperties") == "false");
  CHECK(at(json, "/required") == R"(["v","event","sample","ts"])");
  CHECK(at(json, "/properties/v/const") == "1");
  CHECK(at(json, "/properties/event/const") == R"("sample")");
  CHECK(at(json, "/properties/sample/additionalProperties") == "false");
  CHECK(at(json, "/properties/sample/required") ==
        R"(["mode","complete","loss_ratio","src_bytes","first_ts","id"])");
  CHECK(at(json, "/properties/sample/description") == R"("A record of every shape")");
}

TEST_CASE("json schema: every kind of member has its type and description") {
  const std::string json = json_schema(schema_of<Sample>);
  const auto [pointer, expected] = GENERATE(table<std::string, std::string>({
      {"mode", R"({"description":"Mode","type":"string"})"},
      {"complete", R"({"description":"Whether \"all\" was seen","type":"boolean"})"},
      {"number", R"({"description":"Number","type":"integer"})"},
      {"loss_ratio", R"({"description":"Lost, 0 to 1","type":"number"})"},
      {"id", R"({"description":"Id","type":"string","pattern":"^[0-9a-f]{16}$"})"},
      {"peer", R"({"description":"Peer","type":"string","pattern":"^[0-9a-f:.]+$"})"},
      {"ports",
       R"({"description":"Ports","type":"array","minItems":1,"items":{"type":"integer"}})"},
      {"answers",
       R"({"description":"Answers","type":"array","minItems":1,"items":{"type":"object",)"
       R"("additionalProperties":false,"required":["ttl"],"properties":{)"
       R"("name":{"description":"Owner","type":"string"},)"
       R"("ttl":{"description":"Seconds","type":"integer"},)"
       R"("address":{"description":"Address","type":"string","pattern":"^[0-9a-f:.]+$"}}}})"},
  }));
  CHECK(at(json, ("/properties/sample/properties/" + pointer).c_str()) == expected);
}

TEST_CASE("json schema: a stream is one of its events") {
  const std::array<const Schema*, 2> schemas{&schema_of<Sample>, &schema_of<SampleSummary>};
  const std::string json = json_schema(schemas);
  CHECK(at(json, "/oneOf") == R"([{"$ref":"#/$defs/sample"},{"$ref":"#/$defs/totals"}])");
  CHECK(at(json, "/$defs/totals/title") == R"("totals")");
  CHECK(at(json, "/$defs/sample/properties/sample/properties/code/description") == R"("Code")");
}
