// IP reassembly (RFC 791 3.2, RFC 8200 4.5, RFC 5722) in bounded memory and trace time.
//
// One policy, stated: IPv4 overlaps are won by the first copy and flagged; an IPv6 overlap discards
// the datagram. What is whole is decided by the octets that are covered, never by the last fragment
// seen.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/arrival.h"
#include "base/budget.h"
#include "base/packet.h"
#include "base/siphash.h"
#include "base/time.h"
#include "wire/decoded.h"

namespace ntan::wire {

struct DefragmentLimits {
  std::size_t octets = std::size_t{8} << 20U;  ///< all that waits, bookkeeping included
  std::size_t datagrams = 4096;
  std::size_t fragments = 64;  ///< of one datagram
  Duration timeout = std::chrono::seconds{30};
};

class Defragmenter {
 public:
  enum class Verdict : std::uint8_t {
    waiting,  ///< kept: comes back with the datagram, whole or incomplete
    whole,    ///< completed its datagram
    dropped,  ///< not kept: it never becomes part of a datagram
  };

  enum class Reason : std::uint8_t {
    none,
    empty,               ///< no payload
    too_long,            ///< ends past octet 65,535
    bad_length,          ///< not the last one, and no multiple of 8 octets
    end_conflict,        ///< two fragments disagree where the datagram ends
    overlap,             ///< IPv6: discards its datagram
    too_many_fragments,  ///< discards its datagram
    discarded,           ///< of a datagram that was discarded before
    memory,              ///< larger than all the memory there is
    too_deep,            ///< fragments in fragments, more levels than tunnels may have
    too_late,            ///< completes a datagram of fragments in fragments after the timeout
  };

  /// Frames, and their octets on the wire.
  struct Counts {
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;
    Counts& operator+=(const Counts& other) noexcept;
    friend bool operator==(const Counts&, const Counts&) = default;
  };

  /// Tells a datagram that waits from all others, those before it included; 0: none.
  using Serial = std::uint64_t;

  struct Result {
    Verdict verdict = Verdict::waiting;
    Reason reason = Reason::none;  ///< of a dropped fragment
    bool overlap = false;          ///< the datagram's first overlap that is no exact duplicate
    /// The datagram's first fragment without all of the transport header (RFC 1858, RFC 7112).
    bool tiny = false;
    /// Whole: a checksum is wrong that only the datagram could show, none of its fragments.
    bool checksum_bad = false;
    Counts earlier;  ///< whole or dropped: other frames with it, in the ledger as waiting
    /// The datagrams that these frames waited in and that are no more, outermost first. Of a
    /// fragment that waits: they wait with it now.
    std::array<Serial, 1 + Extra::max_tunnels> earlier_in{};
    Serial waits_in = 0;  ///< of a fragment that waits
    Arrival first;        ///< whole: of the frame that came first, less than the timeout ago
  };

  /// A datagram that never became whole.
  struct Incomplete {
    IpAddress src;
    IpAddress dst;
    std::uint8_t proto = 0;  ///< see key_protocol()
    std::uint32_t ip_id = 0;
    Counts counts;
    Serial serial = 0;
  };

  /// What tells datagrams of one identification apart: the protocol of IPv4 (RFC 791 3.2), nothing
  /// of IPv6, whose fragments need not agree on it (RFC 8200 4.5).
  [[nodiscard]] static std::uint8_t key_protocol(const Decoded& fragment) noexcept {
    return fragment.src.version == IpVersion::v6 ? std::uint8_t{0} : fragment.proto;
  }

  /// Who can send fragments must not know `key`. Nothing that is reported depends on it.
  explicit Defragmenter(const DecodeOptions& options, const DefragmentLimits& limits = {},
                        const SipKey& key = {});

  /// Takes a fragment. Once whole, `decoded` and `extra` are those of the datagram, decoded to its
  /// innermost packet; views into it hold until release(). A datagram that is a fragment itself,
  /// inside a tunnel, is taken on with all its frames: what is whole is never a fragment.
  /// Requires: decoded.bucket == Bucket::fragment.
  Result add(const PacketView& packet, Decoded& decoded, Extra& extra);

  /// Moves the clock on, where it is ahead of the packets': add() gives up what is due before it
  /// takes a fragment, so that a datagram is whole only within the timeout of its first frame.
  void advance(Timestamp now) noexcept { clock_ = std::max(clock_, now); }

  /// Forgets the octets of datagrams that became whole; once per batch.
  void release() noexcept;

