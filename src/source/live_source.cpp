#include "source/live_source.h"

#include <algorithm>
#include <array>
#include <net/if.h>
#include <poll.h>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "source/link_watch.h"
#include "source/live_open.h"
#include "source/met_interfaces.h"
#include "source/ring_counters.h"

namespace ntan::source {
namespace {

Timestamp wall_time() noexcept {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::string interface_name(std::uint32_t index) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(index, name.data()) == nullptr ? std::string{} : std::string{name.data()};
}

class LiveSource final : public Source {
 public:
  LiveSource(OpenedRing ring, const LiveOptions& options);

  Status read(Batch& batch) override;

  [[nodiscard]] const std::vector<Interface>& interfaces() const noexcept override {
    return interfaces_;
  }

  [[nodiscard]] Counters counters() override;

  [[nodiscard]] const std::vector<Damage>& damage() const noexcept override { return damage_; }

  [[nodiscard]] const std::vector<std::string>& notes() const noexcept override {
    return ring_.notes;
  }

  [[nodiscard]] std::optional<Timestamp> clock() override { return wall_time(); }

  [[nodiscard]] std::uint64_t position() const noexcept override { return octets_captured_; }

 private:
  static void on_packet(u_char* self, const pcap_pkthdr* header, const u_char* data);
  [[nodiscard]] bool wanted(const pcap_pkthdr& header, const u_char* data);
  void append(const pcap_pkthdr& header, const u_char* data);
  [[nodiscard]] bool dispatch(Batch& batch);
  Status drain(Batch& batch);
  Status lose(Batch& batch);
  Status wait();
  [[nodiscard]] int wait_ms() const;
  void read_counters_if_due(Timestamp now);
  void read_counters();
  void look_at_link();
  Status end(const std::string& reason);

  [[nodiscard]] bool stopped() const noexcept {
    return interrupt_ != nullptr && interrupt_->stopped();
  }

