#include "device/plugin/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>

#include "device/plugin/host_services.hpp"
#include "device/plugin/known_part.hpp"
#include "support/installed.hpp"
#include "support/words.hpp"

namespace kiesel::device::plugin {
namespace {

constexpr std::uint32_t kLeastSize = offsetof(kiesel_plugin_table, reset);  // what came later may be missing

Error wrong(const std::string& path, std::string_view what) {
  return {Errc::kInvalidBinary, fmt::format("plug-in {}: {}", path, what)};
}

// Kiesel's own option; others are the plug-in's.
Result<bool> take_process(std::string_view value) {
  if (value == "own") return true;
  if (value == "same") return false;
  return Error{Errc::kInvalidArgument, fmt::format("process is own or same, not '{}'", value)};
}

}  // namespace

Result<Name> parse_name(std::string_view text) {
  text.remove_prefix(kPrefix.size());
  Name out;
  const std::size_t colon = text.find(':');
  out.library = text.substr(0, colon);
  if (out.library.empty()) return Error{Errc::kInvalidArgument, "plugin: names no library"};
  if (colon == std::string_view::npos) return out;
  constexpr std::string_view kProcess = "process=";
  for (const std::string_view option : words_of(text.substr(colon + 1), ',')) {
    if (option.starts_with(kProcess)) {
      const auto own = take_process(option.substr(kProcess.size()));
      if (!own) return own.error();
      out.own_process = *own;
    } else {
      if (!out.options.empty()) out.options += ',';
      out.options += option;
    }
  }
  return out;
}

std::string find_library(const std::string& name) {
  std::error_code unknown;
  if (name.find('/') != std::string::npos) return std::filesystem::absolute(name, unknown).string();
  for (const char* folder : {".", "../lib", "../" KIESEL_LIBRARY_DIR}) {
    const auto candidate = folder_of_this_module() / folder / name;
    if (std::error_code error; std::filesystem::exists(candidate, error))
      return candidate.lexically_normal().string();
  }
  return name;
}

std::optional<std::string> check_table(const kiesel_plugin_table* table) {
  if (!table)
    return fmt::format("it has no table for version {} of the device interface", KIESEL_DEVICE_VERSION);
  if (table->version != KIESEL_DEVICE_VERSION)
    return fmt::format("it was built for version {} of the device interface, not {}", table->version,
                       KIESEL_DEVICE_VERSION);
  if (table->size < kLeastSize)
    return fmt::format("its table has {} bytes, not at least {}", table->size, kLeastSize);
  const std::pair<const char*, bool> functions[] = {
      {"open", table->open},         {"close", table->close},
      {"describe", table->describe}, {"allocate", table->allocate},
      {"free", table->free},         {"launch", table->launch},
      {"transfer", table->transfer}, {"unload, where load is,", table->unload || !table->load}};
  for (const auto& [name, there] : functions)
    if (!there) return fmt::format("its function {} is null", name);
  return std::nullopt;
}

Result<kiesel_plugin_table> open_library(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return Error{Errc::kNotFound, fmt::format("plug-in {}: {}", path, ::dlerror())};
  const auto function = reinterpret_cast<kiesel_plugin_function>(::dlsym(library, KIESEL_PLUGIN_FUNCTION));
  if (!function) {
    ::dlclose(library);
    return wrong(path, "it exports no " KIESEL_PLUGIN_FUNCTION "(): it is no plug-in of Kiesel");
  }
  const kiesel_plugin_table* const table = function(KIESEL_DEVICE_VERSION);
  if (const auto problem = check_table(table)) return wrong(path, *problem);
  return known_part(*table);
}

Result<Opened> open_here(const std::string& path, const std::string& options) {
  const auto table = open_library(path);
  if (!table) return table.error();
  kiesel_reason reason{};
  kiesel_device* device = nullptr;
  const kiesel_result result = table->open(options.c_str(), &host_services(), &device, &reason);
  if (result != KIESEL_OK) return error_of(fmt::format("plug-in {}: open", path), result, text_of(reason));
  if (!device) return wrong(path, "open: it gave no device");
  return Opened{*table, device};
}

}  // namespace kiesel::device::plugin
