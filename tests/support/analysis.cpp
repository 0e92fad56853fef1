#include "tests/support/analysis.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <simdjson.h>

#include "event/csv.h"
#include "run/recorder.h"
#include "run/run_totals.h"
#include "run/schemas.h"
#include "source/file_source.h"

namespace ntan::test {
namespace {

namespace dom = simdjson::dom;
using event::Field;
using event::Kind;

class LineKeeper final : public run::LineSink {
 public:
  LineKeeper(Analysis& analysis, const AnalysisOptions& options)
      : analysis_(&analysis), options_(&options) {}

  static bool wanted(const void* context, const event::Schema& schema, run::Format format) {
    const AnalysisOptions& options = *static_cast<const LineKeeper*>(context)->options_;
    if (!options.only.empty() &&
        std::find(options.only.begin(), options.only.end(), schema.name) == options.only.end())
      return false;
    if (schema.name == "packet" && !options.packets) return false;
    return std::find(options.formats.begin(), options.formats.end(), format) !=
           options.formats.end();
  }

  void write(const event::Schema& schema, Timestamp time, run::Format format,
             std::string_view line) override {
    analysis_->lines.push_back(
        {.schema = &schema, .time = time, .format = format, .text = std::string(line)});
  }

 private:
  Analysis* analysis_;
  const AnalysisOptions* options_;
};

/// For RunTotals, which asks the source how it fared.
class NoSource final : public source::Source {
 public:
  source::Status read(Batch& /*batch*/) override { return source::Status::end; }

  [[nodiscard]] const std::vector<source::Interface>& interfaces() const noexcept override {
    return interfaces_;
  }

  [[nodiscard]] const std::vector<source::Damage>& damage() const noexcept override {
    return damage_;
  }

 private:
  std::vector<source::Interface> interfaces_;
  std::vector<source::Damage> damage_;
};

/// Checks one line against what is declared.
class LineCheck {
 public:
  std::optional<std::string> operator()(std::string_view line, const event::Schema& schema) {
    dom::element root;
    if (line.empty() || line.back() != '\n') return "does not end with a line end";
    if (parser_.parse(line.data(), line.size()).get(root) != simdjson::SUCCESS) return "not JSON";
    dom::object object;
    if (root.get(object) != simdjson::SUCCESS) return "not an object";
    const auto& common = event::schema_of<event::Common>;
    std::size_t declared = 0;
    std::size_t number = 0;
    for (const dom::key_value_pair member : object) {
      if (number == 0 && member.key != "v") return "does not begin with v";
      if (number == 1 && member.key != "event") return "event is not the second member";
      if (number++ < 2) continue;
      if (member.key == schema.name) return body(member.value, schema);
      while (declared < common.fields.size() && common.fields[declared].name != member.key)
        ++declared;
      if (declared == common.fields.size())
        return "unknown or misplaced member " + std::string(member.key);
      if (auto flaw = value(member.value, common.fields[declared].kind, common.fields[declared]))
        return flaw;
    }
    return "has no object of the event's name";
  }

 private:
  static std::string named(const Field& field, std::string_view what) {
    return std::string(field.name) + " " + std::string(what);
  }

  std::optional<std::string> body(dom::element element, const event::Schema& schema) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return "its body is no object";
    return members(object, schema.fields);
  }

  // Lists of records hold lists of plain values at most: depth is two.
  std::optional<std::string> members(  // NOLINT(misc-no-recursion)
      dom::object object, std::span<const Field> fields) {
    std::size_t at = 0;
    for (const dom::key_value_pair member : object) {
      while (at < fields.size() && fields[at].name != member.key) {
        if (!fields[at].optional) return named(fields[at], "is missing");
        ++at;
      }
      if (at == fields.size()) return "unknown or misplaced member " + std::string(member.key);
      if (auto flaw = value(member.value, fields[at].kind, fields[at])) return flaw;
      ++at;
    }
    for (; at < fields.size(); ++at) {
      if (!fields[at].optional) return named(fields[at], "is missing at the end");
    }
    return std::nullopt;
  }

