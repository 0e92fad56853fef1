// Runs one dissector as the engine would: segments in, lines out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/protocol.h"
#include "event/event.h"

namespace ntan::test {

/// What a run produced, in order. Lines are the `{…}` of each record, prefixed by its event name:
/// `dns {"id":1}`; ends of their own stand between: `arp 10.0.0.1>10.0.0.2 {"op":"request"}`.
struct Dissected {
  std::vector<std::string> lines;
  std::vector<event::Note> notes;
  std::vector<std::string> resolved;
  std::vector<std::string> anomalies;  ///< `layer reason`
  app::Progress progress = app::Progress::more;
};

/// Drives a dissector in trace time: timers fire in due order before a later segment is handed
/// over.
class DissectorRun final : public app::Output {
 public:
  DissectorRun(const app::Protocol& protocol, app::FlowContext flow,
               std::size_t memory = std::size_t{1} << 20U);
  ~DissectorRun() override;

  /// Hands over octets at `ms` milliseconds of trace time; nothing once the dissector is done.
  void feed(Direction direction, Bytes data, std::int64_t ms, std::uint32_t sent_size = 0);
  void gap(Direction direction, std::uint64_t size, std::int64_t ms);
  /// A gap of which nothing tells when the other side got it.
  void hole(Direction direction, std::uint64_t size, std::int64_t ms);
  void unseen(Direction direction, std::uint64_t size, std::int64_t ms);
  void half_close(Direction direction, std::int64_t ms);

  /// What later segments carry besides their octets, where the transport has no flow.
  void set_source(MacAddress link_source) { link_source_ = link_source; }

  void set_link(std::uint64_t link) { link_ = link; }

  void set_version(IpVersion version) { version_ = version; }

  /// From now on nobody reads the records: no line is made of any.
  void want_no_records() { wanted_ = false; }

  /// From now on no packet may be decrypted.
  void forbid_decryption() { may_decrypt_ = false; }

  void advance(std::int64_t ms);  ///< fires timers due by then
  void end(std::int64_t ms);

  [[nodiscard]] const Dissected& result() const { return result_; }

  [[nodiscard]] const Budget& memory() const { return budget_; }

  void arm(app::Timer timer, std::uint32_t token) override;

  void note(event::Note note) override { result_.notes.push_back(note); }
  void resolved(const IpAddress& address) override {
    result_.resolved.push_back(to_string(address));
  }

  bool may_decrypt() override { return may_decrypt_; }

  void anomaly(std::string_view layer, event::Reason reason, std::string_view detail) override;

 private:
  struct Armed {
    Timestamp due;
    app::Timer timer{};
    std::uint32_t token = 0;
  };

  void emit_record(const event::Schema& schema, const void* record, const Ends* ends) override;
  [[nodiscard]] bool wants_record(const event::Schema& /*schema*/) override { return wanted_; }
  void take(app::Progress progress);
  bool wake(Bytes data);

  Budget budget_;
  const app::Protocol* protocol_;
  app::FlowContext flow_;
  std::unique_ptr<std::byte[]> storage_;  // NOLINT(*-c-arrays)
  app::Dissector* dissector_ = nullptr;
  Timestamp now_{};
  std::uint64_t packet_ = 0;
  MacAddress link_source_;
  std::uint64_t link_ = 0;
  IpVersion version_{};
  bool wanted_ = true;
  bool may_decrypt_ = true;
  std::vector<Armed> timers_;
  Dissected result_;
};

/// The notes of a run as text, `kind value` each.
[[nodiscard]] std::vector<std::string> note_texts(const Dissected& result);

}  // namespace ntan::test
