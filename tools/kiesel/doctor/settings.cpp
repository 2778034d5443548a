#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "device/model/configuration.hpp"
#include "support/config.hpp"
#include "tools/kiesel/doctor/checks.hpp"

namespace kiesel::tools::doctor {
namespace {

bool is_of_environment(const std::string& warning) { return warning.starts_with("KIESEL_"); }

// The warnings of the file or of the environment; their texts name where they come from.
Finding judge(bool environment, const std::string& usual, const char* mend) {
  std::string text;
  for (const auto& warning : config_warnings())
    if (is_of_environment(warning) == environment) text += (text.empty() ? "" : "; ") + warning;
  return text.empty() ? ok(usual) : warning(text, mend);
}

std::size_t count_set(bool environment) {
  const auto options = option_table();
  return static_cast<std::size_t>(std::count_if(options.begin(), options.end(), [&](const auto& option) {
    return option.source != "default" && is_of_environment(option.source) == environment;
  }));
}

}  // namespace

Finding configuration_file() {
  const auto path = config_path();
  std::error_code failed;
  const bool exists = std::filesystem::exists(path, failed);
  if (!exists && !environment_variable("KIESEL_CONFIG").empty())
    return error(fmt::format("KIESEL_CONFIG names '{}', which does not exist", path),
                 "write it, or unset KIESEL_CONFIG");
  return judge(
      false,
      exists ? fmt::format("{}: {}", path, counted(count_set(false), "option")) : "none, which is no fault",
      "correct the lines; `kiesel info --config` lists all options");
}

Finding environment() {
  return judge(true, counted(count_set(true), "option") + " set",
               "correct or unset the variables; `kiesel info --config` lists all options");
}

Finding devices() {
  const auto shapes = model::configured_devices(config().device);
  std::string names;
  for (const auto& shape : shapes) names += (names.empty() ? "" : ", ") + shape.device_name();
  const auto wanted = std::count(config().device.begin(), config().device.end(), ',') + 1;
  if (std::cmp_less(shapes.size(), wanted))
    return error(
        fmt::format("option device is '{}': {} of {} can be made", config().device, shapes.size(), wanted),
        "name built-in shapes or TOML files (docs/device.md); KIESEL_LOG=device says what is wrong with one");
  return ok(names);
}

Finding engine() {
  if (!model::engine_choice(config().engine))
    return error(fmt::format("option engine is '{}'", config().engine),
                 "choose auto, interpreter, translator or cycles");
  return ok(config().engine);
}

}  // namespace kiesel::tools::doctor
