// Standard input, output and error as descriptors that are there.
#pragma once

namespace ntan::run {

/// Takes the numbers of those among 0, 1 and 2 that the caller has closed, so that no file opened
/// later gets one of them, and with it the text that is meant for a person. Reading and writing
/// them fails as it would have. Requires: nothing is open yet.
void keep_standard_streams() noexcept;

}  // namespace ntan::run
