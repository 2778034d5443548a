// The devices that the option `device` names.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.hpp"
#include "device/translation/translation_service.hpp"

namespace kiesel::device {

// The names in the option: shapes and files of the model, "plugin:..." with its options, which have commas
// between them, too.
std::vector<std::string> device_names(std::string_view option);

// The devices of this process in a fixed order, made from the configuration. What cannot be had is logged
// with one line and left out. Without a service, models interpret.
std::vector<std::unique_ptr<Device>> make_devices(const translation::TranslationService& service = {});

// Where memory of models lies when launches are recorded: the same in each process, so that a replay can have
// it there again. Its upper half is no number that data often holds, whatever its type.
inline constexpr Address kRecordedMemory = Address{0x3b5d} << 32;

// One of them, by its name. `data_from`: where a model's allocations should start, or 0.
Result<std::unique_ptr<Device>> open_device(const std::string& name,
                                            const translation::TranslationService& service = {},
                                            Address data_from = 0);

}  // namespace kiesel::device
