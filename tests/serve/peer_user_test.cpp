#include "serve/peer_user.h"

#include <array>
#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <catch2/catch.hpp>

#include "base/descriptor.h"

using ntan::Descriptor;
using ntan::serve::owner_of;
using ntan::serve::peer_user;
using ntan::serve::peer_user_by_table;

namespace {

/// As Linux 6.1 has written it: a listener, both ends of a connection, one that was closed, one
/// that waits for its end.
constexpr std::string_view table_v4 =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode                                                     \n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "23456 1 0000000000000000 100 0 0 10 0                     \n"
    "   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 "
    "34567 1 0000000000000000 20 4 30 10 -1                    \n"
    "   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000   999        0 "
    "34568 1 0000000000000000 20 4 30 10 -1                    \n"
    "   3: 0100007F:C351 0100007F:1F90 04 00000000:00000001 01:00000014 00000000     0        0 0 "
    "3 0000000000000000                                        \n"
    "   4: 0100007F:C352 0100007F:1F90 06 00000000:00000000 03:00001770 00000000     0        0 0 "
    "3 0000000000000000                                        \n";

constexpr std::string_view table_v6 =
    "  sl  local_address                         remote_address                        st tx_queue "
    "rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     0        0 23457 1 0000000000000000 100 0 0 10 0\n"
    "   1: 00000000000000000000000001000000:C350 00000000000000000000000001000000:1F90 01 "
    "00000000:00000000 00:00000000 00000000 65534        0 34567 1 0000000000000000 20 4 30 10 "
    "-1";

constexpr std::string_view server_v4 = "0100007F:1F90";

}  // namespace

TEST_CASE("owner: the row of the other end names its user") {
  CHECK(owner_of(table_v4, "0100007F:C350", server_v4) == 1000);
  CHECK(owner_of(table_v6, "00000000000000000000000001000000:C350",
                 "00000000000000000000000001000000:1F90") == 65534);
}

TEST_CASE("owner: our own end, a listener and strangers are not the other end") {
  CHECK(owner_of(table_v4, server_v4, "0100007F:C350") == 999);
  CHECK_FALSE(owner_of(table_v4, server_v4, server_v4));
  CHECK_FALSE(owner_of(table_v4, "0100007F:C350", "0100007F:1F91"));
  CHECK_FALSE(owner_of(table_v4, "0200007F:C350", server_v4));
  CHECK_FALSE(owner_of(table_v4, "", ""));
  CHECK_FALSE(owner_of("", "0100007F:C350", server_v4));
}

TEST_CASE("owner: an end that was closed already has none, though the kernel shows root's number") {
  CHECK_FALSE(owner_of(table_v4, "0100007F:C351", server_v4));
  CHECK_FALSE(owner_of(table_v4, "0100007F:C352", server_v4));
}

TEST_CASE("owner: a table that is cut anywhere never names another user") {
  for (std::size_t size = 0; size <= table_v4.size(); ++size) {
    const auto user = owner_of(table_v4.substr(0, size), "0100007F:C350", server_v4);
    CHECK((!user || *user == 1000));
  }
}

TEST_CASE("owner: rows of nonsense are left out") {
  const std::string row = "1: a b 01 0:0 0:0 0 ";
  CHECK_FALSE(owner_of(row + "x 0 5", "a", "b"));
  CHECK_FALSE(owner_of(row + "-1 0 5", "a", "b"));
  CHECK_FALSE(owner_of(row + "99999999999 0 5", "a", "b"));
  CHECK_FALSE(owner_of(row + "7", "a", "b"));
  CHECK_FALSE(owner_of("1: a b", "a", "b"));
  CHECK(owner_of(row + "7 0 5", "a", "b") == 7);
}

