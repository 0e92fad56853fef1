// Fingerprints of TLS endpoints: JA3 and JA3S as salesforce defined them, JA4 as FoxIO did.
// Clients that shuffle their extensions change their JA3, not their JA4.
#pragma once

#include "app/tls_hello.h"
#include "event/value.h"

namespace ntan::app {

using Ja3 = event::FixedText<32>;
using Ja4 = event::FixedText<36>;

/// The first letter of a JA4.
enum class Ja4Transport : char { tcp = 't', quic = 'q', dtls = 'd' };

// All are empty past 1,024 ciphers or 512 extensions, which no real endpoint sends and which would
// let the sender choose how much work a packet is. None is defined for hellos in SSLv2 form.

/// MD5 of `version,ciphers,extensions,groups,point formats`, in decimal, GREASE left out.
[[nodiscard]] Ja3 ja3(const ClientHello& hello);

/// MD5 of `version,cipher,extensions`, in decimal.
[[nodiscard]] Ja3 ja3s(const ServerHello& hello);

/// Like `t13d1516h2_8daaf6152771_e5627efa2ab1`: always 36 characters.
[[nodiscard]] Ja4 ja4(const ClientHello& hello, Ja4Transport transport);

}  // namespace ntan::app
