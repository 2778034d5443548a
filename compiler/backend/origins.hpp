// Which memory an access may mean, while pointers still have their address spaces.
#pragma once

namespace llvm {
class Instruction;
class Value;
}  // namespace llvm

namespace kiesel::compiler {

struct Origins {
  bool local = false, other = false;
};

// Where a pointer may point to, as far as it can be traced back; what cannot may be anywhere.
Origins origins_of(const llvm::Value& pointer);

// The address of a load, a store or an atomic operation; null for other instructions.
llvm::Value* pointer_of(llvm::Instruction& instruction);

}  // namespace kiesel::compiler
