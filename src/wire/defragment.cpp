#include "wire/defragment.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "wire/ipv6.h"
#include "wire/sctp.h"
#include "wire/tcp.h"
#include "wire/udp.h"

namespace ntan::wire {

namespace {

constexpr std::uint32_t max_datagram = 65535;

/// Bookkeeping that the budget pays besides octets: vectors that double, nodes of list and table.
constexpr std::size_t fragment_cost = 96;
constexpr std::size_t node_cost = 128;

/// Whether a first fragment holds the transport header that filters and flows need.
bool holds_transport_header(const Decoded& fragment) noexcept {
  Slice payload{fragment.payload_bytes(), fragment.payload_size};
  std::uint8_t proto = fragment.proto;
  if (fragment.src.version == IpVersion::v6) {
    const auto chain = Ipv6Chain::parse(proto, payload, Ipv6Chain::Start::fragment);
    if (!chain) return chain.flaw() != Flaw::bad_length;
    proto = chain->proto;
    payload = chain->payload;
  }
  switch (proto) {
    case ip_protocol::tcp: {
      const auto header = Tcp::parse(payload);
      return header || header.flaw() == Flaw::truncated;
    }
    case ip_protocol::udp:
    case ip_protocol::icmp:
    case ip_protocol::icmpv6: return payload.sent >= Udp::header_size;
    case ip_protocol::sctp: return payload.sent >= Sctp::header_size;
    default: return true;
  }
}

/// RFC 1858 4: a second fragment that starts inside the TCP header only serves to rewrite its
/// flags.
bool is_tiny(const Decoded& fragment, const Extra& extra) noexcept {
  if (extra.fragment_offset == 0) return !holds_transport_header(fragment);
  return fragment.proto == ip_protocol::tcp && extra.fragment_offset < Tcp::min_header_size;
}

Defragmenter::Result dropped(Defragmenter::Reason reason) noexcept {
  return {.verdict = Defragmenter::Verdict::dropped,
          .reason = reason,
          .earlier = {},
          .earlier_in = {},
          .first = {}};
}

}  // namespace

Defragmenter::Counts& Defragmenter::Counts::operator+=(const Counts& other) noexcept {
  packets += other.packets;
  octets += other.octets;
  return *this;
}

std::size_t Defragmenter::KeyHash::operator()(const Key& of) const noexcept {
  std::array<std::uint64_t, 7> words{};
  std::memcpy(&words[0], of.src.octets.data(), of.src.octets.size());
  std::memcpy(&words[2], of.dst.octets.data(), of.dst.octets.size());
  words[4] = of.ip_id;
  words[5] = of.network;
  words[6] = std::uint64_t{of.vlan} << 16U | std::uint64_t{of.proto} << 8U |
             static_cast<std::uint64_t>(of.src.version);
  return siphash_1_3(words, key);
}

Defragmenter::Datagram::Datagram(const Key& of, Timestamp time, const Arrival& arrival,
                                 Budget& budget)
    : key(of), start(time), first_arrival(arrival), octets(budget, max_datagram) {}

Defragmenter::Defragmenter(const DecodeOptions& options, const DefragmentLimits& limits,
                           const SipKey& key)
    : options_(options),
      limits_(limits),
      budget_{.limit = limits.octets},
      by_key_(0, KeyHash{key}) {}

Defragmenter::Result Defragmenter::add(const PacketView& packet, Decoded& decoded, Extra& extra) {
  give_up_due(packet.time);
  const Frames own{.counts = {.packets = 1, .octets = packet.wire_size},
                   .first = {.clock = clock_, .own = packet.time}};
  Result result = take(own, decoded, extra);
  // Datagrams whose first fragments came by themselves could complete each other without end.
  std::size_t depth = 0;
  while (result.verdict == Verdict::whole && decoded.bucket == Bucket::fragment) {
    Frames frames{.counts = own.counts, .first = result.first};
    frames.counts += result.earlier;
    Result inner =
        ++depth > Extra::max_tunnels ? dropped(Reason::too_deep) : take(frames, decoded, extra);
    inner.earlier += result.earlier;
    const Serial ended = std::exchange(inner.earlier_in, result.earlier_in)[0];
    if (ended != 0) inner.earlier_in[depth] = ended;
    inner.overlap |= result.overlap;
    inner.tiny |= result.tiny;
    inner.checksum_bad |= result.checksum_bad;
    result = inner;
  }
  return result;
}

Defragmenter::Result Defragmenter::take(const Frames& frames, Decoded& decoded, Extra& extra) {
  if (decoded.payload_size == 0) return dropped(Reason::empty);
  // Without a total length the size is the frame's, which may say anything.
  const std::uint64_t end = std::uint64_t{extra.fragment_offset} + decoded.payload_size;
  if (end > max_datagram) return dropped(Reason::too_long);
  if (extra.more_fragments && decoded.payload_size % 8 != 0) return dropped(Reason::bad_length);
  const auto datagram = find_or_start(decoded, frames.first);
  if (datagram == waiting_.end()) return dropped(Reason::memory);
  return add_to(datagram, frames, decoded, extra);
}

Defragmenter::Waiting::iterator Defragmenter::find_or_start(const Decoded& decoded,
                                                            const Arrival& arrival) {
  const Key key{.src = decoded.src,
                .dst = decoded.dst,
                .ip_id = decoded.ip_id,
                .network = decoded.network,
                .vlan = decoded.vlan,
                .proto = key_protocol(decoded)};
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) return found->second;
  while (waiting_.size() >= limits_.datagrams && give_up_oldest(nullptr)) ++crowded_out_;
  while (!budget_.take(sizeof(Datagram) + node_cost)) {
    if (!give_up_oldest(nullptr)) return waiting_.end();
  }
  waiting_.emplace_back(key, clock_, arrival, budget_);
  const auto datagram = std::prev(waiting_.end());
  datagram->serial = ++last_serial_;
  by_key_.emplace(key, datagram);
  return datagram;
}

