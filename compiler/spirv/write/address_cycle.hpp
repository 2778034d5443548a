// A variable whose initialiser leads back to its own address.
#pragma once

#include <string>

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Its name, or "": SPIR-V declares what it uses before, so no order of declarations can say that.
std::string address_cycle(const llvm::Module& module);

}  // namespace kiesel::compiler
