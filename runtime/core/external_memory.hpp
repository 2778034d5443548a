// Memory from outside of this process (cl_khr_external_memory): a file descriptor whose bytes host and
// devices map. The descriptor belongs to the import from then on.
#pragma once

#include <CL/cl.h>

#include "runtime/core/context.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/svm_table.hpp"

namespace kiesel::runtime {

// Of versions that are newer than the headers: CL_MEM_DEVICE_HANDLE_LIST_KHR and its end, and
// CL_DEVICE_EXTERNAL_MEMORY_IMPORT_ASSUME_LINEAR_IMAGES_HANDLE_TYPES_KHR.
inline constexpr cl_mem_properties kMemoryDeviceList = 0x2051, kMemoryDeviceListEnd = 0;
inline constexpr cl_device_info kLinearImageHandles = 0x2052;

// What memory objects keep of it.
struct ExternalMemory {
  Ref<SvmAllocation> bytes;
  std::vector<Ref<Device>> devices;  // that it is for
};

// CL_INVALID_PROPERTY: no file, one that cannot be mapped for reading and writing, or one that has not so
// many bytes; then the descriptor stays the caller's. CL_OUT_OF_RESOURCES.
Outcome<ExternalMemory> import_memory(Context& context, int file, std::size_t size,
                                      std::vector<Ref<Device>> devices);

}  // namespace kiesel::runtime
