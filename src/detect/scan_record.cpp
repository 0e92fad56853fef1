#include "detect/scan_record.h"

namespace ntan::detect {

std::string_view to_text(ScanPhase phase) noexcept {
  switch (phase) {
    case ScanPhase::open: return "open";
    case ScanPhase::update: return "update";
    case ScanPhase::close: return "close";
  }
  return "open";
}

std::string_view to_text(ScanKind kind) noexcept {
  switch (kind) {
    case ScanKind::vertical: return "vertical";
    case ScanKind::horizontal: return "horizontal";
    case ScanKind::block: return "block";
    case ScanKind::host_discovery: return "host_discovery";
    case ScanKind::protocol: return "protocol";
    case ScanKind::distributed_vertical: return "distributed_vertical";
    case ScanKind::distributed_horizontal: return "distributed_horizontal";
  }
  return "block";
}

std::string_view to_text(ScanTechnique technique) noexcept {
  switch (technique) {
    case ScanTechnique::tcp_syn: return "tcp_syn";
    case ScanTechnique::tcp_connect: return "tcp_connect";
    case ScanTechnique::tcp_fin: return "tcp_fin";
    case ScanTechnique::tcp_null: return "tcp_null";
    case ScanTechnique::tcp_xmas: return "tcp_xmas";
    case ScanTechnique::tcp_synfin: return "tcp_synfin";
    case ScanTechnique::tcp_ack: return "tcp_ack";
    case ScanTechnique::tcp_maimon: return "tcp_maimon";
    case ScanTechnique::udp: return "udp";
    case ScanTechnique::sctp_init: return "sctp_init";
    case ScanTechnique::icmp_echo: return "icmp_echo";
    case ScanTechnique::icmp_timestamp: return "icmp_timestamp";
    case ScanTechnique::icmp_mask: return "icmp_mask";
    case ScanTechnique::arp: return "arp";
    case ScanTechnique::nd: return "nd";
    case ScanTechnique::ip_proto: return "ip_proto";
    case ScanTechnique::mixed: return "mixed";
  }
  return "mixed";
}

std::string_view to_text(ScanWhy why) noexcept {
  switch (why) {
    case ScanWhy::row: return "row";
    case ScanWhy::column: return "column";
    case ScanWhy::source: return "source";
    case ScanWhy::burst: return "burst";
    case ScanWhy::rate: return "rate";
    case ScanWhy::distributed: return "distributed";
    case ScanWhy::reverse: return "reverse";
  }
  return "source";
}

std::string_view to_text(Severity severity) noexcept {
  switch (severity) {
    case Severity::low: return "low";
    case Severity::medium: return "medium";
    case Severity::high: return "high";
  }
  return "medium";
}

std::string_view to_text(Visibility visibility) noexcept {
  switch (visibility) {
    case Visibility::two_way: return "two_way";
    case Visibility::one_way: return "one_way";
    case Visibility::answers_only: return "answers_only";
  }
  return "two_way";
}

}  // namespace ntan::detect
