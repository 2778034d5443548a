// A device that has the launches of another one counted, and tells a collector. Threads: as device::Device.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "device/wrapper.hpp"
#include "evaluation/profile/collector.hpp"

namespace kiesel::profile {

class Profiler final : public device::Wrapper {
 public:
  // `number`: its place among the collector's devices.
  Profiler(std::unique_ptr<device::Device> device, std::shared_ptr<Collector> collector, std::uint32_t number)
      : Wrapper(std::move(device)), collector_(std::move(collector)), number_(number) {}

  Result<device::ModuleId> load(std::span<const std::byte> elf, device::Owner owner) override;
  void unload(device::ModuleId module) override;
  void submit(device::Command command, device::CompletionHandler done, device::Handling handling) override;

 private:
  struct Program {
    std::string name;  // in the collector's folder
    std::optional<device::Address> base;
  };
  Program program_of(device::ModuleId module) const;
  device::CompletionHandler watch(const device::Launch& launch, device::CompletionHandler done);
  device::CompletionHandler watch(TransferKind kind, std::uint64_t bytes, device::CompletionHandler done);

  const std::shared_ptr<Collector> collector_;
  const std::uint32_t number_;
  mutable std::mutex mutex_;
  std::map<device::ModuleId, Program> programs_;
};

// What a collector notes of a device, and of a launch before it starts.
DeviceNote note_of(const device::Description& description);
LaunchNote note_of(const device::Launch& launch, KernelKey key, Collector& collector);
// Adds the launch, which has ended. `base`: where the program lies, if that is known.
void add_ended(Collector& collector, LaunchNote& note, std::optional<device::Address> base,
               const device::Completion& completion);

}  // namespace kiesel::profile
