// A plug-in's library: found, opened and checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "device/plugin/kiesel_device.h"
#include "support/result.hpp"

namespace kiesel::device::plugin {

inline constexpr std::string_view kPrefix = "plugin:";

// "plugin:/path/name.so:option=value,...", taken apart. The options that are Kiesel's own are not among
// `options`.
struct Name {
  std::string library;
  std::string options;
  bool own_process = true;  // process=own, or process=same
};

// kInvalidArgument with a sentence.
Result<Name> parse_name(std::string_view text);

// The whole path of a library: as it is where it has a folder, else beside this program's or library's own
// files, where Kiesel's plug-ins are, else as the system finds it.
std::string find_library(const std::string& name);

// The table, whose functions are all there; what the plug-in's ends before is null. The library stays open as
// long as the process. kNotFound, kInvalidBinary, with a sentence that names it.
Result<kiesel_plugin_table> open_library(const std::string& path);

// A device and the functions that know it.
struct Opened {
  kiesel_plugin_table table;
  kiesel_device* device;
};

// Opens a device in this process. The error names the library.
Result<Opened> open_here(const std::string& path, const std::string& options);

// What is missing or wrong, if anything.
std::optional<std::string> check_table(const kiesel_plugin_table* table);

}  // namespace kiesel::device::plugin
