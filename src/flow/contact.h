// How one flow looks to the scan detector: what its first packet was, and what became of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/direction.h"
#include "base/time.h"
#include "flow/outcome.h"
#include "wire/decoded.h"

namespace ntan::flow {

/// The constant time-outs of contacts. Whoever owns the flows keeps one FIFO queue for each.
enum class ContactTimer : std::uint8_t {
  none,
  answer_tcp,  ///< TCP, SCTP: nothing came. A lost SYN is sent again after 1 s (RFC 6298 2)
  answer,      ///< UDP, ICMP, other IP protocols: nothing came
  handshake,   ///< a SYN-ACK was not acknowledged
  banner,      ///< established without payload of the originator
};
inline constexpr std::size_t contact_timer_count = 5;
static_assert(static_cast<std::size_t>(ContactTimer::banner) + 1 == contact_timer_count);

[[nodiscard]] Duration timeout_of(ContactTimer timer) noexcept;

/// Whether a packet went to one host or to a group (multicast, broadcast).
enum class Cast : std::uint8_t { unicast, group };

/// By the link address where it is known (directed broadcasts look like any address), else by IP.
[[nodiscard]] Cast cast_of(const wire::Decoded& packet, const wire::Extra& extra) noexcept;

/// What one call of a Contact decided. Emit in this order: the contact, then the result.
struct ContactStep {
  enum class Verdict : std::uint8_t { none, result, late };
  bool began = false;  ///< emit Outcome::Kind::contact
  bool asks = false;   ///< the same, of a datagram to a group: no contact, but asks for some
  Verdict verdict{};   ///< emit Outcome::Kind::result or late, with Contact::result()
  ContactTimer arm{};  ///< start this timer now (from the packet's time)
  bool left = false;   ///< as of Outcome
  bool cut_short = false;

  [[nodiscard]] bool silent() const noexcept { return !began && !asks && verdict == Verdict::none; }
  [[nodiscard]] bool nothing() const noexcept { return silent() && arm == ContactTimer::none; }
};

/// State machine of one flow, fed with each of its packets. Gives at most one result, and at most
/// one `late` that takes a `silent` back. Timers are never disarmed: one that is no longer waited
/// for decides nothing.
class Contact {
 public:
  /// The flow's first packet; `direction` is what the flow table made of it.
  ContactStep begin(const wire::Decoded& packet, Direction direction, Cast cast) noexcept;
  /// A later packet of the flow. `syn_seq`: of the SYN that it began with; where it is known,
  /// payload of the originator that was not captured counts too.
  ContactStep on_packet(const wire::Decoded& packet, Direction direction,
                        std::optional<std::uint32_t> syn_seq = std::nullopt) noexcept;
  /// `sent`: packets of the contact's source until now.
  ContactStep on_timer(ContactTimer timer, std::uint32_t sent = 1) noexcept;
  /// An ICMP error that quotes a packet of this flow; `quoted` is the direction of that packet.
  ContactStep on_icmp_error(const wire::Decoded& error, Direction quoted) noexcept;
  /// The flow leaves the table early; `age` is the time since its first packet.
  /// At the end of the input call on_timer for every armed timer instead.
  ContactStep on_close(Duration age) noexcept;

  [[nodiscard]] ContactClass contact_class() const noexcept { return class_; }
  /// Valid with a verdict.
  [[nodiscard]] Result result() const noexcept { return result_; }
  /// Valid with a verdict: the target was heard, or a router on its behalf.
  [[nodiscard]] bool answered() const noexcept;
  /// Valid with a verdict: the target took the connection up, whatever became of it.
  [[nodiscard]] bool accepted() const noexcept;
  /// An ACK that may have been of a connection: it had payload, PSH or URG.
  [[nodiscard]] bool laden() const noexcept { return class_ == ContactClass::ack && odd_first_; }
  /// Of a connection whose SYN was not captured.
  [[nodiscard]] bool began_inside() const noexcept {
    return class_ == ContactClass::syn && midstream_;
  }
  /// Later packets can change nothing any more: the owner may skip on_packet.
  [[nodiscard]] bool done() const noexcept { return stage_ == Stage::done; }
  /// The end that is the outcome's source: to_server if that is the flow's client.
  [[nodiscard]] Direction source_direction() const noexcept;

 private:
  enum class Stage : std::uint8_t {
    waiting,  ///< no result yet
    silent,   ///< `silent` was given and can be taken back
    done,
  };

  ContactStep begin_tcp(const wire::Decoded& packet) noexcept;
  ContactStep go_on_inside(const wire::Decoded& packet, bool from_client) noexcept;
  ContactStep on_used_inside(const wire::Decoded& packet, bool from_client) noexcept;
  ContactStep after_laden(const wire::Decoded& packet, bool from_source) noexcept;
  ContactStep start(ContactClass contact_class, ContactTimer timer) noexcept;
  ContactStep start_decided(ContactClass contact_class, Result result) noexcept;
  ContactStep resolve(Result result) noexcept;
  ContactStep on_syn_answer(const wire::Decoded& packet) noexcept;
  ContactStep on_syn_originator(const wire::Decoded& packet) noexcept;
  ContactStep on_probe(const wire::Decoded& packet, bool from_source) noexcept;
  ContactStep on_sctp(const wire::Decoded& packet, bool from_source) noexcept;
  ContactStep leave_half_open() noexcept;
  [[nodiscard]] Result without_originator_payload() const noexcept;
  /// Maybe of a connection from before the capture, of which nothing was told yet.
  [[nodiscard]] bool is_inside() const noexcept { return began_inside() || laden(); }

  ContactClass class_ : 4 = ContactClass::none;
  Result result_ : 4 {};
  Stage stage_ : 2 = Stage::done;
  Direction first_ : 1 {};        // direction of the flow's first packet
  bool answered_ : 1 = false;     // SYN-ACK or INIT-ACK seen
  bool established_ : 1 = false;  // the originator went on, or the responder sent payload
  bool server_payload_ : 1 = false;
  bool midstream_ : 1 = false;  // ack, maimon: more than a probe would be; syn: without its SYN
  /// SCTP: began with a COOKIE ECHO; ack: with payload, PSH or URG, as connections go on.
  bool odd_first_ : 1 = false;
};
static_assert(sizeof(Contact) == 2);

}  // namespace ntan::flow
