#include "run/choice.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/arp_message.h"
#include "flow/contact_outcome.h"
#include "run/ids.h"

namespace ntan::run {
namespace {

constexpr std::size_t word_bits = 64;

}  // namespace

void PacketSet::add(std::uint64_t number) {
  const std::size_t at = number / word_bits;
  if (at >= words_.size()) words_.resize(at + 1);
  const std::uint64_t bit = std::uint64_t{1} << (number % word_bits);
  if ((words_[at] & bit) == 0) ++count_;
  words_[at] |= bit;
}

bool PacketSet::contains(std::uint64_t number) const noexcept {
  const std::size_t at = number / word_bits;
  return at < words_.size() && (words_[at] >> (number % word_bits) & 1U) != 0;
}

// --- scans

void ScanChoice::on_counted(event::Id scan, const IpAddress& source, const detect::Probe& probe) {
  if (!wanted_.contains(scan)) return;
  if (!sources_.empty()) {
    sources_.insert(source);
    return;
  }
  const Pair pair{source, probe.dst};
  if (!pairs_.empty() && pairs_.back() == pair) return;
  pairs_.push_back(pair);
  if (pairs_.size() >= 2 * std::max<std::size_t>(sorted_, word_bits)) compact();
}

void ScanChoice::compact() {
  std::ranges::sort(pairs_);
  pairs_.erase(std::ranges::unique(pairs_).begin(), pairs_.end());
  sorted_ = pairs_.size();
  if (sorted_ <= max_pairs) return;
  for (const Pair& pair : pairs_) sources_.insert(sources_.end(), pair.first);
  pairs_.clear();
}

void ScanChoice::on_scan(const event::Common& common, const detect::ScanRecord& record) {
  scans_.add(common, record);
  if (!wanted_.contains(record.id)) return;
  found_ = true;
  begin_ = std::min(begin_, record.first_ts);
  end_ = std::max(end_, common.ts);
}

bool ScanChoice::wants_more() {
  IdSet members(scans_.members().begin(), scans_.members().end());
  if (members.empty() || wanted_ == members) return false;
  wanted_ = std::move(members);
  begin_ = Timestamp::max();
  end_ = {};
  return true;
}

bool ScanChoice::between(const IpAddress& a, const IpAddress& b) const {
  if (!sources_.empty()) return sources_.contains(a) || sources_.contains(b);
  return std::ranges::binary_search(pairs_, Pair{a, b}) ||
         std::ranges::binary_search(pairs_, Pair{b, a});
}

bool ScanChoice::holds(const Candidate& candidate) const {
  const wire::Decoded& decoded = candidate.decoded;
  if (decoded.bucket == wire::Bucket::arp) {
    const auto arp = ArpMessage::parse(decoded.payload_bytes());
    return arp && arp->has_addresses() && between(arp->sender, arp->target);
  }
  if (decoded.bucket == wire::Bucket::icmp_error && candidate.extra.quoted_src.known() &&
      between(candidate.extra.quoted_src, candidate.extra.quoted_dst)) {
    return true;
  }
  if (!decoded.src.known()) return false;
  if (between(decoded.src, decoded.dst)) return true;
  const IpAddress solicited = flow::solicited_address(decoded);
  return solicited.known() && between(decoded.src, solicited);
}

void ScanChoice::look_at(const Candidate& candidate, PacketSet& chosen) {
  if (sorted_ != pairs_.size()) compact();
  if (candidate.clock < begin_ || candidate.clock > end_) return;
  if (holds(candidate)) chosen.add(candidate.packet.number);
}

// --- flows

void FlowChoice::on_flow_end(const flow::Flow& flow, Timestamp now) {
  if (found_ || flow::flow_id(flow) != id_) return;
  found_ = true;
  key_ = flow.key;
  first_packet_ = flow.first_packet;
  left_ = std::uint64_t{flow.sides[0].packets} + flow.sides[1].packets;
  first_ = flow.first;
  end_ = now;
}

bool FlowChoice::is_ours(const wire::Decoded& decoded, std::uint64_t number) const noexcept {
  return decoded.bucket == wire::Bucket::flow && number >= first_packet_ && left_ != 0 &&
         flow::make_key(decoded, vlan_).key == key_;
}

bool FlowChoice::quotes_ours(const Candidate& candidate) const noexcept {
  return candidate.decoded.bucket == wire::Bucket::icmp_error &&
         candidate.extra.quoted_src.known() && candidate.clock >= first_ &&
         candidate.clock <= end_ &&
         flow::quoted_key(candidate.decoded, candidate.extra, vlan_).key == key_;
}

void FlowChoice::look_at(const Candidate& candidate, PacketSet& chosen) {
  if (candidate.decoded.bucket == wire::Bucket::fragment) {
    take_fragment(candidate, chosen);
  } else {
    choose(candidate, {&candidate.packet.number, 1}, chosen);
  }
}

// `frames`: those that the packet is made of.
void FlowChoice::choose(const Candidate& whole, std::span<const std::uint64_t> frames,
                        PacketSet& chosen) {
  if (is_ours(whole.decoded, whole.packet.number)) {
    left_ -= std::min<std::uint64_t>(left_, frames.size());
  } else if (!quotes_ours(whole)) {
    return;
  }
  for (const std::uint64_t frame : frames) chosen.add(frame);
}

// What is dropped is no packet of the flow for the analysis either, nor are the frames that it
// takes along. Those of fragments in fragments wait on in the datagram further in.
void FlowChoice::take_fragment(const Candidate& candidate, PacketSet& chosen) {
  using Verdict = wire::Defragmenter::Verdict;
  wire::Decoded decoded = candidate.decoded;
  wire::Extra extra = candidate.extra;
  defragmenter_.advance(candidate.clock);
  const auto result = defragmenter_.add(candidate.packet, decoded, extra);
  Numbers frames = forget(result.earlier_in);
  frames.push_back(candidate.packet.number);
  if (result.verdict == Verdict::waiting) {
    remember(result.waits_in, frames);
  } else if (result.verdict == Verdict::whole) {
    choose(
        {.packet = candidate.packet, .decoded = decoded, .extra = extra, .clock = candidate.clock},
        frames, chosen);
  }
  defragmenter_.release();
  defragmenter_.expire(candidate.clock, [this](const wire::Defragmenter::Incomplete& lost) {
    (void)forget({&lost.serial, 1});
  });
}

// Copies of one fragment wait without end and cost the defragmenter nothing; here each is a number.
void FlowChoice::remember(Serial datagram, const Numbers& frames) {
  if (frames.size() > max_waiting - waiting_) return;
  Numbers& held = fragments_[datagram];
  held.insert(held.end(), frames.begin(), frames.end());
  waiting_ += frames.size();
}

FlowChoice::Numbers FlowChoice::forget(std::span<const Serial> datagrams) {
  Numbers frames;
  for (const Serial datagram : datagrams) {
    const auto at = fragments_.find(datagram);
    if (at == fragments_.end()) continue;
    frames.insert(frames.end(), at->second.begin(), at->second.end());
    waiting_ -= at->second.size();
    fragments_.erase(at);
  }
  return frames;
}

std::vector<std::string> FlowChoice::hints() const {
  if (is_scan_) return {"it is the id of a scan: ntan extract --scan " + id_text(id_)};
  return {"ids of flows: ntan read FILE --events flow --json | jq -r .flow_id"};
}

std::string FlowChoice::doubt(const PacketSet&) const {
  if (left_ == 0) return {};
  return fmt::format("{} packets of the flow could not be told apart again", left_);
}

}  // namespace ntan::run
