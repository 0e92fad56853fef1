#include "event/value.h"

#include <charconv>
#include <cmath>

namespace ntan::event {

char* append_number(char* out, double value) noexcept {
  if (!std::isfinite(value)) value = 0;
  return std::to_chars(out, out + max_number_text, value).ptr;
}

}  // namespace ntan::event
