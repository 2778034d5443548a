// A program's own names, while the SPIR-V writer looks at the module: it goes by names alone and would take
// some for builtins, some for its own.
#pragma once

#include <string>
#include <vector>

#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {

class HiddenNames {
 public:
  // Numbers stand for the names of what has kOwnAttribute.
  explicit HiddenNames(llvm::Module& module);

  // Puts the names into the module that was written; in its strings, too, that tell of kernels.
  void restore(Words& words) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace kiesel::compiler
