// A device that records the launches of another one. Commands run one after the other on a thread of its own,
// so that between a launch and the look at what it changed nothing else changes. Threads: as device::Device.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "device/wrapper.hpp"
#include "evaluation/capture/recording.hpp"
#include "evaluation/capture/tracking.hpp"

namespace kiesel::capture {

class Recorder final : public device::Wrapper {
 public:
  // `number`: its place among the capture's devices.
  Recorder(std::unique_ptr<device::Device> device, std::shared_ptr<Recording> recording,
           std::uint32_t number);
  ~Recorder() override;

  Result<device::Address> allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label,
                                   device::Owner owner) override;
  void free(device::Address address) override;
  Result<device::Address> map_file(int file, std::uint64_t bytes, std::string_view label,
                                   device::Owner owner) override;
  Status share(device::Address host_address, std::uint64_t bytes, device::Owner owner) override;
  void label(device::Address address, std::string_view text) override;
  Result<device::ModuleId> load(std::span<const std::byte> elf, device::Owner owner) override;
  void unload(device::ModuleId module) override;
  void submit(device::Command command, device::CompletionHandler done, device::Handling handling) override;

 private:
  struct Work {
    device::Command command;
    device::CompletionHandler done;
    bool timed = true;
  };
  struct Program {
    std::vector<std::byte> elf;  // as it is recorded
    Hash hash;
    device::Address base = 0;
    std::vector<device::Address> variables;
  };

  void track(device::Address address, std::uint64_t bytes, std::string_view label, device::Owner owner,
             const std::byte* view);
  Status learn(device::ModuleId module, std::span<const std::byte> elf, device::Owner owner);
  void work_loop(const std::stop_token& stop);
  device::Completion run_launch(device::Launch launch, bool timed);
  Result<Launch> describe(const device::Launch& launch, std::uint64_t number, Writer& writer);
  Status record_outcome(const Launch& launch, const device::Completion& completion, Writer& writer);
  RunCommand runner();

  const std::shared_ptr<Recording> recording_;
  const std::uint32_t number_;
  Tracking tracking_;
  std::mutex programs_mutex_;
  std::map<device::ModuleId, Program> programs_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Work> waiting_;
  std::jthread worker_;  // last: it uses all of the above
};

}  // namespace kiesel::capture
