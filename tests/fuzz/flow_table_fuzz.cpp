// Index, slab and wheel together, as a flow table uses them, against ordered maps.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "flow/index.h"
#include "flow/slab.h"
#include "flow/wheel.h"

namespace {

using namespace ntan;
using flow::Due;
using flow::Number;

constexpr std::size_t cap = 96;
constexpr std::int64_t second = 1'000'000'000;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

struct Entry {
  std::uint16_t key = 0;
  std::uint64_t sequence = 0;
  std::int64_t due = 0;
  flow::WheelLink link{};
};

/// Few distinct tags, so that they meet; with all ones in front for half of the keys.
std::uint32_t tag_of(std::uint16_t key) {
  const auto low = static_cast<std::uint32_t>(key & 3U);
  return (key & 0x80U) != 0 ? 0xfffffff0U | low : static_cast<std::uint32_t>(key & 0x7cU) << 25U;
}

class Table {
 public:
  flow::WheelLink& link(Number number) noexcept { return slab_[number].link; }
  [[nodiscard]] Due due(Number number) const noexcept {
    return {.time = slab_[number].due, .sequence = slab_[number].sequence, .number = number};
  }
  [[nodiscard]] bool is(Number number, std::uint64_t sequence) const noexcept {
    return slab_.alive(number) && slab_[number].sequence == sequence;
  }

  void start() { wheel_.start(from_ns(now_)); }

  /// A packet of flow `key`: opens the flow, or puts its end off; the wheel is not told.
  void packet(std::uint16_t key, std::int64_t lifetime) {
    Number number = find(key);
    require((number != 0) == (keys_.count(key) == 1));
    if (number != 0) {
      set_due(number, std::max(slab_[number].due, now_ + lifetime));
      return;
    }
    number = slab_.create();
    require((number == 0) == (keys_.size() == cap));
    if (number == 0) return;
    slab_[number] = {.key = key, .sequence = ++opened_};
    index_.insert(tag_of(key), number);
    keys_.emplace(key, number);
    set_due(number, now_ + lifetime);
    filed_[number] = now_ + lifetime;
    wheel_.file(number, due(number));
  }

  /// The flow's time-out changes, to any time.
  void refile(std::uint16_t key, std::int64_t lifetime) {
    const Number number = find(key);
    if (number == 0) return;
    wheel_.remove(number);
    set_due(number, now_ + lifetime);
    filed_[number] = now_ + lifetime;
    wheel_.file(number, due(number));
  }

  void erase(std::uint16_t key) {
    if (const Number number = find(key); number != 0) {
      wheel_.remove(number);
      forget(number);
    }
  }

  /// Lets time pass; every flow ends exactly when it is due, in order.
  void pass(std::int64_t span) {
    now_ += span;
    if (wheel_.empty()) wheel_.jump(Wheel::tick_of(now_));
    while (wheel_.tick() < Wheel::tick_of(now_)) {
      release((wheel_.tick() + 1) * second - 1);
      wheel_.enter_next_second();
    }
    release(now_);
    require(ends_.empty() || ends_.begin()->first.first > now_);
    check();
  }

  void finish() {
    while (!keys_.empty()) erase(keys_.begin()->first);
    check();
    require(ended_ == opened_);
    require(wheel_.front() == nullptr);
    for (unsigned key = 0; key < 256; ++key) require(find(static_cast<std::uint16_t>(key)) == 0);
  }

 private:
  using Wheel = flow::Wheel<Table>;

  [[nodiscard]] Number find(std::uint16_t key) const {
    return index_.find(tag_of(key), [&](Number number) { return slab_[number].key == key; });
  }

  void set_due(Number number, std::int64_t due) {
    Entry& entry = slab_[number];
    ends_.erase({entry.due, entry.sequence});
    entry.due = due;
    ends_.emplace(std::pair{due, entry.sequence}, number);
  }

  void forget(Number number) {
    const Entry& entry = slab_[number];
    require(ends_.erase({entry.due, entry.sequence}) == 1);
    require(keys_.erase(entry.key) == 1);
    filed_.erase(number);
    index_.erase(tag_of(entry.key), number);
    slab_.destroy(number);
    ++ended_;
  }

  void release(std::int64_t limit) {
    while (const Due* front = wheel_.front()) {
      if (front->time > limit) return;
      const Due due = wheel_.pop();
      require(keys_.count(slab_[due.number].key) == 1);
      require(slab_[due.number].sequence == due.sequence);
      require(due.time >= filed_[due.number]);
      if (slab_[due.number].due > due.time) {  // touched since it became ready
        filed_[due.number] = slab_[due.number].due;
        wheel_.file(due.number, this->due(due.number));
        continue;
      }
      require(ends_.begin()->first == std::pair{due.time, due.sequence});
      forget(due.number);
    }
  }

  void check() const {
    require(slab_.alive() == keys_.size());
    require(index_.size() == keys_.size());
    require(ends_.size() == keys_.size());
    require(wheel_.empty() == keys_.empty());
    require(opened_ == ended_ + keys_.size());
    for (const auto& [key, number] : keys_) require(find(key) == number);
  }

  flow::Slab<Entry> slab_{cap};
  flow::Index index_;
  Wheel wheel_{*this};
  std::map<std::uint16_t, Number> keys_;
  std::map<std::pair<std::int64_t, std::uint64_t>, Number> ends_;
  std::map<Number, std::int64_t> filed_;
  std::int64_t now_ = 1000 * second + second / 2;
  std::uint64_t opened_ = 0;
  std::uint64_t ended_ = 0;
};

/// From a 32nd of a second to an hour.
std::int64_t span_of(std::uint8_t octet) {
  const std::int64_t part = octet & 0x3fU;
  return (octet & 0xc0U) == 0xc0U ? part * 60 * second : part * (second / 32);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in({data, size});
  Table table;
  table.start();
  int hours = 0;
  while (in.left() >= 3) {
    const std::uint8_t operation = in.u8();
    const std::uint16_t key = in.u8();
    const std::uint8_t span = in.u8();
    if (operation % 8 < 4) {
      table.packet(key, span_of(span));
    } else if (operation % 8 == 4) {
      table.refile(key, span_of(span));
    } else if (operation % 8 == 5) {
      table.erase(key);
    } else if (span < 0xc0 || ++hours < 20) {
      table.pass(span_of(span));
    }
  }
  table.finish();
  return 0;
}
