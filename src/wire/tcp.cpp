#include "wire/tcp.h"

#include <algorithm>

#include "wire/decoded.h"

namespace ntan::wire {

Parsed<Tcp> Tcp::parse(Slice input) noexcept {
  if (!input.has(min_header_size)) return input.missing(min_header_size);
  Reader r(input.captured.first(min_header_size));
  const auto src_port = r.be16();
  const auto dst_port = r.be16();
  const auto seq = r.be32();
  const auto ack = r.be32();
  const auto data_offset = r.u8();
  const auto flags = r.u8();
  const auto window = r.be16();

  const std::size_t header_size = (data_offset >> 4U) * std::size_t{4};
  if (header_size < min_header_size || header_size > input.sent) return Flaw::bad_length;
  return Tcp{
      .src_port = src_port,
      .dst_port = dst_port,
      .seq = seq,
      .ack = ack,
      .flags = flags,
      .window = window,
      .options = input.first(header_size).after(min_header_size).captured,
      .options_cut = !input.has(header_size),
      .payload = input.after(header_size),
  };
}

namespace {

void parse_sack(Reader body, TcpOptions& out) noexcept {
  // RFC 2018 3: whole blocks of two edges, at most four.
  if (body.left() % 8 != 0 || body.left() == 0) {
    out.malformed = true;
    return;
  }
  while (body.left() >= 8 && out.sack_count < out.sack.size()) {
    auto& block = out.sack[out.sack_count++];
    block[0] = body.be32();
    block[1] = body.be32();
  }
}

void parse_one(std::uint8_t kind, Reader body, TcpOptions& out) noexcept {
  constexpr std::uint8_t max_window_scale = 14;
  switch (kind) {
    case 2:
      if (body.left() != 2) break;
      out.mss = body.be16();
      return;
    case 3:
      if (body.left() != 1) break;
      out.window_scale = std::min(body.u8(), max_window_scale);
      return;
    case 4:
      if (body.left() != 0) break;
      out.sack_permitted = true;
      return;
    case 5: parse_sack(body, out); return;
    case 8:
      if (body.left() != 8) break;
      out.has_timestamp = true;
      out.ts_value = body.be32();
      out.ts_echo = body.be32();
      return;
    default: return;
  }
  out.malformed = true;
}

}  // namespace

TcpOptions parse_tcp_options(Bytes options) noexcept {
  constexpr std::uint8_t end_of_list = 0;
  constexpr std::uint8_t no_operation = 1;
  TcpOptions out;
  Reader r(options);
  while (!r.done()) {
    const auto kind = r.u8();
    if (kind == end_of_list) break;
    if (kind == no_operation) continue;
    const std::size_t length = r.u8();
    // The length counts kind and itself; less would never move on.
    const Bytes body = length >= 2 ? r.take(length - 2) : Bytes{};
    if (length < 2 || !r.ok()) {
      out.malformed = true;
      break;
    }
    parse_one(kind, Reader(body), out);
  }
  return out;
}

std::optional<TcpTimestamp> parse_tcp_timestamp(Bytes options) noexcept {
  constexpr std::size_t usual_size = 12;
  constexpr std::uint32_t usual_start = 0x0101080a;  // two no-operations, kind 8, length 10
  if (options.empty()) return std::nullopt;
  if (options.size() == usual_size) {
    Reader r(options);
    if (r.be32() == usual_start) {
      const auto value = r.be32();
      return TcpTimestamp{.value = value, .echo = r.be32()};
    }
  }
  const TcpOptions parsed = parse_tcp_options(options);
  if (!parsed.has_timestamp) return std::nullopt;
  return TcpTimestamp{.value = parsed.ts_value, .echo = parsed.ts_echo};
}

}  // namespace ntan::wire
