#include "source/pcapng_reader.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ntan::source {
namespace {

constexpr std::uint32_t section_header = 0x0a0d0d0a;  // reads the same in both byte orders
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t obsolete_packet = 2;
constexpr std::uint32_t simple_packet = 3;
constexpr std::uint32_t interface_statistics = 5;
constexpr std::uint32_t enhanced_packet = 6;

constexpr std::size_t block_header_size = 8;
constexpr std::size_t block_trailer_size = 4;
constexpr std::size_t min_block_size = block_header_size + block_trailer_size;
constexpr std::size_t min_section_header_size = 28;
constexpr std::size_t byte_order_magic_end = 12;
constexpr std::size_t timed_packet_header_size = 20;

constexpr bool is_read(std::uint32_t type) noexcept {
  return type == enhanced_packet || type == interface_description || type == simple_packet ||
         type == obsolete_packet || type == interface_statistics;
}

/// The next option; nothing behind the last one. `fields` is not ok() where it reaches beyond its
/// block.
struct Option {
  std::uint16_t code = 0;
  Bytes value;
};

template <ByteOrder order>
std::optional<Option> next_option(FileFields<order>& fields) {
  constexpr std::uint16_t end_of_options = 0;
  if (fields.left() == 0) return std::nullopt;
  Option option{.code = fields.u16(), .value = {}};
  const std::uint16_t size = fields.u16();
  option.value = fields.take(size);
  fields.skip((4U - size % 4U) % 4U);
  if (!fields.ok() || option.code == end_of_options) return std::nullopt;
  return option;
}

struct InterfaceOptions {
  std::string name;
  std::uint8_t resolution = 6;
  std::int64_t offset = 0;
};

/// Text of an option: not terminated by the format, but by writers that count the terminator, and
/// the padding too, in its size.
std::string_view text_of(Bytes value) noexcept {
  const std::string_view text = as_text(value);
  return text.substr(0, text.find('\0'));
}

/// Absent: an option reaches beyond the block or has not the size it must have.
template <ByteOrder order>
std::optional<InterfaceOptions> read_options(FileFields<order> fields) {
  constexpr std::uint16_t if_name = 2;
  constexpr std::uint16_t if_tsresol = 9;
  constexpr std::uint16_t if_tsoffset = 14;
  InterfaceOptions options;
  while (const auto option = next_option(fields)) {
    const auto [code, value] = *option;
    if (code == if_name) {
      options.name = text_of(value);
    } else if (code == if_tsresol) {
      if (value.size() != 1) return std::nullopt;
      options.resolution = value.front();
    } else if (code == if_tsoffset) {
      if (value.size() != 8) return std::nullopt;
      options.offset = std::bit_cast<std::int64_t>(FileFields<order>{value}.u64());
    }
  }
  return fields.ok() ? std::optional{options} : std::nullopt;
}

}  // namespace

bool PcapngReader::knows(Bytes head) noexcept {
  Reader reader{head};
  return reader.be32() == section_header;
}

PcapngReader::PcapngReader(InputBuffer& input, InterfaceTable& interfaces, const std::string& name)
    : CaptureReader(input, interfaces, name) {
  Wanted wanted{.octets = byte_order_magic_end, .flaw = {}};
  while (wanted.octets > 0) {
    if (!fill_header(wanted.octets)) {
      throw Error(
          Error::Kind::not_a_capture,
          fmt::format("{}: cut inside the file header ({} bytes)", name, input.unread().size()));
    }
    wanted = start_section();
  }
  if (!wanted.flaw.empty()) {
    throw Error(Error::Kind::not_a_capture,
                fmt::format("{} is not pcapng: {} in the section header", name, wanted.flaw));
  }
}

CaptureReader::Wanted PcapngReader::walk(Batch& batch) {
  while (!batch.full()) {
    const bool little = order_ == ByteOrder::little;
    Wanted wanted;
    if (skip_length_ != 0) {
      wanted = little ? skip_block<ByteOrder::little>() : skip_block<ByteOrder::big>();
    } else if (knows(input().unread())) {
      wanted = start_section();
    } else {
      wanted = little ? walk_in<ByteOrder::little>(batch) : walk_in<ByteOrder::big>(batch);
    }
    if (wanted.octets != 0 || !wanted.flaw.empty()) return wanted;
  }
  return {};
}

