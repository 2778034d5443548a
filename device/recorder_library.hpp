// The recorder (evaluation/capture) as a library of its own, which the driver opens when the option `capture`
// asks for it: otherwise nothing of it is in the application's process. Both are of one build.
#pragma once

#include <memory>
#include <vector>

#include "device/device.hpp"
#include "support/config.hpp"

namespace kiesel::device {

inline constexpr const char* kRecorderLibrary = "libkiesel-capture.so";
inline constexpr const char* kRecorderEntry = "kiesel_record_devices";

// Puts a recorder around each device; false, and nothing done, when `version` is not that of the library.
using RecordDevices = bool(const char* version, const Config& config,
                           std::vector<std::unique_ptr<Device>>& devices);

}  // namespace kiesel::device
