// The key exchange that SSH opens with (RFC 4253 7.1), and what follows from both sides' offers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/parsed.h"
#include "event/value.h"

namespace ntan::app {

/// What one side offers: names with commas between them, the one it likes best first. All views
/// point into the message.
struct SshKexInit {
  std::string_view kex;
  std::string_view host_key;
  std::array<std::string_view, 2> ciphers;  ///< client to server, server to client; so the next two
  std::array<std::string_view, 2> macs;
  std::array<std::string_view, 2> compressions;
};

/// Parses an SSH_MSG_KEXINIT, its first octet included. bad_value: another message; bad_length: a
/// list is longer than the message.
[[nodiscard]] Parsed<SshKexInit> parse_ssh_kex_init(Bytes message) noexcept;

/// The first name of the client's list that the server has too. Nothing where there is none, or
/// among more than 128 names, which no real endpoint has.
[[nodiscard]] std::string_view ssh_choice(std::string_view client,
                                          std::string_view server) noexcept;

/// Whether a list has this name among its first 128.
[[nodiscard]] bool ssh_offers(std::string_view list, std::string_view name) noexcept;

/// Whether the cipher authenticates what it encrypts, so that no MAC is used (RFC 5647 5.1).
[[nodiscard]] bool is_ssh_aead(std::string_view cipher) noexcept;

using Hassh = event::FixedText<32>;

/// MD5 of `kex;cipher;mac;compression` of the offers for the direction that side sends in, as
/// salesforce defined it: 0 of the client, 1 of the server.
[[nodiscard]] Hassh hassh(const SshKexInit& offers, std::size_t side);

}  // namespace ntan::app