namespace {

sockaddr_in6 loopback_v6(std::uint16_t port) {
  sockaddr_in6 end{};
  end.sin6_family = AF_INET6;
  end.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  end.sin6_port = port;
  return end;
}

sockaddr_in loopback_v4(std::uint16_t port) {
  sockaddr_in end{};
  end.sin_family = AF_INET;
  end.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  end.sin_port = port;
  return end;
}

/// 127.0.0.1 as an application knows it that speaks IPv6 only.
sockaddr_in6 mapped_v4(std::uint16_t port) {
  sockaddr_in6 end{};
  end.sin6_family = AF_INET6;
  end.sin6_addr.s6_addr[10] = 0xFF;
  end.sin6_addr.s6_addr[11] = 0xFF;
  end.sin6_addr.s6_addr[12] = 127;
  end.sin6_addr.s6_addr[15] = 1;
  end.sin6_port = port;
  return end;
}

template <typename End>
const sockaddr* as_socket_address(const End& end) {
  return reinterpret_cast<const sockaddr*>(&end);  // NOLINT(*-reinterpret-cast): socket interface
}

template <typename End>
Descriptor socket_at(const End& end) {
  Descriptor made{::socket(as_socket_address(end)->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  REQUIRE(::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  REQUIRE(::bind(made.get(), as_socket_address(end), sizeof end) == 0);
  return made;
}

/// Network order; it stands at the same place for both families.
std::uint16_t port_of(const Descriptor& socket) {
  sockaddr_in6 own{};
  socklen_t size = sizeof own;
  // NOLINTNEXTLINE(*-reinterpret-cast): the socket interface
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
  return own.sin6_port;
}

/// Both ends of a connection.
struct Connection {
  Descriptor server;
  Descriptor client;
};

template <typename End>
Connection connect(const Descriptor& listener, Descriptor client, const End& to) {
  REQUIRE(::listen(listener.get(), 1) == 0);
  REQUIRE(::connect(client.get(), as_socket_address(to), sizeof to) == 0);
  Connection made{.server = Descriptor{::accept(listener.get(), nullptr, nullptr)},
                  .client = std::move(client)};
  REQUIRE(made.server.open());
  return made;
}

}  // namespace

TEST_CASE("peer: a client of this process is of its user, by whatever family it came") {
  Connection made;
  SECTION("IPv4") {
    const Descriptor listener = socket_at(loopback_v4(0));
    made = connect(listener, socket_at(loopback_v4(0)), loopback_v4(port_of(listener)));
    CHECK(peer_user_by_table(made.server.get()) == ::geteuid());
  }
  SECTION("IPv6") {
    const Descriptor listener = socket_at(loopback_v6(0));
    made = connect(listener, socket_at(loopback_v6(0)), loopback_v6(port_of(listener)));
    CHECK(peer_user_by_table(made.server.get()) == ::geteuid());
  }
  SECTION("IPv4 from a socket of IPv6") {
    const Descriptor listener = socket_at(loopback_v4(0));
    made = connect(listener, socket_at(mapped_v4(0)), mapped_v4(port_of(listener)));
  }
  CHECK(peer_user(made.server.get()) == ::geteuid());
  CHECK(peer_user(made.client.get()) == ::geteuid());
}

TEST_CASE("peer: a client that is gone is nobody") {
  const Descriptor listener = socket_at(loopback_v4(0));
  Connection made = connect(listener, socket_at(loopback_v4(0)), loopback_v4(port_of(listener)));
  const std::uint16_t port = port_of(made.client);
  SECTION("it has said that it is") {
    made.client.reset();
  }
  SECTION("it has reset the connection") {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    REQUIRE(::setsockopt(made.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    made.client.reset();
  }
  CHECK_FALSE(peer_user(made.server.get()));
  // Nor is it whoever listens at its port by now.
  const Descriptor other = socket_at(loopback_v4(port));
  REQUIRE(::listen(other.get(), 1) == 0);
  CHECK_FALSE(peer_user(made.server.get()));
}

TEST_CASE("peer: what is no connection has no other end") {
  CHECK_FALSE(peer_user(-1));
  const Descriptor listener = socket_at(loopback_v4(0));
  REQUIRE(::listen(listener.get(), 1) == 0);
  CHECK_FALSE(peer_user(listener.get()));
  CHECK_FALSE(peer_user_by_table(listener.get()));
  std::array<int, 2> pair{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) == 0);
  const Descriptor one{pair[0]};
  const Descriptor another{pair[1]};
  CHECK_FALSE(peer_user(one.get()));
}
