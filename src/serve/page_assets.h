#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// The live page, as the build has bundled it from src/serve/page/.

namespace ntan::serve {

/// A file of the page. All of it lives as long as the program.
struct PageAsset {
  std::string_view path;  ///< as asked for: `/`, `/app.js`, `/app.css`
  std::string_view type;  ///< value of Content-Type
  std::span<const std::uint8_t> body;
  std::span<const std::uint8_t> gzip;  ///< the same, compressed; empty if there is none
};

/// All files of the page; empty if the program was built without npm.
[[nodiscard]] std::span<const PageAsset> page_assets() noexcept;

}  // namespace ntan::serve
