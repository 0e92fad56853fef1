#include "event/rcode_name.h"

#include <array>
#include <string_view>

#include "base/digits.h"

namespace ntan::event {
namespace {

using Name = FixedText<10>;

constexpr std::array<std::string_view, 24> texts{
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", "",        "",        "",         "",
    "BADVERS", "BADKEY",  "BADTIME",  "BADMODE",   "BADNAME", "BADALG",  "BADTRUNC", "BADCOOKIE",
};

// Ready to be copied: every DNS message asks for one.
constexpr auto names = [] {
  std::array<Name, texts.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = Name{texts[i]};
  return all;
}();

}  // namespace

FixedText<10> rcode_name(std::uint16_t rcode) noexcept {
  if (rcode < names.size() && names[rcode].size > 0) return names[rcode];
  Name name{"RCODE"};
  const char* end = append_unsigned(name.octets.data() + name.size, rcode);
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

}  // namespace ntan::event
