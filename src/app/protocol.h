// What a dissector is. One file per protocol, one line in protocols.cpp, one test; nothing else
// knows it. A dissector is given octets, a direction and the ends of its flow; it knows neither
// flows nor headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/budget.h"
#include "base/bytes.h"
#include "base/direction.h"
#include "base/text_line.h"
#include "base/time.h"
#include "event/anomaly.h"
#include "event/note.h"
#include "event/record.h"

namespace ntan::app {

class DhcpExchanges;

enum class Transport : std::uint8_t {
  tcp = 1,
  udp = 2,
  icmp = 4,        ///< queries and answers of one ICMP flow; octets from the ICMP type on
  icmp_error = 8,  ///< ICMP errors: one dissector for all of them, no flow
  arp = 16,        ///< one dissector for all ARP, no flow
};

/// The ends of the flow a dissector is for. Ports are 0 where the transport has none.
struct FlowContext {
  Transport transport{};
  IpAddress client;
  IpAddress server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  Budget* memory = nullptr;  ///< for Buffer; outlives the dissector
  DhcpExchanges* dhcp =
      nullptr;             ///< of all flows of the shard; outlives the dissector; may be null
  bool made_anew = false;  ///< another one was Progress::idle or anew before
};

/// Octets handed to a dissector: one datagram, or the next piece of a TCP stream in order.
struct Segment {
  Bytes data;  ///< borrowed for the call
  /// As sent; larger than data.size() when the capture cut a datagram. In a TCP stream what was cut
  /// comes as a gap: larger only when a stream's beginning is probed whose rest was not captured.
  std::uint32_t size = 0;
  Direction direction{};
  Timestamp time;            ///< of the packet that brought (or released) these octets
  std::uint64_t packet = 0;  ///< its number
  std::uint32_t ip_id = 0;   ///< identification of a datagram's IP packet; 0: none to go by
  MacAddress link_source;    ///< arp only: sender of the frame, zero if unknown
  std::uint64_t link = 0;    ///< arp only: the same for frames of one interface and VLAN
  IpVersion ip_version{};    ///< for icmp_error, which has no ends, and Protocol::describe only
};

enum class Verdict : std::uint8_t { no, unsure, yes };

enum class Progress : std::uint8_t {
  more,     ///< wants what comes next
  idle,     ///< as more, and holds nothing: it may be freed, and made anew for what comes next
  anew,     ///< idle, and this datagram, of which it has taken nothing, is what comes next
  done,     ///< has seen all it wants: detached, its memory is freed (on_end is not called)
  give_up,  ///< cannot go on (not this protocol after all, or a gap): as done
  restart,  ///< another protocol follows (CONNECT, upgrade): probe again from the next octet
};

/// Time-outs a dissector may arm; constants, so that each is one queue.
enum class Timer : std::uint8_t {
  query_10s,  ///< DNS, NTP: a query without answer
  reply_5s,   ///< ICMP echo, ARP: a request without reply
  body_60s,   ///< HTTP: a response body that does not end
};

[[nodiscard]] constexpr Duration length(Timer timer) noexcept {
  switch (timer) {
    case Timer::query_10s: return std::chrono::seconds{10};
    case Timer::reply_5s: return std::chrono::seconds{5};
    case Timer::body_60s: return std::chrono::seconds{60};
  }
  return {};
}

/// What a dissector may do. The envelope (time, flow, ends) is filled in by whoever runs it.
class Output {
 public:
  virtual ~Output() = default;

  /// Reports one record. Views inside it need to live only for the call.
  template <event::Record R>
  void emit(const R& record) {
    emit_record(event::schema_of<R>, &record, nullptr);
  }

  /// The same with ends of its own: for protocols without flows.
  template <event::Record R>
  void emit_between(const IpAddress& source, const IpAddress& destination, const R& record) {
    const Ends ends{source, destination};
    emit_record(event::schema_of<R>, &record, &ends);
  }

  /// Whether anybody reads records of this kind; what only they show need not be made otherwise.
  /// The same answer throughout a run.
  template <event::Record R>
  [[nodiscard]] bool wants() {
    return wants_record(event::schema_of<R>);
  }

