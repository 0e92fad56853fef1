// Any octets from both sides, cut into segments in two ways: the same events, and all memory back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/http.h"

namespace {

using namespace ntan;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// Writes down what a dissector says. Time stands still, so that only the octets matter.
class Log final : public app::Output {
 public:
  void arm(app::Timer /*timer*/, std::uint32_t /*token*/) override {}

  void note(event::Note note) override {
    lines.push_back("note " + std::to_string(static_cast<int>(note.kind)) + ' ' +
                    std::to_string(note.value));
  }

  void resolved(const IpAddress& /*address*/) override {}

  bool may_decrypt() override { return true; }

  void anomaly(std::string_view layer, event::Reason reason, std::string_view detail) override {
    require(layer == "http" && !detail.empty());
    lines.push_back("anomaly " + std::string{to_text(reason)} + ' ' + std::string{detail});
  }

  std::vector<std::string> lines;

 private:
  void emit_record(const event::Schema& schema, const void* record, const Ends* /*ends*/) override {
    const std::size_t bound = schema.json_bound(record);
    std::string text(bound, '\0');
    const char* end = schema.append_json(text.data(), record, {});
    require(static_cast<std::size_t>(end - text.data()) <= bound);
    text.resize(static_cast<std::size_t>(end - text.data()));
    lines.push_back(text);
  }
};

struct Piece {
  enum class Kind : std::uint8_t { data, gap, close } kind{};
  Direction direction{};
  Bytes data;
  std::uint64_t size = 0;
};

/// `control, size, octets …` repeated.
std::vector<Piece> read_pieces(Bytes input) {
  std::vector<Piece> pieces;
  Reader in(input);
  while (!in.done()) {
    const std::uint8_t control = in.u8();
    const std::uint16_t size = in.be16();
    Piece piece{.direction = (control & 1U) != 0 ? Direction::to_client : Direction::to_server,
                .size = size};
    if ((control & 0x30U) == 0x30U) {
      piece.kind = (control & 0x08U) != 0 ? Piece::Kind::close : Piece::Kind::gap;
    } else {
      piece.data = in.take(std::min<std::size_t>(size, in.left()));
    }
    pieces.push_back(piece);
  }
  return pieces;
}

/// Runs one dissector; segments hold at most `most` octets, the first piece excepted.
std::vector<std::string> run(const std::vector<Piece>& pieces, std::size_t most) {
  Budget budget{.limit = std::size_t{1} << 20U};
  const app::FlowContext flow{.transport = app::Transport::tcp, .memory = &budget};
  Log log;
  {
    const auto storage =
        std::make_unique<std::byte[]>(app::http_protocol.state_size);  // NOLINT(*-c-arrays)
    app::Dissector* dissector = app::http_protocol.construct(storage.get(), flow);
    app::Progress progress = app::Progress::more;
    bool first = true;
    bool closed[2] = {};  // NOLINT(*-c-arrays)
    for (const Piece& piece : pieces) {
      const std::size_t side = index(piece.direction);
      if (closed[side]) continue;
      if (piece.kind == Piece::Kind::gap) {
        progress = dissector->on_gap(piece.direction, piece.size, {}, log);
      } else if (piece.kind == Piece::Kind::close) {
        closed[side] = true;
        progress = dissector->on_half_close(piece.direction, {}, log);
      }
      Bytes rest = piece.data;
      while (progress == app::Progress::more && !rest.empty()) {
        // The first octets decide which side is the client.
        const Bytes part = first ? rest : rest.first(std::min(most, rest.size()));
        first = false;
        rest = rest.subspan(part.size());
        const std::vector<std::uint8_t> copy(part.begin(), part.end());
        progress = dissector->consume({.data = copy,
                                       .size = static_cast<std::uint32_t>(copy.size()),
                                       .direction = piece.direction},
                                      log);
      }
      if (progress != app::Progress::more) break;
    }
    if (progress == app::Progress::more) dissector->on_end({}, log);
    dissector->~Dissector();
  }
  require(budget.used == 0);
  require(budget.refused == 0);
  return log.lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<Piece> pieces = read_pieces({data, size});
  const std::vector<std::string> whole = run(pieces, size + 1);
  const std::size_t odd = size == 0 ? 3 : 2 + data[size - 1] % 30U;
  require(run(pieces, odd) == whole);
  require(run(pieces, 1) == whole);
  return 0;
}
