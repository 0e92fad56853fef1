// What somebody who takes libtins for the same work begins with: reads a capture by FileSniffer and
// follows its TCP streams by StreamFollower. Prints what it met:
//
//   libtins_follow CAPTURE
//
// A peer of bench/end_to_end, built where libtins is installed.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <tins/sniffer.h>
#include <tins/tcp_ip/stream_follower.h>

namespace {

constexpr int usage_error = 2;

struct Met {
  std::uint64_t packets = 0;
  std::uint64_t streams = 0;
  std::uint64_t octets = 0;  ///< in order, of both directions
};

void follow(const char* path, Met& met) {
  using Tins::TCPIP::Stream;
  Tins::TCPIP::StreamFollower follower;
  follower.new_stream_callback([&met](Stream& stream) {
    ++met.streams;
    stream.client_data_callback([&met](Stream& one) { met.octets += one.client_payload().size(); });
    stream.server_data_callback([&met](Stream& one) { met.octets += one.server_payload().size(); });
  });
  Tins::FileSniffer sniffer(path);
  sniffer.sniff_loop([&](Tins::Packet& packet) {
    ++met.packets;
    follower.process_packet(packet);
    return true;
  });
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: libtins_follow CAPTURE\n", stderr);
    return usage_error;
  }
  try {
    Met met;
    follow(words[1], met);
    std::printf("%ju packets, %ju streams, %ju octets\n", std::uintmax_t{met.packets},
                std::uintmax_t{met.streams}, std::uintmax_t{met.octets});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "libtins_follow: %s\n", error.what());
    return 1;
  }
}
