#include "source/capture_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "base/descriptor.h"
#include "source/capture_format.h"
#include "source/decompress.h"
#include "source/pcap_reader.h"
#include "source/pcapng_reader.h"
#include "source/source.h"

namespace ntan::source {
namespace {

constexpr std::size_t magic_size = 4;

[[noreturn]] void throw_no_capture(InputBuffer& buffer, const std::string& name) {
  const Bytes head = buffer.front(format_head_size);
  const ByteStream& stream = buffer.stream();
  const auto fail = [](const std::string& message, std::vector<std::string> hints = {}) {
    throw Error(Error::Kind::not_a_capture, message, std::move(hints));
  };
  if (stream.state() == StreamState::failed)
    throw Error(Error::Kind::runtime, fmt::format("{}: {}", name, stream.problem()));
  if (!stream.problem().empty() && head.size() < magic_size) {
    fail(fmt::format("{}: {}", name, stream.problem()));
  }
  if (head.empty()) fail(fmt::format("{} is empty (0 bytes)", name));
  const OtherFormat format = describe_format(head);
  std::vector<std::string> hints;
  if (!format.hint.empty()) hints.emplace_back(format.hint);
  if (!format.what.empty()) {
    fail(fmt::format("{} is not pcap or pcapng ({})", name, format.what), std::move(hints));
  }
  if (head.size() < magic_size)
    fail(fmt::format("{} is not pcap or pcapng ({} bytes)", name, head.size()));
  fail(fmt::format("{} is not pcap or pcapng (starts with {:02x} {:02x} {:02x} {:02x})", name,
                   head[0], head[1], head[2], head[3]));
  __builtin_unreachable();
}

std::unique_ptr<CaptureReader> make_reader(InputBuffer& buffer, InterfaceTable& interfaces,
                                           const std::string& name) {
  const Bytes magic = buffer.front(magic_size);
  if (PcapReader::knows(magic)) return std::make_unique<PcapReader>(buffer, interfaces, name);
  if (PcapngReader::knows(magic)) return std::make_unique<PcapngReader>(buffer, interfaces, name);
  throw_no_capture(buffer, name);
}

}  // namespace

CaptureFile::CaptureFile(std::unique_ptr<ByteStream> stream, InterfaceTable& interfaces,
                         const std::string& name, std::size_t buffer_size)
    : stream_(std::move(stream)), buffer_(*stream_, buffer_size) {
  InputBuffer* packets = &buffer_;
  if (const Packing packing = find_packing(buffer_); packing != Packing::none) {
    unpacked_ = unpack(packing, buffer_);
    packets = &unpacked_buffer_.emplace(*unpacked_, buffer_size);
  }
  reader_ = make_reader(*packets, interfaces, name);
}

bool looks_like_capture(Bytes head) noexcept {
  const Bytes magic = head.first(std::min(magic_size, head.size()));
  return PcapReader::knows(magic) || PcapngReader::knows(magic) ||
         packing_of(magic) != Packing::none;
}

std::unique_ptr<ByteStream> open_stream(const std::string& path, Interrupt* interrupt) {
  // A copy of descriptor 0, so that whoever closes it closes only that.
  Descriptor descriptor{path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                    : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (descriptor.open())
    return std::make_unique<DescriptorStream>(std::move(descriptor), interrupt);
  const std::error_code reason{errno, std::generic_category()};
  throw Error(
      kind_of(reason),
      fmt::format("cannot open {}: {}", path == "-" ? "standard input" : path, reason.message()));
}

}  // namespace ntan::source
