#include "sink/output_file.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/sink/folder.h"

using namespace ntan::sink;
using ntan::Descriptor;
using ntan::test::Folder;
using ntan::test::read_file;

namespace {

std::string refusal(const std::string& path) {
  try {
    (void)OutputFile::create(path, {.flushing = Flushing::blocks});
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "none";
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};

  explicit Pipe(int flags = 0) { REQUIRE(::pipe2(ends.data(), O_CLOEXEC | flags) == 0); }
};

}  // namespace

TEST_CASE("output file: records gather in blocks and are there after a flush") {
  const Folder folder;
  OutputFile file = OutputFile::create(folder / "x", {.flushing = Flushing::blocks});
  file.append("one\n");
  CHECK(file.pending());
  CHECK(read_file(folder / "x").empty());
  file.flush();
  CHECK_FALSE(file.pending());
  CHECK(read_file(folder / "x") == "one\n");
  file.append("two", " halves\n");
  file.close();
  CHECK(read_file(folder / "x") == "one\ntwo halves\n");
  CHECK(file.state() == State::good);
  CHECK(file.lost() == 0);
}

TEST_CASE("output file: by record nothing waits") {
  const Folder folder;
  OutputFile file = OutputFile::create(folder / "x", {.flushing = Flushing::records});
  file.append("one\n");
  CHECK_FALSE(file.pending());
  CHECK(read_file(folder / "x") == "one\n");
}

