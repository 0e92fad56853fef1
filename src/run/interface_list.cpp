#include "run/interface_list.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "event/record.h"
#include "source/interfaces.h"

namespace ntan::run {
namespace {

struct InterfaceRecord {
  std::string_view name;
  source::NetworkInterface::State state{};
  std::span<const std::string> addresses;
  std::string_view link;
  bool loopback = false;
  bool default_route = false;

  static constexpr event::RecordInfo info{.name = "interface",
                                          .doc = "A network interface of this machine"};
  static constexpr auto fields() {
    using event::field;
    using R = InterfaceRecord;
    return event::fields(
        field<"name", &R::name>("Name, as -i takes it"),
        field<"state", &R::state>("up, no_carrier or down"),
        field<"addresses", &R::addresses>("IP addresses"),
        field<"link", &R::link>("Link type of its packets"),
        field<"loopback", &R::loopback>("Packets stay on this machine"),
        field<"default_route", &R::default_route>("Packets to the world leave here"));
  }
};

InterfaceRecord record_of(const source::NetworkInterface& one) {
  return {.name = one.name,
          .state = one.state,
          .addresses = one.addresses,
          .link = one.link ? to_text(*one.link) : std::string_view{},
          .loopback = one.loopback,
          .default_route = one.default_route};
}

std::string json_line(const InterfaceRecord& record) {
  std::string line(event::json_bound(record) + 1, '\0');
  char* end = event::append_object(line.data(), record, {});
  *end++ = '\n';
  line.resize(static_cast<std::size_t>(end - line.data()));
  return line;
}

std::string join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

}  // namespace

std::string interface_list(ListForm form) {
  const std::vector<source::NetworkInterface> all = source::list_interfaces();
  std::string text;
  std::size_t widest = 4;
  for (const source::NetworkInterface& one : all) widest = std::max(widest, one.name.size());
  int number = 0;
  for (const source::NetworkInterface& one : all) {
    ++number;
    if (form == ListForm::json) {
      text += json_line(record_of(one));
      continue;
    }
    const std::string_view link = one.link ? to_text(*one.link) : std::string_view{};
    text +=
        fmt::format("{:>3} {:<{}} {} {:<10} {:<12} {}\n", number, one.name, widest,
                    one.default_route ? '*' : ' ', to_text(one.state), link, join(one.addresses));
  }
  return text;
}

}  // namespace ntan::run
