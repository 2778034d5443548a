// Runs random kernels on the first device that the OpenCL loader finds: a second implementation beside the
// host's compiler.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/random/generator.hpp"
#include "conformance/random/host_run.hpp"

namespace kiesel::conformance {

class OpenClProgram {
 public:
  // kNotFound without a device, kInvalidArgument with the build log when the program does not build.
  // OCL_ICD_VENDORS chooses among the drivers.
  static Result<std::unique_ptr<OpenClProgram>> build(const std::vector<RandomKernel>& kernels);

  // What the kernel writes: kOutputsPerItem words for each work-item. kUnsupported where the device has no
  // work-groups of that size.
  Result<std::vector<std::uint32_t>> run(const RandomKernel& kernel, const Inputs& inputs) const;
  const std::string& device_name() const;

  ~OpenClProgram();
  OpenClProgram(const OpenClProgram&) = delete;
  OpenClProgram& operator=(const OpenClProgram&) = delete;

 private:
  struct Objects;
  explicit OpenClProgram(std::unique_ptr<Objects> objects);
  std::unique_ptr<Objects> objects_;
};

}  // namespace kiesel::conformance
