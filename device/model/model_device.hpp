// The device model: a Device whose cores are host threads that interpret machine code.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "device/device.hpp"
#include "device/model/configuration.hpp"
#include "device/model/dispatcher.hpp"
#include "device/model/interpreter/engine.hpp"
#include "device/model/jobs.hpp"
#include "device/model/module_table.hpp"
#include "device/translation/translation_service.hpp"

namespace kiesel::model {

using translation::HostLevel, translation::TranslationService;

class ModelDevice final : public device::Device {
 public:
  // `threads`: most host threads that run at a time; 0 is one for each processor.
  // Without a service it interprets.
  static Result<std::unique_ptr<ModelDevice>> create(Configuration configuration, unsigned threads,
                                                     HostLevel most = HostLevel::kV4,
                                                     const TranslationService& service = {});
  ~ModelDevice() override;

  // As allocate() and load(), at an address that memory had in another process.
  Result<Address> allocate_at(Address at, std::uint64_t bytes, std::uint64_t alignment);
  Result<device::ModuleId> load_at(Address at, std::span<const std::byte> elf);
  Result<Address> base(device::ModuleId module) const;  // where the program lies
  // As load(), with start-up code of a loader a page before the program, for the engine cycles.
  Result<device::ModuleId> load_behind(std::span<const std::byte> front, std::span<const std::byte> elf,
                                       Owner owner = 0);

  const device::Description& description() const override { return description_; }
  Result<Address> allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label = {},
                           Owner owner = 0) override;
  Result<Address> map_file(int file, std::uint64_t bytes, std::string_view label = {},
                           Owner owner = 0) override;
  Status share(device::Address host_address, std::uint64_t bytes, Owner owner = 0) override;
  void free(Address address) override;
  std::byte* host_pointer(Address address) override;
  void label(Address address, std::string_view text) override;
  Result<device::ModuleId> load(std::span<const std::byte> elf, Owner owner = 0) override;
  void unload(device::ModuleId module) override;
  Result<Address> symbol(device::ModuleId module, std::string_view name) const override;
  void submit(device::Command command, device::CompletionHandler done,
              device::Handling handling = {}) override;
  bool help() override;
  std::vector<device::Counter> counters() const override;

 private:
  ModelDevice(Configuration configuration, const Engine& engine);
  Result<Address> allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label, Owner owner,
                           Address at);
  Result<device::ModuleId> load(std::span<const std::byte> elf, Owner owner, Address at,
                                std::span<const std::byte> front = {});
  Result<Address> placed(Result<Address> address, std::uint64_t bytes);
  Result<std::unique_ptr<Job>> make_job(device::Command command, const device::Handling& handling);
  device::CompletionHandler counted(device::CompletionHandler done);
  void add_counted(std::vector<device::Counter>& out) const;

  Configuration configuration_;
  const Engine& engine_;
  device::Description description_;
  std::unique_ptr<Memory> memory_;
  ModuleTable modules_;
  // Commands so far, by processor, so that threads do not wait for each other's.
  struct alignas(64) Commands {
    std::atomic<std::uint64_t> launches{0}, transfers{0};
  };
  static constexpr std::size_t kCommandCounts = 16;
  Commands& commands();
  mutable std::mutex counted_mutex_;
  std::uint64_t counted_launches_ = 0;
  std::array<std::uint64_t, device::kCounters> counted_{};
  std::array<Commands, kCommandCounts> commands_;
  std::unique_ptr<Translations> translations_;
  std::unique_ptr<CycleEngine> cycles_;     // null: another engine runs kernels
  std::unique_ptr<Dispatcher> dispatcher_;  // last: its threads use all of the above
};

}  // namespace kiesel::model
