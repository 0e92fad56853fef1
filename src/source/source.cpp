#include "source/source.h"

#include <algorithm>

namespace ntan::source {
namespace {

void add(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& more) noexcept {
  if (more) sum = sum.value_or(0) + *more;
}

}  // namespace

Counters& Counters::operator+=(const Counters& more) noexcept {
  add(received, more.received);
  add(dropped_by_kernel, more.dropped_by_kernel);
  add(dropped_by_interface, more.dropped_by_interface);
  return *this;
}

Error::Kind kind_of(const std::error_code& error) noexcept {
  if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted ||
      error == std::errc::read_only_file_system) {
    return Error::Kind::permission;
  }
  const bool absent =
      error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  return absent ? Error::Kind::not_found : Error::Kind::runtime;
}

bool has_damage(const std::vector<Damage>& damage, Damage::Kind kind) noexcept {
  return std::ranges::any_of(damage, [kind](const Damage& one) { return one.kind == kind; });
}

}  // namespace ntan::source
