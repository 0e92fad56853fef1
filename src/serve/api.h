// The page's HTTP interface: snapshot, stream, tables, exports, start and stop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "event/record.h"
#include "serve/control.h"
#include "serve/digest.h"
#include "serve/http_server.h"
#include "serve/stream_hub.h"

namespace ntan::serve {

struct TableQuery;

struct ApiOptions {
  std::string_view version;
  std::span<const event::Schema* const> schemas;  ///< for CSV
};

class Api final : public Handler {
 public:
  /// Everything outlives it.
  Api(const ApiOptions& options, const Digest& digest, Control& control);

  [[nodiscard]] std::optional<Reply> answer(const Request& request,
                                            const std::shared_ptr<PendingReply>& later) override;

  /// Once a second: what has changed goes to all who listen.
  void tick();
  /// The run has begun, ended or failed.
  void state_changed();
  /// The digest has a new or changed scan.
  void scan_told(std::string_view line);
  /// The digest was cleared.
  void run_begins() noexcept;
  /// Ends the streams.
  void close() { hub_.close(); }

  [[nodiscard]] std::size_t listeners() noexcept { return hub_.clients(); }

 private:
  /// A request to one of the routes.
  struct Asked {
    const Request& request;
    std::string_view rest;  ///< of the path, behind the route's
    const std::shared_ptr<PendingReply>& later;
  };
  struct Route;

  [[nodiscard]] std::optional<Reply> state(const Asked& asked);
  [[nodiscard]] std::optional<Reply> stream(const Asked& asked);
  [[nodiscard]] std::optional<Reply> interfaces(const Asked& asked);
  [[nodiscard]] std::optional<Reply> table(const Asked& asked);
  [[nodiscard]] std::optional<Reply> exported(const Asked& asked);
  [[nodiscard]] std::optional<Reply> started(const Asked& asked);
  [[nodiscard]] std::optional<Reply> stopped(const Asked& asked);
  [[nodiscard]] std::optional<Reply> checked(const Asked& asked);

  /// The object of the event `state`.
  [[nodiscard]] std::string state_object(const RunState& run) const;
  [[nodiscard]] Reply talkers(const TableQuery& query) const;
  [[nodiscard]] Reply exported_events(const Request& request, bool csv);
  [[nodiscard]] Reply unknown_event(std::string_view name) const;
  [[nodiscard]] Reply metrics();
  [[nodiscard]] Reply state_reply();
  [[nodiscard]] std::string file_name(std::string_view end) const;

  ApiOptions options_;
  const Digest* digest_;
  Control* control_;
  StreamHub hub_;
  simdjson::dom::parser parser_;
  std::uint64_t tick_ = 0;
  double told_until_ = 0;     ///< end of the last window that a tick has told, seconds
  bool told_of_run_ = false;  ///< the last summary told was of the whole run
  std::string alerts_;        ///< messages of this second
  std::uint64_t alerts_left_out_ = 0;
};

}  // namespace ntan::serve
