// JSON written member by member, for bodies that are no records.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digits.h"
#include "event/text.h"
#include "event/value.h"

namespace ntan::serve {

class JsonText {
 public:
  explicit JsonText(std::string& out) noexcept : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  /// Requires: printable ASCII without quotes.
  void key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    fresh_ = true;
  }
  /// Any octets; control characters and the like are escaped as everywhere.
  void text(std::string_view value) {
    separate();
    out_ += '"';
    const std::size_t begin = out_.size();
    out_.resize(begin + event::max_text_growth * value.size());
    const char* end = event::append_text(out_.data() + begin, value, event::TextForm::json);
    out_.resize(static_cast<std::size_t>(end - out_.data()));
    out_ += '"';
  }
  /// What the reader sends back as it is, a filter: nothing is escaped but what JSON demands.
  /// Requires: valid UTF-8.
  void exact(std::string_view value) {
    separate();
    out_ += '"';
    for (const char c : value) {
      constexpr unsigned char first_plain = 0x20;
      if (c == '"' || c == '\\') out_ += '\\';
      if (static_cast<unsigned char>(c) >= first_plain) {
        out_ += c;
        continue;
      }
      constexpr std::string_view hex = "0123456789abcdef";
      out_ += "\\u00";
      out_ += hex[static_cast<unsigned char>(c) >> 4U];
      out_ += hex[static_cast<unsigned char>(c) & 0xfU];
    }
    out_ += '"';
  }
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  void number(T value) {
    separate();
    std::array<char, max_integer_text> digits{};
    out_.append(digits.data(), append_unsigned(digits.data(), value));
  }
  void number(double value) {
    separate();
    std::array<char, event::max_number_text> digits{};
    out_.append(digits.data(), event::append_number(digits.data(), value));
  }
  void boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
  }
  /// What is JSON already.
  void raw(std::string_view json) {
    separate();
    out_ += json;
  }

  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void member(std::string_view name, const char* value) { member(name, std::string_view{value}); }
  void member(std::string_view name, const std::string& value) {
    member(name, std::string_view{value});
  }
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  void member(std::string_view name, T value) {
    key(name);
    number(value);
  }
  void member(std::string_view name, double value) {
    key(name);
    number(value);
  }
  void member(std::string_view name, bool value) {
    key(name);
    boolean(value);
  }
  /// Left out where it is not known.
  template <class T>
  void member(std::string_view name, const std::optional<T>& value) {
    if (value) member(name, *value);
  }

 private:
  void separate() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  void open(char bracket) {
    separate();
    out_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    fresh_ = false;
  }

  std::string& out_;
  bool fresh_ = true;  ///< nothing stands before the next value at this level
};

}  // namespace ntan::serve
