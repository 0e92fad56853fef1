// Finds the protocol of a flow by its octets and keeps its dissector fed. Ports only order the
// tries.
#pragma once

#include <cstdint>
#include <optional>

#include "app/dhcp_exchanges.h"
#include "app/protocol.h"
#include "base/budget.h"
#include "flow/pool.h"
#include "run/conversation.h"
#include "run/datagram_copies.h"

namespace ntan::run {

/// What a shard's dissectors share: memory, and the way out for what they report. The owner says
/// before each call whose flow it is.
class Dissection {
 public:
  Dissection(flow::Pool& pool, Budget& memory, app::Output& out) noexcept
      : pool_(&pool), memory_(&memory), out_(&out), dhcp_(memory) {}

  /// Whether a datagram of that side may still tell anything. A side that was nothing known is done
  /// with, and waits only for what the other says: datagrams hand over to no other protocol.
  [[nodiscard]] static bool takes_datagram(const Conversation& conversation,
                                           Direction direction) noexcept {
    return conversation.stage == AppStage::active ||
           (conversation.stage == AppStage::probing && !conversation.tries.over(direction));
  }
  /// Hands over the next octets of one side; a datagram that was captured twice, once. Requires, of
  /// a datagram: takes_datagram().
  void feed(Conversation& conversation, app::Transport transport, const app::Segment& segment);
  /// Octets that were not seen, before the first one that was or behind that.
  enum class Gap : std::uint8_t { before, within };
  void gap(Conversation& conversation, Direction direction, std::uint64_t size,
           std::optional<Timestamp> had, Gap where);
  void half_close(Conversation& conversation, Direction direction, Timestamp time);
  /// The flow is over: what is open is reported, all memory goes back.
  void end(Conversation& conversation, Timestamp now);
  /// Nothing more can come of this flow's octets.
  void finish(Conversation& conversation);

  /// Flows that were not looked into because memory was lacking.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  /// Octets that a protocol begins with: what was held, then the segment that decided.
  struct Beginning {
    app::Segment all;
    std::size_t held_size = 0;  ///< octets of `all`
    Timestamp since;            ///< when those came
    Bytes more;                 ///< of that segment, behind `all`: nobody was asked about them
  };

  /// The same without its first `size` octets.
  [[nodiscard]] static Beginning behind(Beginning beginning, std::size_t size) noexcept;

  void probe_datagram(Conversation& conversation, app::Transport transport,
                      const app::Segment& segment);
  [[nodiscard]] bool ensure_probing(Conversation& conversation);
  void probe_stream(Conversation& conversation, const app::Segment& segment);
  /// The same where octets of that side are held: a stream of which more was needed.
  void probe_joined(Conversation& conversation, const app::FlowContext& context,
                    const app::Segment& segment);
  /// Holds as much of a segment as there is room for behind what is held of its side. Where there
  /// is no memory, `all` is the segment alone.
  [[nodiscard]] static Beginning join(Probing& probing, const app::Segment& segment);
  /// Whether what is held ends with the beginning of a protocol that follows; that is opened then.
  bool follow(Conversation& conversation, const app::FlowContext& context, const Beginning& joined);
  /// Whether a protocol that follows another one begins with this segment, or began with one that
  /// is held.
  void probe_late(Conversation& conversation, const app::FlowContext& context,
                  const app::Segment& segment);
  void open_late(Conversation& conversation, const app::Protocol& late,
                 const app::FlowContext& context, const Beginning& beginning);
  void count_late(Conversation& conversation, const app::Segment& segment);
  bool open_cut(Conversation& conversation, Direction direction, std::uint64_t size,
                std::optional<Timestamp> had);
  void hold(Conversation& conversation, const app::Segment& segment);
  void fail_side(Conversation& conversation, Direction direction);
  void open(Conversation& conversation, const app::Protocol& protocol,
            const app::FlowContext& context, const Beginning& beginning);
  /// Gives a new dissector its first octets: those of the other side, then `beginning`.
  void begin(Conversation& conversation, const Probing* probing, const Beginning& beginning);
  app::Progress begin_other(Conversation& conversation, const Probing& probing,
                            Direction direction);
  void take(Conversation& conversation, app::Progress progress);
  /// Gives a flow up for which there is no memory.
  void refuse(Conversation& conversation);
  [[nodiscard]] app::FlowContext context_of(const flow::Flow& flow,
                                            app::Transport transport) noexcept;
  /// Makes the dissector of the flow's protocol; false without memory.
  [[nodiscard]] bool construct(Conversation& conversation, const app::FlowContext& context);
  /// The same for what comes after Progress::idle or anew; without memory the flow is refused.
  [[nodiscard]] bool construct_anew(Conversation& conversation, app::Transport transport);
  void destroy_dissector(Conversation& conversation);
  void destroy(Probing& probing);

  flow::Pool* pool_;
  Budget* memory_;
  app::Output* out_;
  DatagramCopies copies_;
  app::DhcpExchanges dhcp_;
  std::uint64_t refused_ = 0;
};

}  // namespace ntan::run
