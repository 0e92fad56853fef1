// What stands behind the shards. Everything that spans flows lives there.
#pragma once

#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/direction.h"
#include "event/event.h"
#include "event/note.h"
#include "flow/outcome.h"
#include "run/conversation.h"
#include "run/recorder.h"

namespace ntan::run {

class Merger {
 public:
  Merger() = default;
  Merger(const Merger&) = delete;
  Merger& operator=(const Merger&) = delete;
  virtual ~Merger() = default;

  virtual void record(const event::Event& event, Place place) = 0;
  [[nodiscard]] virtual bool wants(const event::Schema& schema) = 0;
  virtual void note(event::Note note) = 0;
  /// Besides: of a latency, whose it is.
  virtual void server_time(const IpAddress& server, event::Note note) = 0;
  /// DNS told `client` of an address.
  virtual void resolved(const IpAddress& client, const IpAddress& address) = 0;
  /// Round-trip times of data sent in this direction, microseconds.
  virtual void rtts(Direction direction, std::span<const std::uint32_t> us) = 0;
  virtual void outcome(const flow::Outcome& outcome) = 0;
  /// Of one of a connection's first segments.
  virtual void continuation(flow::Continuation continuation) = 0;
  /// A contact left the table before an answer was due.
  virtual void lost_contact() = 0;
  /// New flows collide in a shard's index. Tags are in use until the batch is done: Shard::rekey()
  /// has to wait for that.
  virtual void index_flooded() noexcept = 0;
  /// Called once per flow, whether or not its record is written. `told` is what the statistics know
  /// of it already.
  virtual void flow_ended(const Conversation& conversation, const Reported& told) = 0;
};

}  // namespace ntan::run
