// A Device whose work a plug-in does. It checks both sides: commands before the plug-in sees them, and
// whatever the plug-in answers. Commands go to the plug-in as the description allows: at once, some at a
// time, or on a thread of ours where submitting blocks.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "device/plugin/address_table.hpp"
#include "device/plugin/description.hpp"
#include "device/plugin/library.hpp"
#include "device/plugin/live_commands.hpp"
#include "device/plugin/tasks.hpp"

namespace kiesel::device::plugin {

class PluginDevice final : public Device {
 public:
  // Of a device that is open; it is closed in the end. `label`: what messages call it. `launch_seconds`: a
  // launch that takes longer is stopped; 0: none is.
  static Result<std::unique_ptr<PluginDevice>> create(Opened opened, std::string label,
                                                      std::uint64_t launch_seconds);
  ~PluginDevice() override;

  const Description& description() const override { return known_.description; }
  Result<Address> allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label = {},
                           Owner owner = 0) override;
  void free(Address address) override;
  Result<Address> map_file(int file, std::uint64_t bytes, std::string_view label = {},
                           Owner owner = 0) override;
  Status share(Address host_address, std::uint64_t bytes, Owner owner = 0) override;
  std::byte* host_pointer(Address) override { return nullptr; }
  void label(Address, std::string_view) override {}
  Result<ModuleId> load(std::span<const std::byte> elf, Owner owner = 0) override;
  void unload(ModuleId module) override;
  Result<Address> symbol(ModuleId module, std::string_view name) const override;
  void submit(Command command, CompletionHandler done, Handling handling = {}) override;
  bool help() override;
  std::vector<Counter> counters() const override;

 private:
  // A command on its way.
  struct Work {
    Command command;
    CompletionHandler done;
    bool timed = true;
    TransferPlan plan;               // of a transfer
    kiesel_launch launch{};          // else
    std::vector<std::byte> block;    // its launch block
    std::array<char, 256> kernel{};  // its name
    std::size_t stage = 0;
    std::mutex mutex;            // guards what follows
    std::size_t left = 0;        // steps of this stage that have not ended
    std::optional<Error> error;  // the first one
    std::uint64_t start_ns = 0, end_ns = 0;

    bool is_launch() const { return std::holds_alternative<Launch>(command); }
  };
  // What the plug-in gets at a time.
  struct Step {
    std::shared_ptr<Work> work;
    const kiesel_transfer* transfer = nullptr;  // null: the launch
  };
  struct Program {
    Address base = 0, start = 0;
    std::uint64_t text_begin = 0, text_end = 0;
    std::map<std::string, Address, std::less<>> symbols;
  };

  PluginDevice(Opened opened, std::string label, std::uint64_t launch_seconds);
  template <class... Parameters, class... Arguments>
  Status call(const char* what, kiesel_result (*function)(Parameters...), Arguments... arguments) const;

  Result<Address> load_program(std::span<const std::byte> elf, std::uint64_t bytes);
  Result<Address> place_program(std::span<const std::byte> elf, std::uint64_t bytes);
  std::shared_ptr<const Program> program(ModuleId module) const;

  Result<std::shared_ptr<Work>> prepare(Command command);
  Status prepare_launch(Work& work) const;
  Status check_transfer(const Command& command) const;
  Status run_now(Command command);

  void start_stage(const std::shared_ptr<Work>& work);
  void start_ready();
  std::optional<Step> take_ready();
  void start(const Step& step);
  void handle_end(void* command, const Step& step, End end);
  void ended(const Step& step, const End& end);
  void finish(Work& work);
  void after(std::function<void()> what);  // soon, outside of the plug-in's functions
  bool run_later();
  bool poll();

  void work_loop(const std::stop_token& stop);
  bool worker_has_work() const;
  void stop_late_launches();
  void reset();
  void lose(std::string reason);
  bool shut_down();
  void give_up();

  const kiesel_plugin_table table_;
  const std::string label_;
  const std::uint64_t launch_ns_;
  kiesel_device* const device_;
  PluginDescription known_;
  AddressTable memory_;
  mutable std::mutex programs_mutex_;
  std::map<ModuleId, std::shared_ptr<const Program>> programs_;
  std::atomic<std::uint64_t> launches_{0}, transfers_{0};

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::array<std::deque<Step>, 3> ready_;   // by priority
  std::map<void*, std::uint64_t> started_;  // commands that the plug-in has -> when they must be over, or 0
  std::size_t running_ = 0;
  bool needs_reset_ = false, resetting_ = false;
  std::optional<std::string> lost_;
  std::deque<std::function<void()>> later_;
  std::jthread worker_;  // last: it uses all of the above
};

}  // namespace kiesel::device::plugin
