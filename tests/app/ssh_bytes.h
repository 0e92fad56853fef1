// Builders of SSH's opening for tests: lengths are filled in, everything else is in sight.
#pragma once

#include <string_view>

#include "tests/app/tls_bytes.h"
#include "tests/support/bytes.h"

namespace ntan::test {

inline Octets ssh_list(std::string_view names) {
  return with_length(4, octets(names));
}

/// What one side offers; the same both ways.
struct SshOffer {
  std::string_view kex = "curve25519-sha256,diffie-hellman-group14-sha256";
  std::string_view host_key = "ssh-ed25519,rsa-sha2-512";
  std::string_view cipher = "aes128-ctr,aes256-ctr";
  std::string_view mac = "hmac-sha2-256,hmac-sha1";
  std::string_view compression = "none,zlib@openssh.com";
};

/// SSH_MSG_KEXINIT.
inline Octets ssh_offer(const SshOffer& offer) {
  return join(Octets{20}, Octets(16, 0x5a), ssh_list(offer.kex), ssh_list(offer.host_key),
              ssh_list(offer.cipher), ssh_list(offer.cipher), ssh_list(offer.mac),
              ssh_list(offer.mac), ssh_list(offer.compression), ssh_list(offer.compression),
              ssh_list(""), ssh_list(""), Octets(5));
}

/// A packet before encryption (RFC 4253 6), with eight octets of padding.
inline Octets ssh_packet(Bytes payload) {
  constexpr std::uint8_t padding = 8;
  return with_length(4, join(Octets{padding}, payload, Octets(padding)));
}

}  // namespace ntan::test
