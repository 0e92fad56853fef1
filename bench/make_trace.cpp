// Captures for the end-to-end measurements, the same octets for the same words:
//
//   make_trace mix FILE MIB             web, DNS, TLS, voice, terminals: two thousand flows at once
//
//   make_trace live FILE FLOWS PACKETS  datagrams of so many flows in random order
//
//   make_trace syn FILE FLOWS           a SYN from an address of its own each microsecond
//
//   make_trace files FOLDER COUNT       small captures of a few connections
//
// Classic pcap in this machine's byte order, nanoseconds, Ethernet.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/app/tls_bytes.h"
#include "tests/support/bytes.h"
#include "tests/support/traffic.h"

namespace {

using ntan::Bytes;
using ntan::Timestamp;
using ntan::to_ns;
using ntan::test::client_hello;
using ntan::test::Dice;
using ntan::test::extension;
using ntan::test::Frame;
using ntan::test::Frames;
using ntan::test::in_ethernet;
using ntan::test::ipv4;
using ntan::test::Octets;
using ntan::test::Pair;
using ntan::test::server_hello;
using ntan::test::sni_extension;
using ntan::test::TcpScript;
using ntan::test::tls_record;
using ntan::test::traffic_start;
using ntan::test::udp_packet;
using ntan::test::with_length;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int usage_error = 2;

class Trace {
 public:
  explicit Trace(const std::string& path) : out_(path, std::ios::binary) {
    constexpr std::uint32_t nanosecond_magic = 0xa1b23c4d;
    constexpr std::uint32_t version = 4U << 16U | 2U;
    constexpr std::uint32_t snap_length = 262'144;
    constexpr std::uint32_t ethernet = 1;
    for (const std::uint32_t word : {nanosecond_magic, version, 0U, 0U, snap_length, ethernet})
      put(word);
  }

  void add(Timestamp time, Bytes frame) {
    constexpr std::int64_t ns_per_second = 1'000'000'000;
    put(static_cast<std::uint32_t>(to_ns(time) / ns_per_second));
    put(static_cast<std::uint32_t>(to_ns(time) % ns_per_second));
    put(static_cast<std::uint32_t>(frame.size()));
    put(static_cast<std::uint32_t>(frame.size()));
    block_.insert(block_.end(), frame.begin(), frame.end());
    if (block_.size() >= most_held) flush();
  }

  void add(const Frames& frames) {
    for (const Frame& frame : frames) add(frame.time, frame.data);
  }

  /// Octets so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return written_ + block_.size(); }

  void finish() {
    flush();
    out_.close();
    if (!out_) throw std::runtime_error("cannot write the capture");
  }

 private:
  static constexpr std::size_t most_held = std::size_t{1} << 20U;

  void put(std::uint32_t word) {
    std::array<std::uint8_t, sizeof word> octets{};
    std::memcpy(octets.data(), &word, sizeof word);
    block_.insert(block_.end(), octets.begin(), octets.end());
  }

  void flush() {
    // NOLINTNEXTLINE(*-reinterpret-cast): octets as a stream takes them
    out_.write(reinterpret_cast<const char*>(block_.data()),
               static_cast<std::streamsize>(block_.size()));
    written_ += block_.size();
    block_.clear();
  }

  std::ofstream out_;
  Octets block_;
  std::uint64_t written_ = 0;
};

/// Ordinary traffic, a second after the other. Shares are those of an office: most octets are
/// downloads, most flows look-ups.
class Office {
 public:
  explicit Office(std::uint64_t seed) : dice_(seed) {}

  /// What begins in this second; it goes on for a few more.
  Frames second(Timestamp begin) {
    Frames frames;
    begin_ = begin;
    for (int i = 0; i < 500; ++i) look_up(frames);
    for (int i = 0; i < 200; ++i) download(frames);
    for (int i = 0; i < 100; ++i) secret(frames);
    for (int i = 0; i < 50; ++i) terminal(frames);
    for (int i = 0; i < 10; ++i) voice(frames);
    return frames;
  }

 private:
  static Bytes text(std::string_view words) { return ntan::as_bytes(words); }

  Timestamp moment() { return begin_ + microseconds{dice_.below(1'000'000)}; }

