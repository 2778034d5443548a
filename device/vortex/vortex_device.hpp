// A Vortex 3.0 behind its driver library: the simulators simx and rtlsim, and, by the same calls, its FPGA
// images.
//
// Memory: Vortex has one flat range of addresses and protects nothing in it. What the driver takes for itself
// (launch blocks, modules) lies at the bottom, stacks and local memory at the top, and what is between is one
// buffer of the driver's, given out here. Threads: one command at a time.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "device/plugin/address_space.hpp"
#include "device/plugin/kiesel_device.h"
#include "device/vortex/driver.hpp"

namespace kiesel::vortex {

struct Options {
  std::string library = "libvortex.so";
  std::string driver = "simx";  // VORTEX_DRIVER
  bool quirks = true;
};
// "library=PATH,driver=NAME,quirks=none". kInvalidArgument.
Result<Options> parse_options(std::string_view text);

class VortexDevice {
 public:
  static Result<std::unique_ptr<VortexDevice>> open(const Options& options);
  ~VortexDevice();
  VortexDevice(const VortexDevice&) = delete;

  void describe(kiesel_description& out);
  Result<std::uint64_t> allocate(std::uint64_t bytes, std::uint64_t alignment, std::uint64_t wanted);
  void free(std::uint64_t address) { space_->give_back(address); }
  Status launch(const kiesel_launch& launch);
  Status transfer(const kiesel_transfer& transfer);
  std::vector<std::uint64_t> counters();

 private:
  // Code of ours that the driver starts: it goes on at the program's start. One for each program and kernel;
  // with kLonelyGroup also for each number of work-groups.
  struct StubKey {
    std::uint64_t start = 0, entry = 0;
    std::uint32_t groups_x = 0;  // those behind it end at once; 0: all run
    auto operator<=>(const StubKey&) const = default;
  };
  struct Stub {
    Handle module = nullptr, kernel = nullptr;
    std::uint64_t address = 0;
  };

  VortexDevice(Driver driver, Options options) : driver_(driver), options_(std::move(options)) {}
  Status start();
  Status read_capabilities();
  Status lay_out_memory();
  Result<std::uint64_t> query(Capability what, const char* name);
  bool has_quirk(std::string_view name) const;
  std::uint64_t stack_stride(std::uint64_t bytes) const;
  std::vector<std::byte> launch_block(const kiesel_launch& launch) const;
  Result<Stub*> stub(const StubKey& key);
  Result<Stub> make_stub(const StubKey& key);
  void drop_oldest_stub();
  Status wait(Handle event, const char* what);
  void add_counts(const char* kernel);

  const Driver driver_;
  const Options options_;
  Handle device_ = nullptr, queue_ = nullptr, memory_ = nullptr;
  std::uint64_t lanes_ = 0, warps_ = 0, cores_ = 0, line_bytes_ = 0, memory_bytes_ = 0, local_bytes_ = 0;
  std::uint64_t isa_flags_ = 0, clock_mhz_ = 0, private_bytes_ = 0;
  std::uint64_t memory_begin_ = 0, memory_end_ = 0;  // what is given out
  std::unique_ptr<device::plugin::AddressSpace> space_, stub_space_;
  std::map<StubKey, Stub> stubs_;
  std::mutex counts_mutex_;
  std::uint64_t cycles_ = 0, instructions_ = 0, last_cycles_ = 0, last_instructions_ = 0;

  std::string name_, extensions_, quirk_names_;
  std::vector<kiesel_memory> memories_;
};

}  // namespace kiesel::vortex
