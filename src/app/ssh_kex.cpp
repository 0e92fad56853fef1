#include "app/ssh_kex.h"

#include <algorithm>
#include <string>

#include "base/digest.h"

namespace ntan::app {
namespace {

constexpr std::uint8_t kex_init = 20;
constexpr std::size_t cookie_size = 16;
constexpr std::size_t max_names = 128;

/// The next name of a list.
std::string_view take_name(std::string_view& list) noexcept {
  const std::size_t comma = list.find(',');
  const std::string_view name = list.substr(0, comma);
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return name;
}

}  // namespace

Parsed<SshKexInit> parse_ssh_kex_init(Bytes message) noexcept {
  Reader reader{message};
  if (reader.u8() != kex_init) return Flaw::bad_value;
  reader.skip(cookie_size);
  const auto list = [&reader] { return as_text(reader.take(reader.be32())); };
  SshKexInit offers;
  offers.kex = list();
  offers.host_key = list();
  for (auto* lists : {&offers.ciphers, &offers.macs, &offers.compressions}) {
    for (std::string_view& one : *lists) one = list();
  }
  if (!reader.ok()) return Flaw::bad_length;
  return offers;
}

bool ssh_offers(std::string_view list, std::string_view name) noexcept {
  for (std::size_t i = 0; i < max_names && !list.empty(); ++i) {
    if (take_name(list) == name) return true;
  }
  return false;
}

std::string_view ssh_choice(std::string_view client, std::string_view server) noexcept {
  for (std::size_t i = 0; i < max_names && !client.empty(); ++i) {
    const std::string_view name = take_name(client);
    if (!name.empty() && ssh_offers(server, name)) return name;
  }
  return {};
}

bool is_ssh_aead(std::string_view cipher) noexcept {
  return cipher.starts_with("chacha20-poly1305") ||
         cipher.find("-gcm@") != std::string_view::npos || cipher.starts_with("AEAD_");
}

Hassh hassh(const SshKexInit& offers, std::size_t side) {
  std::string text{offers.kex};
  for (const auto* lists : {&offers.ciphers, &offers.macs, &offers.compressions})
    text.append(";").append((*lists)[side]);
  std::array<char, 2 * max_digest_size> digits{};
  const char* const end =
      append_hex(digits.data(), digest(DigestKind::md5, as_bytes(text)).bytes());
  return Hassh{std::string_view{digits.data(), end}};
}

}  // namespace ntan::app