  std::optional<std::string> value(  // NOLINT(misc-no-recursion)
      dom::element element, Kind kind, const Field& field) {
    const auto check = [&field](bool right) -> std::optional<std::string> {
      if (right) return std::nullopt;
      return named(field, "has the wrong type or is empty");
    };
    std::string_view text;
    const bool is_text = element.get(text) == simdjson::SUCCESS;
    switch (kind) {
      case Kind::boolean: return check(element.is_bool());
      case Kind::integer: return check(element.is_int64() || element.is_uint64());
      case Kind::number: return check(element.is_number());
      case Kind::text: return check(is_text && (!text.empty() || !field.optional));
      case Kind::time:
        return check(is_text && text.size() >= 27 && text.back() == 'Z' &&
                     text.find('T') != std::string_view::npos);
      case Kind::address: return check(is_text && parse_address(text).has_value());
      case Kind::mac: return check(is_text && text.size() == max_mac_text);
      case Kind::id:
        return check(is_text && text.size() == 16 &&
                     text.find_first_not_of("0123456789abcdef") == std::string_view::npos);
      case Kind::list:
      case Kind::records: return list(element, field);
    }
    return named(field, "is of no kind");
  }

  std::optional<std::string> list(dom::element element,  // NOLINT(misc-no-recursion)
                                  const Field& field) {
    dom::array array;
    if (element.get(array) != simdjson::SUCCESS) return named(field, "is no list");
    for (const dom::element item : array) {
      if (field.kind == Kind::records) {
        dom::object object;
        if (item.get(object) != simdjson::SUCCESS) return named(field, "holds no records");
        if (auto flaw = members(object, field.members)) return flaw;
      } else if (auto flaw = value(item, field.element_kind, field)) {
        return flaw;
      }
    }
    return std::nullopt;
  }

  dom::parser parser_;
};

// Records are found by their keys, not parsed: hundreds of thousands of lines are looked at, and
// LineCheck is there for their form. No hostile text stands before these members.
std::string_view after(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  return at == std::string_view::npos ? std::string_view{} : line.substr(at + key.size());
}

std::uint64_t number_of(std::string_view line, std::string_view key) {
  std::uint64_t value = 0;
  const std::string_view text = after(line, key);
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string text_of(std::string_view line, std::string_view key) {
  const std::string_view text = after(line, key);
  return std::string(text.substr(0, text.find('"')));
}

std::optional<std::string> broken_order(const Analysis& analysis) {
  Timestamp last = Timestamp::min();
  for (const Line& line : analysis.lines) {
    if (line.time < last) return "not sorted by ts at " + line.text;
    last = line.time;
  }
  return std::nullopt;
}

std::optional<std::string> broken_interims(const std::vector<FlowLine>& flows) {
  std::map<std::string, FlowLine> last;
  for (const FlowLine& flow : flows) {
    const auto [held, fresh] = last.try_emplace(flow.id, flow);
    const FlowLine& before = held->second;
    if (fresh ? flow.seq != 0 : flow.seq != before.seq + 1) return "wrong seq of flow " + flow.id;
    if (!fresh && (before.final || flow.packets < before.packets || flow.bytes < before.bytes ||
                   flow.payload < before.payload))
      return "counters of flow " + flow.id + " go back, or it ends twice";
    held->second = flow;
  }
  for (const auto& [id, flow] : last) {
    if (!flow.final) return "flow " + id + " has no final record";
  }
  return std::nullopt;
}

}  // namespace

std::string Analysis::text(run::Format format) const {
  std::string all;
  for (const Line& line : lines) {
    if (line.format == format) all += line.text;
  }
  return all;
}

std::vector<std::string> Analysis::of(std::string_view event) const {
  std::vector<std::string> all;
  for (const Line& line : lines) {
    if (line.format == run::Format::json && line.schema->name == event) all.push_back(line.text);
  }
  return all;
}

Analysis analyse(const Frames& frames, const AnalysisOptions& options) {
  Analysis analysis;
  LineKeeper keeper(analysis, options);
  run::Recorder recorder(keeper, LineKeeper::wanted, &keeper, {.formulas = options.formulas},
                         options.events_held);
  run::Engine engine({.mem_limit = options.mem_limit,
                      .max_flows = options.max_flows,
                      .shards = options.shards,
                      .hash_seed = options.hash_seed,
                      .vlan = options.vlan,
                      .decode = {.verify_checksums = options.verify_checksums},
                      .stats = {.every = options.summary_every, .total = options.summary_total},
                      .watch = options.watch,
                      .threads = options.threads},
                     recorder, options.interfaces);
  Batch batch;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    batch.packets[batch.count++] = {.time = frames[i].time,
                                    .number = i + 1,
                                    .data = frames[i].data,
                                    .wire_size = frames[i].size_on_wire(),
                                    .interface = frames[i].interface,
                                    .link = frames[i].link};
    if (batch.count < options.batch && i + 1 < frames.size()) continue;
    engine.run(batch);
    batch.count = 0;
  }
  engine.finish();
  recorder.finish();
  NoSource source;
  const run::RunTotals totals(engine, source);
  for (const std::string_view limit : totals.record().limits_hit)
    analysis.limits_hit.emplace_back(limit);
  analysis.ledger = engine.ledger();
  analysis.counters = engine.counters();
  analysis.scan = engine.scan_counters();
  analysis.fragments_refused = engine.fragments_refused();
  return analysis;
}

