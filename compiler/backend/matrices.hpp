// The last step of SPV_KHR_cooperative_matrix, where the device is known.
#pragma once

#include <string>

#include "device/isa/target.hpp"

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Calls of the functions of spirv/matrix_names.hpp become loads, stores and the device's matrix instruction.
// What is wrong, a line for each error with function and source line: shapes and types that the device has
// not.
std::string lower_matrices(llvm::Module& module, const isa::Target& target);

}  // namespace kiesel::compiler
