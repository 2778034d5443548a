// cl_khr_command_buffer 0.9.8 and cl_khr_command_buffer_mutable_dispatch 0.9.5 where they differ from the
// headers, which declare an older version: since 0.9.4 every recording function takes properties.
#pragma once

#include <CL/cl.h>
#include <CL/cl_ext.h>

namespace kiesel::runtime::api {

using cl_command_properties_khr = cl_properties;
using cl_command_buffer_update_type_khr = cl_uint;

// cl_mutable_dispatch_config_khr
struct MutableDispatchConfig {
  cl_mutable_command_khr command;
  cl_uint num_args;
  cl_uint num_svm_args;
  cl_uint num_exec_infos;
  cl_uint work_dim;
  const cl_mutable_dispatch_arg_khr* arg_list;
  const cl_mutable_dispatch_arg_khr* arg_svm_list;
  const cl_mutable_dispatch_exec_info_khr* exec_info_list;
  const size_t* global_work_offset;
  const size_t* global_work_size;
  const size_t* local_work_size;
};

// A recording function: its own arguments between the properties and the sync points.
template <class... A>
using Recording = cl_int (*)(cl_command_buffer_khr, cl_command_queue, const cl_command_properties_khr*, A...,
                             cl_uint num_sync_points, const cl_sync_point_khr* sync_point_wait_list,
                             cl_sync_point_khr* sync_point, cl_mutable_command_khr* mutable_handle);

// In this namespace they hide the headers' types of the same names.
using clCommandBarrierWithWaitListKHR_fn = Recording<>;
using clCommandCopyBufferKHR_fn = Recording<cl_mem, cl_mem, size_t, size_t, size_t>;
using clCommandCopyBufferRectKHR_fn =
    Recording<cl_mem, cl_mem, const size_t*, const size_t*, const size_t*, size_t, size_t, size_t, size_t>;
using clCommandCopyBufferToImageKHR_fn = Recording<cl_mem, cl_mem, size_t, const size_t*, const size_t*>;
using clCommandCopyImageKHR_fn = Recording<cl_mem, cl_mem, const size_t*, const size_t*, const size_t*>;
using clCommandCopyImageToBufferKHR_fn = Recording<cl_mem, cl_mem, const size_t*, const size_t*, size_t>;
using clCommandFillBufferKHR_fn = Recording<cl_mem, const void*, size_t, size_t, size_t>;
using clCommandFillImageKHR_fn = Recording<cl_mem, const void*, const size_t*, const size_t*>;
using clCommandNDRangeKernelKHR_fn =
    Recording<cl_kernel, cl_uint, const size_t*, const size_t*, const size_t*>;
using clCommandSVMMemcpyKHR_fn = Recording<void*, const void*, size_t>;
using clCommandSVMMemFillKHR_fn = Recording<void*, const void*, size_t, size_t>;
using clUpdateMutableCommandsKHR_fn = cl_int (*)(cl_command_buffer_khr, cl_uint num_configs,
                                                 const cl_command_buffer_update_type_khr* config_types,
                                                 const void** configs);

}  // namespace kiesel::runtime::api
