// Packets as they came, in a capture file of their own: what -w writes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/packet.h"
#include "sink/output_file.h"

namespace ntan::sink {

/// An interface of the input; PacketView::interface indexes them.
struct CaptureInterface {
  std::string name;  ///< may be empty
  LinkType link{};
  std::uint32_t snaplen = 0;  ///< 0: unknown
};

enum class CaptureFormat : std::uint8_t {
  pcap,    ///< nanosecond times, one link type
  pcapng,  ///< all interfaces with their names
};

/// pcapng for names that end in `.pcapng`, pcap otherwise.
[[nodiscard]] CaptureFormat capture_format(std::string_view path) noexcept;

/// Writes whole packets only; a file cut short by a full disk still ends at a packet's border.
class PacketSink {
 public:
  PacketSink(OutputFile file, CaptureFormat format);

  /// The next interface of the input, before its first packet.
  void add_interface(CaptureInterface interface);
  void write(const Batch& batch);
  /// Also writes the file's header if an interface is known, so that a reader of a pipe can begin.
  void flush();
  /// The input has ended: a slow reader is waited for, see OutputFile.
  void wait_for_reader() noexcept { file_.wait_for_reader(); }
  void finish();

  [[nodiscard]] State state() const noexcept { return file_.state(); }

  [[nodiscard]] std::string problem() const { return file_.problem(); }

  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }

  /// Packets appended but not written.
  [[nodiscard]] std::uint64_t lost() const noexcept {
    // Of the file's records the first is no packet; where it was lost, all were.
    return std::min(file_.lost(), packets_);
  }

  /// Packets left out since a pcap file has one link type, that of its first packet.
  [[nodiscard]] std::uint64_t other_links() const noexcept { return other_links_; }

  /// Packets written with the nearest time that the format holds: pcap has those from 1970 to 2106,
  /// pcapng none before 1970.
  [[nodiscard]] std::uint64_t other_times() const noexcept { return other_times_; }

 private:
  void begin(LinkType link);
  void write_pcap(const PacketView& packet);
  void write_pcapng(const PacketView& packet);
  [[nodiscard]] Timestamp held(Timestamp time) noexcept;

  OutputFile file_;
  CaptureFormat format_;
  std::vector<CaptureInterface> interfaces_;
  std::size_t declared_ = 0;  ///< pcapng: interfaces that the file knows
  bool begun_ = false;
  LinkType link_{};      ///< pcap: of the file
  std::string scratch_;  ///< one record's head or block, kept to save allocations
  std::uint64_t packets_ = 0;
  std::uint64_t other_links_ = 0;
  std::uint64_t other_times_ = 0;
};

}  // namespace ntan::sink
