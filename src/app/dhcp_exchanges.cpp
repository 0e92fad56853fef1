#include "app/dhcp_exchanges.h"

#include <algorithm>

#include "app/observed.h"

namespace ntan::app {
namespace {

// RFC 2131 4.1: a client waits up to 64 s before it asks again. What comes later is another
// exchange, even if the client takes the same number for it.
constexpr Duration longest_pause = std::chrono::seconds{120};

bool is_over(Timestamp last, Timestamp now) noexcept {
  return now > last && now - last > longest_pause;
}

}  // namespace

DhcpExchanges::~DhcpExchanges() {
  if (sets_ != nullptr) memory_->give_back(set_count * sizeof(Set));
}

DhcpExchanges::Times DhcpExchanges::observe(std::uint64_t key, Part part, Timestamp time) {
  switch (part) {
    case Part::none: return {};
    case Part::discover: return on_discover(key, time);
    case Part::request: return on_request(key, time);
    case Part::offer:
    case Part::acknowledge:
    case Part::refuse: return on_answer(key, part, time);
  }
  return {};
}

DhcpExchanges::Exchange* DhcpExchanges::find(std::uint64_t key, Timestamp time) noexcept {
  if (sets_ == nullptr) return nullptr;
  Set& set = sets_[key % set_count];
  const auto at = std::ranges::find_if(set, [&](const Exchange& exchange) {
    return exchange.used && exchange.key == key && !is_over(exchange.last, time);
  });
  return at == set.end() ? nullptr : at;
}

/// Nothing without memory.
DhcpExchanges::Exchange* DhcpExchanges::find_or_add(std::uint64_t key, Timestamp time) {
  if (Exchange* const known = find(key, time); known != nullptr) return known;
  if (sets_ == nullptr) {
    if (!memory_->take(set_count * sizeof(Set))) return nullptr;
    sets_ = std::make_unique<Set[]>(set_count);  // NOLINT(*-c-arrays)
  }
  Set& set = sets_[key % set_count];
  auto at = std::ranges::find_if(set, [&](const Exchange& exchange) {
    return !exchange.used || is_over(exchange.last, time);
  });
  if (at == set.end()) {
    at = std::ranges::min_element(set, {}, [](const Exchange& exchange) { return exchange.last; });
    if (at->waits()) ++memory_->crowded_out;
  }
  *at = Exchange{.key = key, .last = time, .used = true};
  return at;
}

DhcpExchanges::Times DhcpExchanges::on_discover(std::uint64_t key, Timestamp time) {
  Exchange* const exchange = find_or_add(key, time);
  if (exchange == nullptr) return {};
  if (exchange->granted || exchange->refused) *exchange = Exchange{.key = key, .used = true};
  exchange->last = time;
  exchange->last_discover = time;
  if (exchange->discovers == 0) exchange->first_discover = time;
  return {.retries = exchange->discovers++};
}

DhcpExchanges::Times DhcpExchanges::on_request(std::uint64_t key, Timestamp time) {
  Exchange* const exchange = find_or_add(key, time);
  if (exchange == nullptr) return {};
  // Some clients renew what they have got with the number they got it with.
  if (exchange->granted) *exchange = Exchange{.key = key, .used = true};
  if (exchange->refused) exchange->requests = 0;
  exchange->refused = false;
  exchange->last = time;
  exchange->last_request = time;
  return {.retries = exchange->requests++};
}

DhcpExchanges::Times DhcpExchanges::on_answer(std::uint64_t key, Part part,
                                              Timestamp time) noexcept {
  Exchange* const exchange = find(key, time);
  if (exchange == nullptr) return {};
  const bool offers = part == Part::offer;
  const bool grants = part == Part::acknowledge;
  exchange->last = std::max(exchange->last, time);
  exchange->granted = exchange->granted || grants;
  exchange->refused = exchange->refused || part == Part::refuse;
  Times times;
  // RFC 4039: a client in a hurry takes what is granted at once for an answer to its DISCOVER.
  if (!offers && exchange->requests != 0) {
    times.retries = exchange->requests - 1;
    times.rtt_us = elapsed_us(exchange->last_request, time);
  } else if (part != Part::refuse && exchange->discovers != 0) {
    times.retries = exchange->discovers - 1;
    times.rtt_us = elapsed_us(exchange->last_discover, time);
  }
  if (grants && exchange->discovers != 0)
    times.dora_us = elapsed_us(exchange->first_discover, time);
  return times;
}

}  // namespace ntan::app
