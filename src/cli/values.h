// Values of options: text to number, with no locale and no surprises.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/options.h"

namespace ntan::cli {

/// 16 hex digits, as events show ids.
[[nodiscard]] std::optional<std::uint64_t> parse_id(std::string_view text) noexcept;

/// Octets: a number with k, M or G (powers of 1,024), or a plain number of `unit` octets.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text,
                                                      std::uint64_t unit) noexcept;

/// `1.5`, `1.5s`, `100ms`, `10us`, `5m`, `1h`; a plain number is seconds. At most 100 years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text) noexcept;

/// `192.0.2.0/24,2001:db8::1,…`; an address alone is itself only.
[[nodiscard]] std::optional<std::vector<Network>> parse_networks(std::string_view text);

/// `8080`, `:8080`, `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`.
[[nodiscard]] std::optional<run::Listen> parse_listen(std::string_view text);

/// A host name as browsers send it, in small letters and without port; IPv6 in brackets.
[[nodiscard]] std::optional<std::string> parse_host(std::string_view text);

/// The parts between `separator`s; one empty part for empty text.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace ntan::cli
