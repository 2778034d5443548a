// The OpenCL C extensions that a target's machine code can do: what the runtime reports (with those that are
// its own) and what the compiler offers when nobody asks through the runtime.
#pragma once

#include <vector>

#include "device/isa/target.hpp"

namespace kiesel::isa {

inline std::vector<const char*> language_extensions(const Target& target) {
  std::vector<const char*> names{"cl_khr_byte_addressable_store", "cl_khr_fp64"};
  if (target.atomics && target.cas)
    names.insert(names.end(), {"cl_khr_global_int32_base_atomics", "cl_khr_global_int32_extended_atomics",
                               "cl_khr_local_int32_base_atomics", "cl_khr_local_int32_extended_atomics",
                               "cl_khr_int64_base_atomics", "cl_khr_int64_extended_atomics"});
  return names;
}

}  // namespace kiesel::isa
