#include "stats/rcode_name.h"

#include <array>
#include <string_view>

namespace ntan::stats {
namespace {

constexpr std::array<std::string_view, 24> names{
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", "",        "",        "",         "",
    "BADVERS", "BADKEY",  "BADTIME",  "BADMODE",   "BADNAME", "BADALG",  "BADTRUNC", "BADCOOKIE",
};

}  // namespace

event::FixedText<10> rcode_name(std::uint16_t rcode) noexcept {
  if (rcode < names.size() && !names[rcode].empty()) return event::FixedText<10>{names[rcode]};
  event::FixedText<10> name{"RCODE"};
  const char* end = append_unsigned(name.octets.data() + name.size, rcode);
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

}  // namespace ntan::stats
