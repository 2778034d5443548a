#include "tools/kiesel/compile.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

#include "device/model/configuration.hpp"
#include "device/plugin/library.hpp"
#include "device/registry.hpp"
#include "support/config.hpp"
#include "support/file.hpp"

namespace kiesel::tools {
namespace {

constexpr std::string_view kArgument = "--device";

// The device that the arguments name, which is taken out of them, else the configuration's.
std::string take_device(std::vector<std::string>& arguments) {
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    const bool is_next = *at == kArgument && at + 1 != arguments.end();
    if (!is_next && !at->starts_with(std::string(kArgument) + "=")) continue;
    std::string device = is_next ? at[1] : at->substr(kArgument.size() + 1);
    arguments.erase(at, at + (is_next ? 2 : 1));
    return device;
  }
  return config().device;
}

bool is_one_plugin(const std::string& device) {
  return device.starts_with(device::plugin::kPrefix) && device::device_names(device).size() == 1;
}

// Without a name of its own; programs that this process starts or becomes find it under this one.
Result<std::string> inherited_file(std::string_view text) {
  const int file = ::memfd_create("target", 0);
  if (file < 0 || !write_whole(file, std::as_bytes(std::span(text))))
    return Error{Errc::kIo, fmt::format("no file for the target: {}", std::strerror(errno))};
  return fmt::format("/proc/self/fd/{}", file);
}

Result<std::string> file_with_target(const std::string& plugin) {
  const auto device = device::open_device(plugin);
  if (!device) return device.error();
  return inherited_file(model::configuration_text(plugin, (*device)->description().target));
}

}  // namespace

Result<std::vector<std::string>> compiler_arguments(std::vector<std::string> arguments) {
  std::string device = take_device(arguments);
  if (is_one_plugin(device)) {
    auto file = file_with_target(device);
    if (!file) return file.error();
    device = std::move(*file);
  }
  if (!device.empty()) arguments.insert(arguments.begin(), {std::string(kArgument), device});
  return arguments;
}

}  // namespace kiesel::tools
