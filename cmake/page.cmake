# The live page: npm brings esbuild and uPlot while configuring, esbuild bundles while building, and what it makes is
# compiled in. Sets ntan_page_source, the C++ source that defines ntan::serve::page_assets().

set(NTAN_PAGE AUTO CACHE STRING "Build the live page into ntan: AUTO (if npm can), ON or OFF")
set_property(CACHE NTAN_PAGE PROPERTY STRINGS AUTO ON OFF)

set(page_folder ${CMAKE_SOURCE_DIR}/src/serve/page)
set(ntan_page_source ${CMAKE_BINARY_DIR}/page/page_assets.cpp)

# The presets share what npm has fetched.
cmake_path(IS_PREFIX CMAKE_SOURCE_DIR ${CMAKE_BINARY_DIR} NORMALIZE page_is_inside)
if(page_is_inside)
  set(page_npm_folder ${CMAKE_SOURCE_DIR}/build/page)
else()
  set(page_npm_folder ${CMAKE_BINARY_DIR}/page-npm)
endif()

# Runs `npm ci` unless it has been run for the same lock file. Sets page_flaw to what is wrong, or to nothing.
function(ntan_fetch_page_modules)
  set(page_flaw "" PARENT_SCOPE)
  find_program(NTAN_NODE NAMES node nodejs DOC "node, to bundle the live page")
  find_program(NTAN_NPM npm DOC "npm, to bundle the live page")
  if(NOT NTAN_NODE OR NOT NTAN_NPM)
    set(page_flaw "npm is not installed" PARENT_SCOPE)
    return()
  endif()
  set(inputs package.json package-lock.json .npmrc)
  list(TRANSFORM inputs PREPEND ${page_folder}/)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${inputs})
  set(wanted "")
  foreach(input IN LISTS inputs)
    file(SHA256 ${input} digest)
    string(APPEND wanted "${digest}\n")
  endforeach()

  file(MAKE_DIRECTORY ${page_npm_folder})
  file(LOCK ${page_npm_folder} DIRECTORY GUARD FUNCTION TIMEOUT 600)
  set(stamp ${page_npm_folder}/fetched)
  if(EXISTS ${stamp})
    file(READ ${stamp} fetched)
    if(fetched STREQUAL wanted)
      return()
    endif()
  endif()
  file(COPY ${inputs} DESTINATION ${page_npm_folder})
  execute_process(
    COMMAND ${NTAN_NPM} ci --loglevel=error --fetch-retries=1 --fetch-timeout=60000
    WORKING_DIRECTORY ${page_npm_folder} TIMEOUT 300
    OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
  if(result EQUAL 0)
    file(WRITE ${stamp} "${wanted}")
  else()
    string(STRIP "${said}" said)
    set(page_flaw "npm could not fetch what it needs:\n${said}" PARENT_SCOPE)
  endif()
endfunction()

if(NTAN_PAGE STREQUAL "OFF")
  set(page_flaw "NTAN_PAGE is OFF")
else()
  ntan_fetch_page_modules()
endif()

if(page_flaw STREQUAL "")
  message(STATUS "The live page is built in")
  file(GLOB page_inputs CONFIGURE_DEPENDS ${page_folder}/*)
  add_custom_command(
    OUTPUT ${ntan_page_source}
    BYPRODUCTS ${CMAKE_BINARY_DIR}/page/index.html ${CMAKE_BINARY_DIR}/page/app.js ${CMAKE_BINARY_DIR}/page/app.css
    COMMAND ${NTAN_NODE} ${page_folder}/bundle.mjs ${page_npm_folder}/node_modules ${CMAKE_BINARY_DIR}/page
    DEPENDS ${page_inputs} ${page_npm_folder}/fetched
    COMMENT "Bundling the live page" VERBATIM)
else()
  if(NTAN_PAGE STREQUAL "AUTO")
    message(WARNING "The live page is left out: ${page_flaw}\nAll else works. With npm: apt-get install nodejs npm")
  elseif(NOT NTAN_PAGE STREQUAL "OFF")
    message(FATAL_ERROR "NTAN_PAGE is ${NTAN_PAGE}, but ${page_flaw}")
  endif()
  # A name of its own: were it that of the bundle, a later build with npm would take it for one that is up to date.
  set(ntan_page_source ${CMAKE_BINARY_DIR}/page/no_page.cpp)
  file(CONFIGURE OUTPUT ${ntan_page_source} @ONLY CONTENT [[
#include "serve/page_assets.h"

namespace ntan::serve {

std::span<const PageAsset> page_assets() noexcept { return {}; }

}  // namespace ntan::serve
]])
endif()
