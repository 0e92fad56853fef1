#include "run/privileges.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "base/parse_number.h"
#include "source/source.h"

namespace ntan::run {
namespace {

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

/// Asks the user database, by a function of the getpwnam_r family.
template <class Key, class Lookup>
std::optional<Identity> look_up(Key key, Lookup lookup) {
  std::vector<char> buffer(std::size_t{64} << 10U);
  passwd entry{};
  passwd* found = nullptr;
  if (lookup(key, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return Identity{.user = found->pw_uid, .group = found->pw_gid, .name = found->pw_name};
}

/// As initgroups(3) would set them, without becoming that user. None of one that the system does
/// not know.
std::vector<gid_t> groups_of(const Identity& identity) {
  if (identity.name.empty()) return {};
  constexpr int most = 65'536;  // NGROUPS_MAX of Linux
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  while (::getgrouplist(identity.name.c_str(), identity.group, groups.data(), &count) < 0) {
    if (count > most || groups.size() >= most) return {identity.group};
    groups.resize(std::max(static_cast<std::size_t>(count), 2 * groups.size()));
    count = static_cast<int>(groups.size());
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

std::optional<unsigned> number_in_environment(const char* variable) {
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): no thread yet
  return value == nullptr ? std::nullopt : parse_number<unsigned>(value);
}

/// sudo names its caller. Root's own sudo names root, which is no caller to go back to.
std::optional<Identity> sudo_caller() {
  const auto user = number_in_environment("SUDO_UID");
  const auto group = number_in_environment("SUDO_GID");
  if (!user || !group || *user == 0) return std::nullopt;
  Identity identity{.user = *user, .group = *group, .name = {}};
  if (const auto known = look_up(identity.user, ::getpwuid_r)) identity.name = known->name;
  identity.groups = groups_of(identity);
  return identity;
}

void check_change(bool good, const Identity& identity) {
  if (good) return;
  const int error = errno;
  const std::string name =
      identity.name.empty() ? "user " + std::to_string(identity.user) : identity.name;
  // A root of containers and services may lack them.
  const std::string why =
      error == EPERM ? "needs CAP_SETUID and CAP_SETGID" : std::generic_category().message(error);
  throw source::Error(source::Error::Kind::permission, "cannot become " + name + ": " + why,
                      {"to go on as root, without other privileges: --user root"});
}

void take(const Identity& identity) {
  const gid_t group = identity.group;
  const uid_t user = identity.user;
  check_change(::setgroups(identity.groups.size(), identity.groups.data()) == 0, identity);
  check_change(::setresgid(group, group, group) == 0, identity);
  check_change(::setresuid(user, user, user) == 0, identity);
  if (identity.user == 0) return;
  if (::setuid(0) == 0 || ::setgid(0) == 0) {
    throw std::system_error(EPERM, std::generic_category(), "root could be regained");
  }
}

/// `keep`: the bits of those that stay.
void drop_bounding_set(std::uint64_t keep = 0) noexcept {
  // Needs a capability of its own, so it fails where there was nothing to give up.
  for (unsigned long capability = 0; capability < 64; ++capability) {  // NOLINT(google-runtime-int)
    if ((keep >> capability & 1U) == 0) (void)::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

using Capabilities = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

void set_capabilities(Capabilities& capabilities) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  check(::syscall(SYS_capset, &header, capabilities.data()) == 0, "cannot give up capabilities");
}

void clear_capabilities() {
  Capabilities none{};
  set_capabilities(none);
}

bool has_capability(unsigned capability) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Capabilities own{};
  check(::syscall(SYS_capget, &header, own.data()) == 0, "cannot look at capabilities");
  return (own[0].permitted >> capability & 1U) != 0;
}

}  // namespace

bool called_by_sudo() {
  return ::geteuid() == 0 && sudo_caller().has_value();
}

std::optional<Identity> identity_to_take(const std::string& user) {
  const bool is_root = ::geteuid() == 0;
  if (!user.empty()) {
    auto identity = look_up(user.c_str(), ::getpwnam_r);
    if (!identity) {
      throw source::Error(source::Error::Kind::usage, "no user is called '" + user + "'");
    }
    if (identity->user == ::geteuid()) return std::nullopt;
    if (!is_root) {
      throw source::Error(source::Error::Kind::permission,
                          "only root can become '" + user + "' (--user)");
    }
    identity->groups = groups_of(*identity);
    return identity;
  }
  if (!is_root) return std::nullopt;
  if (auto caller = sudo_caller()) return caller;
  auto nobody = look_up("nobody", ::getpwnam_r);
  if (!nobody) throw std::runtime_error("there is no user 'nobody': name one by --user");
  return nobody;
}

std::optional<uid_t> sudo_caller_id() {
  if (::geteuid() != 0) return std::nullopt;
  const auto caller = sudo_caller();
  return caller ? std::optional{caller->user} : std::nullopt;
}

void keep_only_capture(const std::optional<Identity>& identity, bool live) {
  const bool can_capture = live && has_capability(CAP_NET_RAW);
  const std::uint64_t kept = can_capture ? std::uint64_t{1} << unsigned{CAP_NET_RAW} : 0;
  drop_bounding_set(kept);
  if (identity) {
    check(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, "cannot keep a capability");
    take(*identity);
  }
  // Inheritable and ambient, so that the runs have it without being root's files.
  Capabilities only{};
  const auto bits = static_cast<std::uint32_t>(kept);
  only[0] = {.effective = bits, .permitted = bits, .inheritable = bits};
  set_capabilities(only);
  if (can_capture) {
    check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0,
          "cannot hand a capability on");
  }
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "cannot renounce new privileges");
}

void drop_privileges(const std::optional<Identity>& identity) {
  drop_bounding_set();
  if (identity) take(*identity);
  clear_capabilities();
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "cannot renounce new privileges");
  // Core files and tracers would show traffic.
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  check(::setrlimit(RLIMIT_CORE, &none) == 0, "cannot forbid core files");
  check(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "cannot forbid tracing");
}

}  // namespace ntan::run
