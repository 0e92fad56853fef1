#include "event/value.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace ntan::event {

char* append_number(char* out, double value) noexcept {
  if (!std::isfinite(value)) value = 0;
  // Most ratios. Not the zero with a sign, which has two characters.
  if (std::bit_cast<std::uint64_t>(value) == 0) {
    *out = '0';
    return out + 1;
  }
  return std::to_chars(out, out + max_number_text, value).ptr;
}

}  // namespace ntan::event
