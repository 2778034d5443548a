// A device model with a program on it, for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "device/isa/assembler.hpp"
#include "device/model/model_device.hpp"

namespace kiesel::device::test {

using isa::assemble;
using isa::make_elf;
using translation::TranslationService;

// What translates in this test program, from the first work-group on; none in most (no_service.cpp).
TranslationService test_service();

// The text of a kernel that does `body` and returns: a0 and a1 = arguments 0 and 1, s1 = the work-item's
// number (one dimension, no offset), s0 = its element of 8 bytes of argument 0.
std::string kernel(std::string_view body);

class Machine {
 public:
  explicit Machine(unsigned lanes = 32, unsigned warps = 32, unsigned threads = 1,
                   model::HostLevel most = model::HostLevel::kV4);
  explicit Machine(model::Configuration configuration, unsigned threads = 1,
                   model::HostLevel most = model::HostLevel::kV4);
  Machine(model::Configuration configuration, const TranslationService& service, unsigned threads = 1,
          model::HostLevel most = model::HostLevel::kV4);

  model::ModelDevice& device() { return *device_; }
  // Loads a program; `_start` is put in front of it: it calls the kernel and ends the warp.
  ModuleId load(std::string_view source, std::uint64_t data_bytes = 0, Owner owner = 0);

  struct Range {
    std::uint64_t global = 1;
    std::uint32_t local = 1;
  };
  // Runs the program's label `kernel` with these 8-byte arguments and waits.
  Status run(ModuleId module, Range range, const std::vector<std::uint64_t>& arguments = {});
  Status run(const Launch& launch);
  Launch launch(ModuleId module, Range range, const std::vector<std::uint64_t>& arguments = {});
  Status wait(Command command);  // submits and helps until it is done

  // A zeroed buffer of 64-bit words, seen through the returned pointer by both sides.
  std::uint64_t* buffer(std::size_t words);
  // Of Device::counters(); 0 where it has no such one.
  std::uint64_t counter(std::string_view name) const;
  // Whether translated code has run, or this program's tests are not for that.
  bool was_translated() const;
  Address address(const void* p) const { return reinterpret_cast<Address>(p); }

 private:
  std::unique_ptr<model::ModelDevice> device_;
};

}  // namespace kiesel::device::test
