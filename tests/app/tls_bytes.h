// Builders of TLS messages for tests: lengths are filled in, everything else is in sight.
#pragma once

#include <vector>

#include "tests/support/bytes.h"

namespace ntan::test {

using Octets = std::vector<std::uint8_t>;

inline Octets with_length(std::size_t width, Bytes body) {
  Octets all;
  for (std::size_t i = width; i-- > 0;)
    all.push_back(static_cast<std::uint8_t>(body.size() >> (8 * i)));
  all.insert(all.end(), body.begin(), body.end());
  return all;
}

inline Octets tls_record(std::uint8_t type, Bytes body) {
  return join(Octets{type, 3, 3}, with_length(2, body));
}

inline Octets tls_message(std::uint8_t type, Bytes body) {
  return join(Octets{type}, with_length(3, body));
}

inline Octets extension(std::uint16_t type, Bytes body) {
  return join(Octets{static_cast<std::uint8_t>(type >> 8U), static_cast<std::uint8_t>(type)},
              with_length(2, body));
}

inline Octets sni_extension(std::string_view name) {
  return extension(0, with_length(2, join("00"_hex, with_length(2, octets(name)))));
}

inline Bytes tls_random() {
  return "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"_hex;
}

/// The body of a ClientHello with an empty session id.
inline Octets client_hello_body(Bytes ciphers, Bytes extensions, Bytes session_id = {}) {
  return join("0303"_hex, tls_random(), with_length(1, session_id), with_length(2, ciphers),
              "0100"_hex, with_length(2, extensions));
}

inline Octets client_hello(Bytes ciphers, Bytes extensions, Bytes session_id = {}) {
  return tls_record(22, tls_message(1, client_hello_body(ciphers, extensions, session_id)));
}

inline Octets server_hello_body(Bytes cipher, Bytes extensions, Bytes session_id = {}) {
  return join("0303"_hex, tls_random(), with_length(1, session_id), cipher, "00"_hex,
              with_length(2, extensions));
}

inline Octets server_hello(Bytes cipher, Bytes extensions, Bytes session_id = {}) {
  return tls_record(22, tls_message(2, server_hello_body(cipher, extensions, session_id)));
}

}  // namespace ntan::test
