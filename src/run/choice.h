// Which packets belong to one scan, or to one flow: learnt from the analysis, then asked for each.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "run/ids.h"
#include "run/scan_list.h"
#include "run/watch.h"
#include "wire/decoded.h"
#include "wire/defragment.h"

namespace ntan::run {

/// Numbers of packets. A bit for each packet of the input up to the last that is in it.
class PacketSet {
 public:
  void add(std::uint64_t number);
  [[nodiscard]] bool contains(std::uint64_t number) const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  std::vector<std::uint64_t> words_;
  std::uint64_t count_ = 0;
};

/// A decoded packet of the pass that chooses.
struct Candidate {
  const PacketView& packet;
  const wire::Decoded& decoded;
  const wire::Extra& extra;
  Timestamp clock;  ///< trace clock, as in the analysis
};

class Choice : public Watch {
 public:
  /// What was asked for is in the input.
  [[nodiscard]] virtual bool found() const noexcept = 0;
  /// The analysis has to be watched once more.
  [[nodiscard]] virtual bool wants_more() { return false; }
  /// Adds the packet, and what it completes, if it is one of those. In the order of the input.
  virtual void look_at(const Candidate& candidate, PacketSet& chosen) = 0;
  /// What to tell a user who asked for something that is not there.
  [[nodiscard]] virtual std::vector<std::string> hints() const = 0;
  /// What is odd about the packets chosen; empty: nothing.
  [[nodiscard]] virtual std::string doubt(const PacketSet&) const { return {}; }
};

/// All that passed between a scan's sources and the hosts they probed in it, answers and ICMP
/// errors included, from the first probe that counted until the scan was closed for the last time.
/// The id of a group stands for the scans of all its members.
class ScanChoice final : public Choice {
 public:
  /// Beyond so many pairs of source and target all packets of the sources are taken.
  static constexpr std::size_t max_pairs = std::size_t{1} << 20U;

  explicit ScanChoice(event::Id id) : scans_(id), wanted_{id} {}

  void on_counted(event::Id scan, const IpAddress& source, const detect::Probe& probe) override;
  void on_scan(const event::Common& common, const detect::ScanRecord& record) override;
  void on_flow_end(const flow::Flow& flow, Timestamp) override { scans_.add(flow); }

  [[nodiscard]] bool found() const noexcept override { return found_; }
  [[nodiscard]] bool wants_more() override;
  void look_at(const Candidate& candidate, PacketSet& chosen) override;

  [[nodiscard]] std::vector<std::string> hints() const override { return scans_.hints(); }

 private:
  using Pair = std::pair<IpAddress, IpAddress>;  // source, target

  void compact();
  [[nodiscard]] bool between(const IpAddress& a, const IpAddress& b) const;
  [[nodiscard]] bool holds(const Candidate& candidate) const;

  ScanList scans_;
  IdSet wanted_;
  std::vector<Pair> pairs_;  // sorted up to sorted_
  std::size_t sorted_ = 0;
  std::set<IpAddress> sources_;  // instead of pairs_, once there are too many
  Timestamp begin_ = Timestamp::max();
  Timestamp end_{};
  bool found_ = false;
};

/// The packets of one flow, fragments and the ICMP errors that quote it included.
class FlowChoice final : public Choice {
 public:
  /// Beyond so many fragments that wait, more are not remembered, and are missing later on.
  static constexpr std::size_t max_waiting = std::size_t{1} << 18U;

  /// `decode` and `limits` are those of the analysis, so that the same datagrams become whole.
  FlowChoice(event::Id id, flow::VlanUse vlan, const wire::DecodeOptions& decode,
             const wire::DefragmentLimits& limits = {})
      : id_(id), vlan_(vlan), defragmenter_(decode, limits) {}

  void on_flow_end(const flow::Flow& flow, Timestamp now) override;
  void on_scan(const event::Common&, const detect::ScanRecord& record) override {
    is_scan_ = is_scan_ || record.id == id_;
  }

  [[nodiscard]] bool found() const noexcept override { return found_; }
  void look_at(const Candidate& candidate, PacketSet& chosen) override;
  [[nodiscard]] std::vector<std::string> hints() const override;
  [[nodiscard]] std::string doubt(const PacketSet& chosen) const override;

  /// Fragments remembered until their datagram is whole or given up.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }

 private:
  using Serial = wire::Defragmenter::Serial;
  using Numbers = std::vector<std::uint64_t>;

  void take_fragment(const Candidate& candidate, PacketSet& chosen);
  void remember(Serial datagram, const Numbers& frames);
  Numbers forget(std::span<const Serial> datagrams);
  void choose(const Candidate& whole, std::span<const std::uint64_t> frames, PacketSet& chosen);
  [[nodiscard]] bool is_ours(const wire::Decoded& decoded, std::uint64_t number) const noexcept;
  [[nodiscard]] bool quotes_ours(const Candidate& candidate) const noexcept;

  event::Id id_;
  flow::VlanUse vlan_;
  wire::Defragmenter defragmenter_;
  std::map<Serial, Numbers> fragments_;  // that wait in the defragmenter
  std::size_t waiting_ = 0;              // all of fragments_
  flow::FlowKey key_;
  std::uint64_t first_packet_ = 0;
  std::uint64_t left_ = 0;  // packets of the flow not met yet
  Timestamp first_{};
  Timestamp end_{};
  bool found_ = false;
  bool is_scan_ = false;
};

}  // namespace ntan::run
