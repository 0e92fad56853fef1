#include "run/privileges.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "source/source.h"

using namespace ntan::run;

namespace {

bool skipped_without_root(const char* name) {
  if (::geteuid() == 0) return false;
  std::cerr << "skip " << name << " needs root\n";
  SUCCEED("skipped: needs root");
  return true;
}

/// Runs `check` in a child process, which leaves this one as it is. 0: it held.
template <class Check>
int in_child(Check check) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int failed = 99;
    try {
      failed = check();
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';
    }
    ::_exit(failed);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/// The first of these that does not hold, by its number.
int first_failure(const std::vector<bool>& checks) {
  int number = 1;
  for (const bool held : checks) {
    if (!held) return number;
    ++number;
  }
  return 0;
}

bool has_no_capability() {
  std::ifstream status("/proc/thread-self/status");
  int seen = 0;
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("Cap")) continue;
    ++seen;
    if (line.find_first_of("123456789abcdef", line.find(':')) != std::string::npos) return false;
  }
  return seen == 5;
}

void clear_sudo() {
  ::unsetenv("SUDO_UID");
  ::unsetenv("SUDO_GID");
}

void set_sudo(const char* user, const char* group) {
  ::setenv("SUDO_UID", user, 1);
  ::setenv("SUDO_GID", group, 1);
}

}  // namespace

TEST_CASE("privileges: root becomes nobody for good") {
  if (skipped_without_root("privileges: root becomes nobody for good")) return;
  CHECK(in_child([] {
          clear_sudo();
          const auto identity = identity_to_take("");
          if (!identity || identity->name != "nobody") return 98;
          drop_privileges(identity);
          uid_t real = 0;
          uid_t effective = 0;
          uid_t saved = 0;
          ::getresuid(&real, &effective, &saved);
          rlimit core{};
          ::getrlimit(RLIMIT_CORE, &core);
          return first_failure(
              {real == identity->user, effective == identity->user, saved == identity->user,
               ::getegid() == identity->group, ::getgroups(0, nullptr) == 0, ::setuid(0) != 0,
               ::open("/etc/shadow", O_RDONLY) < 0, core.rlim_max == 0,
               ::prctl(PR_GET_DUMPABLE) == 0, ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1});
        }) == 0);
}

TEST_CASE("privileges: no capability is left in any set") {
  if (skipped_without_root("privileges: no capability is left in any set")) return;
  CHECK(in_child([] {
          clear_sudo();
          drop_privileges(identity_to_take(""));
          return first_failure({has_no_capability()});
        }) == 0);
}

TEST_CASE("privileges: under sudo the caller is taken, but not root's own sudo") {
  if (skipped_without_root("privileges: under sudo the caller is taken")) return;
  CHECK(in_child([] {
          set_sudo("12345", "54321");
          const bool sudo = called_by_sudo();
          const auto identity = identity_to_take("");
          if (!identity) return 98;
          drop_privileges(identity);
          return first_failure({sudo, identity->user == 12345, identity->group == 54321,
                                ::getuid() == 12345, ::getgid() == 54321});
        }) == 0);
  CHECK(in_child([] {
          std::vector<bool> refused;
          for (const char* user : {"0", "-1", "x", "", "99999999999"}) {
            set_sudo(user, "0");
            refused.push_back(!called_by_sudo() && identity_to_take("")->name == "nobody");
          }
          return first_failure(refused);
        }) == 0);
}

TEST_CASE("privileges: a user keeps all its groups; one that the system does not know has none") {
  if (skipped_without_root("privileges: a user keeps all its groups")) return;
  CHECK(in_child([] {
          // For this process alone, daemon is a member of two more groups.
          const std::string groups = "/tmp/ntan-groups-" + std::to_string(::getpid());
          std::ofstream(groups) << "daemon:x:1:\nwatchers:x:4321:daemon\nkeepers:x:4322:a,daemon\n";
          const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                               ::mount("", "/", "", MS_REC | MS_PRIVATE, nullptr) == 0 &&
                               ::mount(groups.c_str(), "/etc/group", "", MS_BIND, nullptr) == 0;
          ::unlink(groups.c_str());
          if (!mounted) return 0;
          clear_sudo();
          const auto named = identity_to_take("daemon");
          const std::vector<gid_t> wanted{1, 4321, 4322};
          set_sudo("1", "1");
          const auto caller = identity_to_take("");
          set_sudo("12345", "54321");
          const auto unknown = identity_to_take("");
          drop_privileges(named);
          std::vector<gid_t> kept(8);
          kept.resize(static_cast<std::size_t>(::getgroups(8, kept.data())));
          std::sort(kept.begin(), kept.end());
          return first_failure({named && named->groups.size() == 3, kept == wanted,
                                caller && caller->groups == named->groups,
                                unknown && unknown->groups.empty()});
        }) == 0);
}

TEST_CASE("privileges: a root that may not change its user is told how to go on") {
  if (skipped_without_root("privileges: a root that may not change its user")) return;
  CHECK(
      in_child([] {
        clear_sudo();
        const auto nobody = identity_to_take("");
        drop_privileges(std::nullopt);
        try {
          drop_privileges(nobody);
        } catch (const ntan::source::Error& error) {
          return first_failure(
              {error.kind() == ntan::source::Error::Kind::permission,
               error.what() == std::string{"cannot become nobody: needs CAP_SETUID and CAP_SETGID"},
               error.hints().size() == 1 &&
                   error.hints()[0].find("--user root") != std::string::npos});
        }
        return 98;
      }) == 0);
}

TEST_CASE("privileges: --user root keeps the user and still gives the rest up") {
  if (skipped_without_root("privileges: --user root")) return;
  CHECK(in_child([] {
          const auto identity = identity_to_take("root");
          drop_privileges(identity);
          return first_failure({!identity.has_value(), ::getuid() == 0, has_no_capability()});
        }) == 0);
}

TEST_CASE("privileges: without root there is no user to change to") {
  const auto check = [] {
    if (::geteuid() == 0) drop_privileges(identity_to_take("nobody"));
    bool refused = false;
    try {
      (void)identity_to_take("root");
    } catch (const ntan::source::Error& error) {
      refused = error.what() == std::string{"only root can become 'root' (--user)"} &&
                error.kind() == ntan::source::Error::Kind::permission;
    }
    const bool nothing_to_do = !identity_to_take("").has_value();
    drop_privileges(std::nullopt);
    return first_failure({refused, nothing_to_do, !called_by_sudo()});
  };
  CHECK(in_child(check) == 0);
}

TEST_CASE("privileges: an unknown user is named") {
  CHECK_THROWS_WITH(identity_to_take("no-such-user"), "no user is called 'no-such-user'");
}
