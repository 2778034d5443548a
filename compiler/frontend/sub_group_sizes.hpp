// intel_reqd_sub_group_size of a size that the device has not.
#pragma once

#include <clang/AST/ASTConsumer.h>

#include <memory>

#include "device/isa/target.hpp"

namespace clang {
class DiagnosticsEngine;
}

namespace kiesel::compiler {

// Complains where a kernel's attribute stands. cl_intel_required_subgroup_size wants an error for any size
// that is not among CL_DEVICE_SUB_GROUP_SIZES_INTEL; modules get it later, with the kernel's name alone
// (backend/sub_group_sizes.hpp).
std::unique_ptr<clang::ASTConsumer> check_sub_group_sizes(clang::DiagnosticsEngine& diagnostics,
                                                          const isa::Target& target);

}  // namespace kiesel::compiler
