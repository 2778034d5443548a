#include "device/registry.hpp"

#include "device/model/model_device.hpp"
#include "device/plugin/library.hpp"
#include "device/plugin/plugin_device.hpp"
#include "device/plugin/process/remote.hpp"
#include "support/cache.hpp"
#include "support/checked.hpp"
#include "support/config.hpp"
#include "support/installed.hpp"
#include "support/log.hpp"
#include "support/words.hpp"

namespace kiesel::device {
namespace {

bool is_plugin(std::string_view name) { return name.starts_with(plugin::kPrefix); }

model::EngineChoice chosen_engine() {
  const auto engine = model::engine_choice(config().engine);
  if (!engine)
    KIESEL_LOG(kDevice, kError, "option engine: '{}' is none of auto, interpreter, translator, cycles",
               config().engine);
  return engine.value_or(model::EngineChoice::kAuto);
}

// Below its allocations a model keeps what is its own.
Address memory_start(const model::Configuration& shape, Address data_from) {
  constexpr Address kUnit = 2 << 20;
  const Address own =
      std::uint64_t{shape.cores} * shape.target.local_memory_bytes + shape.private_memory_bytes + (64 << 20);
  return data_from > own ? (data_from - own) / kUnit * kUnit : 0;
}

Result<std::unique_ptr<Device>> make_model(model::Configuration shape,
                                           const translation::TranslationService& service,
                                           Address data_from) {
  shape.memory_near = memory_start(shape, data_from);
  shape.exact_bounds = config().exact_bounds;
  shape.engine = chosen_engine();
  shape.sample = config().sample;
  shape.device_time = config().profiling_time == "device";
  if (config().cache) shape.translations_folder = default_cache_folder().string();
  shape.translations_folder_bytes = saturating_product(config().cache_mib, std::uint64_t{1} << 20);
  shape.launch_seconds = config().launch_seconds;
  const std::string name = shape.device_name();
  auto device = model::ModelDevice::create(std::move(shape), static_cast<unsigned>(config().threads),
                                           model::HostLevel::kV4, service);
  if (!device) return Error{device.error().code, name + ": " + device.error().reason};
  return std::unique_ptr<Device>(std::move(*device));
}

// A plug-in's options follow its name: "plugin:a.so:x=1,y=2".
bool continues(std::string_view before, std::string_view part) {
  const std::size_t equals = part.find('=');
  return is_plugin(before) && before.find(':', plugin::kPrefix.size()) != std::string_view::npos &&
         equals != std::string_view::npos && part.find_first_of(":/") > equals;
}

Result<std::unique_ptr<Device>> open_plugin(std::string_view text) {
  auto name = plugin::parse_name(text);
  if (!name) return Error{name.error().code, fmt::format("{}: {}", text, name.error().reason)};
  if (config().isolate)
    return Error{
        Errc::kUnsupported,
        fmt::format("{}: left out, since it cannot keep contexts from each other (option isolate)", text)};
  const std::string library = plugin::find_library(name->library);
  const auto opened =
      name->own_process ? plugin::open_remote(installed_program("kiesel-device-host"), library, name->options)
                        : plugin::open_here(library, name->options);
  if (!opened) return opened.error();
  auto device = plugin::PluginDevice::create(*opened, "plug-in " + name->library, config().launch_seconds);
  if (!device) return device.error();
  return std::unique_ptr<Device>(std::move(*device));
}

}  // namespace

std::vector<std::string> device_names(std::string_view option) {
  std::vector<std::string> names;
  for (const std::string_view part : words_of(option, ',')) {
    if (!names.empty() && continues(names.back(), part))
      names.back().append(",").append(part);
    else
      names.emplace_back(part);
  }
  return names;
}

Result<std::unique_ptr<Device>> open_device(const std::string& name,
                                            const translation::TranslationService& service,
                                            Address data_from) {
  if (is_plugin(name)) return open_plugin(name);
  auto shape = model::find_configuration(name);
  if (!shape) return shape.error();
  return make_model(std::move(*shape), service, data_from);
}

std::vector<std::unique_ptr<Device>> make_devices(const translation::TranslationService& service) {
  std::vector<std::unique_ptr<Device>> devices;
  std::vector<std::string> names = device_names(config().device);
  if (names.empty()) names.emplace_back(model::built_in_shapes().front());
  for (const std::string& name : names) {
    // A terabyte for each.
    const Address data_from =
        config().capture.empty() ? 0 : kRecordedMemory + (Address{devices.size()} << 40);
    auto device = open_device(name, service, data_from);
    if (device)
      devices.push_back(std::move(*device));
    else
      KIESEL_LOG(kDevice, kError, "{}", device.error().reason);
  }
  return devices;
}

}  // namespace kiesel::device
