// HTTP/1.x (RFC 9110, 9112): one event per exchange.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "app/protocol.h"
#include "event/record.h"

namespace ntan::app {

/// One exchange. Texts are octets as sent, at most 1 kB each, the URI whole.
struct Http {
  std::string_view method;
  std::string_view host;
  std::string_view uri;
  std::string_view version;
  std::optional<std::uint16_t> status;
  std::string_view reason;
  std::string_view user_agent;
  std::string_view referer;
  std::string_view request_content_type;
  std::string_view content_type;
  std::string_view server;
  std::string_view location;
  std::optional<std::uint64_t> request_body_bytes;
  std::optional<std::uint64_t> response_body_bytes;
  std::optional<std::uint64_t> ttfb_us;
  std::optional<std::uint64_t> total_us;
  std::optional<std::uint32_t> depth;
  std::span<const std::uint16_t> informational;
  std::optional<bool> pipelined;
  std::optional<bool> chunked;
  std::optional<bool> upgrade;
  std::optional<bool> connect;
  std::optional<bool> early;
  std::optional<bool> gap;
  bool complete = false;

  static constexpr std::array<std::string_view, 8> line{
      "method", "host", "uri", "status", "content_type", "response_body_bytes", "ttfb_us", "gap"};
  static constexpr event::RecordInfo info{
      .name = "http",
      .doc = "One HTTP/1.x exchange: at the end of the response, or when no more of it can come",
      .order = event::Order::protocol,
      .line = line};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"method", &Http::method>("Request method; absent if no request was seen"),
        field<"host", &Http::host>("Host field of the request"),
        field<"uri", &Http::uri>("Request target, whole; user information in it reads ***"),
        field<"version", &Http::version>(
            "HTTP version of the request; of the response if no request was seen"),
        field<"status", &Http::status>("Final status code; absent if no response was seen"),
        field<"reason", &Http::reason>("Reason phrase"),
        field<"user_agent", &Http::user_agent>("User-Agent field of the request"),
        field<"referer", &Http::referer>("Referer field; user information in it reads ***"),
        field<"request_content_type", &Http::request_content_type>(
            "Content-Type of the request body"),
        field<"content_type", &Http::content_type>("Content-Type of the response body"),
        field<"server", &Http::server>("Server field of the response"),
        field<"location", &Http::location>("Location field; user information in it reads ***"),
        field<"request_body_bytes", &Http::request_body_bytes>(
            "Octets of the request body as transferred, up to the end of the response, chunk "
            "framing excluded; absent without one"),
        field<"response_body_bytes", &Http::response_body_bytes>(
            "Octets of the response body as transferred, chunk framing excluded; absent where "
            "there cannot be one"),
        field<"ttfb_us", &Http::ttfb_us>(
            "From the last octet of the request, or of its head where the client awaited 100 "
            "(Continue) before it sent the body, to the first of the final status line"),
        field<"total_us", &Http::total_us>(
            "From the first octet of the request to the last of the response"),
        field<"depth", &Http::depth>("Number of the request in its connection, from 1"),
        field<"informational", &Http::informational>("1xx codes before the final response"),
        field<"pipelined", &Http::pipelined>("Sent while an earlier request was unanswered"),
        field<"chunked", &Http::chunked>("One of the bodies was chunked"),
        field<"upgrade", &Http::upgrade>("Another protocol follows (status 101)"),
        field<"connect", &Http::connect>("Method CONNECT"),
        field<"early", &Http::early>(
            "The response began before the request ended, and the client did not wait for it"),
        field<"gap", &Http::gap>("Octets of the exchange were never seen, or came when more stood "
                                 "behind them than waits"),
        field<"complete", &Http::complete>("The end of the response was seen"));
  }
};

extern const Protocol http_protocol;

}  // namespace ntan::app
