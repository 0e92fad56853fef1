// What is known of a request and of a response until their exchange is reported.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <list>
#include <optional>
#include <string_view>

#include "app/http.h"
#include "app/http_head.h"
#include "base/budget.h"
#include "base/time.h"

namespace ntan::app {

/// Texts kept one after the other in one Buffer.
template <std::size_t count>
class HttpTexts {
 public:
  /// Enough for a URI of one line and for the others at 1 kB.
  static constexpr std::size_t cap = std::size_t{16} * 1024;

  explicit HttpTexts(Budget& memory) noexcept : octets_(memory, cap) {}

  /// Makes room for texts of `size` octets in all; false without memory.
  [[nodiscard]] bool reserve(std::size_t size) { return octets_.reserve(std::min(size, cap)); }

  /// Appends to the text that is being kept; false without memory.
  [[nodiscard]] bool append(std::string_view piece) { return octets_.append(as_bytes(piece)); }

  /// The text that was being kept is text `index`; they are closed in order.
  void close(std::size_t index) noexcept {
    ends_.at(index) = static_cast<std::uint16_t>(octets_.size());
  }

  [[nodiscard]] std::string_view at(std::size_t index) const noexcept {
    const std::size_t start = index == 0 ? 0 : ends_.at(index - 1);
    return as_text(octets_.view()).substr(start, ends_.at(index) - start);
  }

  void release() noexcept {
    octets_.release();
    ends_ = {};
  }

 private:
  Buffer octets_;
  std::array<std::uint16_t, count> ends_{};
};

struct HttpRequest {
  enum Text : std::uint8_t { method, host, uri, user_agent, referer, content_type, texts };

  explicit HttpRequest(Budget& memory) noexcept : text(memory) {}

  /// False without memory.
  [[nodiscard]] bool keep(const HttpHead& head);

  HttpTexts<texts> text;
  Timestamp first{};              ///< of its octets
  std::optional<Timestamp> last;  ///< known once it is complete
  std::optional<std::uint64_t> body;
  std::uint32_t depth = 0;
  HttpMethod kind{};
  char minor = '1';
  bool pipelined = false;
  bool chunked = false;
  bool gap = false;
};

/// Requests in the order in which they are to be answered.
class HttpQueue {
 public:
  explicit HttpQueue(Budget& memory) noexcept : memory_(&memory) {}

  HttpQueue(const HttpQueue&) = delete;
  HttpQueue& operator=(const HttpQueue&) = delete;

  ~HttpQueue() { memory_->give_back(requests_.size() * node_cost); }

  /// Null without memory.
  HttpRequest* push() {
    if (!memory_->take(node_cost)) return nullptr;
    return &requests_.emplace_back(*memory_);
  }

  void erase(std::size_t index) {
    requests_.erase(std::next(requests_.begin(), static_cast<std::ptrdiff_t>(index)));
    memory_->give_back(node_cost);
  }

  /// Requires: index < size(). The index is 0 or 1 wherever it matters.
  [[nodiscard]] HttpRequest& at(std::size_t index) {
    return *std::next(requests_.begin(), static_cast<std::ptrdiff_t>(index));
  }

  [[nodiscard]] std::size_t size() const noexcept { return requests_.size(); }

  [[nodiscard]] bool empty() const noexcept { return requests_.empty(); }

 private:
  /// The request and the links of its list node.
  static constexpr std::size_t node_cost = sizeof(HttpRequest) + 3 * sizeof(void*);

  Budget* memory_;
  std::list<HttpRequest> requests_;
};

struct HttpResponse {
  enum Text : std::uint8_t { reason, content_type, server, location, texts };

  explicit HttpResponse(Budget& memory) noexcept : text(memory) {}

  [[nodiscard]] bool keep(const HttpHead& head);

  HttpTexts<texts> text;
  std::optional<std::uint64_t> body;
  std::optional<std::uint64_t> ttfb_us;
  std::uint16_t status = 0;
  char minor = '1';
  bool open = false;    ///< its head was seen, and it is not reported yet
  bool paired = false;  ///< it answers the oldest request
  bool chunked = false;
  bool early = false;
  bool gap = false;
};

/// Fills a record with what is there of either side. Views borrow from both.
[[nodiscard]] Http describe(const HttpRequest* request, const HttpResponse* response);

}  // namespace ntan::app
