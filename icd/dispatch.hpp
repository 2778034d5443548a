// The dispatch table and the look-up by name, both made from entry_points.def.
#pragma once

#include <CL/cl_icd.h>

#include <cstddef>
#include <string_view>

#include "runtime/core/opencl_3_1.hpp"

namespace kiesel::icd {

// The header's table and the slots of newer versions, which loaders of those versions look for behind it.
struct DispatchTable : cl_icd_dispatch {
#define SLOT(name) runtime::api::name##_fn name;
#include "runtime/api/entry_points.def"
};
static_assert(offsetof(cl_icd_dispatch, clSetContextDestructorCallback) + sizeof(void*) ==
                  sizeof(cl_icd_dispatch),
              "the header's table ends with OpenCL 3.0");

extern const DispatchTable kDispatchTable;

// Null for functions that do not exist here.
void* find_function(std::string_view name);

}  // namespace kiesel::icd
