// A device that has the launches of another one counted, and tells a collector. Commands go straight on to
// that one. Threads: as device::Device.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "evaluation/profile/collector.hpp"

namespace kiesel::profile {

class Profiler final : public device::Device {
 public:
  // `number`: its place among the collector's devices.
  Profiler(std::unique_ptr<device::Device> device, std::shared_ptr<Collector> collector, std::uint32_t number)
      : device_(std::move(device)), collector_(std::move(collector)), number_(number) {}

  const device::Description& description() const override { return device_->description(); }
  Result<device::Address> allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label,
                                   device::Owner owner) override {
    return device_->allocate(bytes, alignment, label, owner);
  }
  void free(device::Address address) override { device_->free(address); }
  Result<device::Address> map_file(int file, std::uint64_t bytes, std::string_view label,
                                   device::Owner owner) override {
    return device_->map_file(file, bytes, label, owner);
  }
  Status share(device::Address host_address, std::uint64_t bytes, device::Owner owner) override {
    return device_->share(host_address, bytes, owner);
  }
  std::byte* host_pointer(device::Address address) override { return device_->host_pointer(address); }
  void label(device::Address address, std::string_view text) override { device_->label(address, text); }
  Result<device::ModuleId> load(std::span<const std::byte> elf, device::Owner owner) override;
  void unload(device::ModuleId module) override;
  Result<device::Address> symbol(device::ModuleId module, std::string_view name) const override {
    return device_->symbol(module, name);
  }
  void submit(device::Command command, device::CompletionHandler done, device::Handling handling) override;
  bool help() override { return device_->help(); }
  std::vector<device::Counter> counters() const override { return device_->counters(); }

 private:
  struct Program {
    std::string name;  // in the collector's folder
    std::optional<device::Address> base;
  };
  Program program_of(device::ModuleId module) const;
  device::CompletionHandler watch(const device::Launch& launch, device::CompletionHandler done);
  device::CompletionHandler watch(TransferKind kind, std::uint64_t bytes, device::CompletionHandler done);

  const std::unique_ptr<device::Device> device_;
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
