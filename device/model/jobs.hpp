// The commands of device.hpp as jobs.
#pragma once

#include <functional>
#include <memory>

#include "device/device.hpp"
#include "device/model/dispatcher.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::model {

class CycleEngine;

struct LaunchParts {
  const Module* module;  // null: no such module; stays while the launch is pending
  Memory* memory;
  const Configuration* configuration;
  Translations* translations;
  const std::atomic<bool>* cancelled;
  std::uint64_t serial;
  bool counted;
  device::Observer* observer;  // or null
  CycleEngine* cycles;         // that runs it, or null
};

// Checks the command and gets it ready to run. kInvalidArgument, kOutOfMemory.
Result<std::unique_ptr<Job>> make_launch(device::Launch launch, const LaunchParts& parts);
// Ends with the error: a command that is refused completes like any other.
std::unique_ptr<Job> make_refused(Error error);
Result<std::unique_ptr<Job>> make_transfer(device::Command command, const Memory& memory);

}  // namespace kiesel::model
