// Giving up what only opening the input needed. Hostile packets are read after this.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace ntan::run {

/// Whom to go on as.
struct Identity {
  uid_t user = 0;
  gid_t group = 0;
  std::string name;             ///< for messages; empty where the system has none
  std::vector<gid_t> groups{};  ///< all that this user is a member of; none for nobody
};

/// Who is to go on after the input is open. `user` is what --user says, empty without it.
/// Root becomes that user, else the one who called sudo, else nobody; `--user root` keeps root.
/// Absent: there is nothing to change. Throws source::Error for an unknown user and where only root
/// could become another one, std::runtime_error where there is no nobody.
[[nodiscard]] std::optional<Identity> identity_to_take(const std::string& user);

/// Whether root was obtained by sudo: then outputs belong to the caller and are created after
/// drop_privileges(). Otherwise those whose names are known are created before.
[[nodiscard]] bool called_by_sudo();

/// The user who called sudo, if root was obtained by it.
[[nodiscard]] std::optional<uid_t> sudo_caller_id();

/// Becomes `identity` if there is one, and keeps of root's powers only that of opening an
/// interface, for the `live` runs that this process is to start; none for others. Without root
/// nothing changes but that no new privileges can come. Throws as drop_privileges().
void keep_only_capture(const std::optional<Identity>& identity, bool live);

/// Becomes `identity` if there is one, then gives up for good: capabilities, new privileges by
/// exec, core files, being traced. Verifies that there is no way back.
/// Requires: no other thread yet. Throws source::Error where this root may not become another user,
/// else std::system_error: never go on after either.
void drop_privileges(const std::optional<Identity>& identity);

}  // namespace ntan::run
