// Somebody else's events: lines of anything into a digest, and everything that is made of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "app/protocol.h"
#include "run/line_feed.h"
#include "serve/digest.h"
#include "serve/event_export.h"
#include "serve/event_search.h"
#include "serve/event_table.h"
#include "serve/metrics_text.h"
#include "serve/report.h"

namespace {

using namespace ntan;

void require(bool condition) {
  if (!condition) __builtin_trap();
}

void require_json(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  require(parser.parse(text.data(), text.size()).get(root) == simdjson::SUCCESS);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kept_octets = 4096;
  constexpr std::size_t cut_mask = 63;
  if (size == 0) return 0;
  // NOLINTNEXTLINE(*-reinterpret-cast): octets of text
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  serve::Digest digest(kept_octets);
  run::LineFeed feed;
  std::uint64_t lines = 0;
  std::uint64_t malformed = 0;
  const auto take = [&](std::string_view line) {
    ++lines;
    malformed += digest.take(line) == serve::Digest::Line::malformed ? 1U : 0U;
  };
  // Wherever the stream is cut, the lines are the same.
  const std::size_t cut = std::min<std::size_t>(*data & cut_mask, text.size());
  feed.take(text.substr(0, cut), take);
  feed.take(text.substr(cut), take);
  feed.flush(take);
  require(digest.malformed() == malformed);
  require(digest.kept().seen() + malformed == lines);
  require(digest.kept().octets() <= kept_octets);

  std::string table;
  const std::string wrong = serve::append_table(
      table, digest,
      {.event = {}, .words = text.substr(0, cut), .sort = "-dns.rtt_us", .limit = 5});
  if (wrong.empty()) require_json(table);
  for (const app::Protocol* protocol : app::protocols()) {
    for (const event::Schema* schema : protocol->events) {
      serve::EventExport csv(digest.kept(), {.event = std::string{schema->name}}, schema);
      std::string block(256, '\0');
      while (csv.read(block).size != 0) {
      }
    }
  }
  serve::RunState run;
  run.status = serve::Status::ended;
  require_json(serve::report(digest, run, serve::ReportForm::json, {.title = "x", .version = "1"}));
  (void)serve::report(digest, run, serve::ReportForm::markdown, {.title = "x", .version = "1"});
  (void)serve::metrics_text(digest, run, 1);
  return 0;
}
