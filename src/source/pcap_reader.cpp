#include "source/pcap_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace ntan::source {
namespace {

constexpr std::size_t plain_record_header = 16;
/// Kuznetzov's libpcap patch adds interface index, protocol and packet type to each record.
constexpr std::size_t modified_record_header = 24;

struct Variant {
  ByteOrder order{};
  std::uint32_t ns_per_tick = 0;
  std::size_t record_header_size = 0;
};

std::optional<Variant> variant_of(std::uint32_t magic) noexcept {
  using enum ByteOrder;
  switch (magic) {
    case 0xa1b2c3d4U: return Variant{big, 1000, plain_record_header};
    case 0xd4c3b2a1U: return Variant{little, 1000, plain_record_header};
    case 0xa1b23c4dU: return Variant{big, 1, plain_record_header};
    case 0x4d3cb2a1U: return Variant{little, 1, plain_record_header};
    case 0xa1b2cd34U: return Variant{big, 1000, modified_record_header};
    case 0x34cdb2a1U: return Variant{little, 1000, modified_record_header};
    default: return std::nullopt;
  }
}

}  // namespace

bool PcapReader::knows(Bytes head) noexcept {
  Reader reader{head};
  const std::uint32_t magic = reader.be32();
  return reader.ok() && variant_of(magic).has_value();
}

PcapReader::PcapReader(InputBuffer& input, InterfaceTable& interfaces, const std::string& name)
    : CaptureReader(input, interfaces, name) {
  if (!fill_header(file_header_size)) {
    throw Error(Error::Kind::not_a_capture, fmt::format("{}: cut inside the file header ({} bytes)",
                                                        name, input.unread().size()));
  }
  const Bytes header = input.unread().first(file_header_size);
  const Variant variant = variant_of(Reader{header}.be32()).value_or(Variant{});
  order_ = variant.order;
  ns_per_tick_ = variant.ns_per_tick;
  record_header_size_ = variant.record_header_size;
  if (order_ == ByteOrder::little) {
    read_header<ByteOrder::little>(header, name);
  } else {
    read_header<ByteOrder::big>(header, name);
  }
  input.consume(file_header_size);
}

template <ByteOrder order>
void PcapReader::read_header(Bytes header, const std::string& name) {
  FileFields<order> fields{header};
  fields.skip(4);
  const std::uint16_t major = fields.u16();
  const std::uint16_t minor = fields.u16();
  fields.skip(8);  // time zone and accuracy, never used
  const std::uint32_t snaplen = fields.u32();
  // The upper half tells whether frames carry a check sequence; nobody decodes it.
  link_ = static_cast<LinkType>(fields.u32() & 0xffffU);
  constexpr std::uint16_t dg_ux_major = 543;  // 543.0, written by one vendor
  if (major != 2 && major != dg_ux_major) {
    throw Error(Error::Kind::not_a_capture,
                fmt::format("{}: pcap version {}.{} is not known", name, major, minor));
  }
  // Until version 2.3 some programs wrote the two sizes of a record the other way round.
  sizes_may_be_swapped_ = major == dg_ux_major || minor <= 3;
  interface_ = interfaces().add({.name = {}, .link = link_, .snaplen = snaplen}, 0).value_or(0);
}

CaptureReader::Wanted PcapReader::walk(Batch& batch) {
  return order_ == ByteOrder::little ? walk_in<ByteOrder::little>(batch)
                                     : walk_in<ByteOrder::big>(batch);
}

template <ByteOrder order>
CaptureReader::Wanted PcapReader::walk_in(Batch& batch) {
  const Bytes unread = input().unread();
  Bytes rest = unread;
  Wanted wanted;
  while (!batch.full()) {
    if (rest.size() < record_header_size_) {
      wanted.octets = record_header_size_;
      break;
    }
    FileFields<order> fields{rest.first(plain_record_header)};
    const std::uint32_t seconds = fields.u32();
    const std::uint32_t ticks = fields.u32();
    std::uint32_t captured = fields.u32();
    std::uint32_t wire_size = fields.u32();
    if (sizes_may_be_swapped_ && captured > wire_size) std::swap(captured, wire_size);
    if (captured > max_packet_size) {
      wanted.flaw = fmt::format("bad size {}", captured);
      break;
    }
    if (rest.size() - record_header_size_ < captured) {
      wanted.octets = record_header_size_ + captured;
      break;
    }
    batch.packets[batch.count++] = PacketView{
        // At most 2^32 s and 2^32 ticks: far inside 63 bits.
        .time = from_ns(std::int64_t{seconds} * 1'000'000'000 + std::int64_t{ticks} * ns_per_tick_),
        .data = rest.subspan(record_header_size_, captured),
        .wire_size = wire_size,
        .interface = interface_,
        .link = link_};
    rest = rest.subspan(record_header_size_ + captured);
  }
  input().consume(unread.size() - rest.size());
  return wanted;
}

std::string PcapReader::place() const {
  return fmt::format("in packet {}", packets() + 1);
}

}  // namespace ntan::source
