// What clSetKernelArg gives a kernel: checked against the argument's declaration.
#pragma once

#include <CL/cl.h>

#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "compiler/program/program.hpp"
#include "runtime/core/context.hpp"
#include "runtime/core/error.hpp"

namespace kiesel::runtime {

// The bytes of a value. Most are short: setting and copying them allocates nothing.
class ArgumentBytes {
 public:
  ArgumentBytes() = default;
  ArgumentBytes(const void* bytes, std::size_t size) : size_(size) {
    if (size > kShort) long_.resize(size);
    std::memcpy(size > kShort ? long_.data() : short_.data(), bytes, size);
  }
  std::span<const std::byte> get() const { return {size_ > kShort ? long_.data() : short_.data(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  static constexpr std::size_t kShort = 16;
  std::size_t size_ = 0;
  std::array<std::byte, kShort> short_{};
  std::vector<std::byte> long_;
};

struct KernelArgument {
  bool set = false;
  ArgumentBytes value{};      // by value; of a sampler its bits
  cl_mem memory = nullptr;    // clSetKernelArg holds no reference
  const void* svm = nullptr;  // nor does clSetKernelArgSVMPointer
  bool any_pointer = false;   // svm need not be of an allocation: clSetKernelArgMemPointerINTEL
  std::size_t local_bytes = 0;
};

// CL_INVALID_ARG_SIZE, CL_INVALID_ARG_VALUE, CL_INVALID_MEM_OBJECT, CL_INVALID_SAMPLER.
Outcome<KernelArgument> make_argument(Context& context, const compiler::KernelArgument& declared,
                                      std::size_t size, const void* value);
// The same of clSetKernelArgSVMPointer. CL_INVALID_OPERATION, CL_INVALID_ARG_VALUE.
Outcome<KernelArgument> make_svm_argument(Context& context, const compiler::KernelArgument& declared,
                                          const void* pointer);

// Of clSetKernelArgMemPointerINTEL, for which any pointer will do. CL_INVALID_ARG_VALUE.
Outcome<KernelArgument> make_pointer_argument(Context& context, const compiler::KernelArgument& declared,
                                              const void* pointer);

}  // namespace kiesel::runtime
