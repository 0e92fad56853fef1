#include "app/http_head.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

namespace ntan::app {
namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr std::size_t at(char c) noexcept {
  return static_cast<unsigned char>(c);
}

/// RFC 9110 5.6.2: tchar.
constexpr auto token_octets = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < 128; ++i) {
    const char c = static_cast<char>(i);
    table[i] = is_digit(c) || is_alpha(c);
  }
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~"}) table[at(c)] = true;
  return table;
}();

template <class T>
T load(const char* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Sixteen octets at a time, as a vector of the compiler: g++ and clang have it on every machine.
using Block = signed char __attribute__((vector_size(16)));

/// How many octets come before the first that is not zero. Requires: one that is not.
constexpr std::size_t octets_before(std::uint64_t marks) noexcept {
  const int zeros = std::endian::native == std::endian::little ? std::countr_zero(marks)
                                                               : std::countl_zero(marks);
  return static_cast<std::size_t>(zeros) / 8;
}

/// How many octets at the front of a block are ASCII letters and hyphens. Octets above 0x7f are
/// negative.
std::size_t usual_octets(Block octets) noexcept {
  const Block folded = octets | 0x20;
  const Block unusual = ((folded < 'a') | (folded > 'z')) & (octets != '-');
  const auto [first, second] = std::bit_cast<std::array<std::uint64_t, 2>>(unusual);
  if (first != 0) return octets_before(first);
  return sizeof first + (second != 0 ? octets_before(second) : sizeof second);
}

/// How many octets at the front are of a token. Nearly all names of fields are letters and hyphens:
/// those are looked at a block at a time.
std::size_t token_size(std::string_view text) noexcept {
  std::size_t size = 0;
  for (; text.size() - size >= sizeof(Block); size += sizeof(Block)) {
    const std::size_t usual = usual_octets(load<Block>(text.data() + size));
    if (usual == sizeof(Block)) continue;
    size += usual;
    break;
  }
  while (size < text.size() && token_octets[at(text[size])]) ++size;
  return size;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && token_size(text) == text.size();
}

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Whether the octets of two texts agree once bit 0x20 is set in those of the first, a Word from
/// both of their ends. Requires: one to two words.
template <class Word>
bool equal_folded(std::string_view text, std::string_view name) noexcept {
  const char* const first = text.data();
  const char* const wanted = name.data();
  constexpr auto fold = static_cast<Word>(0x2020202020202020U);
  const std::size_t last = name.size() - sizeof(Word);
  const Word start = (load<Word>(first) | fold) ^ load<Word>(wanted);
  const Word end = (load<Word>(first + last) | fold) ^ load<Word>(wanted + last);
  return (start | end) == 0;
}

/// Compares a token with a lower-case name of letters, digits and hyphens.
bool is_name(std::string_view text, std::string_view name) noexcept {
  // Of the octets of a token, only a letter and its capital, or one that has it, give these with
  // the bit.
  const std::size_t size = name.size();
  if (text.size() != size) return false;
  if (size >= sizeof(std::uint32_t) && size <= sizeof(std::uint64_t))
    return equal_folded<std::uint32_t>(text, name);
  if (size > sizeof(std::uint64_t) && size <= 2 * sizeof(std::uint64_t))
    return equal_folded<std::uint64_t>(text, name);
  return std::equal(text.begin(), text.end(), name.begin(),
                    [](char a, char b) { return (static_cast<unsigned char>(a) | 0x20) == b; });
}

/// Without blanks at both ends; line ends inside a folded value are blanks too.
std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// `HTTP/1.` and one digit.
bool is_version(std::string_view text) noexcept {
  return text.size() == http_version_prefix.size() + 1 && text.starts_with(http_version_prefix) &&
         is_digit(text.back());
}

std::optional<HttpStartLine> parse_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return std::nullopt;
  const HttpStartLine start{.method = line.substr(0, first),
                            .target = trim(line.substr(first + 1, last - first - 1)),
                            .minor = line.back()};
  const bool version = is_version(line.substr(last + 1));
  if (!version || !is_http_method(start.method) || start.target.empty()) return std::nullopt;
  return start;
}

