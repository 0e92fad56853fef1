// Whole capture files through reader and analysis with small limits: the laws hold for any input.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "run/engine.h"
#include "run/recorder.h"
#include "source/capture_file.h"
#include "tests/support/memory_stream.h"

namespace {

using namespace ntan;

void require(bool condition) {
  if (!condition) __builtin_trap();
}

/// Whether text is one JSON value of objects, lists, strings, numbers and literals, as far as
/// structure goes: brackets match, strings end and hold no control octets.
class Structure {
 public:
  bool operator()(std::string_view text) {
    depth_ = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '"') {
        i = end_of_string(text, i + 1);
        if (i == std::string_view::npos) return false;
      } else if (c == '{' || c == '[') {
        if (depth_ == open_.size()) return false;
        open_[depth_++] = c == '{' ? '}' : ']';
      } else if (c == '}' || c == ']') {
        if (depth_ == 0) return false;
        --depth_;
        if (open_[depth_] != c) return false;
        if (depth_ == 0 && i + 1 != text.size()) return false;
      } else if (!is_plain(c)) {
        return false;
      }
    }
    return depth_ == 0 && !text.empty();
  }

 private:
  static bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           std::string_view{"-+.E:,"}.find(c) != std::string_view::npos;
  }

  static std::size_t end_of_string(std::string_view text, std::size_t at) {
    for (; at < text.size(); ++at) {
      if (static_cast<unsigned char>(text[at]) < 0x20) return std::string_view::npos;
      if (text[at] == '"') return at;
      if (text[at] == '\\') ++at;
    }
    return std::string_view::npos;
  }

  std::array<char, 8> open_{};
  std::size_t depth_ = 0;
};

class Checker final : public run::LineSink {
 public:
  void write(const event::Schema& schema, Timestamp time, run::Format format,
             std::string_view line) override {
    require(time >= last_);
    last_ = time;
    require(!line.empty() && line.back() == '\n');
    octets_ += line.size();
    if (format != run::Format::json) return;
    require(structure_(line.substr(0, line.size() - 1)));
    if (schema.name == "flow" && line.find(R"("final":true)") != std::string_view::npos) ++flows_;
  }

  [[nodiscard]] std::uint64_t flows() const { return flows_; }

  [[nodiscard]] std::uint64_t octets() const { return octets_; }

 private:
  Timestamp last_ = Timestamp::min();
  Structure structure_;
  std::uint64_t flows_ = 0;
  std::uint64_t octets_ = 0;
};

bool wants(const void* /*context*/, const event::Schema& /*schema*/, run::Format format) {
  return format != run::Format::table;
}

void check(const run::Engine& engine, const Checker& checker) {
  const run::Ledger& ledger = engine.ledger();
  run::Tally sum;
  for (const run::Tally& bucket : ledger.buckets) sum += bucket;
  require(sum.packets == ledger.total.packets && sum.bytes == ledger.total.bytes);
  require(ledger.of(wire::Bucket::fragment).packets == 0);
  require(checker.flows() == engine.counters().flows);
}

void analyse(source::CaptureFile& file, const source::InterfaceTable& interfaces) {
  Checker checker;
  run::Recorder recorder(checker, wants, nullptr, {});
  run::Engine engine({.mem_limit = std::size_t{2} << 20U,
                      .max_flows = 32,
                      .shards = 2,
                      .decode = {.verify_checksums = true},
                      .stats = {.every = std::chrono::seconds{10}}},
                     recorder, interfaces.all());
  Batch batch;
  // Unpacked, a small input can be huge: a prefix of the packets serves as well.
  constexpr std::uint64_t enough = 4'000;
  std::uint64_t number = 0;
  while (number < enough && file.read(batch) == source::Status::packets) {
    for (std::size_t i = 0; i < batch.count; ++i) batch.packets[i].number = ++number;
    engine.run(batch);
  }
  engine.finish();
  recorder.finish();
  check(engine, checker);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t largest = std::size_t{64} << 10U;
  if (size > largest) return 0;
  source::InterfaceTable interfaces;
  try {
    source::CaptureFile file(std::make_unique<test::MemoryStream>(Bytes{data, size}), interfaces,
                             "x", 4096);
    analyse(file, interfaces);
  } catch (const source::Error& error) {
    require(error.kind() == source::Error::Kind::not_a_capture);
  }
  return 0;
}
