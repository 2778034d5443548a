// A program binary for one device: verified, its kernel table, and its module on the device once it is
// needed.
#pragma once

#include <atomic>
#include <string_view>
#include <vector>

#include "compiler/program/program.hpp"
#include "runtime/core/device.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/object.hpp"
#include "support/elf.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::runtime {

class Executable final : public Object {
 public:
  // CL_INVALID_BINARY for everything but a whole program binary of ours.
  static Outcome<Ref<Executable>> read(Device& device, std::vector<std::byte> binary);

  const std::vector<std::byte>& binary() const { return binary_; }
  const compiler::Program& program() const { return program_; }
  bool runs_here() const;  // has code, for this device's target
  const compiler::Kernel* find(std::string_view kernel) const;

  // Loads the module on first use; it stays until the last reference goes.
  struct Entry {
    device::ModuleId module;
    device::Address address;
  };
  Outcome<Entry> entry(const compiler::Kernel& kernel, device::Owner owner);
  // The bytes of the binary's data from a device address to the end of its segment: what printf's strings
  // need.
  std::span<const std::byte> data_at(device::Address address);

 private:
  Executable(Device& device, std::vector<std::byte> binary, compiler::Program program);
  ~Executable() override;
  Outcome<device::ModuleId> module(device::Owner owner);  // mutex_ held
  Outcome<Entry> find_entry(const compiler::Kernel& kernel, device::Owner owner);
  void remember_data(const ElfView& elf, device::Address base);

  Ref<Device> device_;
  const std::vector<std::byte> binary_;
  const compiler::Program program_;
  // Of each kernel of the program, 0 until it was looked for: each launch asks, without a lock.
  std::vector<std::atomic<device::Address>> addresses_;
  std::atomic<device::ModuleId> module_{0};  // set before any of them
  ShortMutex mutex_;                         // guards what follows; the device is called under it
  device::Address base_ = 0;                 // where the module's address 0 is; valid once entry() succeeded
  struct Data {
    std::uint64_t begin;  // address in the binary
    std::span<const std::byte> bytes;
  };
  std::vector<Data> data_;  // what its segments have in the file, once base_ is known
};

}  // namespace kiesel::runtime
