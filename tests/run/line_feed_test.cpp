#include "run/line_feed.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace ntan;
using run::LineFeed;
using run::longest_line;

namespace {

using Lines = std::vector<std::string>;

/// The lines of a text that comes in pieces of `piece` octets.
Lines lines_of(std::string_view text, std::size_t piece) {
  LineFeed feed;
  Lines lines;
  const auto keep = [&lines](std::string_view line) { lines.emplace_back(line); };
  for (std::size_t at = 0; at < text.size(); at += piece) feed.take(text.substr(at, piece), keep);
  feed.flush(keep);
  return lines;
}

}  // namespace

TEST_CASE("line feed: any cut gives the same lines") {
  using namespace std::string_literals;
  const std::string text = "one\n\n\ntwo\r\n three \nwith\0zero\n\xff\xfe\nlast"s;
  const Lines expected{"one", "two\r", " three ", "with\0zero"s, "\xff\xfe", "last"};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    CAPTURE(piece);
    CHECK(lines_of(text, piece) == expected);
  }
}

TEST_CASE("line feed: the last line needs no end, and is there once") {
  CHECK(lines_of("a\nb", 1) == Lines{"a", "b"});
  CHECK(lines_of("a\nb\n", 1) == Lines{"a", "b"});
  CHECK(lines_of("\n", 1).empty());
  CHECK(lines_of("", 1).empty());
}

TEST_CASE("line feed: of a line that is too long one octet comes, however it is cut") {
  const std::string text = "a\n" + std::string(longest_line + 1, '{') + "\nb\n";
  const std::size_t piece =
      GENERATE(std::size_t{1'000}, std::size_t{65'536}, longest_line - 1, longest_line,
               longest_line + 1, longest_line + 3, 2 * longest_line);
  CAPTURE(piece);
  CHECK(lines_of(text, piece) == Lines{"a", "{", "b"});
}

TEST_CASE("line feed: a line as long as may be is whole") {
  const std::string longest(longest_line, 'x');
  CHECK(lines_of(longest + "\ny", 65'536) == Lines{longest, "y"});
  CHECK(lines_of(longest + "\ny", longest_line) == Lines{longest, "y"});
}

TEST_CASE("line feed: a line without end takes no memory beyond the longest") {
  LineFeed feed;
  const std::string block(longest_line / 4, 'x');
  std::size_t calls = 0;
  for (int i = 0; i < 400; ++i) feed.take(block, [&calls](std::string_view) { ++calls; });
  CHECK(calls == 0);
  Lines lines;
  feed.take("\nnext\n", [&lines](std::string_view line) { lines.emplace_back(line); });
  CHECK(lines == Lines{"x", "next"});
}

TEST_CASE("line feed: nothing of an input that was given up comes with the next") {
  LineFeed feed;
  Lines lines;
  const auto keep = [&lines](std::string_view line) { lines.emplace_back(line); };
  feed.take("half a li", keep);
  feed.clear();
  feed.take("whole\n", keep);
  CHECK(lines == Lines{"whole"});
}
