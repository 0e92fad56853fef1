// pcapng, draft-ietf-opsawg-pcapng: sections of either byte order, any number of interfaces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/byte_order.h"
#include "source/capture_reader.h"
#include "source/tick_clock.h"

namespace ntan::source {

class PcapngReader final : public CaptureReader {
 public:
  /// True for the first four octets of such a file.
  [[nodiscard]] static bool knows(Bytes head) noexcept;

  /// Reads the first section header. Throws Error{not_a_capture} when the file ends in it or it is
  /// no such header. Requires: knows(input.unread()).
  PcapngReader(InputBuffer& input, InterfaceTable& interfaces, const std::string& name);

 private:
  struct SectionInterface {
    std::uint32_t index = 0;  ///< among all of the input
    std::uint32_t snaplen = 0;
    LinkType link{};
    TickClock clock;
    Counters counters;  ///< of its latest statistics, which count from the beginning
  };

  Wanted walk(Batch& batch) override;
  [[nodiscard]] std::string place() const override;
  [[nodiscard]] Counters counters() const override;

  [[nodiscard]] bool between_records() const noexcept override { return skip_length_ == 0; }

  // A flaw is a static text; empty: none.
  // What is rare is kept out of the loop over packets, or the compiler inlines that instead.
  [[gnu::cold]] Wanted start_section();
  template <ByteOrder order>
  [[gnu::cold]] Wanted read_section_header(Bytes unread);
  template <ByteOrder order>
  [[gnu::noinline]] Wanted walk_in(Batch& batch);
  void start_skip(std::uint32_t length) noexcept;
  template <ByteOrder order>
  [[gnu::cold]] Wanted skip_block();
  template <ByteOrder order>
  std::string_view on_block(std::uint32_t type, Bytes body, Batch& batch);
  template <ByteOrder order>
  [[gnu::cold]] std::string_view on_interface(Bytes body);
  template <ByteOrder order>
  [[gnu::cold]] void on_statistics(Bytes body);
  /// Enhanced and obsolete packet blocks.
  template <ByteOrder order>
  std::string_view on_timed_packet(std::uint32_t type, Bytes body, Batch& batch);
  template <ByteOrder order>
  [[gnu::cold]] std::string_view on_simple_packet(Bytes body, Batch& batch);
  void append(Batch& batch, const SectionInterface& from, Bytes data,
              std::uint32_t wire_size) const noexcept;

  ByteOrder order_ = ByteOrder::little;
  std::vector<SectionInterface> section_;
  Counters told_;  ///< by the sections before
  Timestamp last_time_;
  std::size_t skip_left_ = 0;      ///< octets of a block that nobody looks at
  std::uint32_t skip_length_ = 0;  ///< its total length, to compare with the one behind it
};

}  // namespace ntan::source