/// Consumes a whole section header block.
CaptureReader::Wanted PcapngReader::start_section() {
  const Bytes unread = input().unread();
  if (unread.size() < byte_order_magic_end) return {.octets = byte_order_magic_end, .flaw = {}};
  Reader reader{unread.subspan(block_header_size)};
  const std::uint32_t magic = reader.be32();
  if (magic != 0x1a2b3c4dU && magic != 0x4d3c2b1aU)
    return {.octets = 0, .flaw = "bad byte-order magic"};
  order_ = magic == 0x1a2b3c4dU ? ByteOrder::big : ByteOrder::little;
  return order_ == ByteOrder::little ? read_section_header<ByteOrder::little>(unread)
                                     : read_section_header<ByteOrder::big>(unread);
}

template <ByteOrder order>
CaptureReader::Wanted PcapngReader::read_section_header(Bytes unread) {
  FileFields<order> fields{unread};
  fields.skip(4);
  const std::uint32_t length = fields.u32();
  if (length < min_section_header_size || length % 4 != 0 || length > InputBuffer::max_size) {
    return {.octets = 0, .flaw = fmt::format("bad block length {}", length)};
  }
  if (unread.size() < length) return {.octets = length, .flaw = {}};
  fields.skip(4);
  const std::uint16_t major = fields.u16();
  // The section length that follows is a hint for who wants to jump; -1 in live captures.
  if (major != 1) return {.octets = 0, .flaw = fmt::format("unknown version {}", major)};
  if (FileFields<order>{unread.subspan(length - block_trailer_size)}.u32() != length) {
    return {.octets = 0, .flaw = "block lengths disagree"};
  }
  told_ = counters();
  section_.clear();
  input().consume(length);
  return {};
}

/// Consumes blocks until the batch is full, octets are wanting or a block is not for here.
template <ByteOrder order>
CaptureReader::Wanted PcapngReader::walk_in(Batch& batch) {
  const Bytes unread = input().unread();
  Bytes rest = unread;
  Wanted wanted;
  while (!batch.full()) {
    if (rest.size() < min_block_size) {
      wanted.octets = min_block_size;
      break;
    }
    FileFields<order> fields{rest.first(block_header_size)};
    const std::uint32_t type = fields.u32();
    const std::uint32_t length = fields.u32();
    if (type == section_header) break;
    // Nobody needs statistics that long.
    const bool read =
        is_read(type) && (type != interface_statistics || length <= InputBuffer::max_size);
    if (length < min_block_size || length % 4 != 0 || (read && length > InputBuffer::max_size)) {
      wanted.flaw = fmt::format("bad block length {}", length);
      break;
    }
    if (!read) {
      start_skip(length);
      break;
    }
    if (rest.size() < length) {
      wanted.octets = length;
      break;
    }
    if (FileFields<order>{rest.subspan(length - block_trailer_size)}.u32() != length) {
      wanted.flaw = "block lengths disagree";
      break;
    }
    const Bytes body = rest.subspan(block_header_size, length - min_block_size);
    if (const std::string_view flaw = on_block<order>(type, body, batch); !flaw.empty()) {
      wanted.flaw = flaw;
      break;
    }
    rest = rest.subspan(length);
  }
  input().consume(unread.size() - rest.size());
  return wanted;
}

void PcapngReader::start_skip(std::uint32_t length) noexcept {
  skip_left_ = length - block_trailer_size;
  skip_length_ = length;
}

/// Blocks of other kinds may be longer than the buffer: they are never held whole.
template <ByteOrder order>
CaptureReader::Wanted PcapngReader::skip_block() {
  const std::size_t step = std::min(skip_left_, input().unread().size());
  input().consume(step);
  skip_left_ -= step;
  if (skip_left_ > 0) return {.octets = 1, .flaw = {}};
  const Bytes unread = input().unread();
  if (unread.size() < block_trailer_size) return {.octets = block_trailer_size, .flaw = {}};
  if (FileFields<order>{unread}.u32() != skip_length_) {
    return {.octets = 0, .flaw = "block lengths disagree"};
  }
  input().consume(block_trailer_size);
  skip_length_ = 0;
  return {};
}

template <ByteOrder order>
std::string_view PcapngReader::on_block(std::uint32_t type, Bytes body, Batch& batch) {
  switch (type) {
    case enhanced_packet:
    case obsolete_packet: return on_timed_packet<order>(type, body, batch);
    case simple_packet: return on_simple_packet<order>(body, batch);
    case interface_statistics: on_statistics<order>(body); return {};
    default: return on_interface<order>(body);
  }
}