  /// Reports datagrams that were given up since the last call: `timeout` after their first
  /// fragment, or because memory was short. Each is reported once, oldest first; to be called once
  /// per batch.
  template <class OnIncomplete>
  void expire(Timestamp now, OnIncomplete&& on_incomplete) {
    give_up_due(now);
    for (const Incomplete& datagram : given_up_) on_incomplete(datagram);
    given_up_.clear();
  }

  /// Gives up and reports everything: the end of the input.
  template <class OnIncomplete>
  void drain(OnIncomplete&& on_incomplete) {
    while (!waiting_.empty()) give_up(waiting_.begin());
    expire(clock_, on_incomplete);
  }

  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

  [[nodiscard]] const Budget& budget() const noexcept { return budget_; }

  /// Datagrams that gave way to others because there were too many.
  [[nodiscard]] std::uint64_t crowded_out() const noexcept { return crowded_out_; }

  /// Datagrams of more fragments than one may have.
  [[nodiscard]] std::uint64_t too_finely_cut() const noexcept { return too_finely_cut_; }

 private:
  struct Key {
    IpAddress src;
    IpAddress dst;
    std::uint32_t ip_id = 0;
    std::uint64_t network = 0;
    std::uint16_t vlan = 0;
    std::uint8_t proto = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };

  struct KeyHash {
    SipKey key;
    [[nodiscard]] std::size_t operator()(const Key& of) const noexcept;
  };

  /// A fragment as it came.
  struct Range {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    bool last = false;
    friend bool operator==(const Range&, const Range&) = default;

    [[nodiscard]] std::uint32_t end() const noexcept { return offset + size; }
  };

  /// Octets of the datagram that one fragment was the first to bring.
  struct Piece {
    Range range;
    std::uint32_t captured = 0;  ///< of range.size
    std::uint32_t at = 0;        ///< in Datagram::octets
  };

  struct Datagram {
    Datagram(const Key& of, Timestamp time, const Arrival& arrival, Budget& budget);

    Key key;
    Serial serial = 0;
    Timestamp start;        ///< trace clock at which it began to wait
    Arrival first_arrival;  ///< of the first frame, which may be older: it waited elsewhere
    Decoded first;          ///< of the fragment at offset 0, once it came
    Extra first_extra;
    bool has_first = false;
    bool discarded = false;
    bool overlapped = false;
    bool checksum_bad = false;
    bool tiny = false;                 ///< told of
    std::optional<std::uint32_t> end;  ///< once the last fragment came
    std::uint32_t covered = 0;
    std::vector<Range> fragments;
    std::vector<Piece> pieces;  ///< by offset, disjoint
    Buffer octets;
    Counts counts;
  };

  using Waiting = std::list<Datagram>;

  void give_up_due(Timestamp now);
  void give_up(Waiting::iterator datagram);
  bool give_up_oldest(const Datagram* except);
  void remove(Waiting::iterator datagram);
  void discard(Datagram& datagram) noexcept;

  /// A fragment, as the frames that brought it.
  struct Frames {
    Counts counts;
    Arrival first;
  };

  Result take(const Frames& frames, Decoded& decoded, Extra& extra);
  Waiting::iterator find_or_start(const Decoded& decoded, const Arrival& arrival);
  Result add_to(Waiting::iterator datagram, const Frames& frames, Decoded& decoded, Extra& extra);
  Reason place(Datagram& datagram, const Decoded& decoded, const Extra& extra);
  bool store(Datagram& datagram, Range range, Bytes captured);
  void finish(Datagram& datagram, Decoded& decoded, Extra& extra);

  static bool ends_disagree(const Datagram& datagram, Range range) noexcept;
  static bool is_duplicate(const Datagram& datagram, Range range, Bytes captured) noexcept;
  static bool overlaps(const Datagram& datagram, Range range) noexcept;
  static std::vector<Piece> missing_pieces(const Datagram& datagram, Range range, Bytes captured);

  DecodeOptions options_;
  DefragmentLimits limits_;
  Budget budget_;
  Timestamp clock_{};
  std::vector<Incomplete> given_up_;
  std::uint64_t crowded_out_ = 0;
  std::uint64_t too_finely_cut_ = 0;
  Serial last_serial_ = 0;
  Waiting waiting_;  ///< oldest first: a constant timeout makes a list of a timer
  std::unordered_map<Key, Waiting::iterator, KeyHash> by_key_;
  std::vector<std::vector<std::uint8_t>> whole_;  ///< the first `whole_used_` are lent out
  std::size_t whole_used_ = 0;
};

}  // namespace ntan::wire
