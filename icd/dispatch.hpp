// The dispatch table and the look-up by name, both made from entry_points.def.
#pragma once

#include <CL/cl_icd.h>

#include <string_view>

namespace kiesel::icd {

extern const cl_icd_dispatch kDispatchTable;

// Null for functions that do not exist here.
void* find_function(std::string_view name);

}  // namespace kiesel::icd
