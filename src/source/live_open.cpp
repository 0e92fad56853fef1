#include "source/live_open.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <linux/filter.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <climits>
#include <fmt/format.h>

#include "base/descriptor.h"
#include "base/parse_number.h"
#include "base/similar.h"
#include "source/filter.h"
#include "source/interfaces.h"

namespace ntan::source {
namespace {

constexpr std::size_t least_ring_size = std::size_t{2} << 20U;

std::string own_path() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : std::string("ntan");
}

/// `eth0  up  192.0.2.7, 2001:db8::7  (default route)`
std::string describe(const NetworkInterface& interface) {
  std::string addresses;
  for (const std::string& address : interface.addresses) {
    addresses += addresses.empty() ? address : ", " + address;
  }
  std::string text =
      fmt::format("{:<15} {:<10} {}", interface.name, to_text(interface.state), addresses);
  if (interface.default_route) text += " (default route)";
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

Error unknown_interface(const std::string& name, const std::vector<NetworkInterface>& interfaces) {
  std::vector<std::string_view> names;
  std::vector<std::string> hints;
  constexpr std::size_t max_hints = 20;
  for (const NetworkInterface& interface : interfaces) {
    names.push_back(interface.name);
    if (hints.size() < max_hints) hints.push_back(describe(interface));
  }
  return {Error::Kind::not_found,
          fmt::format("no interface '{}'{}", name, did_you_mean(name, names)), std::move(hints)};
}

Error no_permission(const std::string& name) {
  return {Error::Kind::permission,
          fmt::format("cannot capture on {}: needs CAP_NET_RAW", name),
          {fmt::format("once and for all: sudo setcap cap_net_raw=ep {}", own_path()),
           "reading files needs no privilege"}};
}

/// The name behind what the user gave: interfaces may be called by their number in the list.
std::string name_of(const std::string& given) {
  const auto number = parse_number<std::size_t>(given);
  if (!number) return given;
  const std::vector<NetworkInterface> interfaces = list_interfaces();
  const bool is_name =
      std::any_of(interfaces.begin(), interfaces.end(),
                  [&given](const NetworkInterface& one) { return one.name == given; });
  if (is_name) return given;
  if (*number < 1 || *number > interfaces.size()) throw unknown_interface(given, interfaces);
  return interfaces[*number - 1].name;
}

/// What went wrong at activation, in the order of what helps the user most.
Error activation_error(const std::string& name, int code, const std::string& message) {
  const std::vector<NetworkInterface> interfaces = list_interfaces();
  const auto found =
      std::find_if(interfaces.begin(), interfaces.end(),
                   [&name](const NetworkInterface& one) { return one.name == name; });
  // Without the privilege libpcap cannot even tell that there is no such interface.
  const bool missing = found == interfaces.end();
  const bool denied = code == PCAP_ERROR_PERM_DENIED || code == PCAP_ERROR_PROMISC_PERM_DENIED;
  if (code == PCAP_ERROR_NO_SUCH_DEVICE || (missing && denied))
    return unknown_interface(name, interfaces);
  if (denied) return no_permission(name);
  const bool down = !missing && found->state == NetworkInterface::State::down;
  if (code == PCAP_ERROR_IFACE_NOT_UP || down) return interface_is_down(name);
  return {Error::Kind::runtime, fmt::format("cannot capture on {}: {}", name, message)};
}

struct Activated {
  PcapHandle handle;
  int code = 0;  ///< below 0: failed
  std::string message;
};

Activated activate(const std::string& name, const LiveOptions& options, std::size_t ring_size,
                   bool promiscuous) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  PcapHandle handle{pcap_create(name.c_str(), error.data())};
  if (handle == nullptr) return {.handle = nullptr, .code = PCAP_ERROR, .message = error.data()};
  pcap_t* raw = handle.get();
  pcap_set_snaplen(raw, static_cast<int>(std::min<std::uint32_t>(options.snaplen, INT_MAX)));
  pcap_set_promisc(raw, promiscuous ? 1 : 0);
  pcap_set_timeout(
      raw, static_cast<int>(std::clamp<std::int64_t>(options.block_time.count(), 1, INT_MAX)));
  pcap_set_buffer_size(raw, static_cast<int>(ring_size));
  pcap_set_tstamp_precision(raw, PCAP_TSTAMP_PRECISION_NANO);
  if (options.delivery == Delivery::immediate) pcap_set_immediate_mode(raw, 1);
  const int code = pcap_activate(raw);
  std::string message = pcap_geterr(raw);
  if (message.empty()) message = pcap_statustostr(code);
  return {.handle = std::move(handle), .code = code, .message = std::move(message)};
}

/// The header that tells which interface a packet of `any` came from; a libpcap before 1.10 has
/// none.
void prefer_interface_index(pcap_t* handle, const std::string& name) {
  if (name == "any") (void)pcap_set_datalink(handle, static_cast<int>(LinkType::linux_sll2));
}

/// On the loopback each packet comes as it is sent and as it is received, of which libpcap drops
/// the former: so it takes no room in the ring and is counted once. Older kernels do not know it.
void ignore_sent_copies(pcap_t* handle, const std::string& name) {
  const std::vector<NetworkInterface> interfaces = list_interfaces();
  const bool loopback = std::any_of(
      interfaces.begin(), interfaces.end(),
      [&name](const NetworkInterface& one) { return one.name == name && one.loopback; });
  if (!loopback) return;
  constexpr int ignore_outgoing = 23;  // PACKET_IGNORE_OUTGOING, Linux 4.20
  const int on = 1;
  (void)::setsockopt(pcap_fileno(handle), SOL_PACKET, ignore_outgoing, &on, sizeof on);
}

/// Packets that came between the activation and now were seen by no filter: discards them, and
/// returns what the kernel has counted by then. Requires: the handle does not block.
pcap_stat discard_early(pcap_t* handle) {
  reject_all(handle);
  pcap_stat early{};
  if (pcap_stats(handle, &early) != 0) return {};
  u_int left = early.ps_recv - std::min(early.ps_drop, early.ps_recv);
  const auto deadline = std::chrono::steady_clock::now() + last_block_time;
  const auto discard = [](u_char* user, const pcap_pkthdr*, const u_char*) {
    u_int& rest = *reinterpret_cast<u_int*>(user);  // NOLINT(*-reinterpret-cast)
    if (rest != 0) --rest;
  };
  auto* user = reinterpret_cast<u_char*>(&left);  // NOLINT(*-reinterpret-cast): libpcap's interface
  while (left != 0 && await_block(handle, deadline) &&
         pcap_dispatch(handle, -1, discard, user) >= 0) {
  }
  return early;
}

FilterProgram compile(pcap_t* handle, const std::string& name, const std::string& expression) {
  bpf_u_int32 network = 0;
  bpf_u_int32 netmask = 0;
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  if (pcap_lookupnet(name.c_str(), &network, &netmask, error.data()) != 0) netmask = 0;
  return compile_filter(handle, expression, netmask);
}

/// The kernel takes no more than 4096 instructions, and fewer where sockets may have little memory
/// (net.core.optmem_max). Any socket tells, where libpcap would complain on standard error.
bool fits_kernel(const bpf_program& program) {
  if (program.bf_len > USHRT_MAX) return false;
  const Descriptor trial{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!trial.open()) return true;
  // NOLINTNEXTLINE(*-reinterpret-cast): one layout under two names
  auto* instructions = reinterpret_cast<sock_filter*>(program.bf_insns);
  const sock_fprog same{.len = static_cast<u_short>(program.bf_len), .filter = instructions};
  return ::setsockopt(trial.get(), SOL_SOCKET, SO_ATTACH_FILTER, &same, sizeof same) == 0;
}

/// The kernel passes on everything again, and ntan applies the filter.
void filter_here(OpenedRing& ring, pcap_t* handle, const std::string& expression,
                 FilterProgram program) {
  const int unused = 0;
  (void)::setsockopt(pcap_fileno(handle), SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
  ring.notes.push_back(fmt::format(
      "{}: the kernel does not take the filter's {} instructions: ntan applies it, so how "
      "many packets passed it before any were dropped is not known",
      ring.interface, program->bf_len));
  const auto link = static_cast<LinkType>(pcap_datalink(handle));
  ring.filter = std::make_unique<PacketFilter>(expression, link, std::move(program));
  // Compiles it if need be, and tells of what cannot be.
  (void)ring.filter->matches({.link = link});
  ring.notes.insert(ring.notes.end(), ring.filter->notes().begin(), ring.filter->notes().end());
}

void set_filter(pcap_t* handle, const std::string& name, const FilterProgram& program) {
  if (pcap_setfilter(handle, program.get()) == 0) return;
  throw Error(Error::Kind::runtime,
              fmt::format("cannot set the filter on {}: {}", name, pcap_geterr(handle)));
}

void set_direction(pcap_t* handle, const std::string& name, CaptureDirection direction) {
  if (direction == CaptureDirection::both) return;
  if (pcap_setdirection(handle, direction == CaptureDirection::in ? PCAP_D_IN : PCAP_D_OUT) != 0) {
    throw Error(Error::Kind::runtime,
                fmt::format("cannot choose a direction on {}: {}", name, pcap_geterr(handle)));
  }
}

}  // namespace

void reject_all(pcap_t* handle) noexcept {
  sock_filter nothing{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
  const sock_fprog program{.len = 1, .filter = &nothing};
  // On failure the ring may take as long to empty as packets keep coming.
  (void)::setsockopt(pcap_fileno(handle), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

bool await_block(pcap_t* handle, std::chrono::steady_clock::time_point deadline) noexcept {
  using std::chrono::milliseconds;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= milliseconds{0}) return false;
    pollfd ready{.fd = pcap_get_selectable_fd(handle), .events = POLLIN, .revents = 0};
    const int count = ::poll(&ready, 1, static_cast<int>(left.count()));
    if (count > 0 && (ready.revents & POLLIN) != 0) return true;
    // Of an interface that is gone the kernel tells at once, and again and again.
    constexpr int moment_ms = 5;
    if (count > 0) (void)::poll(nullptr, 0, moment_ms);
  }
}

OpenedRing open_ring(const LiveOptions& options) {
  OpenedRing ring;
  ring.interface = name_of(options.interface);
  const bool promiscuous = options.promiscuity == Promiscuity::on && ring.interface != "any";
  std::size_t size = std::min<std::size_t>(options.ring_size, INT_MAX);  // libpcap counts in int
  Activated activated = activate(ring.interface, options, size, promiscuous);
  while (activated.code == PCAP_ERROR && size / 2 >= least_ring_size) {
    size /= 2;
    activated = activate(ring.interface, options, size, promiscuous);
  }
  if (activated.code < 0) throw activation_error(ring.interface, activated.code, activated.message);
  if (activated.code > 0)
    ring.notes.push_back(fmt::format("{}: {}", ring.interface, activated.message));
  if (size != options.ring_size) {
    ring.notes.push_back(fmt::format("{}: ring of {} KiB instead of {} KiB: none larger can be had",
                                     ring.interface, size >> 10U, options.ring_size >> 10U));
  }
  pcap_t* handle = activated.handle.get();
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  if (pcap_setnonblock(handle, 1, error.data()) != 0) {
    throw Error(Error::Kind::runtime,
                fmt::format("cannot capture on {}: {}", ring.interface, error.data()));
  }
  // libpcap reads the interface's own counter in promiscuous mode only, from /sys whosever that is.
  ring.knows_interface_drops = promiscuous && is_in_sysfs(ring.interface);
  ignore_sent_copies(handle, ring.interface);
  prefer_interface_index(handle, ring.interface);
  if (!options.filter.empty()) {
    FilterProgram program = compile(handle, ring.interface, options.filter);
    ring.early = discard_early(handle);
    if (fits_kernel(*program)) {
      set_filter(handle, ring.interface, program);
    } else {
      filter_here(ring, handle, options.filter, std::move(program));
    }
  }
  set_direction(handle, ring.interface, options.direction);
  ring.handle = std::move(activated.handle);
  return ring;
}

}  // namespace ntan::source
