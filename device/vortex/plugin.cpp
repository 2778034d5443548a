// libkiesel-vortex.so: Vortex 3.0 as a plug-in.
#include <algorithm>

#include "device/plugin/host_services.hpp"
#include "device/plugin/kiesel_device.h"
#include "device/vortex/vortex_device.hpp"
#include "support/clock.hpp"

using kiesel::Error;
using kiesel::Status;
using kiesel::vortex::VortexDevice;

namespace {

VortexDevice& of(kiesel_device* device) { return *reinterpret_cast<VortexDevice*>(device); }

kiesel_result failed(const Error& error, kiesel_reason* reason) {
  kiesel::device::plugin::say(reason, error.reason);
  return kiesel::device::plugin::result_of(error.code);
}

kiesel_result open_device(const char* text, const kiesel_host*, kiesel_device** out, kiesel_reason* reason) {
  const auto options = kiesel::vortex::parse_options(text);
  if (!options) return failed(options.error(), reason);
  auto device = VortexDevice::open(*options);
  if (!device) return failed(device.error(), reason);
  *out = reinterpret_cast<kiesel_device*>(device->release());
  return KIESEL_OK;
}

void close_device(kiesel_device* device) { delete &of(device); }

kiesel_result describe(kiesel_device* device, kiesel_description* out, kiesel_reason*) {
  of(device).describe(*out);
  return KIESEL_OK;
}

kiesel_result allocate(kiesel_device* device, std::uint64_t bytes, std::uint64_t alignment,
                       std::uint64_t wanted, std::uint64_t* address, kiesel_reason* reason) {
  const auto made = of(device).allocate(bytes, alignment, wanted);
  if (!made) return failed(made.error(), reason);
  *address = *made;
  return KIESEL_OK;
}

void free_memory(kiesel_device* device, std::uint64_t address) { of(device).free(address); }

// Both kinds of commands are over when they return.
template <class Work>
kiesel_result run(Work work, kiesel_done done, void* command) {
  const std::uint64_t start = kiesel::now_ns();
  const Status status = work();
  if (status)
    done(command, KIESEL_OK, nullptr, start, kiesel::now_ns());
  else
    done(command, kiesel::device::plugin::result_of(status.error().code), status.error().reason.c_str(),
         start, kiesel::now_ns());
  return KIESEL_OK;
}

kiesel_result launch(kiesel_device* device, const kiesel_launch* launch, kiesel_done done, void* command,
                     kiesel_reason*) {
  return run([&] { return of(device).launch(*launch); }, done, command);
}

kiesel_result transfer(kiesel_device* device, const kiesel_transfer* transfer, kiesel_done done,
                       void* command, kiesel_reason*) {
  return run([&] { return of(device).transfer(*transfer); }, done, command);
}

kiesel_result counters(kiesel_device* device, std::uint64_t* values, std::uint32_t count, kiesel_reason*) {
  const auto now = of(device).counters();
  std::copy_n(now.begin(), std::min<std::size_t>(count, now.size()), values);
  return KIESEL_OK;
}

constexpr kiesel_plugin_table kTable{.version = KIESEL_DEVICE_VERSION,
                                     .size = sizeof(kiesel_plugin_table),
                                     .name = "Kiesel's plug-in for Vortex 3.0",
                                     .open = open_device,
                                     .close = close_device,
                                     .describe = describe,
                                     .allocate = allocate,
                                     .free = free_memory,
                                     .load = nullptr,
                                     .unload = nullptr,
                                     .launch = launch,
                                     .transfer = transfer,
                                     .poll = nullptr,
                                     .counters = counters,
                                     .reset = nullptr};

}  // namespace

const kiesel_plugin_table* kiesel_plugin(std::uint32_t version) {
  return version == KIESEL_DEVICE_VERSION ? &kTable : nullptr;
}
