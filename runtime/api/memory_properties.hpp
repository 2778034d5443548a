// The property lists of clCreateBufferWithProperties and clCreateImageWithProperties.
#pragma once

#include <CL/cl.h>

#include <optional>
#include <vector>

#include "runtime/api/check.hpp"

namespace kiesel::runtime::api {

struct MemoryProperties {
  std::vector<cl_mem_properties> list;  // with its final zero, or empty when none was given
  bool addressed = false;               // kernels may have the buffer's addresses
  std::optional<int> file;              // CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR
  std::vector<Ref<Device>> devices;     // that the memory of the file is for

  // CL_INVALID_VALUE: memory from outside is nobody's host memory.
  Outcome<> check_flags(Context& context, cl_mem_flags flags) const;
};

// CL_INVALID_PROPERTY, CL_INVALID_DEVICE.
Outcome<MemoryProperties> read_memory_properties(Context& context, const cl_mem_properties* list,
                                                 bool of_buffer);

}  // namespace kiesel::runtime::api
