// What a whole run costs beside the least that reading the same file can cost:
//
//   end_to_end [OPTION...] NTAN CAPTURE
//
//   --runs N             7 by default
//   --mode NAME=WORDS    a run of ntan with these words besides: all events, flow, summary and
//   packet
//                        by default
//   --peer NAME=COMMAND  another program; {} stands for the capture
//   --cpus N             that a program may use, 1 by default
//   --tsv FILE           the table's rows are appended to it, for scripts/bench.sh
//
// CAPTURE may be a folder, whose files are then read in the order of their names.
//
// Every program runs in a process of its own, all of them in turn and pinned to the CPUs. The table
// holds medians of user + system time per packet, their ratio to L (libpcap's loop that does
// nothing) and to R (records walked in blocks of 1 MiB from read(2)), the time on the wall, and the
// peak of resident memory. Ratios of one table can be compared with those of another, times only on
// a machine at rest.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sched.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <pcap/pcap.h>

namespace {

constexpr int usage_error = 2;

// --- the two walks: children of this program, which print how many packets they met

void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t pcap_walk(const char* path) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_t* handle =
      pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, error.data());
  if (handle == nullptr) throw std::runtime_error(error.data());
  std::uint64_t packets = 0;
  const auto count = [](u_char* user, const pcap_pkthdr*, const u_char*) {
    ++*reinterpret_cast<std::uint64_t*>(user);  // NOLINT(*-reinterpret-cast): libpcap's interface
  };
  auto* user = reinterpret_cast<u_char*>(&packets);  // NOLINT(*-reinterpret-cast)
  if (pcap_loop(handle, -1, count, user) != 0) throw std::runtime_error(pcap_geterr(handle));
  pcap_close(handle);
  return packets;
}

/// The records of a pcap file. Requires: the byte order of this machine.
std::uint64_t bare_walk(const char* path) {
  constexpr std::size_t file_header = 24;
  constexpr std::size_t record_header = 16;
  constexpr std::size_t size_at = 8;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(path);
  std::vector<char> buffer(std::size_t{1} << 20U);
  std::size_t held = 0;  // octets of a record that the last block cut
  std::size_t at = file_header;
  std::uint64_t packets = 0;
  while (true) {
    const ssize_t got = ::read(file, buffer.data() + held, buffer.size() - held);
    if (got <= 0) break;
    const std::size_t end = held + static_cast<std::size_t>(got);
    while (at + record_header <= end) {
      std::uint32_t size = 0;
      std::memcpy(&size, buffer.data() + at + size_at, sizeof size);
      if (at + record_header + size > end) break;
      at += record_header + size;
      ++packets;
    }
    held = end - at;
    std::memmove(buffer.data(), buffer.data() + at, held);
    at = 0;
    if (held == buffer.size()) throw std::runtime_error("a record of more than a block");
  }
  ::close(file);
  return packets;
}

bool is_plain_pcap(const char* path) {
  constexpr std::uint32_t micro = 0xa1b2c3d4;
  constexpr std::uint32_t nano = 0xa1b23c4d;
  std::uint32_t magic = 0;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(path);
  const ssize_t got = ::read(file, &magic, sizeof magic);
  ::close(file);
  return got == sizeof magic && (magic == micro || magic == nano);
}

// --- running programs

struct Run {
  double seconds = 0;  ///< user and system time
  double wall = 0;     ///< seconds from start to end
  long peak_kib = 0;   // NOLINT(google-runtime-int): as wait4 gives it
  std::string output;
};

enum class Output { kept, discarded };

/// Starts a program and waits for its end. Spawned, not forked: a child's peak of resident memory
/// begins at that of the process which it was before exec, and this one is small.
Run run(const std::vector<std::string>& command, Output output) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) fail("pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (output == Output::kept) {
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  const auto started = std::chrono::steady_clock::now();
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (error != 0) throw std::system_error(error, std::generic_category(), command[0]);

  Run result;
  std::array<char, 256> block{};
  ssize_t got = 0;
  while ((got = ::read(pipe[0], block.data(), block.size())) > 0)
    result.output.append(block.data(), static_cast<std::size_t>(got));
  ::close(pipe[0]);
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child) fail("wait4");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(command[0] + " " + command[1] + " failed");
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  result.seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  result.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  result.peak_kib = usage.ru_maxrss;
  return result;
}