Defragmenter::Result Defragmenter::add_to(Waiting::iterator datagram, const Frames& frames,
                                          Decoded& decoded, Extra& extra) {
  Result result;
  result.tiny = is_tiny(decoded, extra) && !std::exchange(datagram->tiny, true);
  const bool overlapped_before = datagram->overlapped;
  result.reason = place(*datagram, decoded, extra);
  result.overlap = datagram->overlapped && !overlapped_before;
  if (result.reason != Reason::none) {
    result.verdict = Verdict::dropped;
    return result;
  }
  // A frame that waited in another datagram may be older than all that came here.
  if (frames.first.clock < datagram->first_arrival.clock) datagram->first_arrival = frames.first;
  if (datagram->end != datagram->covered) {
    datagram->counts += frames.counts;
    result.waits_in = datagram->serial;
    return result;
  }
  result.earlier = datagram->counts;
  result.earlier_in[0] = datagram->serial;
  result.first = datagram->first_arrival;
  if (result.first.clock + limits_.timeout <= clock_) {
    result.verdict = Verdict::dropped;
    result.reason = Reason::too_late;
    remove(datagram);
    return result;
  }
  result.verdict = Verdict::whole;
  const bool bad_before = datagram->checksum_bad;
  finish(*datagram, decoded, extra);
  remove(datagram);
  decode_reassembled(options_, decoded, extra);
  result.checksum_bad = decoded.checksum_bad;
  if (bad_before) {
    decoded.checksum_bad = true;
    decoded.checksum_unfilled = false;
  }
  return result;
}

Defragmenter::Reason Defragmenter::place(Datagram& datagram, const Decoded& decoded,
                                         const Extra& extra) {
  const Range range{
      .offset = extra.fragment_offset, .size = decoded.payload_size, .last = !extra.more_fragments};
  const bool v6 = decoded.src.version == IpVersion::v6;
  if (datagram.discarded) return Reason::discarded;
  if (is_duplicate(datagram, range, decoded.payload_bytes())) return Reason::none;
  if (ends_disagree(datagram, range)) {
    if (v6) discard(datagram);
    return Reason::end_conflict;
  }
  if (overlaps(datagram, range)) datagram.overlapped = true;
  // RFC 5722 3: one overlap is enough to throw all of it away.
  const bool forbidden = v6 && datagram.overlapped;
  if (forbidden || datagram.fragments.size() == limits_.fragments) {
    discard(datagram);
    if (forbidden) return Reason::overlap;
    ++too_finely_cut_;
    return Reason::too_many_fragments;
  }
  if (!store(datagram, range, decoded.payload_bytes())) {
    discard(datagram);
    return Reason::memory;
  }
  if (range.last) datagram.end = range.end();
  if (decoded.checksum_bad) datagram.checksum_bad = true;
  if (range.offset == 0 && !datagram.has_first) {
    datagram.has_first = true;
    datagram.first = decoded;
    datagram.first_extra = extra;
  }
  return Reason::none;
}

bool Defragmenter::ends_disagree(const Datagram& datagram, Range range) noexcept {
  if (datagram.end) {
    return range.end() > *datagram.end || (range.last && range.end() != *datagram.end);
  }
  return range.last && !datagram.pieces.empty() && datagram.pieces.back().range.end() > range.end();
}

bool Defragmenter::overlaps(const Datagram& datagram, Range range) noexcept {
  return std::ranges::any_of(datagram.pieces, [range](const Piece& piece) {
    return piece.range.offset < range.end() && range.offset < piece.range.end();
  });
}

bool Defragmenter::is_duplicate(const Datagram& datagram, Range range, Bytes captured) noexcept {
  if (std::ranges::find(datagram.fragments, range) == datagram.fragments.end()) return false;
  const Bytes held = datagram.octets.view();
  return std::ranges::all_of(datagram.pieces, [&](const Piece& piece) {
    const auto from = std::max(piece.range.offset, range.offset);
    const auto to =
        std::min<std::size_t>(piece.range.offset + piece.captured, range.offset + captured.size());
    if (from >= to) return true;
    const Bytes old = held.subspan(piece.at + (from - piece.range.offset), to - from);
    return std::ranges::equal(old, captured.subspan(from - range.offset, to - from));
  });
}