std::optional<HttpStartLine> parse_status_line(std::string_view line) noexcept {
  constexpr std::size_t code_at = http_version_prefix.size() + 2;
  constexpr std::size_t code_end = code_at + 3;
  if (line.size() < code_end || !is_version(line.substr(0, code_at - 1)) ||
      line[code_at - 1] != ' ') {
    return std::nullopt;
  }
  const std::string_view code = line.substr(code_at, 3);
  if (!std::all_of(code.begin(), code.end(), is_digit)) return std::nullopt;
  if (line.size() > code_end && line[code_end] != ' ') return std::nullopt;
  const int status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  return HttpStartLine{.reason = trim(line.substr(code_end)),
                       .status = static_cast<std::uint16_t>(status),
                       .minor = line[code_at - 2]};
}

/// `SIP/2.0` and the like: letters that are not HTTP, a slash, a digit.
bool is_foreign_version(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == text.size()) return false;
  const std::string_view name = text.substr(0, slash);
  return name != "HTTP" && std::all_of(name.begin(), name.end(), is_alpha) &&
         is_digit(text[slash + 1]);
}

constexpr std::uint64_t largest_length = std::numeric_limits<std::int64_t>::max();

/// 1*DIGIT; what is larger than largest_length counts as that (RFC 9110 8.6).
std::optional<std::uint64_t> parse_length(std::string_view digits) noexcept {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (largest_length - digit) / 10 ? largest_length : value * 10 + digit;
  }
  return value;
}

void note_flaw(HttpHead& head, std::string_view flaw) noexcept {
  if (head.flaw.empty()) head.flaw = flaw;
}

void note_smuggling(HttpHead& head, std::string_view why) noexcept {
  if (head.smuggling.empty()) head.smuggling = why;
}

