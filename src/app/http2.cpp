#include "app/http2.h"

#include <array>
#include <string_view>

namespace ntan::app {
namespace {

/// RFC 9113 3.4: what a client sends first.
constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The name is all there is to say.
class Http2Dissector final : public Dissector {
 public:
  explicit Http2Dissector(const FlowContext& /*flow*/) noexcept {}

  Progress consume(const Segment& /*segment*/, Output& /*out*/) override { return Progress::done; }
};

Verdict probe(const Segment& start, const FlowContext& /*flow*/) {
  const std::string_view text = as_text(start.data).substr(0, preface.size());
  if (!preface.starts_with(text)) return Verdict::no;
  return text.size() == preface.size() ? Verdict::yes : Verdict::unsure;
}

constexpr std::array<std::uint16_t, 2> ports{80, 8080};

}  // namespace

const Protocol http2_protocol{.name = "http2",
                              .transports = mask(Transport::tcp),
                              .ports = ports,
                              .events = {},
                              .probe = probe,
                              .state_size = sizeof(Http2Dissector),
                              .construct = construct<Http2Dissector>};

}  // namespace ntan::app
