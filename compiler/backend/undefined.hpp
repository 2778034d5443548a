// Names as the user wrote them, and messages of those that a program uses and nobody defines.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "compiler/spirv/spirv.hpp"

namespace llvm {
class GlobalValue;
class Module;
}  // namespace llvm

namespace kiesel::compiler {

// "max(int, int)"
std::string readable_name(const llvm::GlobalValue& value);

// Lines for the build log; mangled names are spelt out. `module` knows which of them are variables.
std::string undefined_message(const std::vector<std::string>& names, const llvm::Module& module);
std::string undefined_message(const std::vector<Import>& imports);

// The undefined symbols of an object file, in its order.
std::vector<std::string> undefined_symbols(std::span<const std::byte> object);

}  // namespace kiesel::compiler
