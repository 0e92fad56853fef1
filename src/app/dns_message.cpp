#include "app/dns_message.h"

#include "app/dns_rdata.h"

namespace ntan::app::dns {
namespace {

constexpr std::uint8_t pointer_bits = 0xc0;
constexpr std::uint16_t mdns_bit = 0x8000;  // RFC 6762 18.12, 18.13
constexpr std::array<std::string_view, 4> sections{"question", "answer section",
                                                   "authority section", "additional section"};

// RFC 1035 3.3.13: five numbers end an SOA, of which the serial is the first.
std::uint32_t serial_of(const RecordHead& record) noexcept {
  constexpr std::size_t numbers = 20;
  if (record.type != static_cast<std::uint16_t>(Type::soa) || record.data.size() < numbers)
    return 0;
  return load_be<std::uint32_t>(record.data.last(numbers).data());
}

IpAddress address_of(const RecordHead& record) noexcept {
  constexpr std::uint16_t internet = 1;
  if (record.code != internet) return {};
  if (record.type == static_cast<std::uint16_t>(Type::a) && record.data.size() == 4)
    return IpAddress::v4(record.data.data());
  if (record.type == static_cast<std::uint16_t>(Type::aaaa) && record.data.size() == 16)
    return IpAddress::v6(record.data.data());
  return {};
}

class MessageReader {
 public:
  MessageReader(Bytes octets, Service service, Scratch& scratch) noexcept
      : octets_(octets),
        reader_(octets),
        service_(service),
        scratch_(scratch),
        text_(scratch.text) {}

  std::optional<Message> run() {
    const auto header = read_header(reader_);
    if (!header) return std::nullopt;
    message_.header = *header;
    if (read_questions()) {
      for (std::size_t section = 1; section < sections.size(); ++section) {
        if (!read_section(section)) break;
      }
    }
    if (first_ != nullptr) message_.answers = {first_, listed_};
    return message_;
  }

 private:
  bool fail(Flaw flaw, std::string_view where) {
    if (!message_.defect) message_.defect = Defect{flaw, where};
    return false;
  }

  bool read_questions() {
    for (std::size_t i = 0; i < message_.header.counts[0]; ++i) {
      if (!(i == 0 ? read_first_question() : skip_question())) return false;
    }
    return true;
  }

  bool read_first_question() {
    text_.begin();
    if (const auto flaw = add_name(text_, reader_, octets_, budget_))
      return fail(*flaw, sections[0]);
    const std::uint16_t type = reader_.be16();
    const std::uint16_t code = reader_.be16();
    if (!reader_.ok()) return fail(Flaw::truncated, sections[0]);
    message_.question = Question{
        .name = text_.finish().value_or(std::string_view{}),  // the storage holds any one name
        .type = type,
        .code = class_code(code),
        .unicast_response = service_ == Service::mdns && (code & mdns_bit) != 0,
    };
    return true;
  }

  bool skip_question() {
    if (const auto flaw = skip_name(reader_)) return fail(*flaw, sections[0]);
    reader_.skip(4);
    return reader_.ok() || fail(Flaw::truncated, sections[0]);
  }

  bool read_section(std::size_t section) {
    for (std::size_t i = 0; i < message_.header.counts[section]; ++i) {
      if (!read_record(section, i == 0)) return false;
    }
    return true;
  }

  bool read_record(std::size_t section, bool first) {
    const Reader owner = reader_;
    if (const auto flaw = skip_name(reader_)) return fail(*flaw, sections[section]);
    const auto record = read_record_head(reader_, octets_);
    if (!record) return fail(Flaw::truncated, sections[section]);
    if (record->type == static_cast<std::uint16_t>(Type::opt)) {
      read_edns(*record, section);
    } else if (section == 1) {
      message_.last_answer_type = record->type;
      message_.last_serial = serial_of(*record);
      if (record->type == static_cast<std::uint16_t>(Type::soa)) ++message_.soas;
      if (first) message_.first_serial = message_.last_serial;
      if (listing_) list_answer(owner, *record);
    }
    return true;
  }

  // RFC 6891 6.1.1: at most one, in the additional section.
  void read_edns(const RecordHead& record, std::size_t section) {
    constexpr std::uint32_t dnssec_ok = 0x8000;  // RFC 6891 6.1.3: the DO bit of RFC 3225
    if (section != 3 || message_.edns) {
      fail(Flaw::bad_value, "OPT record");
      return;
    }
    message_.edns = Edns{
        .udp_size = record.code,
        .extended_rcode = static_cast<std::uint8_t>(record.ttl >> 24U),
        .dnssec_ok = (record.ttl & dnssec_ok) != 0,
        .client_subnet = {},
    };
    const auto subnet = read_client_subnet(text_, record.data);
    if (subnet) {
      message_.edns->client_subnet = *subnet;
    } else {
      fail(subnet.flaw(), "OPT record");
    }
  }

  void list_answer(Reader owner, const RecordHead& record) {
    listing_ = message_.header.is_response() && listed_ < max_answers && add_answer(owner, record);
  }