/// Calls `each` for the members of a comma-separated list.
template <class Each>
void for_each_member(std::string_view list, Each each) {
  for (;;) {
    const std::size_t comma = list.find(',');
    each(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

/// Methods of RFC 9110, 5789 and 2068, of WebDAV (RFC 4918 and what extends it), UPnP and others
/// seen in the field. In the order of their octets, for the search.
constexpr auto known_methods = std::to_array<std::string_view>({
    "ACL",
    "BASELINE-CONTROL",
    "BCOPY",
    "BDELETE",
    "BIND",
    "BMOVE",
    "BPROPFIND",
    "BPROPPATCH",
    "CCM_POST",
    "CHECKIN",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LABEL",
    "LINK",
    "LOCK",
    "M-SEARCH",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKWORKSPACE",
    "MOVE",
    "NOTIFY",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "POLL",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "REBIND",
    "REPORT",
    "RPC_CONNECT",
    "RPC_IN_DATA",
    "RPC_OUT_DATA",
    "SEARCH",
    "SSTP_DUPLEX_POST",
    "SUBSCRIBE",
    "SUBSCRIPTIONS",
    "TRACE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
    "UPDATE",
    "VERSION-CONTROL",
});

static_assert(std::ranges::is_sorted(known_methods));

void take_content_length(HttpHead& head, std::string_view value) {
  for_each_member(value, [&head](std::string_view member) {
    const auto length = parse_length(member);
    if (!length) {
      note_flaw(head, "Content-Length is no number");
    } else if (*length == largest_length) {
      note_flaw(head, "Content-Length is 2^63 - 1 or more");
    }
    if (!head.has_length) {
      head.content_length = length;
    } else if (length != head.content_length) {
      note_smuggling(head, "Content-Length copies differ");
      if (!head.content_length) head.content_length = length;
    } else {
      note_flaw(head, "Content-Length is repeated");
    }
    head.has_length = true;
  });
}

void take_transfer_encoding(HttpHead& head, std::string_view value) {
  bool coded = false;
  bool identity = false;
  for_each_member(value, [&](std::string_view member) {
    if (member.empty()) return;  // RFC 9110 5.6.1.2: counts for nothing
    // RFC 2616 3.6, which RFC 9112 has dropped: no coding at all. Not so behind another one, where
    // recipients differ.
    if (!head.chunked && is_name(member, "identity")) {
      identity = true;
      return;
    }
    coded = true;
    if (head.chunked) note_flaw(head, "chunked is not the last transfer coding");
    head.chunked = is_name(member, "chunked");
  });
  head.names_coding = true;
  head.transfer_coded = head.transfer_coded || coded || !identity;
}

void take_host(HttpHead& head, std::string_view value) {
  if (++head.hosts == 1) {
    head.host = value;
  } else {
    note_flaw(head, "several Host fields");  // RFC 9112 3.2
  }
}

void take_expect(HttpHead& head, std::string_view value) {
  for_each_member(value, [&head](std::string_view member) {
    head.expects_continue = head.expects_continue || is_name(member, "100-continue");
  });
}

enum class FieldKind : std::uint8_t {
  ignored,
  host,
  content_length,
  transfer_encoding,
  expect,
  text
};

struct KnownField {
  std::string_view name;  ///< in lower case
  FieldKind kind{};
  std::string_view HttpHead::* text = nullptr;  ///< of kind text
  std::optional<HttpSide> only = std::nullopt;  ///< where it is of one side
};

constexpr std::array known_fields{
    KnownField{"host", FieldKind::host},
    KnownField{"content-length", FieldKind::content_length},
    KnownField{"transfer-encoding", FieldKind::transfer_encoding},
    KnownField{"user-agent", FieldKind::text, &HttpHead::user_agent},
    KnownField{"referer", FieldKind::text, &HttpHead::referer},
    KnownField{"content-type", FieldKind::text, &HttpHead::content_type},
    KnownField{"expect", FieldKind::expect, nullptr, HttpSide::request},
    KnownField{"server", FieldKind::text, &HttpHead::server, HttpSide::response},
    KnownField{"location", FieldKind::text, &HttpHead::location},
};

/// The known fields of a side by the length of their names, so that a field is compared with one
/// name at most. Lengths that no field has hold an empty name.
using FieldsBySize = std::array<KnownField, 18>;

constexpr bool is_of(const KnownField& known, HttpSide side) noexcept {
  return !known.only || *known.only == side;
}

constexpr FieldsBySize by_size(HttpSide side) noexcept {
  FieldsBySize table{};
  for (const KnownField& known : known_fields) {
    if (is_of(known, side)) table[known.name.size()] = known;
  }
  return table;
}

constexpr FieldsBySize request_fields = by_size(HttpSide::request);
constexpr FieldsBySize response_fields = by_size(HttpSide::response);

static_assert(std::all_of(known_fields.begin(), known_fields.end(),
                          [](const KnownField& known) {
                            const std::size_t size = known.name.size();
                            return (!is_of(known, HttpSide::request) ||
                                    request_fields[size].name == known.name) &&
                                   (!is_of(known, HttpSide::response) ||
                                    response_fields[size].name == known.name);
                          }),
              "names of one length need another way to be told apart");

/// A head under way, and the fields that are looked for in it.
struct FieldTaker {
  HttpHead& head;
  const FieldsBySize& known;

  void take(std::string_view field) const;
  void take_known(std::string_view name, std::string_view value) const;
};

void FieldTaker::take_known(std::string_view name, std::string_view value) const {
  if (name.size() >= known.size()) return;
  const KnownField& match = known[name.size()];
  if (match.kind == FieldKind::ignored || !is_name(name, match.name)) return;
  value = trim(value);
  switch (match.kind) {
    case FieldKind::ignored: return;
    case FieldKind::host: return take_host(head, value);
    case FieldKind::content_length: return take_content_length(head, value);
    case FieldKind::transfer_encoding: return take_transfer_encoding(head, value);
    case FieldKind::expect: return take_expect(head, value);
    case FieldKind::text:
      if ((head.*match.text).empty()) head.*match.text = value;
      return;
  }
}

void FieldTaker::take(std::string_view field) const {
  // Fields beyond the cap are still read: where the body ends may stand there.
  if (++head.fields > http_max_fields) note_flaw(head, "more than 128 fields");
  const std::size_t size = token_size(field);
  if (size != 0 && size < field.size() && field[size] == ':') {
    std::string_view value = field;
    value.remove_prefix(size + 1);
    field.remove_suffix(field.size() - size);
    return take_known(field, value);
  }
  const std::size_t colon = field.find(':');
  if (colon == std::string_view::npos) return note_flaw(head, "field without colon");
  const std::string_view name = trim(field.substr(0, colon));
  if (name.size() != colon) note_flaw(head, "blank around a field name");  // RFC 9112 5.1
  if (!is_token(name)) return note_flaw(head, "field name is no token");
  take_known(name, field.substr(colon + 1));
}

/// Whether no octet is NUL, and CR and LF come as pairs only. In one pass over the head, which
/// spares its lines three searches each; a short one that it says no to is just read with them.
bool is_clean(std::string_view head) noexcept {
  constexpr std::size_t step = sizeof(Block);
  if (head.size() <= step || head.front() == '\n' || head.back() == '\r' || head.back() == '\0')
    return false;
  Block flaws{};
  const auto look = [&](std::size_t at) {
    const auto octets = load<Block>(head.data() + at);
    const auto next = load<Block>(head.data() + at + 1);
    flaws |= (octets == 0) | ((octets == '\r') ^ (next == '\n'));
  };
  for (std::size_t at = 0; at + step < head.size(); at += step) look(at);
  look(head.size() - step - 1);  // overlaps the one before
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(flaws);
  return (halves[0] | halves[1]) == 0;
}

/// Cuts a head into lines.
class Lines {
 public:
  Lines(std::string_view text, HttpHead& head) noexcept
      : rest_(text), head_(&head), clean_(is_clean(text)) {}

  [[nodiscard]] bool clean() const noexcept { return clean_; }

  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  /// Cuts off the first line, and its end. Requires: rest() is not empty, or this is the first.
  [[nodiscard]] std::string_view next() noexcept {
    const void* const found =
        rest_.empty() ? nullptr : std::memchr(rest_.data(), '\n', rest_.size());
    const auto* const feed = static_cast<const char*>(found);
    const std::size_t end =
        feed == nullptr ? rest_.size() : static_cast<std::size_t>(feed - rest_.data());
    std::string_view line = rest_;
    line.remove_suffix(rest_.size() - end);
    rest_.remove_prefix(feed == nullptr ? end : end + 1);
    if (clean_ && feed != nullptr) {
      line.remove_suffix(1);
    } else {
      line = without_return(line);
    }
    if (line.size() > http_max_line) note_flaw(*head_, "line longer than 8 KiB");
    return line;
  }

 private:
  [[nodiscard]] std::string_view without_return(std::string_view line) noexcept {
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    } else {
      note_flaw(*head_, "bare LF");
    }
    if (line.find('\r') != std::string_view::npos) note_flaw(*head_, "bare CR");
    return line;
  }

  std::string_view rest_;
  HttpHead* head_;
  bool clean_;
};

/// The octets from the start of `first` to the end of `last`, two pieces of one text.
std::string_view span_of(std::string_view whole, std::string_view first, std::string_view last) {
  const auto start = static_cast<std::size_t>(first.data() - whole.data());
  const auto end = static_cast<std::size_t>(last.data() - whole.data()) + last.size();
  return whole.substr(start, end - start);
}

void take_fields(FieldTaker taker, Lines& lines) {
  const std::string_view text = lines.rest();
  std::string_view field;
  while (!lines.rest().empty()) {
    const std::string_view line = lines.next();
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      // RFC 9112 5.2: a fold continues the field. Extending the view costs nothing per fold.
      if (field.empty()) {
        note_flaw(taker.head, "blank before the first field");
      } else {
        field = span_of(text, field, line);
        taker.head.folded = true;
      }
      continue;
    }
    if (!field.empty()) taker.take(field);
    field = line;
  }
  if (!field.empty()) taker.take(field);
}

}  // namespace

