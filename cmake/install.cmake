# `cmake --install build/release` and `cpack -G DEB --config build/release/CPackConfig.cmake`.
include(GNUInstallDirs)

if(TARGET ntan)
  install(TARGETS ntan RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
file(GLOB ntan_manuals CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/man/ntan*.[1578])
foreach(manual ${ntan_manuals})
  string(REGEX MATCH "[0-9]$" section ${manual})
  install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ntan)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "ntan maintainers <ntan@example.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "network traffic analyzer: packets to typed events")
set(CPACK_PACKAGE_DESCRIPTION
  "Turns a live interface or saved captures into flows with latency and loss, DNS, HTTP and TLS
events, port-scan alerts and periodic summaries, as NDJSON, CSV, a terminal view or a report.
.
Capturing needs CAP_NET_RAW: run it as root, or once: setcap cap_net_raw+ep /usr/bin/ntan")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR})
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded at run time, so that no dependency is found by itself.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libmicrohttpd12")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "jq, libcap2-bin")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
