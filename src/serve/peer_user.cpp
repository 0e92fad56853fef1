#include "serve/peer_user.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/descriptor.h"
#include "base/parse_number.h"

namespace ntan::serve {
namespace {

struct End {
  std::array<std::uint32_t, 4> address{};  ///< network order; IPv4 has the first
  std::uint16_t port = 0;                  ///< network order
};

struct Ends {
  sa_family_t family = AF_UNSPEC;
  End own;
  End peer;
};

End end_of(const sockaddr_storage& address) noexcept {
  End end;
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    end.address[0] = v4.sin_addr.s_addr;
    end.port = v4.sin_port;
  } else {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::memcpy(end.address.data(), &v6.sin6_addr, sizeof end.address);
    end.port = v6.sin6_port;
  }
  return end;
}

std::optional<Ends> ends_of(int descriptor) noexcept {
  if (descriptor < 0) return std::nullopt;
  sockaddr_storage own{};
  sockaddr_storage peer{};
  socklen_t own_size = sizeof own;
  socklen_t peer_size = sizeof peer;
  // NOLINTBEGIN(*-reinterpret-cast): the socket interface
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &own_size) != 0 ||
      ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) {
    return std::nullopt;
  }
  // NOLINTEND(*-reinterpret-cast)
  if (peer.ss_family != AF_INET && peer.ss_family != AF_INET6) return std::nullopt;
  return Ends{.family = peer.ss_family, .own = end_of(own), .peer = end_of(peer)};
}

// --- one socket, by sock_diag(7)

struct Question {
  nlmsghdr head{};
  inet_diag_req_v2 socket{};
};

struct Answer {
  nlmsghdr head{};
  inet_diag_msg socket{};
};

/// The socket with this end here and that one there, or one that listens at this end.
std::optional<inet_diag_msg> find_socket(sa_family_t family, const End& here,
                                         const End& there) noexcept {
  const Descriptor kernel{
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG)};
  if (!kernel.open()) return std::nullopt;
  Question question{.head = {.nlmsg_len = sizeof question,
                             .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                             .nlmsg_flags = NLM_F_REQUEST},
                    .socket = {.sdiag_family = static_cast<std::uint8_t>(family),
                               .sdiag_protocol = IPPROTO_TCP,
                               .idiag_states = ~0U,
                               .id = {.idiag_sport = here.port,
                                      .idiag_dport = there.port,
                                      .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}}};
  std::copy(here.address.begin(), here.address.end(), std::begin(question.socket.id.idiag_src));
  std::copy(there.address.begin(), there.address.end(), std::begin(question.socket.id.idiag_dst));
  // The kernel answers while it takes the question.
  if (::send(kernel.get(), &question, sizeof question, 0) != sizeof question) return std::nullopt;
  Answer answer;
  const ssize_t got = ::recv(kernel.get(), &answer, sizeof answer, 0);
  if (got != sizeof answer || answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
  return answer.socket;
}

// --- all sockets, by /proc

/// `0100007F:1F90`, as the kernel writes it: words of 32 bits in the machine's order.
std::string kernel_text(const End& end, sa_family_t family) {
  const std::size_t words = family == AF_INET ? 1 : end.address.size();
  std::string text;
  for (std::size_t i = 0; i < words; ++i) text += fmt::format("{:08X}", end.address[i]);
  return text + fmt::format(":{:04X}", ntohs(end.port));
}

std::string read_table(const char* path) {
  constexpr std::size_t most = std::size_t{8} << 20U;
  constexpr std::size_t block_size = std::size_t{16} << 10U;
  std::string text;
  const Descriptor file{::open(path, O_RDONLY | O_CLOEXEC)};
  if (!file.open()) return text;
  std::array<char, block_size> block{};
  for (ssize_t got = 1; got > 0 && text.size() < most;) {
    got = ::read(file.get(), block.data(), block.size());
    if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string_view next_word(std::string_view& line) noexcept {
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(begin);
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

}  // namespace

std::optional<std::uint32_t> owner_of(std::string_view table, std::string_view peer,
                                      std::string_view own) {
  while (!table.empty()) {
    const std::size_t end = std::min(table.find('\n'), table.size());
    std::string_view line = table.substr(0, end);
    table.remove_prefix(std::min(end + 1, table.size()));
    (void)next_word(line);
    const std::string_view local = next_word(line);
    const std::string_view remote = next_word(line);
    if (local != peer || remote != own) continue;
    for (int i = 0; i < 4; ++i) (void)next_word(line);  // state, queues, timers, retransmissions
    const std::string_view text = next_word(line);
    (void)next_word(line);  // time-out
    const std::string_view inode = next_word(line);
    // A socket that was closed has none, and root's number in place of its owner's.
    if (inode.empty() || inode == "0") return std::nullopt;
    if (const auto user = parse_number<std::uint32_t>(text)) return user;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> peer_user_by_table(int descriptor) {
  const auto ends = ends_of(descriptor);
  if (!ends) return std::nullopt;
  return owner_of(read_table(ends->family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6"),
                  kernel_text(ends->peer, ends->family), kernel_text(ends->own, ends->family));
}

std::optional<std::uint32_t> peer_user(int descriptor) {
  const auto ends = ends_of(descriptor);
  if (!ends) return std::nullopt;
  if (const auto found = find_socket(ends->family, ends->peer, ends->own)) {
    // Where the connection is gone, whoever listens at its port is found; one that was closed has
    // no inode, and root's number.
    if (found->idiag_state == TCP_LISTEN || found->idiag_inode == 0) return std::nullopt;
    return found->idiag_uid;
  }
  // Our own end is there: if it is found, the kernel knows of no other one.
  if (find_socket(ends->family, ends->own, ends->peer)) return std::nullopt;
  return peer_user_by_table(descriptor);
}

}  // namespace ntan::serve
