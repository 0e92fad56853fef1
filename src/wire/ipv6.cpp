#include "wire/ipv6.h"

#include <algorithm>
#include <optional>

#include "base/ipv6_extension.h"

namespace ntan::wire {

namespace {

namespace extension = ipv6_extension;

constexpr std::uint8_t no_next = 59;

/// The length of a jumbo payload option (RFC 2675 2), if the options hold one.
std::optional<std::uint32_t> jumbo_length(Bytes options) noexcept {
  constexpr std::uint8_t pad1 = 0;
  constexpr std::uint8_t jumbo = 0xc2;
  Reader r(options);
  while (!r.done()) {
    const auto type = r.u8();
    if (type == pad1) continue;
    Reader body(r.take(r.u8()));
    if (!r.ok()) return std::nullopt;
    if (type != jumbo) continue;
    const auto length = body.be32();
    // RFC 2675 3: what fits in the header's own field must not be a jumbogram.
    if (!body.ok() || length <= 0xffff) return std::nullopt;
    return length;
  }
  return std::nullopt;
}

/// Follows a chain header by header; each step moves `chain_.payload` behind one header.
class ChainWalk {
 public:
  ChainWalk(std::uint8_t first, Slice input, Ipv6Chain::Start start) noexcept : start_(start) {
    chain_.proto = first;
    chain_.payload = input;
    chain_.size = input.sent;
  }

  Parsed<Ipv6Chain> run() noexcept {
    for (std::size_t count = 0; extension::is_extension(chain_.proto); ++count) {
      if (count == extension::most) return Flaw::unsupported;
      // RFC 8200 4.1: hop-by-hop options stand directly behind the IPv6 header only.
      const bool first = count == 0 && start_ != Ipv6Chain::Start::fragment;
      if (chain_.proto == extension::hop_by_hop && !first) return Flaw::bad_value;
      const auto flaw = step();
      if (flaw) return *flaw;
      if (chain_.is_fragment) break;
    }
    if (chain_.proto == no_next) chain_.payload = {};  // RFC 8200 4.7: ignore the rest
    return chain_;
  }

 private:
  std::optional<Flaw> step() noexcept {
    if (chain_.proto == extension::fragment) return fragment();
    const Slice& at = chain_.payload;
    if (!at.has(2)) return at.missing(2);
    Reader r(at.captured);
    const auto next = r.u8();
    const std::size_t size = extension::size(chain_.proto, r.u8());
    if (!at.has(size)) return at.missing(size);
    note(at.captured.subspan(2, size - 2), size);
    chain_.proto = next;
    return std::nullopt;
  }

  /// What a header says beyond its size; moves behind it.
  void note(Bytes body, std::size_t size) noexcept {
    if (chain_.proto == extension::routing && body.size() >= 2 && body[1] != 0) {
      chain_.segments_left = true;
    }
    if (chain_.proto == extension::hop_by_hop && start_ == Ipv6Chain::Start::header_no_size) {
      if (const auto length = jumbo_length(body)) {
        chain_.payload = chain_.payload.first(*length);
        chain_.size = chain_.payload.sent;
      }
    }
    chain_.payload = chain_.payload.after(size);
  }

  std::optional<Flaw> fragment() noexcept {
    constexpr std::size_t size = 8;
    const Slice& at = chain_.payload;
    // A fragment of a fragment: no host sends it, and reassembling it twice has no bound.
    if (start_ == Ipv6Chain::Start::fragment || seen_fragment_) return Flaw::bad_value;
    if (!at.has(size)) return at.missing(size);
    seen_fragment_ = true;
    Reader r(at.captured);
    chain_.proto = r.u8();
    r.skip(1);
    const auto offset = r.be16();
    chain_.id = r.be32();
    chain_.fragment_offset = extension::fragment_offset(offset);
    chain_.more_fragments = (offset & 1U) != 0;
    // RFC 6946: offset 0 without more to come is a whole datagram.
    chain_.is_fragment = chain_.more_fragments || chain_.fragment_offset != 0;
    chain_.payload = at.after(size);
    return std::nullopt;
  }

  Ipv6Chain chain_;
  Ipv6Chain::Start start_;
  bool seen_fragment_ = false;
};

}  // namespace

Parsed<Ipv6> Ipv6::parse(Slice input) noexcept {
  if (!input.has(header_size)) return input.missing(header_size);
  Reader r(input.captured.first(header_size));
  const auto version = r.be32() >> 28U;
  const std::size_t length = r.be16();
  const auto next = r.u8();
  const auto hop_limit = r.u8();
  const Bytes src = r.take(16);
  const Bytes dst = r.take(16);
  if (version != 6) return Flaw::bad_value;

  const Slice behind = input.after(header_size);
  const bool length_zero = length == 0 && next != no_next;
  return Ipv6{
      .src = IpAddress::v6(src.data()),
      .dst = IpAddress::v6(dst.data()),
      .next_header = next,
      .hop_limit = hop_limit,
      .length_zero = length_zero,
      .length_bad = length > behind.sent,
      .payload = length_zero ? behind : behind.first(length),
  };
}

Parsed<Ipv6Chain> Ipv6Chain::parse(std::uint8_t next_header, Slice input, Start start) noexcept {
  if (!extension::is_extension(next_header)) {
    const Slice payload = next_header == no_next ? Slice{} : input;
    return Ipv6Chain{.proto = next_header, .size = input.sent, .payload = payload};
  }
  return ChainWalk(next_header, input, start).run();
}

}  // namespace ntan::wire
