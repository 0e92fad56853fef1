// A planted bug that proves the fuzzers can find one; scripts/fuzz.sh runs it first.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ntan::Reader reader({data, size});
  if (reader.be32() != 0x6e74616e) return 0;
  // An offset of the message is trusted. Without the volatile sink the optimiser removes the read,
  // and the bug with it.
  const volatile std::uint8_t sink = *(data + reader.u8());
  (void)sink;
  return 0;
}
