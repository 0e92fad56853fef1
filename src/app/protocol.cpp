#include "app/protocol.h"

namespace ntan::app {

Progress Dissector::on_unseen(Direction /*direction*/, std::uint64_t /*size*/,
                              std::optional<Timestamp> /*had*/, Output& /*out*/) {
  return Progress::more;
}

Progress Dissector::on_gap(Direction /*direction*/, std::uint64_t /*size*/,
                           std::optional<Timestamp> /*had*/, Output& /*out*/) {
  return Progress::give_up;
}

Progress Dissector::on_half_close(Direction /*direction*/, Timestamp /*time*/, Output& /*out*/) {
  return Progress::more;
}

void Dissector::on_timer(Timer /*timer*/, std::uint32_t /*token*/, Timestamp /*now*/,
                         Output& /*out*/) {}

void Dissector::on_end(Timestamp /*now*/, Output& /*out*/) {}

}  // namespace ntan::app