Frames read_frames(const std::string& path) {
  Frames frames;
  const auto source = source::open_files({path});
  Batch batch;
  while (source->read(batch) == source::Status::packets) {
    for (const PacketView& packet : batch.view()) {
      frames.push_back({.time = packet.time,
                        .data = {packet.data.begin(), packet.data.end()},
                        .wire_size = packet.wire_size,
                        .link = packet.link});
    }
  }
  return frames;
}

std::vector<std::string> shared_captures(std::string_view folder) {
  namespace fs = std::filesystem;
  const char* given = folder == "corpus" ? std::getenv("NTAN_CORPUS") : nullptr;
  const fs::path root = given != nullptr
                            ? fs::path(given)
                            : fs::path(NTAN_SOURCE_DIR).parent_path() / "shared" / folder;
  std::vector<std::string> paths;
  if (!fs::is_directory(root / "captures")) return paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "captures")) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".pcap" || extension == ".pcapng" || extension == ".cap")
      paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::optional<std::string> flaw_of_line(std::string_view line, const event::Schema& schema) {
  static thread_local LineCheck check;
  return check(line, schema);
}

std::size_t csv_cells(std::string_view line) {
  std::size_t cells = 1;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) ++cells;
  }
  return cells;
}

std::vector<FlowLine> flow_lines(const Analysis& analysis) {
  std::vector<FlowLine> flows;
  for (const Line& line : analysis.lines) {
    if (line.format != run::Format::json || line.schema->name != "flow") continue;
    const std::string_view text = line.text;
    const std::string_view body = after(text, R"("flow":)");
    flows.push_back(
        {.id = text_of(text, R"("flow_id":")"),
         .end_reason = text_of(body, R"("end_reason":")"),
         .src_ip = text_of(text, R"("src_ip":")"),
         .dst_ip = text_of(text, R"("dst_ip":")"),
         .ts = text_of(text, R"("ts":")"),
         .app = text_of(body, R"("app":")"),
         .seq = number_of(body, R"("seq":)"),
         .packets = number_of(body, R"("src_pkts":)") + number_of(body, R"("dst_pkts":)"),
         .bytes = number_of(body, R"("src_bytes":)") + number_of(body, R"("dst_bytes":)"),
         .payload = number_of(body, R"("src_payload":)") + number_of(body, R"("dst_payload":)"),
         .src_port = number_of(text, R"("src_port":)"),
         .dst_port = number_of(text, R"("dst_port":)"),
         .final = body.find(R"("final":true)") != std::string_view::npos});
  }
  return flows;
}

std::optional<std::string> broken_law(const Analysis& analysis) {
  const std::vector<FlowLine> flows = flow_lines(analysis);
  run::Tally in_flows;
  std::uint64_t finals = 0;
  for (const FlowLine& flow : flows) {
    if (!flow.final) continue;
    ++finals;
    in_flows += {flow.packets, flow.bytes};
  }
  const run::Tally& counted = analysis.ledger.of(wire::Bucket::flow);
  if (in_flows.packets != counted.packets || in_flows.bytes != counted.bytes) {
    return "flows hold " + std::to_string(in_flows.packets) + " packets, the ledger " +
           std::to_string(counted.packets);
  }
  if (finals != analysis.counters.flows) return "not one final record per flow";
  run::Tally sum;
  for (const run::Tally& bucket : analysis.ledger.buckets) sum += bucket;
  if (sum.packets != analysis.ledger.total.packets || sum.bytes != analysis.ledger.total.bytes)
    return "buckets do not sum to what was read";
  if (analysis.ledger.of(wire::Bucket::fragment).packets != 0) return "fragments wait for ever";
  if (auto broken = broken_order(analysis)) return broken;
  return broken_interims(flows);
}

}  // namespace ntan::test
