#include "source/met_interfaces.h"

#include <algorithm>

#include "base/bytes.h"

namespace ntan::source {
namespace {

// LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, ….
constexpr std::size_t index_at = 4;

}  // namespace

std::uint32_t MetInterfaces::of(std::span<const std::uint8_t> data, std::vector<Interface>& input) {
  if (data.size() < index_at + sizeof(std::uint32_t)) return 0;
  const auto kernel_index = load_be<std::uint32_t>(data.subspan(index_at).data());
  if (kernel_index != last_.kernel_index) [[unlikely]]
    last_ = meet(kernel_index, input);
  return last_.index;
}

MetInterfaces::Met MetInterfaces::meet(std::uint32_t kernel_index, std::vector<Interface>& input) {
  const auto at = std::ranges::lower_bound(met_, kernel_index, {}, &Met::kernel_index);
  if (at != met_.end() && at->kernel_index == kernel_index) return *at;
  if (met_.size() == most) return {.kernel_index = kernel_index, .index = 0};
  Met met{.kernel_index = kernel_index, .index = 0};
  if (std::string name = name_of_(kernel_index); !name.empty()) {
    met.index = static_cast<std::uint32_t>(input.size());
    input.push_back(
        {.name = std::move(name), .link = input.front().link, .snaplen = input.front().snaplen});
  }
  met_.insert(at, met);
  return met;
}

}  // namespace ntan::source
