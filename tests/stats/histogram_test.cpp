#include "stats/histogram.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace ntan;
using namespace ntan::stats;

namespace {

using Random = std::mt19937_64;
using Values = std::vector<std::uint64_t>;

std::uint64_t ns(double value) {
  return static_cast<std::uint64_t>(std::clamp(value, 1'100.0, 130e9));
}

Values draw(std::size_t count, const std::function<double(Random&)>& one) {
  Random random(7);
  Values values(count);
  for (std::uint64_t& value : values) value = ns(one(random));
  return values;
}

Histogram histogram_of(const Values& values) {
  Histogram histogram;
  for (const std::uint64_t value : values) histogram.add(value);
  return histogram;
}

/// In [0, 1), the same everywhere.
double unit(Random& random) {
  return static_cast<double>(random() >> 11U) * 0x1p-53;
}

/// Largest relative error of five quantiles against a sorted copy.
double worst_error(Values values) {
  const Histogram histogram = histogram_of(values);
  std::sort(values.begin(), values.end());
  double worst = 0;
  for (const std::uint32_t per_mille : {500U, 900U, 950U, 990U, 999U}) {
    const std::size_t rank = (values.size() * per_mille + 999) / 1000;
    const auto exact = static_cast<double>(values[rank - 1]);
    const auto told = static_cast<double>(histogram.quantile(per_mille));
    worst = std::max(worst, std::abs(told - exact) / exact);
  }
  return worst;
}

template <class Distribution>
std::function<double(Random&)> from(Distribution distribution) {
  return
      [distribution](Random& random) mutable { return static_cast<double>(distribution(random)); };
}

std::function<double(Random&)> lognormal(double median, double sigma) {
  return from(std::lognormal_distribution<double>(std::log(median), sigma));
}

}  // namespace

TEST_CASE("histogram: quantiles are within 0.8 % of an exact sort") {
  const std::size_t count = 20'000;
  const auto [name, values] = GENERATE_COPY(table<std::string, Values>({
      {"uniform", draw(count, from(std::uniform_real_distribution<double>(2e3, 5e9)))},
      {"narrow uniform", draw(count, from(std::uniform_real_distribution<double>(1e6, 1.02e6)))},
      {"exponential", draw(count, from(std::exponential_distribution<double>(1e-7)))},
      {"normal", draw(count, from(std::normal_distribution<double>(2e7, 4e6)))},
      {"lognormal, LAN", draw(count, lognormal(250e3, 0.4))},
      {"lognormal, long tail", draw(count, lognormal(20e6, 2.0))},
      {"Weibull", draw(count, from(std::weibull_distribution<double>(0.5, 3e7)))},
      {"Pareto",
       draw(count, [](Random& random) { return 1e5 / std::pow(1 - unit(random), 1 / 1.1); })},
      {"three peaks", draw(count, [peaks = std::array{lognormal(250e3, 0.3), lognormal(20e6, 0.3),
                                                      lognormal(120e6, 0.3)}](
                                      Random& random) { return peaks[random() % 3](random); })},
      {"constant", draw(count, [](Random&) { return 1'234'567.0; })},
      {"whole milliseconds",
       draw(count, [](Random& random) { return static_cast<double>(1 + random() % 200) * 1e6; })},
      {"log-uniform over all octaves",
       draw(count, [](Random& random) { return std::exp2(10.2 + 26 * (unit(random))); })},
  }));
  INFO(name);
  CHECK(worst_error(values) <= 0.008);
}

TEST_CASE("histogram: quantiles stay within 0.8 % after a step change") {
  Values values = draw(10'000, lognormal(1e6, 0.3));
  const Values later = draw(10'000, lognormal(500e6, 0.3));
  values.insert(values.end(), later.begin(), later.end());
  CHECK(worst_error(values) <= 0.008);
}

TEST_CASE("histogram: merged parts equal a single pass") {
  const Values values = draw(9'999, lognormal(20e6, 3.0));
  std::array<Histogram, 3> parts;
  for (std::size_t i = 0; i < values.size(); ++i) parts[i % 3].add(values[i]);
  Histogram merged;
  for (const std::size_t i : {2U, 0U, 1U}) merged.merge(parts[i]);
  CHECK(merged == histogram_of(values));
  merged.merge({});
  CHECK(merged == histogram_of(values));
}

TEST_CASE("histogram: n, min, max and sum are exact") {
  const Values values = draw(5'000, lognormal(20e6, 2.0));
  const Histogram histogram = histogram_of(values);
  CHECK(histogram.n() == values.size());
  CHECK(histogram.min() == *std::min_element(values.begin(), values.end()));
  CHECK(histogram.max() == *std::max_element(values.begin(), values.end()));
  Uint128 sum = 0;
  for (const std::uint64_t value : values) sum += value;
  CHECK((histogram.sum() == sum));
}

TEST_CASE("histogram: the middle of every cell is within 1/128 of both its ends") {
  for (unsigned octave = 10; octave < 37; ++octave) {
    for (std::uint64_t within = 0; within < 64; ++within) {
      const std::uint64_t low = (64 + within) << (octave - 6);
      const std::uint64_t high = low + (std::uint64_t{1} << (octave - 6)) - 1;
      // Both ends share the cell: with them as extremes nothing but its middle can be told.
      const std::uint64_t middle = histogram_of({low, high, high}).quantile(500);
      if (middle < low || middle > high) FAIL("cell of " << low);
      if ((middle - low) * 128 > low || (high - middle) * 128 > high) FAIL("cell of " << low);
    }
  }
  SUCCEED();
}

TEST_CASE("histogram: a single value is told as it is, however small or large") {
  const std::uint64_t value =
      GENERATE(0U, 1U, 1'000U, 1'023U, 1'024U, 77'777U, (1ULL << 37U) - 1, 1ULL << 37U, UINT64_MAX);
  const Histogram histogram = histogram_of({value});
  CHECK(histogram.quantile(0) == value);
  CHECK(histogram.quantile(500) == value);
  CHECK(histogram.quantile(1000) == value);
}

TEST_CASE("histogram: values outside the octaves keep their side") {
  const Histogram histogram = histogram_of({5, 900, 1'000'000, 200'000'000'000, 300'000'000'000});
  CHECK(histogram.n() == 5);
  CHECK(histogram.quantile(200) < 1'024);
  CHECK(histogram.quantile(400) < 1'024);
  CHECK(histogram.quantile(600) == Approx(1'000'000).epsilon(0.008));
  CHECK(histogram.quantile(800) > std::uint64_t{1} << 37U);
  CHECK(histogram.quantile(1000) <= 300'000'000'000);
}

TEST_CASE("histogram: without values everything is 0") {
  Histogram histogram = histogram_of({4'000'000});
  histogram.clear();
  CHECK(histogram == Histogram{});
  CHECK(histogram.n() == 0);
  CHECK(histogram.min() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.quantile(500) == 0);
}