  /// Calls Dissector::on_timer(timer, token) when length(timer) has passed, unless the dissector is
  /// gone. There is no cancel: compare the token with your state.
  virtual void arm(Timer timer, std::uint32_t token) = 0;
  virtual void note(event::Note note) = 0;
  /// Who gets the present message was told this address for a name that it had asked for.
  virtual void resolved(const IpAddress& address) = 0;
  /// Whether a packet may be decrypted now: anybody can send such, so there are only so many in a
  /// second. A refusal is counted.
  [[nodiscard]] virtual bool may_decrypt() = 0;
  /// At most one per flow and reason is written, without flow per source and second; all are
  /// counted.
  virtual void anomaly(std::string_view layer, event::Reason reason, std::string_view detail) = 0;

 protected:
  struct Ends {
    IpAddress source;
    IpAddress destination;
  };

  virtual void emit_record(const event::Schema& schema, const void* record, const Ends* ends) = 0;
  [[nodiscard]] virtual bool wants_record(const event::Schema& /*schema*/) { return true; }
};

/// The state of one flow. Lives in a pool of its shard: no larger than Protocol::state_size, and
/// what it keeps beyond that goes through Buffer and its Budget.
class Dissector {
 public:
  Dissector() = default;
  Dissector(const Dissector&) = delete;
  Dissector& operator=(const Dissector&) = delete;
  virtual ~Dissector() = default;

  virtual Progress consume(const Segment& segment, Output& out) = 0;
  /// `size` octets of a stream were never seen; the other side has had them since about `had`,
  /// where that is known.
  virtual Progress on_gap(Direction direction, std::uint64_t size, std::optional<Timestamp> had,
                          Output& out);
  /// The other side has received `size` octets of this one, of which nothing was captured so far.
  /// If anything is later, it begins somewhere in the middle.
  virtual Progress on_unseen(Direction direction, std::uint64_t size, std::optional<Timestamp> had,
                             Output& out);
  /// FIN: this direction sends nothing more.
  virtual Progress on_half_close(Direction direction, Timestamp time, Output& out);
  virtual void on_timer(Timer timer, std::uint32_t token, Timestamp now, Output& out);
  /// The flow is over while this dissector still wanted more: report what is open.
  virtual void on_end(Timestamp now, Output& out);
};

/// One protocol. Constants only.
struct Protocol {
  std::string_view name;                 ///< as `flow.app` shows it
  std::uint8_t transports = 0;           ///< Transport values or-ed
  std::span<const std::uint16_t> ports;  ///< order the tries and name unknown flows; decide nothing
  std::span<const event::Schema* const> events;
  /// Whether the first octets of one side look like this protocol. May see more of the same octets
  /// again after `unsure`; a stream is given up after 4 KiB of it.
  Verdict (*probe)(const Segment& start, const FlowContext& flow) = nullptr;
  /// Bits of the first octet of a datagram for which a dissector that was idle is made anew; the
  /// others say nothing to it.
  std::uint8_t wakes = 0;
  bool may_follow = false;     ///< may begin in the middle of another protocol's stream (STARTTLS)
  std::size_t state_size = 0;  ///< sizeof the dissector, at most 4,096
  Dissector* (*construct)(void* memory, const FlowContext& flow) = nullptr;
  /// Says in a few words what the octets of one packet are: `query A example.org`. Nothing where
  /// they do not tell on their own, as in the middle of a message. May be null.
  void (*describe)(Transport transport, const Segment& packet, TextLine& line) = nullptr;
};

/// `Protocol::construct` for a dissector D that takes the FlowContext.
template <class D>
Dissector* construct(void* memory, const FlowContext& flow) {
  return new (memory) D(flow);
}

[[nodiscard]] constexpr std::uint8_t mask(Transport transport) noexcept {
  return static_cast<std::uint8_t>(transport);
}

/// Every protocol, in the order in which probes are tried.
[[nodiscard]] std::span<const Protocol* const> protocols() noexcept;
/// Those of a transport, in the same order. At most 32.
[[nodiscard]] std::span<const Protocol* const> protocols_over(Transport transport) noexcept;

}  // namespace ntan::app
