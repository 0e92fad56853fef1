// The classic capture format: draft-ietf-opsawg-pcap, with the nanosecond and the "modified" magic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "source/byte_order.h"
#include "source/capture_reader.h"

namespace ntan::source {

class PcapReader final : public CaptureReader {
 public:
  static constexpr std::size_t file_header_size = 24;

  /// True for the first four octets of such a file.
  [[nodiscard]] static bool knows(Bytes head) noexcept;

  /// Reads the file header. Throws Error{not_a_capture} when the file ends in it or its version is
  /// unknown. Requires: knows(input.unread()).
  PcapReader(InputBuffer& input, InterfaceTable& interfaces, const std::string& name);

 private:
  Wanted walk(Batch& batch) override;
  [[nodiscard]] std::string place() const override;

  template <ByteOrder order>
  void read_header(Bytes header, const std::string& name);
  template <ByteOrder order>
  Wanted walk_in(Batch& batch);

  ByteOrder order_ = ByteOrder::little;
  std::uint32_t ns_per_tick_ = 1000;
  std::size_t record_header_size_ = 16;
  bool sizes_may_be_swapped_ = false;
  std::uint32_t interface_ = 0;
  LinkType link_{};
};

}  // namespace ntan::source
