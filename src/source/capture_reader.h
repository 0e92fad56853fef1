// What the readers of capture files share: the interface table of the input and how a file ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "source/input_buffer.h"
#include "source/source.h"

namespace ntan::source {

/// Octets of one packet beyond which a record is taken for damage; no link carries as much.
inline constexpr std::uint32_t max_packet_size = std::uint32_t{16} << 20U;

/// The interfaces of a whole input. A later file or section that declares the same interface at the
/// same place gets the same index, so a capture rotated over a thousand files has one `eth0`.
class InterfaceTable {
 public:
  static constexpr std::size_t max_interfaces = 65'536;
  static constexpr std::size_t max_name_size = 255;

  /// The index of `interface`, the `ordinal`-th of its section; absent when the table is full.
  /// Names are cut to max_name_size.
  [[nodiscard]] std::optional<std::uint32_t> add(Interface interface, std::size_t ordinal);

  [[nodiscard]] const std::vector<Interface>& all() const noexcept { return interfaces_; }

 private:
  std::vector<Interface> interfaces_;
  std::unordered_map<std::string, std::uint32_t> indices_;
};

/// Reads the packets of one file. Packets get no number: who joins files and filters counts.
class CaptureReader {
 public:
  CaptureReader(const CaptureReader&) = delete;
  CaptureReader& operator=(const CaptureReader&) = delete;
  virtual ~CaptureReader() = default;

  /// Fills `batch` with what lies whole in the buffer, or waits for the first packet. Views stay
  /// valid until the next call. Status::idle: the wait was interrupted.
  Status read(Batch& batch);

  /// What the file itself says of lost packets, so far.
  [[nodiscard]] virtual Counters counters() const { return {}; }
  /// Why the file ended early, once read() gave Status::end.
  [[nodiscard]] const std::optional<Damage>& damage() const noexcept { return damage_; }

 protected:
  /// Both outlive the reader; `name` is what damage calls the input.
  CaptureReader(InputBuffer& input, InterfaceTable& interfaces, std::string name);

  /// What walk() needs before it can go on.
  struct Wanted {
    std::size_t octets = 0;  ///< from the front of the unread ones; 0: nothing, the batch is full
    std::string flaw;        ///< not empty: the structure is broken here
  };

  /// Appends packets to `batch` and consumes their octets until it is full or octets are wanting.
  virtual Wanted walk(Batch& batch) = 0;
  /// Where the file was cut, for `cut off …`.
  [[nodiscard]] virtual std::string place() const = 0;

  /// The unread octets start a record: the file may end here.
  [[nodiscard]] virtual bool between_records() const noexcept { return true; }

  /// As InputBuffer::fill, but goes on waiting when it is only woken.
  [[nodiscard]] bool fill_header(std::size_t wanted);

  [[nodiscard]] InputBuffer& input() noexcept { return *input_; }

  [[nodiscard]] InterfaceTable& interfaces() noexcept { return *interfaces_; }

  /// Packets handed over before the current batch.
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }

 private:
  Status out_of_octets();
  Status end_with(Damage::Kind kind, std::string_view text);

  InputBuffer* input_;
  InterfaceTable* interfaces_;
  std::string name_;
  std::uint64_t packets_ = 0;
  bool ended_ = false;
  std::optional<Damage> damage_;
};

}  // namespace ntan::source
