// Runs random kernels on the device model, as OpenCL C through the compiler.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/client/client.hpp"
#include "compiler/program/program.hpp"
#include "conformance/random/generator.hpp"
#include "conformance/random/host_run.hpp"
#include "device/device.hpp"

namespace kiesel::conformance {

// A target of so many lanes in a warp, with warps enough for the largest group; and that of a built-in shape
// or TOML file, kInvalidArgument where its groups are too small.
isa::Target target_of_lanes(std::uint32_t lanes);
Result<isa::Target> target_of_shape(std::string_view name);

// A model of the target; the option `engine` says what runs its kernels. The compiler outlives it.
// `launch_seconds`: a launch that takes longer is an error; 0: none is.
Result<std::unique_ptr<device::Device>> make_model(const isa::Target& target, compiler::Client& compiler,
                                                   std::uint64_t launch_seconds = 0);
// The same model that interprets, and whether the option asks for anything else.
Result<std::unique_ptr<device::Device>> make_interpreter(const isa::Target& target,
                                                         compiler::Client& compiler);
bool translates();

// What a device has executed since it was made.
struct Executed {
  std::uint64_t instructions = 0, lane_instructions = 0;
  bool operator==(const Executed&) const = default;
};
Executed executed_by(const device::Device& device);

class DeviceProgram {
 public:
  // kInvalidArgument with the build log when it does not build. `sub_group_size`: what the kernels require,
  // or 0. `dump`: folder for the stages of the build, or empty.
  static Result<std::unique_ptr<DeviceProgram>> build(device::Device& device, compiler::Client& compiler,
                                                      const std::vector<RandomKernel>& kernels,
                                                      std::uint32_t sub_group_size, const std::string& dump);
  // The same for a binary that is there already.
  static Result<std::unique_ptr<DeviceProgram>> load(device::Device& device, std::vector<std::byte> binary);
  ~DeviceProgram();
  DeviceProgram(const DeviceProgram&) = delete;
  DeviceProgram& operator=(const DeviceProgram&) = delete;

  // What the kernel writes: kOutputsPerItem words for each work-item.
  Result<std::vector<std::uint32_t>> run(const RandomKernel& kernel, const Inputs& inputs);
  // Whether the checker could not follow a function, so that all of its branches are guarded.
  bool made_again() const { return made_again_; }
  const std::vector<std::byte>& binary() const { return binary_; }

 private:
  DeviceProgram(device::Device& device, device::ModuleId module, compiler::Program program)
      : device_(device), module_(module), program_(std::move(program)) {}

  device::Device& device_;
  device::ModuleId module_;
  compiler::Program program_;
  std::vector<std::byte> binary_;
  bool made_again_ = false;
};

}  // namespace kiesel::conformance
