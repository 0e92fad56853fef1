// DHCP exchanges under way. A client that has no address yet asks everybody, and a server answers
// to an address that it has just given out: what belongs together is in different flows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/budget.h"
#include "base/time.h"

namespace ntan::app {

/// Those of the flows of one shard, which has all of DHCP. So many at a time: of a thousand and
/// more the oldest are forgotten, and their answers have no times.
class DhcpExchanges {
 public:
  /// What a message is to its exchange.
  enum class Part : std::uint8_t {
    none,
    discover,
    offer,
    request,      ///< whatever else waits for an answer
    acknowledge,  ///< that it was granted
    refuse
  };

  struct Times {
    std::optional<std::uint32_t> retries;
    std::optional<std::int64_t> rtt_us;
    std::optional<std::int64_t> dora_us;
  };

  explicit DhcpExchanges(Budget& memory) noexcept : memory_(&memory) {}

  DhcpExchanges(const DhcpExchanges&) = delete;
  DhcpExchanges& operator=(const DhcpExchanges&) = delete;
  ~DhcpExchanges();

  /// Takes a message into its exchange, of which `key` is a hash of all that tells it apart.
  [[nodiscard]] Times observe(std::uint64_t key, Part part, Timestamp time);

 private:
  struct Exchange {
    std::uint64_t key = 0;
    Timestamp last;  ///< message of it
    Timestamp first_discover;
    Timestamp last_discover;
    Timestamp last_request;
    std::uint32_t discovers = 0;
    std::uint32_t requests = 0;
    bool used = false;
    bool granted = false;
    bool refused = false;

    [[nodiscard]] bool waits() const noexcept { return used && !granted && !refused; }
  };

  // A key has its place in one set of a few: no sender makes a search long.
  static constexpr std::size_t set_size = 4;
  using Set = std::array<Exchange, set_size>;
  static constexpr std::size_t set_count = 256;

  [[nodiscard]] Exchange* find(std::uint64_t key, Timestamp time) noexcept;
  [[nodiscard]] Exchange* find_or_add(std::uint64_t key, Timestamp time);
  [[nodiscard]] Times on_discover(std::uint64_t key, Timestamp time);
  [[nodiscard]] Times on_request(std::uint64_t key, Timestamp time);
  [[nodiscard]] Times on_answer(std::uint64_t key, Part part, Timestamp time) noexcept;

  Budget* memory_;
  std::unique_ptr<Set[]> sets_;  // NOLINT(*-c-arrays): made at the first message
};

}  // namespace ntan::app
