// Lines out of octets that come in pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ntan::run {

/// No event is longer; of a longer line nothing is kept.
inline constexpr std::size_t longest_line = std::size_t{1} << 20U;

class LineFeed {
 public:
  /// Calls `line` with every whole line that is not empty, without its end; for one that is too
  /// long with its first octet, which is no event.
  template <class Line>
  void take(std::string_view octets, Line&& line) {
    while (!octets.empty()) {
      const std::size_t end = octets.find('\n');
      append(octets.substr(0, end));
      if (end == std::string_view::npos) return;
      octets.remove_prefix(end + 1);
      flush(line);
    }
  }

  /// The input has ended: what is left is a line too.
  template <class Line>
  void flush(Line&& line) {
    if (!line_.empty()) line(std::string_view{line_});
    clear();
  }

  void clear() noexcept {
    line_.clear();
    too_long_ = false;
  }

 private:
  void append(std::string_view part) {
    too_long_ = too_long_ || line_.size() + part.size() > longest_line;
    if (!too_long_) {
      line_ += part;
    } else if (line_.empty()) {
      line_ = part.substr(0, 1);
    } else {
      line_.resize(1);
    }
  }

  std::string line_;
  bool too_long_ = false;
};

}  // namespace ntan::run
