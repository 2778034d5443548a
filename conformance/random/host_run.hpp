// Runs random kernels as C functions of the host: the judge.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/random/generator.hpp"
#include "support/result.hpp"

namespace kiesel::conformance {

struct Inputs {
  std::vector<std::uint32_t> words;  // kTableSize each
  std::vector<float> floats;
};

class HostProgram {
 public:
  // Compiles with the C compiler that built Kiesel, into `folder`. kInvalidArgument with what it said.
  static Result<HostProgram> build(const std::vector<RandomKernel>& kernels, const std::string& folder);

  // What the kernel writes: kOutputsPerItem words for each work-item.
  std::vector<std::uint32_t> run(const RandomKernel& kernel, const Inputs& inputs) const;

 private:
  struct Close {
    void operator()(void* library) const;
  };
  explicit HostProgram(void* library) : library_(library) {}
  std::unique_ptr<void, Close> library_;
};

}  // namespace kiesel::conformance
