#include "event/plain.h"

#include <algorithm>

namespace ntan::event {
namespace {

constexpr std::size_t max_short_text = std::max({max_integer_text, max_number_text, max_time_text,
                                                 max_address_text, max_mac_text, std::size_t{16}});

struct Plain {
  std::string& out;
  const Style& style;

  template <class Append>
  void append(std::size_t bound, Append write) const {
    const std::size_t start = out.size();
    out.resize(start + bound);
    const char* end = write(out.data() + start);
    out.resize(static_cast<std::size_t>(end - out.data()));
  }

  void operator()(std::monostate) const {}

  void operator()(bool value) const { out += value ? "true" : "false"; }

  void operator()(std::uint64_t value) const {
    append(max_short_text, [&](char* at) { return append_unsigned(at, value); });
  }

  void operator()(std::int64_t value) const {
    append(max_short_text, [&](char* at) { return append_signed(at, value); });
  }

  void operator()(double value) const {
    append(max_short_text, [&](char* at) { return append_number(at, value); });
  }

  void operator()(std::string_view text) const {
    append(max_text_growth * text.size(),
           [&](char* at) { return append_text(at, text, TextForm::plain); });
  }

  void operator()(Timestamp time) const {
    append(max_short_text, [&](char* at) { return append_time(at, time, style.digits); });
  }

  void operator()(const IpAddress& address) const {
    append(max_short_text, [&](char* at) { return append_address(at, address); });
  }

  void operator()(const MacAddress& address) const {
    append(max_short_text, [&](char* at) { return append_mac(at, address); });
  }

  void operator()(Id id) const {
    append(max_short_text, [&](char* at) { return append_hex64(at, id.value); });
  }

  void operator()(const List&) const {}
};

}  // namespace

void append_plain(std::string& out, const Value& value, const Style& style) {
  std::visit(Plain{out, style}, value);
}

}  // namespace ntan::event
