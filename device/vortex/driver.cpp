#include "device/vortex/driver.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace kiesel::vortex {
namespace {

// Vortex of 2024 and before has vx_dev_open() alone.
Error not_of_this_generation(void* library, const std::string& path, const char* missing) {
  const bool old = ::dlsym(library, "vx_dev_open") && !::dlsym(library, "vx_device_open");
  if (old)
    return {
        Errc::kUnsupported,
        fmt::format("{} is a driver of an older Vortex: its hardware does not number work-groups by itself "
                    "(CSRs 0xCD0 to 0xCDF), as Kiesel's programs need it; Vortex 3.0 does",
                    path)};
  return {Errc::kUnsupported,
          fmt::format("{} has no function {}: it is no driver of Vortex 3.0", path, missing)};
}

}  // namespace

Result<Driver> open_driver(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return Error{Errc::kNotFound, fmt::format("cannot open Vortex's driver: {}", ::dlerror())};
  Driver driver;
#define KIESEL_FIND(symbol, member, parameters)                                         \
  driver.member = reinterpret_cast<decltype(driver.member)>(::dlsym(library, #symbol)); \
  if (!driver.member) return not_of_this_generation(library, path, #symbol "()");
  KIESEL_VORTEX_CALLS(KIESEL_FIND)
#undef KIESEL_FIND
  driver.text_of = reinterpret_cast<decltype(driver.text_of)>(::dlsym(library, "vx_result_string"));
  return driver;
}

Error driver_error(const Driver& driver, const char* what, Code code) {
  constexpr Code kOutOfDeviceMemory = 5;
  const char* const text = driver.text_of ? driver.text_of(code) : nullptr;
  return {code == kOutOfDeviceMemory ? Errc::kOutOfMemory : Errc::kIo,
          fmt::format("Vortex's driver: {} failed: {}", what, text ? text : fmt::format("result {}", code))};
}

}  // namespace kiesel::vortex
