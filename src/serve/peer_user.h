// Which user of this machine is at the other end of a TCP connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ntan::serve {

/// The user of the other end of this socket; nothing where that is no process of this machine, or
/// none any more.
[[nodiscard]] std::optional<std::uint32_t> peer_user(int descriptor);

/// The same from the kernel's table of all connections, for kernels that do not answer about one
/// of them: it takes milliseconds to write.
[[nodiscard]] std::optional<std::uint32_t> peer_user_by_table(int descriptor);

/// The user that a TCP connection's end belongs to, from the text of /proc/net/tcp or tcp6: the row
/// whose local end is `peer` and whose remote end is `own`, both as hex text (`0100007F:1F90`).
[[nodiscard]] std::optional<std::uint32_t> owner_of(std::string_view table, std::string_view peer,
                                                    std::string_view own);

}  // namespace ntan::serve
