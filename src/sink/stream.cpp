#include <algorithm>
#include <utility>

#include "sink/sink.h"

namespace ntan::sink {
namespace {

class StreamSink final : public Sink {
 public:
  StreamSink(OutputFile file, event::Format format, Schemas events)
      : Sink(format), file_(std::move(file)) {
    std::string head;
    for (const event::Schema* schema : events) event::append_head(head, *schema, format);
    if (!head.empty()) file_.append(head);
  }

  void write(std::string_view /*event*/, Timestamp /*time*/, std::string_view line) override {
    file_.append(line);
    ++lines_;
  }

  void flush() override { file_.flush(); }

  void wait_for_reader() noexcept override { file_.wait_for_reader(); }

  void finish() override { file_.close(); }

  [[nodiscard]] State state() const noexcept override { return file_.state(); }

  [[nodiscard]] std::string message() const override { return file_.message(); }

  [[nodiscard]] std::vector<Written> written() const override {
    // A header is no event; where it was lost, all were.
    return {{.name = file_.name(), .lines = lines_, .lost = std::min(file_.lost(), lines_)}};
  }

 private:
  OutputFile file_;
  std::uint64_t lines_ = 0;
};

}  // namespace

std::unique_ptr<Sink> make_stream_sink(OutputFile file, event::Format format, Schemas events) {
  return std::make_unique<StreamSink>(std::move(file), format, events);
}

}  // namespace ntan::sink
