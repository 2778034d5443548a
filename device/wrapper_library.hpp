// What looks at an application's devices (evaluation/) as libraries of their own, which the driver opens when
// an option asks for them: otherwise nothing of it is in the application's process. All are of one build.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "device/device.hpp"
#include "support/config.hpp"

namespace kiesel::device {

struct WrapperLibrary {
  const char* option;
  std::string Config::*asked_for;  // when it is not empty
  const char* file;
};
// The first one is next to the device.
inline constexpr WrapperLibrary kWrapperLibraries[] = {
    {"checks", &Config::checks, "libkiesel-check.so"},
    {"profile", &Config::profile, "libkiesel-profile.so"},
    {"capture", &Config::capture, "libkiesel-capture.so"},
};
inline constexpr const char* kWrapperEntry = "kiesel_wrap_devices";

// Puts a device around each device; false, and nothing done, when `version` is not that of the library.
using WrapDevices = bool(const char* version, const Config& config,
                         std::vector<std::unique_ptr<Device>>& devices);

}  // namespace kiesel::device
