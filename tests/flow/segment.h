// TCP conversations written as text: `>S <SA >A >D10A <A >FA <FA >A`.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/budget.h"
#include "flow/pool.h"
#include "flow/tcp.h"

namespace ntan::test {

struct Segment {
  Direction direction = Direction::to_server;
  int flags = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint32_t size = 0;
  std::uint16_t window = 0x4000;
  Bytes options{};
};

inline wire::Decoded decoded(const Segment& segment) {
  constexpr std::array<std::uint8_t, 4> client{198, 51, 100, 1};
  constexpr std::array<std::uint8_t, 4> server{192, 0, 2, 1};
  const bool from_client = segment.direction == Direction::to_server;
  wire::Decoded out;
  out.src = IpAddress::v4(from_client ? client.data() : server.data());
  out.dst = IpAddress::v4(from_client ? server.data() : client.data());
  out.src_port = from_client ? 40000 : 80;
  out.dst_port = from_client ? 80 : 40000;
  out.bucket = wire::Bucket::flow;
  out.proto = ip_protocol::tcp;
  out.tcp_flags = static_cast<std::uint8_t>(segment.flags);
  out.seq = segment.seq;
  out.ack = segment.ack;
  out.payload_size = segment.size;
  out.window = segment.window;
  out.options = segment.options.data();
  out.options_size = static_cast<std::uint16_t>(segment.options.size());
  return out;
}

/// Plays both ends of a connection; numbers follow from what each end has sent.
///
/// `>` is the client, `<` the server; then flags S A F R, `D10` for ten octets of payload, `Z` for
/// a zero window; `*` sends the last segment of that end once more, `+40` lets 40 ms pass.
class Talk {
 public:
  explicit Talk(std::uint32_t client_isn = 1000, std::uint32_t server_isn = 5000) noexcept
      : next_{client_isn, server_isn} {}
  Talk(std::string_view script, std::uint32_t client_isn = 1000, std::uint32_t server_isn = 5000)
      : Talk(client_isn, server_isn) {
    play(script);
  }

  void play(std::string_view script) {
    while (!script.empty()) {
      const std::string_view token = script.substr(0, script.find(' '));
      script.remove_prefix(std::min(script.size(), token.size() + 1));
      if (token.front() == '+') {
        now_ += std::chrono::milliseconds{number(token.substr(1))};
      } else {
        say(token);
      }
    }
  }

  /// A segment with numbers of its own.
  flow::TcpConnection::Effect send(const Segment& segment) {
    last_effect_ = tcp.on_segment(decoded(segment), segment.direction, now_, history);
    payload_[index(segment.direction)] += segment.size;
    return last_effect_;
  }

  [[nodiscard]] std::string_view state() const {
    return to_text(tcp.state(payload_[0], payload_[1]));
  }
  [[nodiscard]] const flow::TcpSide& client() const { return tcp.side(Direction::to_server); }
  [[nodiscard]] const flow::TcpSide& server() const { return tcp.side(Direction::to_client); }
  [[nodiscard]] const flow::TcpConnection::Effect& effect() const { return last_effect_; }
  [[nodiscard]] Timestamp now() const { return now_; }

 private:
  Budget budget_{.limit = std::size_t{1} << 20U};
  flow::Pool pool_{budget_};

 public:
  flow::TcpConnection tcp{pool_};
  flow::History history;

  /// Starts anew as a connection that began with this SYN.
  void remember(const flow::FirstSyn& syn) {
    std::destroy_at(&tcp);
    std::construct_at(&tcp, pool_, syn, now_);
  }

 private:
  static std::int64_t number(std::string_view digits) {
    const bool negative = digits.front() == '-';
    std::int64_t value = 0;
    for (const char c : digits.substr(negative ? 1 : 0)) value = value * 10 + (c - '0');
    return negative ? -value : value;
  }

  static int flag_of(char letter) {
    namespace flag = wire::tcp_flag;
    switch (letter) {
      case 'S': return flag::syn;
      case 'A': return flag::ack;
      case 'F': return flag::fin;
      case 'R': return flag::rst;
      default: return 0;
    }
  }

  void say(std::string_view token) {
    namespace flag = wire::tcp_flag;
    const Direction from = token.front() == '>' ? Direction::to_server : Direction::to_client;
    Segment& last = last_[index(from)];
    if (token.substr(1) == "*") {
      send(last);
      return;
    }
    std::uint32_t& next = next_[index(from)];
    last = {.direction = from, .seq = next};
    for (const char letter : token.substr(1)) {
      last.flags |= flag_of(letter);
      if (letter == 'Z') last.window = 0;
      if (letter >= '0' && letter <= '9')
        last.size = last.size * 10 + static_cast<std::uint32_t>(letter - '0');
    }
    if ((last.flags & flag::ack) != 0) last.ack = next_[index(reverse(from))];
    if ((last.flags & flag::syn) != 0) {
      // A simultaneous open says the same number in its SYN and its SYN-ACK.
      if (!std::exchange(has_isn_[index(from)], true)) isn_[index(from)] = next++;
      last.seq = isn_[index(from)];
    }
    next += last.size + ((last.flags & flag::fin) != 0 ? 1U : 0U);
    send(last);
  }

  std::array<std::uint32_t, 2> next_;
  std::array<std::uint32_t, 2> isn_{};
  std::array<bool, 2> has_isn_{};
  std::array<Segment, 2> last_;
  std::array<std::uint64_t, 2> payload_{};
  Timestamp now_ = from_ns(1'700'000'000'000'000'000);
  flow::TcpConnection::Effect last_effect_;
};

}  // namespace ntan::test
