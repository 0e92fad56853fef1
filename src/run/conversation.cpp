#include "run/conversation.h"

#include <algorithm>

#include "base/digits.h"
#include "flow/service.h"

namespace ntan::run {

Encapsulation::Encapsulation(const wire::Decoded& packet, const wire::Extra& extra) noexcept
    : vlan_count(packet.vlan_count),
      tunnel_count(packet.tunnel_depth),
      vlans(extra.vlans),
      tunnels(extra.tunnels) {}

TunnelText tunnel_text(const wire::Extra::TunnelEntry& tunnel) noexcept {
  std::array<char, 20> text{};
  const std::string_view name = to_text(tunnel.kind);
  char* end = std::copy(name.begin(), name.end(), text.data());
  if (tunnel.id != 0) {
    *end++ = ':';
    end = append_unsigned(end, tunnel.id);
  }
  return TunnelText{{text.data(), static_cast<std::size_t>(end - text.data())}};
}

void Conversation::set_protocol(const app::Protocol& recognised) noexcept {
  const auto all = app::protocols();
  const auto place = std::find(all.begin(), all.end(), &recognised) - all.begin();
  protocol_place = static_cast<std::uint8_t>(place + 1);
}

const Encapsulation* Conversation::encapsulation() const noexcept {
  if (flow.uncommon == nullptr) return nullptr;
  const Encapsulation& around = static_cast<const Uncommon*>(flow.uncommon)->around;
  return around.vlan_count == 0 && around.tunnel_count == 0 ? nullptr : &around;
}

AppName app_name(const Conversation& conversation) noexcept {
  if (const app::Protocol* protocol = conversation.protocol(); protocol != nullptr)
    return {protocol->name, flow::AppSource::content};
  const flow::Flow& flow = conversation.flow;
  const std::uint16_t port =
      flow.orientation.client_is_low ? flow.key.high_port() : flow.key.low_port();
  const std::string_view service = flow::service_name(port, flow.proto());
  if (service.empty()) return {};
  return {service, flow::AppSource::port};
}

}  // namespace ntan::run
