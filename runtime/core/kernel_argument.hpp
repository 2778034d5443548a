// What clSetKernelArg gives a kernel: checked against the argument's declaration, then put into its place.
#pragma once

#include <CL/cl.h>

#include "compiler/program/program.hpp"
#include "runtime/core/argument_values.hpp"
#include "runtime/core/context.hpp"
#include "runtime/core/error.hpp"

namespace kiesel::runtime {

struct ArgumentPlace {
  Context& context;
  const compiler::KernelArgument& declared;
  ArgumentValues& values;
  std::size_t index;
};

// CL_INVALID_ARG_SIZE, CL_INVALID_ARG_VALUE, CL_INVALID_MEM_OBJECT, CL_INVALID_SAMPLER.
Outcome<> set_argument(const ArgumentPlace& place, std::size_t size, const void* value);
// The same of clSetKernelArgSVMPointer. CL_INVALID_OPERATION, CL_INVALID_ARG_VALUE.
Outcome<> set_svm_argument(const ArgumentPlace& place, const void* pointer);
// Of clSetKernelArgMemPointerINTEL, for which any pointer will do. CL_INVALID_ARG_VALUE.
Outcome<> set_pointer_argument(const ArgumentPlace& place, const void* pointer);

}  // namespace kiesel::runtime
