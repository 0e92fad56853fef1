#include "run/filter_file.h"

#include <string>
#include <system_error>

#include <catch2/catch.hpp>

#include "tests/sink/folder.h"

using namespace ntan::run;
using ntan::test::Folder;

TEST_CASE("filter file: comments and line ends are blanks") {
  const Folder folder;
  folder.put("f", "# names\nudp port 53 # and\n or tcp\n");
  CHECK(read_filter_file(folder / "f") == "        udp port 53        or tcp ");
}

TEST_CASE("filter file: what cannot be read or is too long is refused") {
  const Folder folder;
  CHECK_THROWS_AS(read_filter_file(folder / "none"), std::system_error);
  CHECK_THROWS_AS(read_filter_file(folder / "."), std::system_error);
  folder.put("long", std::string(65'537, ' '));
  CHECK_THROWS_WITH(read_filter_file(folder / "long"),
                    (folder / "long") + " is too long for a filter");
  folder.put("nul", std::string{"udp\0 and src port 9", 19});
  CHECK_THROWS_WITH(read_filter_file(folder / "nul"), (folder / "nul") + " is no text");
  folder.put("most", std::string(65'536, ' '));
  CHECK(read_filter_file(folder / "most").size() == 65'536);
}
