// A device whose launches are checked. Threads: as device::Device.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "device/wrapper.hpp"
#include "evaluation/check/session.hpp"

namespace kiesel::check {

class CheckedDevice final : public device::Wrapper {
 public:
  CheckedDevice(std::unique_ptr<device::Device> device, const Tools& tools,
                std::shared_ptr<Collector> collector);
  ~CheckedDevice() override;

  const device::Description& description() const override { return description_; }
  const std::shared_ptr<Session>& session() const { return session_; }
  Result<device::Address> allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label,
                                   device::Owner owner) override;
  void free(device::Address address) override;
  Result<device::Address> map_file(int file, std::uint64_t bytes, std::string_view label,
                                   device::Owner owner) override;
  Status share(device::Address host_address, std::uint64_t bytes, device::Owner owner) override;
  void label(device::Address address, std::string_view text) override;
  void host_begins(const device::HostUse& use) override;
  void host_ends(const device::HostUse& use) override;
  Result<device::ModuleId> load(std::span<const std::byte> elf, device::Owner owner) override;
  void unload(device::ModuleId module) override;
  void submit(device::Command command, device::CompletionHandler done, device::Handling handling) override;

 private:
  // What was freed keeps its place for a while, so that whoever uses it still is seen.
  struct Freed {
    device::Address address;
    std::uint64_t bytes;
  };
  static constexpr std::uint64_t kMostFreed = 64 << 20;
  bool give_back(std::uint64_t most);
  std::shared_ptr<Program> program_of(device::ModuleId module);
  void submit_launch(device::Launch launch, device::CompletionHandler done, device::Handling handling);
  device::CompletionHandler watch(const device::Command& command, device::CompletionHandler done);

  const std::shared_ptr<Collector> collector_;
  const std::shared_ptr<Session> session_;  // launches keep it
  device::Description description_;
  std::mutex mutex_;
  std::map<device::ModuleId, std::shared_ptr<Program>> programs_;
  std::deque<Freed> freed_;
  std::uint64_t freed_bytes_ = 0;
};

}  // namespace kiesel::check
