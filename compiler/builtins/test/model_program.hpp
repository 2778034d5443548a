// Runs kernels on the device model, through the compiler as an application has it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "compiler/program/program.hpp"
#include "device/device.hpp"

namespace kiesel::compiler::builtins::test {

using Bytes = std::vector<std::byte>;

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  auto* begin = reinterpret_cast<const std::byte*>(values.data());
  return {begin, begin + values.size() * sizeof(T)};
}

template <class T>
std::vector<T> values_of(const Bytes& bytes) {
  auto* begin = reinterpret_cast<const T*>(bytes.data());
  return {begin, begin + bytes.size() / sizeof(T)};
}

// A program of OpenCL C 3.0 whose kernels take only pointers to global memory. Every failure fails the test.
class ModelProgram {
 public:
  explicit ModelProgram(const std::string& source, std::uint32_t lanes = 32, bool half = true,
                        bool cas = true);
  ~ModelProgram();
  ModelProgram(const ModelProgram&) = delete;
  ModelProgram& operator=(const ModelProgram&) = delete;

  // Runs work-items in groups of `group`; the buffers hold what the kernel left there afterwards.
  void run(const std::string& kernel, std::vector<Bytes*> buffers, std::size_t items, std::uint32_t group);

 private:
  std::unique_ptr<device::Device> device_;
  device::ModuleId module_ = 0;
  Program program_;
};

}  // namespace kiesel::compiler::builtins::test
