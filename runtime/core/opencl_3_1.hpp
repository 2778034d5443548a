// What OpenCL 3.1 adds to <CL/cl.h>, for headers of 3.0. Extensions became core: their enumerators have the
// same values without a suffix.
#pragma once

#include <CL/cl.h>

#ifndef CL_VERSION_3_1
#define CL_DEVICE_MAX_WORK_GROUP_SIZES 0x1005
#define CL_DEVICE_UUID 0x106A
#define CL_DRIVER_UUID 0x106B
#define CL_DEVICE_LUID_VALID 0x106C
#define CL_DEVICE_LUID 0x106D
#define CL_DEVICE_NODE_MASK 0x106E
#define CL_UUID_SIZE 16
#define CL_LUID_SIZE 8
#define CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES 0x1073
#define CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_8BIT 0x1074
#define CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED 0x1075
#define CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_PACKED (1 << 0)
#define CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT (1 << 1)
#define CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS 0x12B9
#define CL_DEVICE_SPIRV_EXTENSIONS 0x12BA
#define CL_DEVICE_SPIRV_CAPABILITIES 0x12BB

using cl_device_integer_dot_product_capabilities = cl_bitfield;
struct cl_device_integer_dot_product_acceleration_properties {
  cl_bool signed_accelerated;
  cl_bool unsigned_accelerated;
  cl_bool mixed_signedness_accelerated;
  cl_bool accumulating_saturating_signed_accelerated;
  cl_bool accumulating_saturating_unsigned_accelerated;
  cl_bool accumulating_saturating_mixed_signedness_accelerated;
};
#endif

namespace kiesel::runtime::api {

using clGetKernelSuggestedLocalWorkSize_fn = cl_int(CL_API_CALL*)(cl_command_queue queue, cl_kernel kernel,
                                                                  cl_uint dimensions, const size_t* offset,
                                                                  const size_t* global, size_t* suggested);

}  // namespace kiesel::runtime::api
