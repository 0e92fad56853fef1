// SSH (RFC 4253): both identification strings and both offers of the key exchange, which is all
// that goes over in the clear. Reported once, then it lets go.
#include <algorithm>
#include <array>
#include <optional>

#include "app/protocol.h"
#include "app/ssh_kex.h"
#include "base/budget.h"
#include "event/record.h"

namespace ntan::app {
namespace ssh {
namespace {

constexpr std::string_view beginning = "SSH-";
constexpr std::size_t max_identification = 255;  // RFC 4253 4.2, end of line included
constexpr std::uint32_t max_packet = 35'000;     // RFC 4253 6.1
constexpr std::size_t header_size = 5;           // length, and that of the padding
constexpr std::uint8_t max_before = 8;           // packets before the offer that are passed over
constexpr std::size_t max_name = 255;            // of an algorithm; RFC 4251 6 says 64

/// The `ssh` event.
struct Ssh {
  std::string_view client;
  std::string_view server;
  std::string_view kex;
  std::string_view host_key;
  std::string_view cipher;
  std::string_view mac;
  std::string_view compression;
  std::string_view server_cipher;
  std::string_view server_mac;
  std::string_view server_compression;
  std::string_view hassh;
  std::string_view hassh_server;
  std::optional<bool> strict_kex;

  static constexpr std::array<std::string_view, 5> line{"client", "server", "kex", "cipher",
                                                        "hassh"};
  static constexpr event::RecordInfo info{
      .name = "ssh",
      .doc = "The opening of an SSH connection, when both offers of the key exchange were seen",
      .order = event::Order::protocol,
      .line = line};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"client", &Ssh::client>("Identification of the client, like SSH-2.0-OpenSSH_9.2p1"),
        field<"server", &Ssh::server>("The same of the server"),
        field<"kex", &Ssh::kex>(
            "Key exchange that follows from both offers; absent, as the next, if none does"),
        field<"host_key", &Ssh::host_key>("Algorithm of the server's host key"),
        field<"cipher", &Ssh::cipher>("Cipher from client to server"),
        field<"mac", &Ssh::mac>("MAC from client to server; absent where the cipher needs none"),
        field<"compression", &Ssh::compression>("Compression from client to server"),
        field<"server_cipher", &Ssh::server_cipher>(
            "Cipher from server to client, where it is another; so the next two"),
        field<"server_mac", &Ssh::server_mac>("MAC from server to client"),
        field<"server_compression", &Ssh::server_compression>("Compression from server to client"),
        field<"hassh", &Ssh::hassh>("HASSH of the client's offer"),
        field<"hassh_server", &Ssh::hassh_server>("HASSH of the server's offer"),
        field<"strict_kex", &Ssh::strict_kex>(
            "Both sides ask for the strict key exchange of OpenSSH, which no packet can be cut out "
            "of"));
  }
};

constexpr std::string_view cut(std::string_view name) noexcept {
  return name.substr(0, max_name);
}

class SshDissector final : public Dissector {
 public:
  explicit SshDissector(const FlowContext& flow) noexcept
      : sides_{Side{*flow.memory}, Side{*flow.memory}} {}

  Progress consume(const Segment& segment, Output& out) override;
  Progress on_gap(Direction direction, std::uint64_t size, std::optional<Timestamp> had,
                  Output& out) override;
  Progress on_unseen(Direction direction, std::uint64_t size, std::optional<Timestamp> had,
                     Output& out) override;
  void on_end(Timestamp now, Output& out) override;

 private:
  struct Side {
    static constexpr std::uint32_t max_octets = max_identification + header_size + max_packet;

    explicit Side(Budget& memory) noexcept : octets(memory, max_octets) {}

    [[nodiscard]] std::size_t room() const noexcept { return max_octets - octets.size(); }

    /// Nothing more is wanted of it.
    [[nodiscard]] bool over() const noexcept { return lost || offered != 0; }

