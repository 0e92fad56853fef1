#include "app/quic_stream.h"

#include <algorithm>
#include <cstring>

namespace ntan::app {

QuicCryptoStream::Added QuicCryptoStream::add(std::uint64_t offset, Bytes data) {
  if (closed_) return Added::known;
  if (offset < base_) {
    const std::uint64_t taken = base_ - offset;
    if (taken >= data.size()) return Added::known;
    data = data.subspan(taken);
    offset = base_;
  }
  if (data.empty()) return Added::known;
  const std::uint64_t begin = offset - base_;
  if (begin > max_size || data.size() > max_size - begin) return give_up(Added::excess);
  const auto start = static_cast<std::uint32_t>(begin);
  return put({start, start + static_cast<std::uint32_t>(data.size())}, data);
}

QuicCryptoStream::Added QuicCryptoStream::put(Piece piece, Bytes data) {
  // The pieces that this one touches become one with it.
  const auto pieces = std::span{pieces_}.first(size_);
  const auto first =
      std::ranges::find_if(pieces, [&](const Piece& other) { return other.end >= piece.begin; });
  const auto last = std::find_if(first, pieces.end(),
                                 [&](const Piece& other) { return other.begin > piece.end; });
  if (first == last && size_ == max_pieces) return give_up(Added::excess);
  if (octets_.size() < piece.end && octets_.extend(piece.end - octets_.size()).empty())
    return give_up(Added::refused);
  const std::span touched{first, last};
  const bool fresh = fill(piece, touched, data);
  Piece whole = piece;
  if (!touched.empty())
    whole = {std::min(piece.begin, touched.front().begin), std::max(piece.end, touched.back().end)};
  merge(static_cast<std::size_t>(first - pieces.begin()), touched.size(), whole);
  return fresh ? Added::fresh : Added::known;
}

/// Copies what is not known yet, and returns whether there was any.
bool QuicCryptoStream::fill(Piece piece, std::span<const Piece> known, Bytes data) noexcept {
  std::uint32_t at = piece.begin;
  bool fresh = false;
  const auto fill_to = [&](std::uint32_t end) {
    if (at >= end) return;
    fresh = true;
    std::memcpy(octets_.data() + at, data.data() + (at - piece.begin), end - at);
  };
  for (const Piece& other : known) {
    fill_to(std::min(other.begin, piece.end));
    at = std::max(at, other.end);
  }
  fill_to(piece.end);
  return fresh;
}

/// Puts one piece in the place of `count`, which may be none.
void QuicCryptoStream::merge(std::size_t first, std::size_t count, Piece whole) noexcept {
  const auto place = pieces_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto behind = place + static_cast<std::ptrdiff_t>(count);
  const auto end = pieces_.begin() + size_;
  if (count == 0) {
    std::move_backward(place, end, end + 1);
  } else {
    std::move(behind, end, place + 1);
  }
  *place = whole;
  size_ = static_cast<std::uint8_t>(size_ + 1 - count);
}

QuicCryptoStream::Added QuicCryptoStream::give_up(Added why) noexcept {
  close();
  return why;
}

Bytes QuicCryptoStream::ready() const noexcept {
  if (size_ == 0 || pieces_[0].begin != 0) return {};
  return octets_.view().first(pieces_[0].end);
}

void QuicCryptoStream::take(std::size_t count) noexcept {
  if (count == 0) return;
  octets_.drop_front(count);
  base_ += count;
  const auto taken = static_cast<std::uint32_t>(count);
  for (Piece& piece : std::span{pieces_}.first(size_))
    piece = {piece.begin - taken, piece.end - taken};
  pieces_[0].begin = 0;
  if (pieces_[0].end != 0) return;
  std::move(pieces_.begin() + 1, pieces_.begin() + size_, pieces_.begin());
  --size_;
}

void QuicCryptoStream::restart() noexcept {
  close();
  base_ = 0;
  closed_ = false;
}

void QuicCryptoStream::close() noexcept {
  closed_ = true;
  size_ = 0;
  octets_.release();
}

}  // namespace ntan::app