/// Keeps the last ones of the CPUs that this process may use, since the first one has the
/// interrupts. Returns how many those are, as text.
std::string pin_to(int cpus) {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) fail("sched_getaffinity");
  cpu_set_t kept;
  CPU_ZERO(&kept);
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && CPU_COUNT(&kept) < cpus; --cpu) {
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &kept);
  }
  if (::sched_setaffinity(0, sizeof kept, &kept) != 0) fail("sched_setaffinity");
  const int count = CPU_COUNT(&kept);
  return std::to_string(count) + (count == 1 ? " CPU" : " CPUs");
}

// --- the table

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Contender {
  std::string name;
  std::vector<std::string> command;
  Output output = Output::discarded;
  std::vector<double> seconds{};
  std::vector<double> wall{};
  double peak_mib = 0;

  [[nodiscard]] double median() const { return median_of(seconds); }
  /// How far apart the runs were, of their median.
  [[nodiscard]] double spread() const {
    const auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
    return (*most - *least) / median();
  }
};

/// What is measured, as the command line says it.
struct Plan {
  std::string ntan;
  std::string capture;
  int runs = 7;
  int cpus = 1;
  std::vector<std::pair<std::string, std::string>> modes;
  std::vector<std::pair<std::string, std::string>> peers;
  std::string tsv;
};

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < line.size();) {
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    if (end > begin) words.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::vector<std::string> files_of(const std::string& capture) {
  if (!std::filesystem::is_directory(capture)) return {capture};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(capture))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

/// posix_spawn() does not look along the path.
std::string program_of(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "/usr/bin" : path;
  std::replace(folders.begin(), folders.end(), ':', ' ');
  for (const std::string& folder : words_of(folders)) {
    if (::access((folder + "/" + name).c_str(), X_OK) == 0) return folder + "/" + name;
  }
  throw std::runtime_error(name + " is not installed");
}

std::vector<Contender> contenders_of(const Plan& plan) {
  const std::string self = "/proc/self/exe";
  const std::vector<std::string> files = files_of(plan.capture);
  const auto with_files = [&files](std::vector<std::string> words) {
    words.insert(words.end(), files.begin(), files.end());
    return words;
  };
  std::vector<Contender> all{
      {"L libpcap, no-op", with_files({self, "--walk", "libpcap"}), Output::kept}};
  if (std::all_of(files.begin(), files.end(),
                  [](const std::string& file) { return is_plain_pcap(file.c_str()); }))
    all.push_back({"R bare walk", with_files({self, "--walk", "bare"}), Output::kept});
  for (const auto& [name, more] : plan.modes) {
    std::vector<std::string> words{plan.ntan, "read", "--json"};
    for (std::string& word : words_of(more)) words.push_back(std::move(word));
    all.push_back({"ntan, " + name, with_files(std::move(words))});
  }
  for (const auto& [name, command] : plan.peers) {
    std::vector<std::string> words;
    for (const std::string& word : words_of(command)) {
      if (word == "{}") {
        words.insert(words.end(), files.begin(), files.end());
      } else {
        words.push_back(word);
      }
    }
    words.front() = program_of(words.front());
    all.push_back({name, std::move(words)});
  }
  return all;
}

void print_table(const std::vector<Contender>& contenders, std::uint64_t packets) {
  const Contender& libpcap = contenders.front();
  const auto bare = std::find_if(contenders.begin(), contenders.end(),
                                 [](const Contender& one) { return one.name.front() == 'R'; });
  std::printf("%-28s %10s %8s %8s %9s %9s %8s %9s\n", "", "ns/packet", "to L", "to R", "CPU ms",
              "wall ms", "spread", "peak MiB");
  for (const Contender& one : contenders) {
    const double median = one.median();
    std::array<char, 16> to_bare{"-"};
    if (bare != contenders.end())
      std::snprintf(to_bare.data(), to_bare.size(), "%.2f", median / bare->median());
    std::printf("%-28s %10.1f %8.2f %8s %9.1f %9.1f %7.0f%% %9.1f\n", one.name.c_str(),
                median * 1e9 / static_cast<double>(packets), median / libpcap.median(),
                to_bare.data(), median * 1e3, median_of(one.wall) * 1e3, one.spread() * 100,
                one.peak_mib);
  }
}

void append_rows(const std::string& path, const Plan& plan,
                 const std::vector<Contender>& contenders, std::uint64_t packets) {
  std::ofstream out(path, std::ios::app);
  for (const Contender& one : contenders) {
    out << std::filesystem::path(plan.capture).filename().string() << '\t' << packets << '\t'
        << plan.runs << '\t' << one.name << '\t'
        << one.median() * 1e9 / static_cast<double>(packets) << '\t'
        << one.median() / contenders.front().median() << '\t' << median_of(one.wall) * 1e3 << '\t'
        << one.peak_mib << '\n';
  }
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

std::uint64_t measure(std::vector<Contender>& contenders, int runs) {
  std::uint64_t packets = 0;
  // The first round fills the page cache and is not counted.
  for (int round = 0; round <= runs; ++round) {
    for (Contender& one : contenders) {
      const Run result = run(one.command, one.output);
      if (one.output == Output::kept) {
        const std::uint64_t counted = std::strtoull(result.output.c_str(), nullptr, 10);
        if (packets != 0 && counted != packets)
          throw std::runtime_error("the walks met different packets");
        packets = counted;
      }
      one.peak_mib = std::max(one.peak_mib, static_cast<double>(result.peak_kib) / 1024);
      if (round == 0) continue;
      one.seconds.push_back(result.seconds);
      one.wall.push_back(result.wall);
    }
  }
  if (packets == 0) throw std::runtime_error("a capture without packets");
  return packets;
}

void compare(const Plan& plan) {
  std::vector<Contender> contenders = contenders_of(plan);
  const std::string cpus = pin_to(plan.cpus);
  const std::uint64_t packets = measure(contenders, plan.runs);
  std::printf("%s: %llu packets, median of %d runs, %s\n", plan.capture.c_str(),
              static_cast<unsigned long long>(packets),  // NOLINT(google-runtime-int)
              plan.runs, cpus.c_str());
  print_table(contenders, packets);
  if (!plan.tsv.empty()) append_rows(plan.tsv, plan, contenders, packets);
}

int walk(const std::vector<std::string>& words) {
  std::uint64_t packets = 0;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const char* path = words[i].c_str();
    packets += words[1] == "bare" ? bare_walk(path) : pcap_walk(path);
  }
  std::puts(std::to_string(packets).c_str());
  return 0;
}

/// Nothing where the words are no plan.
std::optional<Plan> plan_of(const std::vector<std::string>& words) {
  Plan plan;
  std::vector<std::string> operands;
  const auto pair_of = [](const std::string& text) {
    const std::size_t equals = text.find('=');
    return std::pair{text.substr(0, equals),
                     equals == std::string::npos ? std::string{} : text.substr(equals + 1)};
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("--")) {
      operands.push_back(word);
      continue;
    }
    if (i + 1 == words.size()) return std::nullopt;
    const std::string& value = words[++i];
    if (word == "--runs") {
      plan.runs = std::atoi(value.c_str());
    } else if (word == "--cpus") {
      plan.cpus = std::atoi(value.c_str());
    } else if (word == "--mode") {
      plan.modes.push_back(pair_of(value));
    } else if (word == "--peer") {
      plan.peers.push_back(pair_of(value));
    } else if (word == "--tsv") {
      plan.tsv = value;
    } else {
      return std::nullopt;
    }
  }
  if (operands.size() != 2 || plan.runs < 1 || plan.cpus < 1) return std::nullopt;
  plan.ntan = operands[0];
  plan.capture = operands[1];
  if (plan.modes.empty()) {
    plan.modes = {{"all events", ""},
                  {"flow records", "--events flow"},
                  {"summary only", "--events summary"},
                  {"packet lines", "--events packet"}};
  }
  return plan;
}

int take_command(const std::vector<std::string>& words) {
  if (words.size() > 2 && words[0] == "--walk") return walk(words);
  const auto plan = plan_of(words);
  if (!plan) {
    std::fputs(
        "usage: end_to_end [--runs N] [--mode NAME=WORDS]... [--peer NAME=COMMAND]... [--cpus N] "
        "[--tsv FILE] NTAN CAPTURE\n",
        stderr);
    return usage_error;
  }
  compare(*plan);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return take_command({words + 1, words + count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "end_to_end: %s\n", error.what());
    return 1;
  }
}
