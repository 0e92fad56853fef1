// What can be said about a filter expression without libpcap, whose errors give no place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ntan::source {

/// True when a word is neither of pcap-filter(7) nor can be a name where it stands: a field of an
/// event, or an unknown word with an operand behind it.
[[nodiscard]] bool has_impossible_word(std::string_view expression);

/// A word of an expression that is none of pcap-filter(7), where it has to be one.
struct UnknownWord {
  std::string_view text;
  std::size_t at = 0;                         ///< octets before it
  std::vector<std::string_view> suggestions;  ///< words that may have been meant
};

/// The first one, as far as that can be told; views borrow from `expression`.
[[nodiscard]] std::optional<UnknownWord> unknown_word(std::string_view expression);

/// Lines that show the first unknown word with a caret below and what may have been meant; empty
/// when every word is known or may be the name of a host or service.
[[nodiscard]] std::vector<std::string> filter_hints(std::string_view expression);

}  // namespace ntan::source
