// Names that a program uses and nobody defines, told as the user wrote them.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Lines for the build log; mangled names are spelt out. `module` knows which of them are variables.
std::string undefined_message(const std::vector<std::string>& names, const llvm::Module& module);

// The undefined symbols of an object file, in its order.
std::vector<std::string> undefined_symbols(std::span<const std::byte> object);

}  // namespace kiesel::compiler
