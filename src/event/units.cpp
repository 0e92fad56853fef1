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

/// Three significant digits at most, also where rounding makes one more before the point.
int digits_of(double shown) noexcept {
  return shown >= 99.95 ? 0 : shown >= 9.995 ? 1 : 2;
}

/// Less than one of the smallest unit: nothing but 0 looks like 0.
std::string small_text(double value) {
  constexpr double least = 0.001;
  if (value == 0) return "0";
  return value < least ? "under 0.001" : fmt::format("{:.2g}", value);
}

/// Three significant digits with the first scale that fits; whole ones of the smallest unit.
std::string scaled(double value, std::span<const Scale> scales) {
  for (const Scale& scale : scales) {
    const double shown = value / scale.unit;
    constexpr double rounds_up = 0.9995;
    if (value >= rounds_up * scale.below && &scale != &scales.back()) continue;
    if (scale.unit == 1 && shown < 1) return small_text(shown).append(scale.name);
    return fmt::format("{:.{}f}{}", shown, scale.unit == 1 ? 0 : digits_of(shown), scale.name);
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
  constexpr double most = 99.95;
  if (percent < least) return "under 0.01 %";
  if (percent >= most && percent < 100) return "over 99.9 %";
  return fmt::format("{:.{}f} %", percent, digits_of(percent));
}

}  // namespace ntan::event