template <ByteOrder order>
std::string_view PcapngReader::on_interface(Bytes body) {
  FileFields<order> fields{body};
  const auto link = static_cast<LinkType>(fields.u16());
  fields.skip(2);
  const std::uint32_t snaplen = fields.u32();
  if (!fields.ok()) return "interface block too short";
  std::optional<InterfaceOptions> options = read_options(fields);
  if (!options) return "bad option in an interface block";
  const std::optional<std::uint32_t> index =
      section_.size() == InterfaceTable::max_interfaces
          ? std::nullopt
          : interfaces().add({.name = std::move(options->name), .link = link, .snaplen = snaplen},
                             section_.size());
  if (!index) return "more than 65536 interfaces";
  section_.push_back({.index = *index,
                      .snaplen = snaplen,
                      .link = link,
                      .clock = TickClock{options->resolution, options->offset}});
  return {};
}

/// What is wrong with them costs no packet, and is passed over.
template <ByteOrder order>
void PcapngReader::on_statistics(Bytes body) {
  constexpr std::uint16_t isb_ifrecv = 4;
  constexpr std::uint16_t isb_ifdrop = 5;
  constexpr std::uint16_t isb_osdrop = 7;
  FileFields<order> fields{body};
  const std::uint32_t interface = fields.u32();
  fields.skip(8);
  if (!fields.ok() || interface >= section_.size()) return;
  Counters& counters = section_[interface].counters;
  while (const auto option = next_option(fields)) {
    if (option->value.size() != 8) continue;
    const std::uint64_t count = FileFields<order>{option->value}.u64();
    if (option->code == isb_ifrecv) counters.received = count;
    if (option->code == isb_ifdrop) counters.dropped_by_interface = count;
    if (option->code == isb_osdrop) counters.dropped_by_kernel = count;
  }
}

inline void PcapngReader::append(Batch& batch, const SectionInterface& from, Bytes data,
                                 std::uint32_t wire_size) const noexcept {
  batch.packets[batch.count++] = PacketView{.time = last_time_,
                                            .data = data,
                                            .wire_size = wire_size,
                                            .interface = from.index,
                                            .link = from.link};
}

template <ByteOrder order>
std::string_view PcapngReader::on_timed_packet(std::uint32_t type, Bytes body, Batch& batch) {
  if (body.size() < timed_packet_header_size) return "packet longer than its block";
  // Of a size the compiler knows: it drops the checks field by field.
  FileFields<order> fields{body.first(timed_packet_header_size)};
  // The obsolete block has 16 bits and a count of lost packets in the place of the interface.
  std::uint32_t interface = 0;
  if (type == enhanced_packet) {
    interface = fields.u32();
  } else {
    interface = fields.u16();
    fields.skip(2);
  }
  const std::uint64_t high = fields.u32();
  const std::uint64_t low = fields.u32();
  const std::uint32_t captured = fields.u32();
  const std::uint32_t wire_size = fields.u32();
  if (captured > body.size() - timed_packet_header_size) return "packet longer than its block";
  if (captured > max_packet_size) return "packet too long";
  if (interface >= section_.size()) return "undeclared interface";
  const SectionInterface& from = section_[interface];
  last_time_ = from.clock.at(high << 32U | low);
  append(batch, from, body.subspan(timed_packet_header_size, captured), wire_size);
  return {};
}

template <ByteOrder order>
std::string_view PcapngReader::on_simple_packet(Bytes body, Batch& batch) {
  FileFields<order> fields{body};
  const std::uint32_t wire_size = fields.u32();
  if (section_.empty()) return "undeclared interface";
  const SectionInterface& from = section_.front();
  const std::uint32_t captured = from.snaplen == 0 ? wire_size : std::min(wire_size, from.snaplen);
  const Bytes data = fields.take(captured);
  if (!fields.ok()) return "packet longer than its block";
  if (captured > max_packet_size) return "packet too long";
  append(batch, from, data, wire_size);
  return {};
}

Counters PcapngReader::counters() const {
  Counters all = told_;
  for (const SectionInterface& interface : section_) all += interface.counters;
  return all;
}

std::string PcapngReader::place() const {
  return fmt::format("after packet {}", packets());
}

}  // namespace ntan::source