TEST_CASE("output file: a full block is written without being asked, of whole records") {
  const Folder folder;
  OutputFile file = OutputFile::create(folder / "x", {.flushing = Flushing::blocks});
  const std::string record(1000, 'a');
  for (int i = 0; i < 66; ++i) file.append(record);
  CHECK(read_file(folder / "x").size() == 65'000);
  file.append(std::string(200'000, 'b'));
  CHECK(read_file(folder / "x").size() == 266'000);
}

TEST_CASE("output file: an old file is emptied, and new ones are not for everyone") {
  const Folder folder;
  folder.put("x", "old");
  OutputFile::create(folder / "x", {.flushing = Flushing::blocks}).close();
  CHECK(read_file(folder / "x").empty());
  OutputFile::create(folder / "new", {.flushing = Flushing::blocks}).close();
  struct stat facts{};
  REQUIRE(::stat((folder / "new").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0137U) == 0);
}

TEST_CASE("output file: what cannot be opened is named with the reason") {
  const Folder folder;
  CHECK(refusal(folder / "no/x") ==
        "cannot write " + (folder / "no/x") + ": No such file or directory");
  CHECK(refusal(folder / "") == "cannot write " + (folder / "") + ": Is a directory");
  CHECK(refusal(folder / "a\x1b") == "none");
  CHECK(refusal(folder / "\x1b/x") ==
        "cannot write " + (folder / "\\x1b/x") + ": No such file or directory");
}

TEST_CASE("output file: a symbolic link is not followed and its target stays") {
  const Folder folder;
  folder.put("precious", "data");
  REQUIRE(::symlink((folder / "precious").c_str(), (folder / "link").c_str()) == 0);
  CHECK(refusal(folder / "link").find("through a symbolic link") != std::string::npos);
  CHECK(read_file(folder / "precious") == "data");
}

TEST_CASE("output file: one that is being written is not emptied by a second writer") {
  const Folder folder;
  OutputFile first = OutputFile::create(folder / "x", {.flushing = Flushing::records});
  first.append("kept\n");
  CHECK(refusal(folder / "x").find("it is being written already") != std::string::npos);
  CHECK(read_file(folder / "x") == "kept\n");
  first.close();
  CHECK(refusal(folder / "x") == "none");
}

TEST_CASE("output file: a reader that goes away is no error") {
  std::signal(SIGPIPE, SIG_IGN);
  const Pipe pipe;
  OutputFile file(Descriptor{pipe.ends[1]}, "pipe", Flushing::records);
  file.append("one\n");
  ::close(pipe.ends[0]);
  file.append("two\n");
  CHECK(file.state() == State::closed);
  CHECK(file.message().empty());
  file.append("three\n");
  CHECK(file.lost() == 2);
}

TEST_CASE("output file: a full device fails once, loudly, and counts what is lost") {
  OutputFile file = OutputFile::create("/dev/full", {.flushing = Flushing::blocks});
  file.append("one\n");
  file.append("two\n");
  CHECK(file.state() == State::good);
  file.flush();
  CHECK(file.state() == State::failed);
  CHECK(file.message() == "cannot write /dev/full: No space left on device");
  file.append("three\n");
  file.close();
  CHECK(file.lost() == 3);
}

TEST_CASE("output file: the record at which a full device is met is lost, too") {
  OutputFile file = OutputFile::create("/dev/full", {.flushing = Flushing::blocks});
  const std::string record(1'000, 'x');
  int appended = 0;
  for (; file.state() == State::good; ++appended) file.append(record);
  CHECK(appended == 66);  // more than a block of 64 KiB
  file.close();
  CHECK(file.lost() == 66);
}

TEST_CASE("output file: a file cut short ends at a record's border") {
  std::signal(SIGXFSZ, SIG_IGN);
  const Folder folder;
  OutputFile file = OutputFile::create(folder / "x", {.flushing = Flushing::blocks});
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{.rlim_cur = 25, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  for (int i = 0; i < 5; ++i) file.append("ten octets");
  file.close();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(read_file(folder / "x") == "ten octetsten octets");
  CHECK(file.state() == State::failed);
  CHECK(file.message() == "cannot write " + (folder / "x") + ": File too large");
  CHECK(file.lost() == 3);
}

TEST_CASE("output file: where a new one has no room the old one stays") {
  std::signal(SIGXFSZ, SIG_IGN);
  const Folder folder;
  OutputFile old = OutputFile::create(folder / "x", {.flushing = Flushing::blocks});
  old.append("old");
  old.close();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{.rlim_cur = 1'000, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto replace = [&folder](std::uint64_t room) -> std::string {
    try {
      OutputFile file =
          OutputFile::create(folder / "x", {.flushing = Flushing::blocks, .room = room});
      file.append("new");
      file.close();
    } catch (const std::system_error& error) {
      return error.what();
    }
    return "none";
  };
  const std::string too_large = replace(1'001);
  const std::string kept = read_file(folder / "x");
  const std::string fitting = replace(1'000);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(too_large == "cannot write " + (folder / "x") + ": File too large");
  CHECK(kept == "old");
  CHECK(fitting == "none");
  CHECK(read_file(folder / "x") == "new");
}

TEST_CASE("output file: a slow reader of a non-blocking pipe is waited for") {
  const Pipe pipe(O_NONBLOCK);
  const std::string record(1000, 'x');
  std::size_t received = 0;
  REQUIRE(::fcntl(pipe.ends[0], F_SETFL, 0) == 0);
  std::thread reader([&] {
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(pipe.ends[0], buffer.data(), buffer.size())) > 0;)
      received += static_cast<std::size_t>(n);
  });
  OutputFile file(Descriptor{pipe.ends[1]}, "pipe", Flushing::blocks);
  for (int i = 0; i < 1000; ++i) file.append(record);
  file.close();
  reader.join();
  ::close(pipe.ends[0]);
  CHECK(received == 1'000'000);
  CHECK(file.state() == State::good);
}

TEST_CASE("output file: two names of one file are recognised") {
  const Folder folder;
  folder.put("a", "");
  folder.put("b", "");
  REQUIRE(::link((folder / "a").c_str(), (folder / "c").c_str()) == 0);
  CHECK(same_file(folder / "a", folder / "./a"));
  CHECK(same_file(folder / "a", folder / "c"));
  CHECK_FALSE(same_file(folder / "a", folder / "b"));
  CHECK_FALSE(same_file(folder / "none", folder / "none"));
}