bool may_begin_http_request(std::string_view text) noexcept {
  const std::size_t size = token_size(text.substr(0, http_max_method + 1));
  if (size == text.size()) return true;
  return size != 0 && size <= http_max_method && is_blank(text[size]);
}

bool is_http_method(std::string_view text) noexcept {
  return text.size() <= http_max_method && is_token(text);
}

bool is_known_http_method(std::string_view text) noexcept {
  // Most of what is asked about is no word in capitals at all.
  if (text.size() < 3 || text.front() < 'A' || text.front() > 'Z') return false;
  return std::ranges::binary_search(known_methods, text);
}

bool is_http_target(std::string_view text) noexcept {
  return text == "*" || text.starts_with('/') || text.starts_with("http://") ||
         text.starts_with("https://");
}

std::optional<HttpStartLine> parse_start_line(HttpSide side, std::string_view line) {
  return side == HttpSide::request ? parse_request_line(line) : parse_status_line(line);
}

std::optional<HttpStartLine> parse_flawed_request_line(std::string_view line) {
  const std::size_t blank = std::min(line.find(' '), line.size());
  const std::string_view method = line.substr(0, blank);
  const std::string_view rest = trim(line.substr(blank));
  if (!is_known_http_method(method) || (rest.empty() && method == "CONNECT")) return std::nullopt;
  const std::size_t last = rest.rfind(' ');
  const std::string_view end = last == std::string_view::npos ? rest : rest.substr(last + 1);
  if (is_foreign_version(end)) return std::nullopt;
  const std::size_t version = end.starts_with("HTTP/") ? end.size() : 0;
  return HttpStartLine{.method = method,
                       .target = trim(rest.substr(0, rest.size() - version)),
                       .minor = HttpStartLine::no_minor};
}

