#include "source/input_buffer.h"

#include <algorithm>
#include <cstring>

namespace ntan::source {

InputBuffer::InputBuffer(ByteStream& stream, std::size_t size)
    : stream_(&stream),
      capacity_(size),
      octets_(std::make_unique_for_overwrite<std::uint8_t[]>(size)) {}  // NOLINT(*-avoid-c-arrays)

bool InputBuffer::fill(std::size_t wanted) {
  if (unread().size() >= wanted) return true;
  move_to_front();
  while (end_ < wanted) {
    if (end_ == capacity_) grow();
    const std::size_t got = stream_->read(std::span{octets_.get(), capacity_}.subspan(end_));
    if (got == 0) return false;
    end_ += got;
  }
  return true;
}

Bytes InputBuffer::front(std::size_t wanted) {
  while (!fill(wanted) && stream_->state() == StreamState::open) {
  }
  return unread().first(std::min(wanted, unread().size()));
}

void InputBuffer::move_to_front() {
  if (begin_ == 0) return;
  const Bytes tail = unread();
  std::memmove(octets_.get(), tail.data(), tail.size());
  begin_ = 0;
  end_ = tail.size();
}

void InputBuffer::grow() {
  const std::size_t larger = std::min(capacity_ * 2, max_size);
  auto octets = std::make_unique_for_overwrite<std::uint8_t[]>(larger);  // NOLINT(*-avoid-c-arrays)
  std::copy_n(octets_.get(), end_, octets.get());
  octets_ = std::move(octets);
  capacity_ = larger;
}

}  // namespace ntan::source
