// What clSetKernelArg gives a kernel: checked against the argument's declaration.
#pragma once

#include <CL/cl.h>

#include <vector>

#include "compiler/program/program.hpp"
#include "runtime/core/context.hpp"
#include "runtime/core/error.hpp"

namespace kiesel::runtime {

struct KernelArgument {
  bool set = false;
  std::vector<std::byte> value{};  // by value; of a sampler its bits
  cl_mem memory = nullptr;         // clSetKernelArg holds no reference
  const void* svm = nullptr;       // nor does clSetKernelArgSVMPointer
  bool any_pointer = false;        // svm need not be of an allocation: clSetKernelArgMemPointerINTEL
  std::size_t local_bytes = 0;
};

// CL_INVALID_ARG_SIZE, CL_INVALID_ARG_VALUE, CL_INVALID_MEM_OBJECT, CL_INVALID_SAMPLER, CL_INVALID_CONTEXT.
Outcome<KernelArgument> make_argument(Context& context, const compiler::KernelArgument& declared,
                                      std::size_t size, const void* value);
// The same of clSetKernelArgSVMPointer. CL_INVALID_OPERATION, CL_INVALID_ARG_VALUE.
Outcome<KernelArgument> make_svm_argument(Context& context, const compiler::KernelArgument& declared,
                                          const void* pointer);

// Of clSetKernelArgMemPointerINTEL, for which any pointer will do. CL_INVALID_ARG_VALUE.
Outcome<KernelArgument> make_pointer_argument(Context& context, const compiler::KernelArgument& declared,
                                              const void* pointer);

}  // namespace kiesel::runtime