    [[nodiscard]] std::string_view identification() const noexcept {
      return as_text(octets.view().first(identified));
    }
    [[nodiscard]] Bytes offer() const noexcept { return octets.view().subspan(at, offered); }

    Buffer octets;                 ///< the identification, and the packets up to the offer
    std::uint16_t identified = 0;  ///< octets of the identification, without end of line
    std::uint32_t at = 0;          ///< where the packets, and at the end the offer, begin
    std::uint32_t offered = 0;     ///< octets of the offer
    std::uint8_t before = 0;       ///< packets passed over
    bool lost = false;             ///< the rest of it cannot be read
  };

  [[nodiscard]] Side& side(Direction direction) noexcept { return sides_[index(direction)]; }

  void read(Side& from, Output& out);
  [[nodiscard]] bool read_identification(Side& from, Output& out);
  void read_packets(Side& from, Output& out);
  static void give_up(Side& from, std::string_view detail, Output& out);
  [[nodiscard]] Progress lose(Direction direction, Output& out);
  void report(Output& out) const;

  std::array<Side, 2> sides_;  ///< client, server
};

Progress SshDissector::consume(const Segment& segment, Output& out) {
  Side& from = side(segment.direction);
  if (from.over()) return Progress::more;
  // Behind the offer there may be more than is held.
  const Bytes data = segment.data.first(std::min(segment.data.size(), from.room()));
  if (!from.octets.append(data)) return lose(segment.direction, out);
  read(from, out);
  if (!from.over() && from.room() == 0) return lose(segment.direction, out);
  if (!sides_[0].over() || !sides_[1].over()) return Progress::more;
  report(out);
  return Progress::done;
}

void SshDissector::read(Side& from, Output& out) {
  if (from.identified == 0 && !read_identification(from, out)) return;
  if (!from.lost) read_packets(from, out);
}

/// Whether it is there.
bool SshDissector::read_identification(Side& from, Output& out) {
  const std::string_view text =
      as_text(from.octets.view().first(std::min(max_identification, from.octets.size())));
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    if (text.size() == max_identification) give_up(from, "identification", out);
    return false;
  }
  const std::string_view line = text.substr(0, end != 0 && text[end - 1] == '\r' ? end - 1 : end);
  if (!line.starts_with(beginning)) {
    give_up(from, "identification", out);
    return false;
  }
  from.identified = static_cast<std::uint16_t>(line.size());
  from.at = static_cast<std::uint32_t>(end + 1);
  // Version 1 exchanges keys in another way.
  const std::string_view version = line.substr(beginning.size());
  if (!version.starts_with("2.0-") && !version.starts_with("1.99-")) from.lost = true;
  return true;
}

void SshDissector::read_packets(Side& from, Output& out) {
  constexpr std::uint8_t kex_init = 20;
  while (from.before < max_before) {
    Reader reader{from.octets.view().subspan(from.at)};
    const std::uint32_t length = reader.be32();
    const std::uint8_t padding = reader.u8();
    if (!reader.ok()) return;
    if (length > max_packet || length < padding + std::uint32_t{2})
      return give_up(from, "packet", out);
    const Bytes payload = reader.take(length - padding - 1);
    reader.skip(padding);
    if (!reader.ok()) return;
    if (payload.front() == kex_init) {
      from.at += header_size;
      from.offered = static_cast<std::uint32_t>(payload.size());
      if (!parse_ssh_kex_init(payload)) out.anomaly("ssh", event::Reason::ssh_malformed, "offer");
      return;
    }
    from.at += static_cast<std::uint32_t>(sizeof length) + length;
    ++from.before;
  }
  from.lost = true;
}

void SshDissector::give_up(Side& from, std::string_view detail, Output& out) {
  out.anomaly("ssh", event::Reason::ssh_malformed, detail);
  from.lost = true;
}

