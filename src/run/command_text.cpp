#include "run/command_text.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/core.h>

#include "event/text.h"

namespace ntan::run {
namespace {

// A name that begins with a dash would be read as an option.
std::string file_word(const std::string& file) {
  return shell_word(file.starts_with('-') ? "./" + file : file);
}

std::string kib_text(std::size_t size) {
  return fmt::format("{}k", size >> 10U);
}

std::string us_text(Duration time) {
  const auto ns = std::chrono::nanoseconds{time}.count();
  return ns % 1000 == 0 ? fmt::format("{}us", ns / 1000)
                        : fmt::format("{}.{:03}us", ns / 1000, ns % 1000);
}

// Names of what another process would not find there, or not a second time.
bool is_kept(const std::string& file) {
  if (file == "-") return false;
  for (const std::string_view own : {"/dev/fd/", "/dev/std", "/proc/"}) {
    if (file.starts_with(own)) return false;
  }
  // What is not there yet will be a file.
  std::error_code none;
  const auto status = std::filesystem::status(file, none);
  return !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
}

// How far the input was read.
std::string limit_words(const Options& options) {
  std::string words;
  if (options.count) words += fmt::format(" -c {}", *options.count);
  if (options.duration) words += " --duration " + us_text(*options.duration);
  if (options.file_size) words += fmt::format(" --filesize {}", *options.file_size);
  return words;
}

std::string filter_words(const Options& options) {
  if (options.filter_file) return " -F " + file_word(*options.filter_file);
  return options.filter.empty() ? std::string{} : " -f " + shell_word(options.filter);
}

}  // namespace

std::string shell_word(std::string_view word) {
  const bool plain =
      word.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%") ==
      std::string_view::npos;
  if (plain && !word.empty()) return std::string{word};
  std::string quoted = "'";
  for (const char c : word) {
    // Not the shorter '\'': text of events has every backslash doubled.
    if (c == '\'') {
      quoted += "'\"'\"'";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string command_line(std::span<const std::string> arguments) {
  std::string line = "ntan";
  for (const std::string& argument : arguments) line += " " + shell_word(argument);
  return line;
}

std::string networks_text(const std::vector<Network>& networks) {
  std::string text;
  for (const Network& one : networks) {
    text += fmt::format("{}{}/{}", text.empty() ? "" : ",", to_string(one.address), one.bits);
  }
  return text;
}

std::vector<std::string> analysis_arguments(const Options& options) {
  const Options defaults;
  const ScanOptions& scan = options.scan;
  std::vector<std::string> words;
  const auto add = [&words](const char* name, std::string value) {
    words.emplace_back(name);
    words.push_back(std::move(value));
  };
  if (options.mem_limit != defaults.mem_limit) add("--mem-limit", kib_text(options.mem_limit));
  if (options.max_flows != defaults.max_flows)
    add("--max-flows", fmt::format("{}", options.max_flows));
  if (options.checksums == Checksums::all) words.emplace_back("--checksums");
  if (options.vlan_key == VlanKey::ignored) words.emplace_back("--ignore-vlan");
  if (scan.sensitivity == Sensitivity::low) add("--scan-sense", "low");
  if (scan.sensitivity == Sensitivity::high) add("--scan-sense", "high");
  if (!scan.allowed.empty()) add("--scan-allow", networks_text(scan.allowed));
  if (scan.timeout != defaults.scan.timeout) add("--scan-timeout", us_text(scan.timeout));
  if (scan.memory != defaults.scan.memory) add("--scan-memory", kib_text(scan.memory));
  return words;
}

std::vector<std::string> event_arguments(std::string_view command, const Options& options) {
  std::vector<std::string> words{std::string{command}, "--json", "--summary-every", "1s",
                                 "--no-progress"};
  // What windows cannot be added up to. Live, the run has no end to wait for.
  if (command == "read") words.emplace_back("--summary-total");
  append_user(words);
  if (!options.scan.home.empty())
    words.insert(words.end(), {"--home", networks_text(options.scan.home)});
  for (std::string& word : analysis_arguments(options)) words.push_back(std::move(word));
  return words;
}

void append_user(std::vector<std::string>& words) {
  if (::geteuid() == 0) words.insert(words.end(), {"--user", "root"});
}

void append_files(std::vector<std::string>& words, std::span<const std::string> files) {
  for (const std::string& file : files) words.insert(words.end(), {"-r", file});
}

ExtractLine extract_line(const Options& options) {
  std::string line = "ntan extract";
  const auto read = [&line](const std::string& file) {
    line += " -r " + file_word(file);
    return is_kept(file);
  };
  if (options.command == Command::capture) {
    // What was written has passed the filter, and goes as far as the run did.
    if (!options.write_packets || !read(*options.write_packets)) return {};
  } else {
    if (!std::ranges::all_of(options.files, read)) return {};
    if (options.filter_file && !is_kept(*options.filter_file)) return {};
    line += filter_words(options) + limit_words(options);
  }
  for (const std::string& word : analysis_arguments(options)) line += " " + word;
  line += " --scan ";
  // A shell would not read what the event shows.
  if (event::printable(line) != line) return {};
  return {.before = std::move(line), .between = " -w scan-", .after = ".pcapng"};
}

}  // namespace ntan::run