  OpenedRing ring_;
  Interrupt* interrupt_;
  std::chrono::milliseconds poll_time_;
  std::vector<Interface> interfaces_;
  MetInterfaces met_interfaces_{interface_name};
  LinkType link_{};
  bool several_ = false;  ///< packets say which interface they came from
  std::int64_t ns_per_tick_ = 1;
  std::uint32_t snaplen_;
  Batch* batch_ = nullptr;  ///< the one being filled, during dispatch only
  // The kernel takes a block of the ring back while the batch is still in use: packets are copied.
  std::unique_ptr<std::uint8_t[]> octets_;  // NOLINT(*-avoid-c-arrays): pages are touched as needed
  std::size_t octets_size_;
  std::size_t octets_used_ = 0;
  std::uint64_t octets_captured_ = 0;
  std::uint64_t packets_ = 0;
  std::string failure_;  ///< why nothing more can come, though the ring may hold some
  bool ended_ = false;
  bool shut_ = false;
  RingCounter received_;
  RingCounter dropped_by_kernel_;
  RingCounter dropped_by_interface_;
  Timestamp counters_read_;
  LinkWatch link_watch_;
  std::vector<Damage> damage_;
};

LiveSource::LiveSource(OpenedRing ring, const LiveOptions& options)
    : ring_(std::move(ring)),
      interrupt_(options.interrupt),
      poll_time_(options.poll_time),
      snaplen_(static_cast<std::uint32_t>(pcap_snapshot(ring_.handle.get()))),
      octets_(std::make_unique_for_overwrite<std::uint8_t[]>(  // NOLINT(*-avoid-c-arrays)
          std::size_t{snaplen_} * Batch::capacity)),
      octets_size_(std::size_t{snaplen_} * Batch::capacity),
      link_watch_(ring_.interface) {
  link_ = static_cast<LinkType>(pcap_datalink(ring_.handle.get()));
  several_ = link_ == LinkType::linux_sll2;
  const bool nano = pcap_get_tstamp_precision(ring_.handle.get()) == PCAP_TSTAMP_PRECISION_NANO;
  ns_per_tick_ = nano ? 1 : 1000;
  interfaces_.push_back({.name = ring_.interface, .link = link_, .snaplen = snaplen_});
  received_.begin(ring_.early.ps_recv);
  dropped_by_kernel_.begin(ring_.early.ps_drop);
  read_counters();
}

Status LiveSource::read(Batch& batch) {
  batch.count = 0;
  octets_used_ = 0;
  if (ended_) return Status::end;
  if (stopped() || !failure_.empty()) return drain(batch);
  if (!dispatch(batch)) return lose(batch);
  if (batch.count == 0) {
    const Status waited = wait();
    if (stopped()) return drain(batch);
    if (waited != Status::packets) return waited;
    if (!dispatch(batch)) return lose(batch);
  }
  read_counters_if_due(batch.count > 0 ? batch.packets[batch.count - 1].time : wall_time());
  return batch.count > 0 ? Status::packets : Status::idle;
}

/// Takes packets out of the ring until the batch is full or the ring is empty.
bool LiveSource::dispatch(Batch& batch) {
  // A link may bring nothing but what our own filter rejects, and no end of it.
  constexpr int most = 1 << 16;
  batch_ = &batch;
  int taken = 1;
  for (int all = 0; taken > 0 && !batch.full() && all < most; all += taken) {
    auto* self =
        reinterpret_cast<u_char*>(this);  // NOLINT(*-reinterpret-cast): libpcap's interface
    taken = pcap_dispatch(ring_.handle.get(), static_cast<int>(Batch::capacity - batch.count),
                          &on_packet, self);
  }
  batch_ = nullptr;
  return taken >= 0 || batch.count > 0;
}

void LiveSource::on_packet(u_char* self, const pcap_pkthdr* header, const u_char* data) {
  auto* source = reinterpret_cast<LiveSource*>(self);  // NOLINT(*-reinterpret-cast)
  if (!source->batch_->full() && source->wanted(*header, data)) source->append(*header, data);
}

bool LiveSource::wanted(const pcap_pkthdr& header, const u_char* data) {
  if (ring_.filter == nullptr) [[likely]]
    return true;
  return ring_.filter->matches({.data = {data, header.caplen},
                                .wire_size = std::max(header.len, header.caplen),
                                .link = link_});
}

void LiveSource::append(const pcap_pkthdr& header, const u_char* data) {
  const std::size_t size = std::min<std::size_t>(header.caplen, octets_size_ - octets_used_);
  const std::span<std::uint8_t> copy =
      std::span{octets_.get(), octets_size_}.subspan(octets_used_, size);
  std::copy_n(data, size, copy.begin());
  octets_used_ += size;
  octets_captured_ += size;
  batch_->packets[batch_->count++] =
      PacketView{.time = from_ns(std::int64_t{header.ts.tv_sec} * 1'000'000'000 +
                                 header.ts.tv_usec * ns_per_tick_),
                 .number = ++packets_,
                 .data = copy,
                 .wire_size = std::max(header.len, header.caplen),
                 .interface = several_ ? met_interfaces_.of(copy, interfaces_) : 0,
                 .link = link_};
}

/// Nothing more can come, but what the kernel has counted as received is still to be delivered: a
/// block that is not full is handed over in time.
Status LiveSource::drain(Batch& batch) {
  if (!shut_) reject_all(ring_.handle.get());
  shut_ = true;
  const auto deadline = std::chrono::steady_clock::now() + last_block_time;
  do {
    if (!dispatch(batch) && failure_.empty()) failure_ = pcap_geterr(ring_.handle.get());
    if (batch.count > 0) return Status::packets;
  } while (await_block(ring_.handle.get(), deadline));
  if (!failure_.empty()) return end(failure_);
  ended_ = true;
  return Status::end;
}

/// The interface went away: what was received before that is in the ring.
Status LiveSource::lose(Batch& batch) {
  failure_ = pcap_geterr(ring_.handle.get());
  return drain(batch);
}

/// Status::packets: the ring may hold some.
Status LiveSource::wait() {
  std::array<pollfd, 2> ready{
      {{.fd = pcap_get_selectable_fd(ring_.handle.get()), .events = POLLIN, .revents = 0},
       {.fd = interrupt_ == nullptr ? -1 : interrupt_->descriptor(),
        .events = POLLIN,
        .revents = 0}}};
  const int count = ::poll(ready.data(), ready.size(), wait_ms());
  if (ready[1].revents != 0) interrupt_->clear();
  // A signal or the time limit; errors of the ring are dispatch()'s to find.
  if (count <= 0 || ready[0].revents == 0) {
    read_counters_if_due(wall_time());
    return Status::idle;
  }
  return Status::packets;
}

int LiveSource::wait_ms() const {
  auto limit = static_cast<std::int64_t>(poll_time_.count());
  if (const timeval* required = pcap_get_required_select_timeout(ring_.handle.get());
      required != nullptr) {
    limit = std::min(limit, std::int64_t{required->tv_sec} * 1000 + required->tv_usec / 1000);
  }
  return static_cast<int>(std::clamp<std::int64_t>(limit, 0, 60'000));
}

void LiveSource::read_counters_if_due(Timestamp now) {
  // A clock that was set back must not stop the readings.
  const bool set_back = now < counters_read_;
  if (set_back || now - counters_read_ >= std::chrono::seconds{1}) read_counters();
}

void LiveSource::look_at_link() {
  std::string news = link_watch_.look(link_state(pcap_fileno(ring_.handle.get()), ring_.interface));
  if (!news.empty()) ring_.notes.push_back(std::move(news));
}

void LiveSource::read_counters() {
  look_at_link();
  pcap_stat now{};
  if (pcap_stats(ring_.handle.get(), &now) != 0) return;
  received_.read(now.ps_recv);
  dropped_by_kernel_.read(now.ps_drop);
  dropped_by_interface_.read(now.ps_ifdrop);
  counters_read_ = wall_time();
}

Counters LiveSource::counters() {
  read_counters();
  Counters counters{.received = received_.total(),
                    .dropped_by_kernel = dropped_by_kernel_.total(),
                    .dropped_by_interface = std::nullopt};
  // The kernel knows nothing of a filter of our own.
  if (ring_.filter != nullptr) counters.received.reset();
  if (ring_.knows_interface_drops) counters.dropped_by_interface = dropped_by_interface_.total();
  return counters;
}

Status LiveSource::end(const std::string& reason) {
  ended_ = true;
  read_counters();
  damage_.push_back({.kind = Damage::Kind::truncated,
                     .text = fmt::format("{}: capture ended after packet {}: {}", ring_.interface,
                                         packets_, reason)});
  return Status::end;
}

}  // namespace

std::unique_ptr<Source> open_live(const LiveOptions& options) {
  return std::make_unique<LiveSource>(open_ring(options), options);
}

}  // namespace ntan::source
