#include "run/shard_log.h"

namespace ntan::run {

std::optional<stats::FlowFacts> flow_facts(const Conversation& conversation, const Reported& told,
                                           bool ended) {
  const flow::Flow& flow = conversation.flow;
  const flow::Side& client = flow.sides[0];
  const flow::Side& server = flow.sides[1];
  const bool news = client.packets != told.packets[0] || server.packets != told.packets[1];
  if (!news && !ended) return std::nullopt;
  const flow::FlowEnds ends = flow::flow_ends(flow);
  return stats::FlowFacts{.client = ends.client,
                          .server = ends.server,
                          .app = app_name(conversation).name,
                          .client_packets = client.packets - told.packets[0],
                          .server_packets = server.packets - told.packets[1],
                          .client_bytes = client.wire_bytes - told.bytes[0],
                          .server_bytes = server.wire_bytes - told.bytes[1],
                          .transport = flow::proto_text(flow.proto()),
                          .began = told.packets[0] + told.packets[1] == 0,
                          .ended = ended};
}

void ShardLog::clear() noexcept {
  renderer_.shorten(0);
  steps_.clear();
  read_ = 0;
  entries_.clear();
  lines_.clear();
  notes_.clear();
  server_times_.clear();
  resolved_.clear();
  rtts_.clear();
  us_.clear();
  outcomes_.clear();
  flows_.clear();
  whole_flows_.clear();
}

void ShardLog::record(const event::Event& event, Place place) {
  const auto lines = renderer_.render(event);
  if (!lines) return;
  add(Kind::line, lines_,
      {.schema = &event.schema, .time = event.common.ts, .place = place, .lines = *lines});
}

void ShardLog::rtts(Direction direction, std::span<const std::uint32_t> us) {
  add(Kind::rtts, rtts_,
      {.direction = direction,
       .begin = static_cast<std::uint32_t>(us_.size()),
       .size = static_cast<std::uint32_t>(us.size())});
  us_.insert(us_.end(), us.begin(), us.end());
}

void ShardLog::flow_ended(const Conversation& conversation, const Reported& told) {
  if (const auto facts = flow_facts(conversation, told, true)) add(Kind::flow, flows_, *facts);
  if (!keeps_whole_flows_) return;
  if (const auto facts = flow_facts(conversation, {}, true))
    add(Kind::whole_flow, whole_flows_, {*facts});
}

}  // namespace ntan::run