  // False when there is no room for it.
  bool add_answer(Reader owner, const RecordHead& record) {
    const auto name = owner_name(owner);
    if (!name) return false;
    text_.begin();
    const auto flaw = add_rdata(text_,
                                {.type = record.type,
                                 .code = class_code(record.code),
                                 .octets = record.data,
                                 .message = octets_.first(record.data_end)},
                                budget_);
    const auto data = text_.finish();
    if (!data || flaw == Flaw::unsupported) return false;
    if (flaw) fail(*flaw, "RDATA");
    auto* const answer = new (scratch_.answers.data() + listed_ * sizeof(Answer)) Answer{
        .name = *name,
        .type = type_name(record.type),
        .ttl = record.ttl,
        .data = *data,
        .cache_flush = std::nullopt,
    };
    const IpAddress address = address_of(record);
    if (address.known() && addresses_ < Message::most_addresses)
      message_.addresses[addresses_++] = address;
    if (service_ == Service::mdns) answer->cache_flush = (record.code & mdns_bit) != 0;
    if (listed_++ == 0) first_ = answer;
    return true;
  }

  std::optional<std::string_view> owner_name(Reader owner) {
    // Nearly every owner is a pointer to the question.
    if (message_.question && Reader{owner}.be16() == (pointer_bits << 8U | header_size)) {
      return message_.question->name;
    }
    text_.begin();
    if (const auto flaw = add_name(text_, owner, octets_, budget_)) {
      text_.undo();
      if (*flaw != Flaw::unsupported) fail(*flaw, sections[1]);
      return std::nullopt;
    }
    return text_.finish();
  }

  [[nodiscard]] std::uint16_t class_code(std::uint16_t code) const noexcept {
    return service_ == Service::mdns ? code & static_cast<std::uint16_t>(~mdns_bit) : code;
  }

  Bytes octets_;
  Reader reader_;
  Service service_;
  Scratch& scratch_;
  TextArena text_;
  Message message_;
  std::size_t budget_ = max_expansion;
  Answer* first_ = nullptr;
  std::size_t listed_ = 0;
  std::size_t addresses_ = 0;
  bool listing_ = true;
};

}  // namespace

std::optional<Message> read_message(Bytes octets, Service service, Scratch& scratch) {
  return MessageReader{octets, service, scratch}.run();
}

std::optional<Header> read_header(Reader& reader) noexcept {
  const Bytes octets = reader.take(header_size);
  if (octets.empty()) return std::nullopt;
  const auto word = [&octets](std::size_t i) { return load_be<std::uint16_t>(&octets[2 * i]); };
  return Header{.id = word(0), .flags = word(1), .counts = {word(2), word(3), word(4), word(5)}};
}

std::optional<Flaw> skip_name(Reader& reader) noexcept {
  for (std::size_t labels = 0; labels <= max_labels; ++labels) {
    const std::uint8_t length = reader.u8();
    if (length == 0 || length >= pointer_bits) {
      if (length != 0) reader.skip(1);
      return reader.ok() ? std::nullopt : std::optional{Flaw::truncated};
    }
    if (length > 63) return Flaw::bad_value;
    reader.skip(length);
  }
  return Flaw::bad_value;
}

std::optional<Flaw> add_name(TextArena& text, Reader& reader, Bytes message,
                             std::size_t& budget) noexcept {
  std::size_t start = message.size() - reader.left();
  Reader at = reader;
  std::size_t jumps = 0;
  std::size_t labels = 0;
  std::size_t octets = 1;
  for (std::uint8_t length = at.u8(); length != 0; length = at.u8()) {
    if (length >= pointer_bits) {
      const std::size_t target = (length & 0x3fU) << 8U | at.u8();
      if (!at.ok()) return Flaw::truncated;
      if (jumps == 0) reader = at;
      if (target >= start || target < header_size || ++jumps > max_jumps) return Flaw::bad_value;
      start = target;
      at = Reader{message.subspan(target)};
      continue;
    }
    if (length > 63) return Flaw::bad_value;  // RFC 6891 5: 01 is obsolete, 10 was never assigned
    const Bytes label = at.take(length);
    octets += length + std::size_t{1};
    if (octets > max_name_octets || ++labels > max_labels) return Flaw::bad_value;
    if (length >= budget) return Flaw::unsupported;
    budget -= length + std::size_t{1};
    text.add_label(label, labels > 1 ? "." : "");
  }
  if (!at.ok()) return Flaw::truncated;
  if (labels == 0) text.add('.');
  if (jumps == 0) reader = at;
  return std::nullopt;
}

std::optional<RecordHead> read_record_head(Reader& reader, Bytes message) noexcept {
  constexpr std::size_t fixed_size = 10;
  const Bytes fixed = reader.take(fixed_size);
  if (fixed.empty()) return std::nullopt;
  const Bytes data = reader.take(load_be<std::uint16_t>(&fixed[8]));
  if (!reader.ok()) return std::nullopt;
  return RecordHead{.type = load_be<std::uint16_t>(&fixed[0]),
                    .code = load_be<std::uint16_t>(&fixed[2]),
                    .ttl = load_be<std::uint32_t>(&fixed[4]),
                    .data = data,
                    .data_end = message.size() - reader.left()};
}

}  // namespace ntan::app::dns
