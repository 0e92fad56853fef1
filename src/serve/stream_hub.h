// Server-sent events for all pages that listen (WHATWG HTML, 9.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http_server.h"

namespace ntan::serve {

/// Appends one event. Line ends in `data` reach the client as \n; `id` 0 leaves the id out.
void append_message(std::string& out, std::string_view name, std::string_view data,
                    std::uint64_t id = 0);

class StreamHub {
 public:
  /// Messages that may wait for one client; it is cut off at the next.
  static constexpr std::size_t most_waiting = 4;

  /// A body for a client that begins with `first`.
  [[nodiscard]] std::unique_ptr<BodySource> subscribe(std::string first);
  void publish(std::string messages);
  /// Ends all streams.
  void close();
  [[nodiscard]] std::size_t clients() noexcept;
  /// Clients that did not read.
  [[nodiscard]] std::uint64_t cut_off() const noexcept { return cut_off_; }

 private:
  struct Client;
  class Body;

  void forget_gone();

  std::vector<std::shared_ptr<Client>> clients_;
  std::uint64_t cut_off_ = 0;
};

}  // namespace ntan::serve
