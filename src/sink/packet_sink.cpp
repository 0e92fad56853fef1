#include "sink/packet_sink.h"

#include <algorithm>
#include <array>
#include <concepts>

namespace ntan::sink {
namespace {

constexpr std::uint32_t default_snaplen = 262'144;

// Both formats let the writer choose; nearly every reader is little-endian.
template <std::unsigned_integral T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<std::uint8_t>(value));
    if constexpr (sizeof(T) > 1) value = static_cast<T>(value >> 8U);
  }
}

/// The number of a link type in files. Raw IP has others in memory, by operating system.
std::uint16_t number_of(LinkType link) noexcept {
  const bool raw = link == LinkType::raw_bsd || link == LinkType::raw_openbsd;
  return static_cast<std::uint16_t>(raw ? LinkType::raw : link);
}

std::uint32_t snaplen_of(const CaptureInterface& interface) noexcept {
  return interface.snaplen == 0 ? default_snaplen : interface.snaplen;
}

constexpr std::uint32_t padded(std::size_t size) noexcept {
  return static_cast<std::uint32_t>((size + 3) / 4 * 4);
}

std::string pcap_header(LinkType link, std::uint32_t snaplen) {
  std::string out;
  put(out, std::uint32_t{0xa1b23c4d});  // nanosecond times
  put(out, std::uint16_t{2});
  put(out, std::uint16_t{4});
  put(out, std::uint64_t{0});  // time zone and accuracy: always 0
  put(out, snaplen);
  put(out, std::uint32_t{number_of(link)});
  return out;
}

std::string section_header() {
  constexpr std::uint32_t size = 28;
  std::string out;
  put(out, std::uint32_t{0x0a0d0d0a});
  put(out, size);
  put(out, std::uint32_t{0x1a2b3c4d});  // byte order
  put(out, std::uint16_t{1});
  put(out, std::uint16_t{0});
  put(out, ~std::uint64_t{0});  // length of the section: unknown
  put(out, size);
  return out;
}

std::string interface_block(const CaptureInterface& interface) {
  constexpr std::size_t max_name = 1024;
  const std::string name = interface.name.substr(0, max_name);
  std::string options;
  if (!name.empty()) {
    put(options, std::uint16_t{2});  // if_name
    put(options, static_cast<std::uint16_t>(name.size()));
    options += name;
    options.resize(padded(options.size()));
  }
  put(options, std::uint16_t{9});  // if_tsresol: 10^-9 s
  put(options, std::uint16_t{1});
  put(options, std::uint32_t{9});
  put(options, std::uint32_t{0});  // end of options
  const auto size = static_cast<std::uint32_t>(20 + options.size());
  std::string out;
  put(out, std::uint32_t{1});
  put(out, size);
  put(out, number_of(interface.link));
  put(out, std::uint16_t{0});
  put(out, snaplen_of(interface));
  out += options;
  put(out, size);
  return out;
}

}  // namespace

CaptureFormat capture_format(std::string_view path) noexcept {
  return path.ends_with(".pcapng") ? CaptureFormat::pcapng : CaptureFormat::pcap;
}

PacketSink::PacketSink(OutputFile file, CaptureFormat format)
    : file_(std::move(file)), format_(format) {}

void PacketSink::add_interface(CaptureInterface interface) {
  interfaces_.push_back(std::move(interface));
}

void PacketSink::begin(LinkType link) {
  if (!begun_) {
    begun_ = true;
    link_ = link;
    std::uint32_t snaplen = interfaces_.empty() ? default_snaplen : 0;
    for (const CaptureInterface& each : interfaces_) snaplen = std::max(snaplen, snaplen_of(each));
    file_.append(format_ == CaptureFormat::pcap ? pcap_header(link, snaplen) : section_header());
  }
  if (format_ == CaptureFormat::pcap) return;
  for (; declared_ < interfaces_.size(); ++declared_)
    file_.append(interface_block(interfaces_[declared_]));
}

void PacketSink::write(const Batch& batch) {
  for (const PacketView& packet : batch.view()) {
    if (format_ == CaptureFormat::pcap) {
      write_pcap(packet);
    } else {
      write_pcapng(packet);
    }
  }
}

void PacketSink::write_pcap(const PacketView& packet) {
  if (!begun_) begin(packet.link);
  if (number_of(packet.link) != number_of(link_)) {
    ++other_links_;
    return;
  }
  const Timestamp time = held(packet.time);
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  scratch_.clear();
  put(scratch_, static_cast<std::uint32_t>(second.time_since_epoch().count()));
  put(scratch_, static_cast<std::uint32_t>((time - second).count()));
  put(scratch_, static_cast<std::uint32_t>(packet.data.size()));
  put(scratch_, packet.wire_size);
  file_.append(scratch_, as_text(packet.data));
  ++packets_;
}

// Both formats count from 1970, pcap the seconds in 32 bits.
Timestamp PacketSink::held(Timestamp time) noexcept {
  constexpr Timestamp first{};
  constexpr Timestamp last_of_pcap{std::chrono::seconds{std::int64_t{1} << 32U} -
                                   std::chrono::nanoseconds{1}};
  const Timestamp last = format_ == CaptureFormat::pcap ? last_of_pcap : latest_time;
  const Timestamp nearest = std::clamp(time, first, last);
  if (nearest != time) ++other_times_;
  return nearest;
}

void PacketSink::write_pcapng(const PacketView& packet) {
  while (interfaces_.size() <= packet.interface)
    interfaces_.push_back({.name = {}, .link = packet.link, .snaplen = 0});
  if (!begun_ || declared_ < interfaces_.size()) begin(packet.link);
  const auto ns = static_cast<std::uint64_t>(to_ns(held(packet.time)));
  const std::uint32_t data_size = padded(packet.data.size());
  const std::uint32_t size = 32 + data_size;
  scratch_.clear();
  put(scratch_, std::uint32_t{6});  // enhanced packet block
  put(scratch_, size);
  put(scratch_, packet.interface);
  put(scratch_, static_cast<std::uint32_t>(ns >> 32U));
  put(scratch_, static_cast<std::uint32_t>(ns));
  put(scratch_, static_cast<std::uint32_t>(packet.data.size()));
  put(scratch_, packet.wire_size);
  scratch_ += as_text(packet.data);
  scratch_.append(data_size - packet.data.size(), '\0');
  put(scratch_, size);
  file_.append(scratch_);
  ++packets_;
}

void PacketSink::flush() {
  if (!begun_ && !interfaces_.empty()) begin(interfaces_.front().link);
  file_.flush();
}

void PacketSink::finish() {
  if (!begun_) begin(interfaces_.empty() ? LinkType::ethernet : interfaces_.front().link);
  file_.close();
}

}  // namespace ntan::sink
