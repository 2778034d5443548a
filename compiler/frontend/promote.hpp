// Clang's variables as values.
#pragma once

namespace llvm {
class Module;
}  // namespace llvm

namespace kiesel::compiler {

// Clang keeps each variable in memory. Those of plain types whose address nobody takes become values, so that
// SPIR-V is written, checked and read with half of the instructions. Types are kept, so nothing arises that
// SPIR-V cannot say.
void promote_variables(llvm::Module& module);

}  // namespace kiesel::compiler
