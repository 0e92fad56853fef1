#include "run/schemas.h"

#include <algorithm>
#include <vector>

#include "app/protocol.h"
#include "detect/scan_record.h"
#include "event/anomaly.h"
#include "flow/record.h"
#include "run/packet_record.h"
#include "run/run_records.h"
#include "run/story_records.h"
#include "stats/summary_record.h"

namespace ntan::run {
namespace {

std::vector<const event::Schema*> all_schemas() {
  std::vector<const event::Schema*> all{&event::schema_of<RunStart>,
                                        &event::schema_of<PacketRecord>,
                                        &event::schema_of<flow::FlowRecord>};
  for (const app::Protocol* protocol : app::protocols()) {
    for (const event::Schema* schema : protocol->events) {
      if (std::find(all.begin(), all.end(), schema) == all.end()) all.push_back(schema);
    }
  }
  all.insert(all.end(),
             {&event::schema_of<detect::ScanRecord>, &event::schema_of<stats::SummaryRecord>,
              &event::schema_of<event::Anomaly>, &event::schema_of<RunEnd>});
  return all;
}

std::vector<std::string_view> names_of(std::span<const event::Schema* const> all) {
  std::vector<std::string_view> names;
  for (const event::Schema* schema : all) names.push_back(schema->name);
  return names;
}

}  // namespace

std::span<const event::Schema* const> schemas() {
  static const std::vector<const event::Schema*> all = all_schemas();
  return all;
}

std::span<const std::string_view> event_names() {
  static const std::vector<std::string_view> names = names_of(schemas());
  return names;
}

std::span<const event::Schema* const> described_schemas() {
  static const std::vector<const event::Schema*> all = [] {
    std::vector<const event::Schema*> list = all_schemas();
    list.insert(list.end(), {&event::schema_of<StepRecord>, &event::schema_of<VerdictRecord>});
    return list;
  }();
  return all;
}

std::span<const std::string_view> described_names() {
  static const std::vector<std::string_view> names = names_of(described_schemas());
  return names;
}

}  // namespace ntan::run
