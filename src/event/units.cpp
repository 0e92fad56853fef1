#include "event/units.h"

#include <array>
#include <span>

#include <fmt/format.h>

namespace ntan::event {
namespace {

struct Scale {
  double below;
  double unit;
  std::string_view name;
};

/// Three or four significant digits with the first scale that fits.
std::string scaled(double value, std::span<const Scale> scales) {
  for (const Scale& scale : scales) {
    if (value >= scale.below && &scale != &scales.back()) continue;
    const double shown = value / scale.unit;
    const int digits = scale.unit == 1 || shown >= 100 ? 0 : shown >= 10 ? 1 : 2;
    return fmt::format("{:.{}f}{}", shown, digits, scale.name);
  }
  return {};
}

}  // namespace

std::string duration_text(double us) {
  static constexpr std::array<Scale, 3> scales{
      {{1e3, 1, " us"}, {1e6, 1e3, " ms"}, {0, 1e6, " s"}}};
  return scaled(us, scales);
}

std::string size_text(double value, std::string_view unit) {
  static constexpr std::array<Scale, 5> scales{
      {{1e3, 1, " "}, {1e6, 1e3, " k"}, {1e9, 1e6, " M"}, {1e12, 1e9, " G"}, {0, 1e12, " T"}}};
  return scaled(value, scales).append(unit);
}

std::string percent_text(double ratio) {
  constexpr double least = 0.01;
  const double percent = 100 * ratio;
  if (percent <= 0) return "0 %";
  if (percent < least) return "under 0.01 %";
  const int digits = percent >= 100 ? 0 : percent >= 10 ? 1 : 2;
  return fmt::format("{:.{}f} %", percent, digits);
}

}  // namespace ntan::event