  /// A client of ours and a server elsewhere.
  Pair ends(std::uint16_t port) {
    constexpr std::uint32_t clients = 2'000;
    constexpr std::uint32_t servers = 4'000;
    constexpr std::uint32_t first_ephemeral = 32'768;
    constexpr std::uint32_t ephemeral = 28'000;
    return {ipv4(10, 1, 0, 0) + dice_.below(clients), ipv4(198, 18, 0, 0) + dice_.below(servers),
            static_cast<std::uint16_t>(first_ephemeral + dice_.below(ephemeral)), port};
  }

  std::string host() { return "host" + std::to_string(dice_.below(5'000)) + ".example.com"; }

  void look_up(Frames& frames) {
    Pair pair = ends(53);
    pair.dst = ipv4(10, 0, 0, 53);
    const auto id = static_cast<std::uint16_t>(dice_.below(65'536));
    const std::string name = host();
    const Timestamp time = moment();
    frames.push_back(
        {.time = time, .data = in_ethernet(udp_packet(pair, ntan::test::dns_query(id, name)))});
    frames.push_back({.time = time + microseconds{500 + dice_.below(20'000)},
                      .data = in_ethernet(udp_packet(
                          pair.back(), ntan::test::dns_answer(
                                           id, name, ipv4(198, 18, 0, 0) + dice_.below(4'000))))});
  }

  void download(Frames& frames) {
    TcpScript script(frames, ends(80), moment(), milliseconds{4});
    script.handshake();
    script.send(true, text("GET /pages/" + std::to_string(dice_.below(1'000'000)) +
                           ".html HTTP/1.1\r\nHost: " + host() +
                           "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: "
                           "text/html,*/*;q=0.8\r\nAccept-Language: en\r\n\r\n"));
    constexpr std::size_t full = 1'400;
    const std::size_t segments = 4 + dice_.below(12);
    script.send(false, text("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nServer: example\r\n"
                            "Content-Length: " +
                            std::to_string(segments * full) + "\r\n\r\n"));
    for (std::size_t i = 0; i < segments; ++i) {
      script.send(false, Octets(full, static_cast<std::uint8_t>('a' + i)));
      if (i % 2 == 1) script.send(true, {});
    }
    script.fin_both();
  }

  void secret(Frames& frames) {
    constexpr std::uint8_t application_data = 23;
    constexpr std::uint8_t change_cipher_spec = 20;
    static const Octets ciphers{0x13, 0x01, 0x13, 0x02, 0xc0, 0x2f, 0xc0, 0x30};
    static const Octets cipher{0x13, 0x01};
    static const Octets only_13{0x03, 0x04};
    TcpScript script(frames, ends(443), moment(), milliseconds{3});
    script.handshake();
    Octets offered = sni_extension(host());
    const Octets versions = extension(43, with_length(1, only_13));
    offered.insert(offered.end(), versions.begin(), versions.end());
    script.send(true, client_hello(ciphers, offered));
    Octets answer = server_hello(cipher, extension(43, only_13));
    for (const Octets& more : {tls_record(change_cipher_spec, Octets{1}),
                               tls_record(application_data, dice_.octets(1'100))})
      answer.insert(answer.end(), more.begin(), more.end());
    script.send(false, answer);
    const std::size_t records = 6 + dice_.below(10);
    for (std::size_t i = 0; i < records; ++i) {
      script.send(i % 4 == 0, tls_record(application_data, dice_.octets(200 + dice_.below(1'100))));
      if (i % 2 == 1) script.send(true, {});
    }
    script.fin_both();
  }

  void terminal(Frames& frames) {
    TcpScript script(frames, ends(22), moment(), milliseconds{40});
    script.handshake();
    script.send(false, text("SSH-2.0-OpenSSH_9.2\r\n"));
    script.send(true, text("SSH-2.0-OpenSSH_9.2\r\n"));
    for (int i = 0; i < 15; ++i) {
      script.send(true, dice_.octets(36));
      script.send(false, dice_.octets(36 + dice_.below(200)));
    }
    script.fin_both();
  }

  void voice(Frames& frames) {
    constexpr std::uint8_t rtp = 0x80;
    const Pair pair = ends(16'384);
    Timestamp time = moment();
    for (int i = 0; i < 100; ++i, time += milliseconds{20}) {
      Octets packet = dice_.octets(172);
      packet[0] = rtp;
      packet[1] = 0;
      frames.push_back(
          {.time = time, .data = in_ethernet(udp_packet(i % 2 == 0 ? pair : pair.back(), packet))});
    }
  }

  Dice dice_;
  Timestamp begin_;
};

void make_mix(const std::string& path, std::uint64_t mib) {
  Trace trace(path);
  Office office(1);
  Frames later;
  for (Timestamp now = traffic_start; trace.size() < mib << 20U; now += seconds{1}) {
    ntan::test::mix_in(later, office.second(now));
    const auto end = std::find_if(later.begin(), later.end(), [now](const Frame& frame) {
      return frame.time >= now + seconds{1};
    });
    trace.add(Frames(later.begin(), end));
    later.erase(later.begin(), end);
  }
  trace.finish();
}

void make_live(const std::string& path, std::uint32_t flows, std::uint64_t packets) {
  constexpr std::size_t payload = 58;
  if (flows == 0) throw std::runtime_error("packets of no flow");
  Trace trace(path);
  Dice dice(1);
  Timestamp now = traffic_start;
  const auto datagram = [payload](std::uint32_t flow) {
    constexpr std::uint32_t ports = 50'000;
    const Pair pair{ipv4(10, 0, 0, 0) + flow, ipv4(198, 18, 0, 1),
                    static_cast<std::uint16_t>(1'024 + flow % ports), 9'000};
    return in_ethernet(udp_packet(flow % 2 == 0 ? pair : pair.back(), Octets(payload, 0xff)));
  };
  // Each has begun before any comes again.
  for (std::uint32_t flow = 0; flow < flows; ++flow, now += std::chrono::nanoseconds{500})
    trace.add(now, datagram(flow));
  for (std::uint64_t i = flows; i < packets; ++i, now += std::chrono::nanoseconds{500})
    trace.add(now, datagram(dice.below(flows)));
  trace.finish();
}

void make_syn(const std::string& path, std::uint64_t flows) {
  constexpr std::uint64_t at_once = 100'000;
  Trace trace(path);
  Timestamp now = traffic_start;
  for (std::uint64_t made = 0; made < flows; made += at_once, now += microseconds{at_once})
    trace.add(ntan::test::syn_flood(std::min(at_once, flows - made), now, made + 1));
  trace.finish();
}

void make_files(const std::string& folder, std::uint64_t count) {
  std::filesystem::create_directories(folder);
  for (std::uint64_t i = 0; i < count; ++i) {
    Trace trace(folder + "/" + std::to_string(i) + ".pcap");
    trace.add(ntan::test::make_traffic({.seed = i + 1,
                                        .start = traffic_start + seconds{10 * i},
                                        .length = seconds{5},
                                        .tcp = 2,
                                        .http = 2,
                                        .dns = 4,
                                        .tls = 1,
                                        .udp = 1,
                                        .pings = 1,
                                        .arps = 1,
                                        .fragmented = 0,
                                        .tunnelled = 0,
                                        .scanned = 0,
                                        .icmp_errors = 0,
                                        .garbage = 0}));
    trace.finish();
  }
}

int take_command(const std::vector<std::string>& words) {
  const auto number = [&words](std::size_t at) {
    return std::strtoull(words[at].c_str(), nullptr, 10);
  };
  const std::string kind = words.empty() ? "" : words[0];
  if (kind == "mix" && words.size() == 3) {
    make_mix(words[1], number(2));
  } else if (kind == "live" && words.size() == 4) {
    make_live(words[1], static_cast<std::uint32_t>(number(2)), number(3));
  } else if (kind == "syn" && words.size() == 3) {
    make_syn(words[1], number(2));
  } else if (kind == "files" && words.size() == 3) {
    make_files(words[1], number(2));
  } else {
    std::fputs(
        "usage: make_trace mix FILE MIB | live FILE FLOWS PACKETS | syn FILE FLOWS | "
        "files FOLDER COUNT\n",
        stderr);
    return usage_error;
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return take_command({words + 1, words + count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_trace: %s\n", error.what());
    return 1;
  }
}
