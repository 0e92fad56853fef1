#include "flow/outcome.h"

namespace ntan::flow {

std::string_view to_text(ContactClass contact_class) noexcept {
  switch (contact_class) {
    case ContactClass::none: return "none";
    case ContactClass::syn: return "syn";
    case ContactClass::fin: return "fin";
    case ContactClass::null: return "null";
    case ContactClass::xmas: return "xmas";
    case ContactClass::synfin: return "synfin";
    case ContactClass::ack: return "ack";
    case ContactClass::maimon: return "maimon";
    case ContactClass::udp: return "udp";
    case ContactClass::icmp: return "icmp";
    case ContactClass::arp: return "arp";
    case ContactClass::nd: return "nd";
    case ContactClass::ip_protocol: return "ip_protocol";
    case ContactClass::sctp: return "sctp";
    case ContactClass::reverse_rst: return "reverse_rst";
  }
  return "none";
}

std::string_view to_text(Result result) noexcept {
  switch (result) {
    case Result::session: return "session";
    case Result::banner: return "banner";
    case Result::connect: return "connect";
    case Result::half_open: return "half_open";
    case Result::refused: return "refused";
    case Result::silent: return "silent";
    case Result::malformed: return "malformed";
    case Result::idle: return "idle";
    case Result::midstream: return "midstream";
    case Result::time_exceeded: return "time_exceeded";
  }
  return "idle";
}

}  // namespace ntan::flow
