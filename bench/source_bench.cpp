// Reading a capture and doing nothing with it: our walk beside libpcap's loop. `NTAN_BENCH_FILE`
// names a pcap file to read instead of the generated one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <benchmark/benchmark.h>
#include <pcap/pcap.h>

#include "source/file_source.h"

namespace {

using ntan::Batch;
using ntan::PacketView;

/// 64 MB of frames of mixed sizes: with equal ones the walk looks better than it is.
std::string generated_file() {
  const std::string path =
      (std::filesystem::temp_directory_path() / "ntan-source-bench.pcap").string();
  std::ofstream file(path, std::ios::binary);
  const auto put = [&file](std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      file.put(static_cast<char>(value >> shift & 0xffU));
  };
  for (const std::uint32_t word : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 262'144U, 1U}) put(word);
  std::uint32_t dice = 1;
  std::vector<char> payload(1500, 0x55);
  const std::string headers("\x08\x00\x45\x00\x00\x50\x00\x00\x00\x00\x40\x11", 12);  // IPv4, UDP
  std::copy(headers.begin(), headers.end(), payload.begin() + 12);
  for (std::size_t written = 0; written < 64'000'000;) {
    dice = dice * 1'664'525 + 1'013'904'223;
    // Most frames are short, some full.
    const std::uint32_t size =
        (dice >> 28U) < 12 ? 60 + (dice >> 20U) % 120 : 900 + (dice >> 18U) % 600;
    put(static_cast<std::uint32_t>(written / 1'000'000));
    put(dice % 1'000'000);
    put(size);
    put(size);
    file.write(payload.data(), size);
    written += 16 + size;
  }
  return path;
}

const std::string& input() {
  static const std::string path = [] {
    const char* chosen = std::getenv("NTAN_BENCH_FILE");
    return chosen != nullptr ? std::string(chosen) : generated_file();
  }();
  return path;
}

struct Read {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

void report(benchmark::State& state, Read read) {
  state.SetItemsProcessed(static_cast<std::int64_t>(read.packets));
  state.SetBytesProcessed(static_cast<std::int64_t>(read.bytes));
  state.counters["time/packet"] = benchmark::Counter(
      static_cast<double>(read.packets), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void ours(benchmark::State& state) {
  Read read;
  for (auto _ : state) {
    const auto source = ntan::source::open_files({input()});
    Batch batch;
    while (source->read(batch) == ntan::source::Status::packets) {
      for (const PacketView& packet : batch.view()) read.bytes += packet.data.size();
      read.packets += batch.count;
    }
  }
  report(state, read);
}

void ours_filtered(benchmark::State& state) {
  Read read;
  for (auto _ : state) {
    const auto source = ntan::source::open_files({input()}, {.filter = "tcp or udp"});
    Batch batch;
    while (source->read(batch) != ntan::source::Status::end) read.packets += batch.count;
  }
  report(state, read);
}

void libpcap_loop(benchmark::State& state) {
  Read read;
  for (auto _ : state) {
    std::vector<char> error(PCAP_ERRBUF_SIZE);
    pcap_t* handle = pcap_open_offline(input().c_str(), error.data());
    if (handle == nullptr) return state.SkipWithError(error.data());
    const auto count = [](u_char* user, const pcap_pkthdr* header, const u_char*) {
      auto* sum = reinterpret_cast<Read*>(user);  // NOLINT(*-reinterpret-cast): libpcap's interface
      ++sum->packets;
      sum->bytes += header->caplen;
    };
    pcap_loop(handle, -1, count, reinterpret_cast<u_char*>(&read));  // NOLINT(*-reinterpret-cast)
    pcap_close(handle);
  }
  report(state, read);
}

void bare_read(benchmark::State& state) {
  Read read;
  std::vector<char> buffer(std::size_t{1} << 20U);
  for (auto _ : state) {
    const int file = ::open(input().c_str(), O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;
    while ((got = ::read(file, buffer.data(), buffer.size())) > 0)
      read.bytes += static_cast<std::uint64_t>(got);
    ::close(file);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(read.bytes));
}

BENCHMARK(libpcap_loop)->Unit(benchmark::kMillisecond);
BENCHMARK(ours)->Unit(benchmark::kMillisecond);
BENCHMARK(ours_filtered)->Unit(benchmark::kMillisecond);
BENCHMARK(bare_read)->Unit(benchmark::kMillisecond);

}  // namespace
