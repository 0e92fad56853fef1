#include "app/tls_hello.h"

#include <algorithm>
#include <array>

#include "app/tls_names.h"

namespace ntan::app {
namespace {

// RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest" in the place of the random.
constexpr std::array<std::uint8_t, 32> retry_random{
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/// A list behind a 16-bit length that fills its extension; `width` octets per element.
std::optional<Bytes> list16(Bytes body, std::size_t width) noexcept {
  Reader reader{body};
  const Bytes list = reader.take(reader.be16());
  if (!reader.ok() || !reader.done() || list.size() % width != 0) return std::nullopt;
  return list;
}

/// The same behind an 8-bit length.
std::optional<Bytes> list8(Bytes body, std::size_t width) noexcept {
  Reader reader{body};
  const Bytes list = reader.take(reader.u8());
  if (!reader.ok() || !reader.done() || list.size() % width != 0) return std::nullopt;
  return list;
}

/// Whether the block is a sequence of whole extensions and nothing else.
bool is_extension_block(Bytes block) noexcept {
  Reader reader{block};
  while (reader.ok() && !reader.done()) (void)next_extension(reader);
  return reader.ok();
}

/// Which of the extensions that are read here came before: each may stand once (RFC 8446 4.2).
class Seen {
 public:
  [[nodiscard]] bool first_time(std::uint16_t type) noexcept {
    constexpr unsigned ech_bit = 63;
    const bool is_ech = type == tls_extension::encrypted_client_hello;
    if (type >= ech_bit && !is_ech) return true;
    const std::uint64_t bit = std::uint64_t{1} << (is_ech ? ech_bit : type);
    const bool first = (bits_ & bit) == 0;
    bits_ |= bit;
    return first;
  }

 private:
  std::uint64_t bits_ = 0;
};

void read_server_name(Bytes body, ClientHello& hello) noexcept {
  hello.has_server_name = true;
  const auto list = list16(body, 1);
  Reader names{list.value_or(Bytes{})};
  bool found = false;
  while (!names.done()) {
    const std::uint8_t type = names.u8();
    const Bytes name = names.take(names.be16());
    if (!names.ok() || type != 0) break;
    if (found) hello.flawed = true;  // RFC 6066 3: one name per type
    if (!found) hello.server_name = name;
    found = true;
  }
  hello.flawed |= !names.ok() || !found || hello.server_name.empty();
}

void read_alpn(Bytes body, ClientHello& hello) noexcept {
  const auto list = list16(body, 1);
  bool empty_name = false;
  Reader names{list.value_or(Bytes{})};
  while (!names.done()) empty_name |= names.take(names.u8()).empty();
  hello.flawed |= !list || list->empty() || empty_name;
  if (list && names.ok()) hello.alpn = *list;
}

void keep(std::optional<Bytes> list, Bytes& place, ClientHello& hello) noexcept {
  hello.flawed |= !list || list->empty();
  place = list.value_or(Bytes{});
}

void read_extension(const TlsExtension& one, ClientHello& hello) noexcept {
  switch (one.type) {
    case tls_extension::server_name: read_server_name(one.body, hello); break;
    case tls_extension::alpn: read_alpn(one.body, hello); break;
    case tls_extension::supported_versions: keep(list8(one.body, 2), hello.versions, hello); break;
    case tls_extension::supported_groups: keep(list16(one.body, 2), hello.groups, hello); break;
    case tls_extension::ec_point_formats:
      keep(list8(one.body, 1), hello.point_formats, hello);
      break;
    case tls_extension::signature_algorithms:
      keep(list16(one.body, 2), hello.signature_algorithms, hello);
      break;
    case tls_extension::early_data: hello.early_data = true; break;
    case tls_extension::encrypted_client_hello: hello.ech = true; break;
    default: break;
  }
}

void read_extension(const TlsExtension& one, ServerHello& hello) noexcept {
  Reader reader{one.body};
  switch (one.type) {
    case tls_extension::supported_versions: {
      const std::uint16_t version = reader.be16();
      hello.flawed |= !reader.ok() || !reader.done();
      if (reader.ok()) hello.version = version;
      break;
    }
    case tls_extension::key_share: {
      const std::uint16_t group = reader.be16();
      hello.flawed |= !reader.ok();
      if (reader.ok()) hello.group = group;
      break;
    }
    case tls_extension::alpn: {
      Reader names{list16(one.body, 1).value_or(Bytes{})};
      const Bytes name = names.take(names.u8());
      // RFC 7301 3.1: exactly one.
      hello.flawed |= !names.ok() || !names.done() || name.empty();
      hello.alpn = name;
      break;
    }
    case tls_extension::pre_shared_key: hello.psk = true; break;
    default: break;
  }
}

template <class Hello>
void read_extensions(Hello& hello) noexcept {
  Reader block{hello.extensions};
  Seen seen;
  while (!block.done()) {
    const TlsExtension one = next_extension(block);
    if (seen.first_time(one.type)) {
      read_extension(one, hello);
    } else {
      hello.flawed = true;
    }
  }
}

/// What follows the last fixed field: nothing, or one extension block that fills the message.
std::optional<Bytes> take_extensions(Reader& reader) noexcept {
  if (!reader.ok()) return std::nullopt;
  if (reader.done()) return Bytes{};
  const Bytes block = reader.take(reader.be16());
  if (!reader.ok() || !reader.done() || !is_extension_block(block)) return std::nullopt;
  return block;
}

}  // namespace

TlsExtension next_extension(Reader& block) noexcept {
  TlsExtension one;
  one.type = block.be16();
  one.body = block.take(block.be16());
  return one;
}

std::uint16_t ClientHello::version() const noexcept {
  std::uint16_t highest = 0;
  for_each_be16(versions, [&highest](std::uint16_t version) {
    if (!is_grease(version)) highest = std::max(highest, version);
  });
  return highest == 0 ? legacy_version : highest;
}

Parsed<ClientHello> parse_client_hello(Bytes body) noexcept {
  Reader reader{body};
  ClientHello hello;
  hello.legacy_version = reader.be16();
  reader.skip(32);  // random
  hello.session_id = reader.take(reader.u8());
  hello.ciphers = reader.take(reader.be16());
  const Bytes compressions = reader.take(reader.u8());
  const auto extensions = take_extensions(reader);
  if (!extensions || hello.session_id.size() > 32 || hello.ciphers.size() % 2 != 0 ||
      hello.ciphers.empty() || compressions.empty()) {
    return Flaw::bad_length;
  }
  if ((hello.legacy_version >> 8U) != 3) return Flaw::bad_value;
  hello.extensions = *extensions;
  read_extensions(hello);
  return hello;
}

Parsed<ServerHello> parse_server_hello(Bytes body) noexcept {
  Reader reader{body};
  ServerHello hello;
  hello.legacy_version = reader.be16();
  hello.version = hello.legacy_version;
  const Bytes random = reader.take(32);
  // Such have neither session id nor compression.
  const bool early_draft = is_tls13_draft(hello.legacy_version);
  if (!early_draft) hello.session_id = reader.take(reader.u8());
  hello.cipher = reader.be16();
  if (!early_draft) reader.skip(1);  // compression
  const auto extensions = take_extensions(reader);
  if (!extensions || hello.session_id.size() > 32) return Flaw::bad_length;
  if ((hello.legacy_version >> 8U) != 3 && !early_draft) return Flaw::bad_value;
  hello.retry = std::ranges::equal(random, retry_random);
  hello.extensions = *extensions;
  read_extensions(hello);
  return hello;
}

Parsed<ClientHello> parse_sslv2_client_hello(std::uint16_t version, Bytes body) noexcept {
  Reader reader{body};
  const std::uint16_t ciphers_size = reader.be16();
  const std::uint16_t session_id_size = reader.be16();
  const std::uint16_t challenge_size = reader.be16();
  ClientHello hello;
  hello.legacy_version = version;
  hello.ciphers = reader.take(ciphers_size);
  hello.session_id = reader.take(session_id_size);
  reader.skip(challenge_size);
  if (!reader.ok() || !reader.done() || ciphers_size == 0 || ciphers_size % 3 != 0 ||
      session_id_size > 32) {
    return Flaw::bad_length;
  }
  return hello;
}

}  // namespace ntan::app
