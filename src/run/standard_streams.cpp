#include "run/standard_streams.h"

#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>

namespace ntan::run {

void keep_standard_streams() noexcept {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) != -1) continue;
    // The lowest free number is this one. Opened the other way round: its use is refused.
    (void)::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace ntan::run
