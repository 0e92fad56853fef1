#include "source/capture_reader.h"

#include <fmt/format.h>

namespace ntan::source {

std::optional<std::uint32_t> InterfaceTable::add(Interface interface, std::size_t ordinal) {
  if (interface.name.size() > max_name_size) interface.name.resize(max_name_size);
  std::string key = fmt::format("{} {} {} {}", ordinal, static_cast<unsigned>(interface.link),
                                interface.snaplen, interface.name);
  if (const auto known = indices_.find(key); known != indices_.end()) return known->second;
  if (interfaces_.size() == max_interfaces) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(interfaces_.size());
  indices_.emplace(std::move(key), index);
  interfaces_.push_back(std::move(interface));
  return index;
}

CaptureReader::CaptureReader(InputBuffer& input, InterfaceTable& interfaces, std::string name)
    : input_(&input), interfaces_(&interfaces), name_(std::move(name)) {}

Status CaptureReader::read(Batch& batch) {
  batch.count = 0;
  while (!ended_) {
    const Wanted wanted = walk(batch);
    if (batch.count > 0) {
      packets_ += batch.count;
      return Status::packets;
    }
    if (!wanted.flaw.empty()) {
      return end_with(Damage::Kind::corrupt,
                      fmt::format("{} {} at byte {}", wanted.flaw, place(), input_->offset()));
    }
    if (!input_->fill(wanted.octets)) return out_of_octets();
  }
  return Status::end;
}

bool CaptureReader::fill_header(std::size_t wanted) {
  while (!input_->fill(wanted)) {
    if (input_->stream().state() != StreamState::open) return false;
  }
  return true;
}

Status CaptureReader::out_of_octets() {
  const ByteStream& stream = input_->stream();
  switch (stream.state()) {
    case StreamState::open: return Status::idle;
    case StreamState::ended: break;
    case StreamState::truncated:
      return end_with(Damage::Kind::truncated, fmt::format("{} {}", stream.problem(), place()));
    case StreamState::corrupt:
      return end_with(Damage::Kind::corrupt, fmt::format("{} {}", stream.problem(), place()));
    case StreamState::failed:
      return end_with(Damage::Kind::unreadable, fmt::format("{} {}", stream.problem(), place()));
  }
  if (input_->unread().empty() && between_records()) {
    ended_ = true;
    return Status::end;
  }
  return end_with(Damage::Kind::truncated, fmt::format("cut off {} at byte {}", place(),
                                                       input_->offset() + input_->unread().size()));
}

Status CaptureReader::end_with(Damage::Kind kind, std::string_view text) {
  ended_ = true;
  damage_ = Damage{.kind = kind, .text = fmt::format("{}: {}", name_, text)};
  return Status::end;
}

}  // namespace ntan::source
