// What is known of a request and of a response until their exchange is reported.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "app/http.h"
#include "app/http_head.h"
#include "base/budget.h"
#include "base/time.h"

namespace ntan::app {

/// A text that is to be kept, borrowed, in two pieces: what lies between them is masked and never
/// copied.
struct HttpPieces {
  static constexpr std::string_view mask = "***";

  std::string_view before;
  std::string_view after;  ///< empty if nothing is masked
  bool masked = false;

  [[nodiscard]] std::size_t size() const noexcept {
    return before.size() + (masked ? mask.size() + after.size() : 0);
  }
};

/// A request target without its user information, nor what may be the front of it.
[[nodiscard]] HttpPieces pieces_of_target(const HttpStartLine& start) noexcept;

/// Several such texts.
template <std::size_t count>
struct HttpTexts {
  std::array<HttpPieces, count> texts{};
  bool folded = false;  ///< one of them may go on in another line of the head

  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t sum = 0;
    for (const HttpPieces& text : texts) sum += text.size();
    if (folded) [[unlikely]] {
      for (const auto& [before, after, masked] : texts) {
        sum -= before.size() - http_unfold(before, nullptr);
        sum -= after.size() - http_unfold(after, nullptr);
      }
    }
    return sum;
  }

  /// Writes the texts one after the other and tells where each ends.
  /// Requires: size() octets at `out`, which is less than 64 KiB.
  void copy(char* out, std::array<std::uint16_t, count>& ends) const noexcept {
    std::size_t end = 0;
    const auto append = [out, &end, this](std::string_view piece) {
      end += folded ? http_unfold(piece, out + end) : piece.copy(out + end, piece.size());
    };
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [before, after, masked] = texts[i];
      if (!before.empty()) append(before);
      if (masked) [[unlikely]] {
        append(HttpPieces::mask);
        append(after);
      }
      ends[i] = static_cast<std::uint16_t>(end);
    }
  }
};

/// Whether the texts of a head are kept: nobody reads them where the event is not wanted.
enum class HttpKeep : std::uint8_t { texts, nothing };

/// Text `index` of several that stand one after the other. Requires: `ends` are those of `octets`.
template <std::size_t count>
[[nodiscard]] std::string_view http_text(std::string_view octets,
                                         const std::array<std::uint16_t, count>& ends,
                                         std::size_t index) noexcept {
  const std::size_t start = index == 0 ? 0 : ends[index - 1];
  return {octets.data() + start, ends[index] - start};
}

/// A request that waits for its response; its texts stand behind it in the same memory.
class HttpRequest {
 public:
  enum Text : std::uint8_t { method, host, uri, user_agent, referer, content_type, texts };

  /// Null without memory.
  [[nodiscard]] static HttpRequest* make(const HttpHead& head, HttpKeep keep, Budget& memory);
  static void destroy(HttpRequest* request, Budget& memory) noexcept;

  HttpRequest(const HttpRequest&) = delete;
  HttpRequest& operator=(const HttpRequest&) = delete;

  [[nodiscard]] std::string_view text(Text index) const noexcept {
    return http_text({octets(), ends_.back()}, ends_, index);
  }

  HttpRequest* next = nullptr;  ///< younger than this one
  Timestamp first{};            ///< of its octets
  Timestamp last{};             ///< of its octets, once it is complete; before that, of its head
  std::uint64_t body = 0;       ///< octets, if it has one
  std::uint32_t depth = 0;
  HttpMethod kind{};
  char minor = '1';
  bool complete = false;  ///< it is known when its last octet came
  bool has_body = false;
  bool pipelined = false;
  bool chunked = false;
  bool gap = false;
  bool waits = false;  ///< its body, until 100 (Continue) or a final response comes
  bool unread =
      false;  ///< not seen, or not to be read: its place in the queue is all that is known

 private:
  HttpRequest() = default;
  ~HttpRequest() = default;

  [[nodiscard]] std::size_t size() const noexcept { return sizeof(HttpRequest) + ends_.back(); }
  // NOLINTBEGIN(*-reinterpret-cast): the octets behind the object
  [[nodiscard]] char* octets() noexcept { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] const char* octets() const noexcept {
    return reinterpret_cast<const char*>(this + 1);
  }
  // NOLINTEND(*-reinterpret-cast)

  std::array<std::uint16_t, texts> ends_{};
};

/// Requests in the order in which they are to be answered.
class HttpQueue {
 public:
  explicit HttpQueue(Budget& memory) noexcept : memory_(&memory) {}

  HttpQueue(const HttpQueue&) = delete;
  HttpQueue& operator=(const HttpQueue&) = delete;

  ~HttpQueue() {
    while (!empty()) erase(0);
  }

  /// Null without memory.
  HttpRequest* push(const HttpHead& head, HttpKeep keep);

  /// Counts a request that gave way to another one.
  void count_crowded_out() noexcept { ++memory_->crowded_out; }

  /// Requires: index < size(), as for at(). The index is 0 or 1 wherever it matters.
  void erase(std::size_t index) noexcept;

  [[nodiscard]] HttpRequest& at(std::size_t index) noexcept { return **link(index); }

  /// The youngest. Requires: not empty.
  [[nodiscard]] HttpRequest& back() noexcept { return *last_; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  /// What points to request `index`.
  [[nodiscard]] HttpRequest** link(std::size_t index) noexcept;

  Budget* memory_;
  HttpRequest* first_ = nullptr;
  HttpRequest* last_ = nullptr;
  std::uint32_t size_ = 0;
};

struct HttpResponse {
  enum Text : std::uint8_t { reason, content_type, server, location, texts };

  explicit HttpResponse(Budget& memory) noexcept : octets(memory, max_octets) {}

  /// False without memory: it then has no texts.
  [[nodiscard]] bool keep(const HttpHead& head, HttpKeep what);
  void release() noexcept;

  [[nodiscard]] std::string_view text(Text index) const noexcept {
    return http_text(as_text(octets.view()), ends, index);
  }

  static constexpr std::uint32_t max_octets = 16U * 1024;

  Buffer octets;  ///< the texts, one after the other
  std::array<std::uint16_t, texts> ends{};
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
