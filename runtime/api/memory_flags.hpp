// CL_MEM_ flags: which go together, and what a view of another memory object inherits (OpenCL 3.0 API, tables
// "Memory Flags" and of clCreateSubBuffer and clCreateImage).
#pragma once

#include "runtime/api/check.hpp"
#include "runtime/core/memory.hpp"

namespace kiesel::runtime::api {

inline constexpr cl_mem_flags kDeviceAccess = CL_MEM_READ_WRITE | CL_MEM_WRITE_ONLY | CL_MEM_READ_ONLY;
inline constexpr cl_mem_flags kHostPointer =
    CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR;
inline constexpr cl_mem_flags kHostAccess =
    CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS;

bool valid_flags(cl_mem_flags flags);
// Of queries about images: also CL_MEM_KERNEL_READ_AND_WRITE.
bool valid_usage_flags(cl_mem_flags flags);
// The flags with the default of those that say what kernels do.
cl_mem_flags with_default_access(cl_mem_flags flags);
// CL_INVALID_HOST_PTR unless flags and pointer agree.
Outcome<> check_host_pointer(Context& context, cl_mem_flags flags, const void* host_pointer);
// Flags of a view: what is not given is that of `whole`; CL_INVALID_VALUE when they contradict it.
Outcome<cl_mem_flags> flags_of_view(const MemoryObject& whole, cl_mem_flags flags);

}  // namespace kiesel::runtime::api
