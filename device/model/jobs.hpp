// The commands of device.hpp as jobs.
#pragma once

#include <functional>
#include <memory>

#include "device/device.hpp"
#include "device/model/dispatcher.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::model {

// Where launch blocks live: small ones in slots that are reused, so that a launch allocates nothing.
class LaunchBlocks {
 public:
  explicit LaunchBlocks(Memory& memory) : memory_(memory) {}
  ~LaunchBlocks();
  Result<Address> take(std::uint64_t bytes);
  void give_back(Address address);

 private:
  Memory& memory_;
  ShortMutex mutex_;
  std::vector<Address> free_;
  std::vector<Address> areas_;
};

struct LaunchParts {
  std::shared_ptr<const Module> module;
  LaunchBlocks* blocks;
  Memory* memory;
  const Configuration* configuration;
  Translations* translations;
  const std::atomic<bool>* cancelled;
  std::uint64_t serial;
};

// Checks the command and gets it ready to run. kInvalidArgument, kOutOfMemory.
Result<std::unique_ptr<Job>> make_launch(device::Launch launch, LaunchParts parts);
// Ends with the error: a command that is refused completes like any other.
std::unique_ptr<Job> make_refused(Error error);
Result<std::unique_ptr<Job>> make_transfer(device::Command command, const Memory& memory);

}  // namespace kiesel::model