std::vector<Defragmenter::Piece> Defragmenter::missing_pieces(const Datagram& datagram, Range range,
                                                              Bytes captured) {
  std::vector<Piece> missing;
  const auto add_gap = [&](std::uint32_t from, std::uint32_t to) {
    if (from >= to) return;
    const auto skipped = std::min<std::size_t>(from - range.offset, captured.size());
    const auto there = std::min<std::size_t>(captured.size() - skipped, to - from);
    missing.push_back({.range = {.offset = from, .size = to - from},
                       .captured = static_cast<std::uint32_t>(there)});
  };
  std::uint32_t from = range.offset;
  for (const Piece& piece : datagram.pieces) {
    if (piece.range.end() <= from) continue;
    add_gap(from, std::min(piece.range.offset, range.end()));
    from = std::max(from, std::min(piece.range.end(), range.end()));
  }
  add_gap(from, range.end());
  return missing;
}

bool Defragmenter::store(Datagram& datagram, Range range, Bytes captured) {
  const auto pay = [&](auto&& attempt) {
    while (!attempt()) {
      if (!give_up_oldest(&datagram)) return false;
    }
    return true;
  };
  if (!pay([&] { return budget_.take(fragment_cost); })) return false;
  datagram.fragments.push_back(range);
  for (Piece piece : missing_pieces(datagram, range, captured)) {
    piece.at = static_cast<std::uint32_t>(datagram.octets.size());
    if (piece.captured != 0) {
      const Bytes octets = captured.subspan(piece.range.offset - range.offset, piece.captured);
      if (!pay([&] { return datagram.octets.append(octets); })) return false;
    }
    datagram.covered += piece.range.size;
    datagram.pieces.push_back(piece);
  }
  std::ranges::sort(datagram.pieces, {}, [](const Piece& piece) { return piece.range.offset; });
  return true;
}

void Defragmenter::finish(Datagram& datagram, Decoded& decoded, Extra& extra) {
  if (whole_used_ == whole_.size()) whole_.emplace_back();
  std::vector<std::uint8_t>& out = whole_[whole_used_++];
  out.clear();
  const Bytes held = datagram.octets.view();
  for (const Piece& piece : datagram.pieces) {
    const Bytes octets = held.subspan(piece.at, piece.captured);
    out.insert(out.end(), octets.begin(), octets.end());
    // What follows a part that was not captured has no place: the payload ends as if cut there.
    if (piece.captured < piece.range.size) break;
  }
  // RFC 8200 4.5: the fragment header is no part of what it carried.
  constexpr std::uint32_t fragment_header_size = 8;
  const bool v6 = datagram.key.src.version == IpVersion::v6;
  const std::uint32_t header_size =
      datagram.first.l3_size - datagram.first.payload_size - (v6 ? fragment_header_size : 0U);
  decoded = datagram.first;
  extra = datagram.first_extra;
  decoded.checksum_bad = false;
  decoded.checksum_unfilled = false;
  decoded.payload = out.data();
  decoded.payload_captured = static_cast<std::uint32_t>(out.size());
  decoded.payload_size = datagram.covered;
  decoded.l3_size = header_size + datagram.covered;
}

void Defragmenter::give_up_due(Timestamp now) {
  clock_ = std::max(clock_, now);
  while (!waiting_.empty() && waiting_.front().start + limits_.timeout <= clock_) {
    give_up(waiting_.begin());
  }
}

bool Defragmenter::give_up_oldest(const Datagram* except) {
  auto oldest = waiting_.begin();
  if (oldest != waiting_.end() && &*oldest == except) ++oldest;
  if (oldest == waiting_.end()) return false;
  give_up(oldest);
  return true;
}

void Defragmenter::give_up(Waiting::iterator datagram) {
  // Without counts every fragment of it was refused, and reported as such.
  if (datagram->counts.packets != 0) {
    given_up_.push_back({.src = datagram->key.src,
                         .dst = datagram->key.dst,
                         .proto = datagram->key.proto,
                         .ip_id = datagram->key.ip_id,
                         .counts = datagram->counts,
                         .serial = datagram->serial});
  }
  remove(datagram);
}

void Defragmenter::remove(Waiting::iterator datagram) {
  budget_.give_back(sizeof(Datagram) + node_cost + datagram->fragments.size() * fragment_cost);
  by_key_.erase(datagram->key);
  waiting_.erase(datagram);
}

void Defragmenter::discard(Datagram& datagram) noexcept {
  datagram.discarded = true;
  budget_.give_back(datagram.fragments.size() * fragment_cost);
  std::vector<Range>{}.swap(datagram.fragments);
  std::vector<Piece>{}.swap(datagram.pieces);
  datagram.octets.release();
}

void Defragmenter::release() noexcept {
  // Datagrams of 64 KiB in every batch are an attack or a benchmark: one block is worth keeping.
  if (whole_.size() > 1) whole_.resize(1);
  whole_used_ = 0;
}

}  // namespace ntan::wire