Progress SshDissector::lose(Direction direction, Output& out) {
  Side& from = side(direction);
  if (from.over()) return Progress::more;
  from.lost = true;
  if (!side(reverse(direction)).over()) return Progress::more;
  report(out);
  return Progress::give_up;
}

Progress SshDissector::on_gap(Direction direction, std::uint64_t /*size*/,
                              std::optional<Timestamp> /*had*/, Output& out) {
  return lose(direction, out);
}

Progress SshDissector::on_unseen(Direction direction, std::uint64_t /*size*/,
                                 std::optional<Timestamp> /*had*/, Output& out) {
  return lose(direction, out);
}

void SshDissector::on_end(Timestamp /*now*/, Output& out) {
  report(out);
}

void SshDissector::report(Output& out) const {
  const auto& [client, server] = sides_;
  if ((client.identified == 0 && server.identified == 0) || !out.wants<Ssh>()) return;
  Ssh event{.client = client.identification(), .server = server.identification()};
  const auto offers = parse_ssh_kex_init(client.offer());
  const auto others = parse_ssh_kex_init(server.offer());
  Hassh of_client;
  Hassh of_server;
  if (offers) of_client = hassh(*offers, 0);
  if (others) of_server = hassh(*others, 1);
  event.hassh = of_client.view();
  event.hassh_server = of_server.view();
  if (offers && others) {
    const auto chosen = [](const auto& theirs, const auto& ours, std::size_t way) {
      return cut(ssh_choice(theirs[way], ours[way]));
    };
    const auto other_than = [](std::string_view same, std::string_view name) {
      return name == same ? std::string_view{} : name;
    };
    const auto mac_beside = [](std::string_view cipher, std::string_view mac) {
      return is_ssh_aead(cipher) ? std::string_view{} : mac;
    };
    event.kex = cut(ssh_choice(offers->kex, others->kex));
    event.host_key = cut(ssh_choice(offers->host_key, others->host_key));
    event.cipher = chosen(offers->ciphers, others->ciphers, 0);
    event.mac = mac_beside(event.cipher, chosen(offers->macs, others->macs, 0));
    event.compression = chosen(offers->compressions, others->compressions, 0);
    const std::string_view cipher = chosen(offers->ciphers, others->ciphers, 1);
    event.server_mac =
        other_than(event.mac, mac_beside(cipher, chosen(offers->macs, others->macs, 1)));
    event.server_cipher = other_than(event.cipher, cipher);
    event.server_compression =
        other_than(event.compression, chosen(offers->compressions, others->compressions, 1));
    event.strict_kex = ssh_offers(offers->kex, "kex-strict-c-v00@openssh.com") &&
                       ssh_offers(others->kex, "kex-strict-s-v00@openssh.com");
  }
  out.emit(event);
}

Verdict probe(const Segment& start, const FlowContext& /*flow*/) {
  const std::string_view text = as_text(start.data).substr(0, beginning.size());
  if (!beginning.starts_with(text)) return Verdict::no;
  return text.size() == beginning.size() ? Verdict::yes : Verdict::unsure;
}

void describe(Transport /*transport*/, const Segment& packet, TextLine& line) {
  const std::string_view text = as_text(packet.data);
  if (text.starts_with(beginning)) line.add(text.substr(0, text.find_first_of("\r\n")));
}

constexpr std::array<std::uint16_t, 1> ports{22};
constexpr std::array events{&event::schema_of<Ssh>};

}  // namespace
}  // namespace ssh

extern const Protocol ssh_protocol;
const Protocol ssh_protocol{.name = "ssh",
                            .transports = mask(Transport::tcp),
                            .ports = ssh::ports,
                            .events = ssh::events,
                            .probe = ssh::probe,
                            .state_size = sizeof(ssh::SshDissector),
                            .construct = construct<ssh::SshDissector>,
                            .describe = ssh::describe};

}  // namespace ntan::app
