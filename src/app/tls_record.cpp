#include "app/tls_record.h"

#include <algorithm>

namespace ntan::app {
namespace {

/// Takes up to `wanted` octets off the front.
Bytes take_some(Bytes& input, std::size_t wanted) noexcept {
  const Bytes taken = input.first(std::min(wanted, input.size()));
  input = input.subspan(taken.size());
  return taken;
}

/// Message types whose content is looked into.
bool is_read(TlsHandshake type) noexcept {
  return type == TlsHandshake::client_hello || type == TlsHandshake::server_hello ||
         type == TlsHandshake::certificate || type == TlsHandshake::server_key_exchange;
}

}  // namespace

TlsRecords::Step TlsRecords::read_header() noexcept {
  const bool first = !started_;
  started_ = true;
  Reader reader{header_};
  const std::uint8_t type = reader.u8();
  if (first && (type & 0x80U) != 0) {
    const std::uint16_t size = load_be<std::uint16_t>(header_.data()) & 0x7fffU;
    if (size < 3) return Step::bad;
    length_ = left_ = static_cast<std::uint16_t>(size - 3);
    return Step::sslv2;
  }
  const std::uint8_t major = reader.u8();
  reader.skip(1);
  length_ = left_ = reader.be16();
  if (type < 20 || type > 24 || major != 3 || length_ > max_tls_record) return Step::bad;
  return Step::begin;
}

TlsRecords::Piece TlsRecords::next(Bytes& input, Timestamp now) noexcept {
  if (input.empty()) return {};
  if (left_ != 0) {
    const Bytes data = take_some(input, left_);
    left_ = static_cast<std::uint16_t>(left_ - data.size());
    return {Step::fragment, data};
  }
  if (header_size_ == header_.size()) header_size_ = 0;
  if (header_size_ == 0) time_ = now;
  for (const std::uint8_t octet : take_some(input, header_.size() - header_size_))
    header_[header_size_++] = octet;
  if (header_size_ < header_.size()) return {};
  return {read_header(), {}};
}

void TlsMessages::read_header() noexcept {
  Reader reader{header_};
  const auto type = static_cast<TlsHandshake>(reader.u8());
  left_ = reader.be24();
  skipped_ = !is_read(type) || left_ > max_size;
}

void TlsMessages::expect(TlsHandshake type, std::uint32_t length, Timestamp now) noexcept {
  header_ = {static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(length >> 16U),
             static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length)};
  header_size_ = 4;
  time_ = now;
  read_header();
}

TlsMessage TlsMessages::complete(Bytes body) noexcept {
  header_size_ = 0;
  return {static_cast<TlsHandshake>(header_[0]), body, time_};
}

std::optional<TlsMessage> TlsMessages::next(Bytes& input, Timestamp now) {
  if (header_size_ < header_.size()) {
    if (input.empty()) return std::nullopt;
    if (header_size_ == 0) time_ = now;
    for (const std::uint8_t octet : take_some(input, header_.size() - header_size_))
      header_[header_size_++] = octet;
    if (header_size_ < header_.size()) return std::nullopt;
    read_header();
  }
  const Bytes part = take_some(input, left_);
  left_ -= static_cast<std::uint32_t>(part.size());
  if (skipped_) {
    if (left_ != 0) return std::nullopt;
    return complete({});
  }
  if (left_ == 0 && body_.empty()) return complete(part);
  if (!body_.append(part)) {
    refused_ = true;
    input = {};
    return std::nullopt;
  }
  if (left_ != 0) return std::nullopt;
  return complete(body_.view());
}

}  // namespace ntan::app
