// Any octets as a certificate: what parses keeps the promises of Certificate.
#include <cstddef>
#include <cstdint>

#include "app/x509.h"

namespace {

using namespace ntan;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes octets{data, size};
  const auto certificate = app::parse_certificate(octets);
  if (!certificate) return 0;
  require(certificate->flawed || !certificate->serial.empty());
  require(certificate->serial.size() <= 128);
  require(certificate->alt_names.size() <= app::max_alt_names);
  require(certificate->flawed || !certificate->key_type.empty());
  for (const auto& time : {certificate->not_before, certificate->not_after}) {
    require(certificate->flawed || time);
    if (time) require(app::to_text(*time).view().size() == 20);
  }
  // Escaping doubles at most, hex of an unknown value too; BMP strings grow by half.
  require(certificate->subject.size() <= 8 * size && certificate->issuer.size() <= 8 * size);
  require(!app::parse_certificate(octets.first(size - 1)));
  return 0;
}
