// Asking for memory before somebody waits for it.
#pragma once

#include <algorithm>
#include <cstddef>

namespace ntan {

/// Asks for an object's first `size` octets, a cache line at a time from where it begins.
template <std::size_t size, class T>
[[gnu::always_inline]] inline void prefetch_front(const T& object) noexcept {
  constexpr std::size_t line = 64;
  // NOLINTNEXTLINE(*-reinterpret-cast): an address to fetch
  const auto* const octets = reinterpret_cast<const char*>(&object);
  for (std::size_t at = 0; at < size; at += line) __builtin_prefetch(octets + at);
}

/// Asks for all cache lines of an object; of one whose type is a base, two.
///
/// This, and whoever only calls it, has to be inlined by force: g++ takes a function that does
/// nothing but prefetch for one without effect, and drops calls of it.
template <class T>
[[gnu::always_inline]] inline void prefetch_object(const T& object) noexcept {
  constexpr std::size_t line = 64;
  prefetch_front<std::max(sizeof(T), 2 * line)>(object);
}

}  // namespace ntan
