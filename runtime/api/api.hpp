// The entry points, as the icd folder calls them: declared from the one list, defined one file per object
// here.
#pragma once

#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <CL/cl_icd.h>

#include <type_traits>

#include "runtime/api/command_buffer_types.hpp"
#include "runtime/core/opencl_3_1.hpp"

namespace kiesel::runtime::api {

// cl_ext_buffer_device_address, younger than the headers.
using clSetKernelArgDevicePointerEXT_fn = cl_int (*)(cl_kernel kernel, cl_uint index, cl_ulong address);

#define ENTRY(name) std::remove_pointer_t<cl_api_##name> name;
#define EXTENSION(name) std::remove_pointer_t<name##_fn> name;
#include "runtime/api/entry_points.def"

// Not in the headers' table types outside Windows.
cl_int clIcdGetPlatformIDsKHR(cl_uint num_entries, cl_platform_id* platforms, cl_uint* num_platforms);
cl_int clIcdSetPlatformDispatchDataKHR(cl_platform_id platform, void* dispatch_data);

}  // namespace kiesel::runtime::api
