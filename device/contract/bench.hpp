// A device on the test bench: commands that are waited for with patience that ends, programs, and a note of
// what was seen first.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/device.hpp"

namespace kiesel::device::contract {

// Thrown where going on makes no sense.
struct Broken {
  std::string seen;
};
struct NotAsked {
  std::string lacks;
};

class Bench {
 public:
  Bench(Device& device, unsigned seconds) : device_(device), patience_(seconds) {}

  Device& device() { return device_; }
  const Description& description() const { return device_.description(); }
  const isa::Target& target() const { return description().target; }

  template <class... Arguments>
  void expect(bool good, fmt::format_string<Arguments...> text, Arguments&&... arguments) const {
    if (!good) throw Broken{fmt::format(text, std::forward<Arguments>(arguments)...)};
  }
  void needs(bool there, const char* what) const {
    if (!there) throw NotAsked{what};
  }

  // A command whose end may be waited for.
  class Started {
   public:
    bool over() const { return state_->ends.load(std::memory_order_acquire) != 0; }
    int ends() const { return state_->ends.load(std::memory_order_acquire); }
    const Completion& how() const { return state_->how; }

   private:
    friend class Bench;
    struct State {
      std::atomic<int> ends{0};
      Completion how;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
  };
  Started start(Command command, Handling handling = {});
  // Throws Broken when patience ends.
  Status wait(const Started& started, std::string_view what);
  Status run(Command command, std::string_view what);
  void succeed(Command command, std::string_view what);

  // Memory that is freed with this bench; throws Broken where there is none.
  Address allocate(std::uint64_t bytes, std::uint64_t alignment = 64);
  Address filled(std::uint64_t bytes, std::byte value);
  std::vector<std::uint64_t> words(Address address, std::size_t count);
  void write(Address address, const std::vector<std::uint64_t>& words);

  // A program of a kernel's body: s1 is the work-item's number in the launch, s0 = argument 0 + 8 * s1, a0
  // and a1 are arguments 0 and 1. It may use t0 to t6, s2 to s11, a2 to a7.
  ModuleId load(std::string_view body, std::string_view label = "kernel");
  Launch launch(ModuleId module, std::array<std::uint64_t, 3> global, std::array<std::uint32_t, 3> local,
                const std::vector<std::uint64_t>& arguments);

  ~Bench();

 private:
  Device& device_;
  std::chrono::seconds patience_;
  std::vector<Address> memory_;
  std::vector<ModuleId> programs_;
  bool left_behind_ = false;
};

Box flat(std::uint64_t bytes);
// An ELF file of such a program.
std::vector<std::byte> program(std::string_view body, std::string_view label = "kernel");

}  // namespace kiesel::device::contract
