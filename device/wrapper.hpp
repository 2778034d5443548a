// A device around another one, which all calls go on to: for what watches some of them. Threads: as Device.
#pragma once

#include <memory>

#include "device/device.hpp"

namespace kiesel::device {

class Wrapper : public Device {
 public:
  explicit Wrapper(std::unique_ptr<Device> device) : device_(std::move(device)) {}

  const Description& description() const override { return device_->description(); }
  Result<Address> allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label,
                           Owner owner) override {
    return device_->allocate(bytes, alignment, label, owner);
  }
  void free(Address address) override { device_->free(address); }
  Result<Address> map_file(int file, std::uint64_t bytes, std::string_view label, Owner owner) override {
    return device_->map_file(file, bytes, label, owner);
  }
  Status share(Address host_address, std::uint64_t bytes, Owner owner) override {
    return device_->share(host_address, bytes, owner);
  }
  std::byte* host_pointer(Address address) override { return device_->host_pointer(address); }
  void host_begins(const HostUse& use) override { device_->host_begins(use); }
  void host_ends(const HostUse& use) override { device_->host_ends(use); }
  void label(Address address, std::string_view text) override { device_->label(address, text); }
  Result<ModuleId> load(std::span<const std::byte> elf, Owner owner) override {
    return device_->load(elf, owner);
  }
  void unload(ModuleId module) override { device_->unload(module); }
  Result<Address> symbol(ModuleId module, std::string_view name) const override {
    return device_->symbol(module, name);
  }
  void submit(Command command, CompletionHandler done, Handling handling) override {
    device_->submit(std::move(command), std::move(done), handling);
  }
  bool help() override { return device_->help(); }
  std::vector<Counter> counters() const override { return device_->counters(); }

 protected:
  const std::unique_ptr<Device> device_;
};

}  // namespace kiesel::device
