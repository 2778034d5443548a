// Machine code: from lowered IR to an object file, with what only code generation knows.
#pragma once

#include <llvm/ADT/SmallString.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/simt/simt.hpp"

namespace llvm {
class LLVMTargetMachine;
class Module;
}  // namespace llvm

namespace kiesel::compiler {

// Frames and calls of one function.
struct FrameInfo {
  std::uint64_t bytes = 0;
  std::vector<std::string> callees;
  bool calls_pointer = false;
};

struct Code {
  llvm::SmallString<0> object;
  std::map<std::string, FrameInfo> frames;  // by symbol
  simt::Errors errors;                      // not empty: the object must not be used
};

enum class CodeKind { kObject, kAssembly };

// Changes `module`. Functions without arguments and with external linkage are kernel entries: they save no
// registers but their return address. `checked`: with the proof that no branch parts lanes unguarded.
Code generate_code(llvm::Module& module, llvm::LLVMTargetMachine& machine, CodeKind kind, bool checked);

}  // namespace kiesel::compiler
