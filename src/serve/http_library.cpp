#include "serve/http_library.h"

#include <dlfcn.h>
#include <stdexcept>

#include <fmt/core.h>

namespace ntan::serve {
namespace {

/// The interface that microhttpd.h describes; another number is another interface.
constexpr const char* file = "libmicrohttpd.so.12";

template <class Function>
void find(void* library, const char* name, Function& function) {
  // NOLINTNEXTLINE(*-reinterpret-cast): the one way in which dlsym() gives a function
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) throw std::runtime_error(fmt::format("{} has no {}", file, name));
}

HttpLibrary load() {
  void* const library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw std::runtime_error(
        fmt::format("the page needs {}: install the package libmicrohttpd12", file));
  }
  HttpLibrary all;
  find(library, "MHD_start_daemon", all.start_daemon);
  find(library, "MHD_stop_daemon", all.stop_daemon);
  find(library, "MHD_run", all.run);
  find(library, "MHD_get_timeout", all.get_timeout);
  find(library, "MHD_get_daemon_info", all.get_daemon_info);
  find(library, "MHD_get_connection_info", all.get_connection_info);
  find(library, "MHD_lookup_connection_value", all.lookup_connection_value);
  find(library, "MHD_get_connection_values", all.get_connection_values);
  find(library, "MHD_suspend_connection", all.suspend_connection);
  find(library, "MHD_resume_connection", all.resume_connection);
  find(library, "MHD_create_response_from_callback", all.create_response_from_callback);
  find(library, "MHD_create_response_from_fd64", all.create_response_from_fd64);
  find(library, "MHD_create_response_from_buffer", all.create_response_from_buffer);
  find(library, "MHD_add_response_header", all.add_response_header);
  find(library, "MHD_queue_response", all.queue_response);
  find(library, "MHD_destroy_response", all.destroy_response);
  return all;
}

}  // namespace

const HttpLibrary& http_library() {
  static const HttpLibrary library = load();
  return library;
}

}  // namespace ntan::serve
