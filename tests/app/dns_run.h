// A DNS conversation in a test, and what its events say.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "app/protocol.h"
#include "event/note.h"
#include "tests/app/dns_bytes.h"
#include "tests/support/dissect.h"

namespace ntan::test::dns {

inline DissectorRun run(const app::FlowContext& context = udp) {
  return {app::dns_protocol, context};
}

/// Member of an event line, as text; empty where it is absent.
inline std::string member(const std::string& line, const std::string& key) {
  const std::size_t at = line.find("\"" + key + "\":");
  if (at == std::string::npos) return {};
  const std::size_t from = at + key.size() + 3;
  return line.substr(from, line.find_first_of(",}", from) - from);
}

inline std::size_t count(const std::vector<event::Note>& notes, event::Note::Kind kind) {
  return static_cast<std::size_t>(
      std::ranges::count_if(notes, [kind](const event::Note& note) { return note.kind == kind; }));
}

}  // namespace ntan::test::dns
