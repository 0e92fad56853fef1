#include "source/capture_format.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ntan::source {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view octets;
  OtherFormat format;
};

constexpr std::string_view convert = "convert it: editcap -F pcapng FILE out.pcapng";
constexpr std::string_view unpack_first = "unpack it into a pipe: … | ntan read -";

constexpr std::array magics{
    Magic{"snoop\0\0\0"sv, {"it is a snoop capture", convert}},
    Magic{"btsnoop\0"sv, {"it is a Bluetooth snoop capture", {}}},
    Magic{"GMBU"sv, {"it is a Microsoft Network Monitor capture", convert}},
    Magic{"RTSS"sv, {"it is a Microsoft Network Monitor 1 capture", convert}},
    Magic{"TRSNIFF data"sv, {"it is a Sniffer capture", convert}},
    Magic{"XCP\0"sv, {"it is a NetXRay capture", convert}},
    Magic{"\x05VNF"sv, {"it is a Visual Networks capture", convert}},
    Magic{"ObserverPktBuffe"sv, {"it is an Observer capture", convert}},
    Magic{"\x1f\x8b"sv, {"it is gzip inside another packing", unpack_first}},
    Magic{"\x28\xb5\x2f\xfd"sv, {"it is zstd inside another packing", unpack_first}},
    Magic{"\x04\x22\x4d\x18"sv, {"it is lz4 inside another packing", unpack_first}},
    Magic{"\x02\x21\x4c\x18"sv, {"it is packed in the old lz4 format", unpack_first}},
    Magic{"BZh"sv, {"it is packed with bzip2", unpack_first}},
    Magic{"\xfd\x37zXZ\0"sv, {"it is packed with xz", unpack_first}},
    Magic{"PK\3\4"sv, {"it is a zip archive", unpack_first}},
    Magic{"7z\xbc\xaf\x27\x1c"sv, {"it is a 7z archive", unpack_first}},
    Magic{"\x7f"
          "ELF"sv,
          {"it is a program", {}}},
    Magic{"%PDF"sv, {"it is a PDF", {}}},
};

bool looks_like_text(Bytes head) noexcept {
  return std::all_of(head.begin(), head.end(), [](std::uint8_t octet) {
    const bool blank = octet == '\t' || octet == '\n' || octet == '\r' || octet == '\f';
    return blank || (octet >= 0x20 && octet != 0x7f);
  });
}

/// ERF has no magic: a plausible first record must do (little-endian seconds, type, length).
bool looks_like_erf(Bytes head) noexcept {
  constexpr std::uint8_t last_type = 48;
  constexpr std::uint32_t year_1990 = 631'152'000;
  Reader reader{head};
  reader.skip(4);
  const std::uint32_t seconds = __builtin_bswap32(reader.be32());
  const std::uint8_t type = reader.u8() & 0x7fU;
  reader.skip(1);
  const std::uint16_t record_size = reader.be16();
  reader.skip(2);
  const std::uint16_t wire_size = reader.be16();
  return reader.ok() && type >= 1 && type <= last_type && seconds > year_1990 &&
         record_size >= 16 && wire_size > 0;
}

}  // namespace

OtherFormat describe_format(Bytes head) noexcept {
  const std::string_view text = as_text(head);
  for (const Magic& magic : magics) {
    if (text.starts_with(magic.octets)) return magic.format;
  }
  if (looks_like_text(head)) return {"looks like text", {}};
  if (looks_like_erf(head)) return {"looks like ERF", convert};
  return {};
}

}  // namespace ntan::source