std::optional<HttpStartLine> parse_cut_request_line(std::string_view seen) {
  const std::size_t blank = std::min(seen.find(' '), seen.size());
  const std::string_view method = seen.substr(0, blank);
  std::string_view target = seen.substr(std::min(blank + 1, seen.size()));
  if (!is_known_http_method(method)) return std::nullopt;
  const std::size_t end = target.find(' ');
  const bool cut = end == std::string_view::npos;
  if (!cut) {
    const std::string_view rest = target.substr(end + 1);
    if (!rest.starts_with(http_version_prefix) && !http_version_prefix.starts_with(rest))
      return std::nullopt;
    target.remove_suffix(target.size() - end);
  }
  const bool named = method == "CONNECT" ? target.find_first_of(".:") != std::string_view::npos
                                         : target != "*" && is_http_target(target);
  const bool clean = std::ranges::none_of(
      target, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  if (!named || !clean) return std::nullopt;
  return HttpStartLine{
      .method = method, .target = target, .minor = HttpStartLine::no_minor, .cut = cut};
}

std::optional<HttpStartLine> parse_cut_status_line(std::string_view seen) noexcept {
  auto line = parse_status_line(seen);
  if (line) line->reason = {};  // it may go on
  return line;
}

std::optional<bool> begins_http_request(std::string_view text) noexcept {
  constexpr std::string_view scheme = "http";
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) {
    const auto* const method = std::ranges::lower_bound(known_methods, text);
    if (method != known_methods.end() && method->starts_with(text)) return std::nullopt;
    return false;
  }
  const std::string_view method = text.substr(0, blank);
  const std::string_view target = text.substr(blank + 1);
  if (!is_known_http_method(method)) return false;
  if (target.empty()) return std::nullopt;
  if (target.front() == '/' || target.front() == '*' || method == "CONNECT") return true;
  if (target.size() < scheme.size() && scheme.starts_with(target)) return std::nullopt;
  return target.starts_with(scheme);
}

bool is_http_field(std::string_view line, std::string_view name) noexcept {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  return name.empty() || is_name(line.substr(0, colon), name);
}

std::optional<HttpHead> parse_http_head(HttpSide side, Bytes head) {
  HttpHead parsed;
  const std::string_view text = as_text(head);
  Lines lines{text, parsed};
  if (!lines.clean() && text.find('\0') != std::string_view::npos) {
    note_flaw(parsed, "NUL in the head");
  }
  const std::string_view line = lines.next();
  auto start = parse_start_line(side, line);
  if (!start && side == HttpSide::request) {
    parsed.flaw = "request line without target or version";
    start = parse_flawed_request_line(line);
  }
  if (!start) return std::nullopt;
  parsed.start = *start;
  if (start->target.find(' ') != std::string_view::npos ||
      start->target.find('\t') != std::string_view::npos) {
    note_flaw(parsed, "blank in the request target");
  }
  take_fields({parsed, side == HttpSide::request ? request_fields : response_fields}, lines);
  if (parsed.names_coding && parsed.has_length) {
    note_smuggling(parsed, "Content-Length with Transfer-Encoding");  // RFC 9112 6.1
  }
  if (side == HttpSide::request && parsed.transfer_coded && !parsed.chunked) {
    note_flaw(parsed, "request whose last transfer coding is not chunked");
  }
  return parsed;
}

std::size_t http_unfold(std::string_view value, char* out) noexcept {
  std::size_t size = 0;
  const auto append = [out, &size](std::string_view piece) {
    if (out != nullptr) piece.copy(out + size, piece.size());
    size += piece.size();
  };
  for (std::size_t feed = value.find('\n'); feed != std::string_view::npos;
       feed = value.find('\n')) {
    std::string_view line = value.substr(0, feed);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    append(line);
    append(" ");
    value.remove_prefix(feed + 1);
    while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  }
  append(value);
  return size;
}

HttpFraming request_framing(const HttpHead& head) noexcept {
  using Kind = HttpFraming::Kind;
  if (head.transfer_coded) return {.kind = head.chunked ? Kind::chunked : Kind::until_close};
  if (head.content_length) return {.kind = Kind::length, .length = *head.content_length};
  if (head.has_length) return {.kind = Kind::unknown};
  constexpr std::array<std::string_view, 6> without_body{"GET",     "HEAD",  "DELETE",
                                                         "OPTIONS", "TRACE", "CONNECT"};
  const bool may_have = std::ranges::find(without_body, head.start.method) == without_body.end();
  return {.kind = head.cut && may_have ? Kind::unknown : Kind::none};
}

HttpMethod http_method(std::string_view name) noexcept {
  if (name == "HEAD") return HttpMethod::head;
  if (name == "CONNECT") return HttpMethod::connect;
  return HttpMethod::other;
}

HttpFraming response_framing(const HttpHead& head, HttpMethod method) noexcept {
  using Kind = HttpFraming::Kind;
  const std::uint16_t status = head.start.status;
  if (method == HttpMethod::head || status / 100 == 1 || status == 204 || status == 304) return {};
  if (method == HttpMethod::connect && status / 100 == 2) return {};
  if (head.transfer_coded) return {.kind = head.chunked ? Kind::chunked : Kind::until_close};
  if (head.content_length) return {.kind = Kind::length, .length = *head.content_length};
  return {.kind = head.cut ? Kind::unknown : Kind::until_close};
}

}  // namespace ntan::app
