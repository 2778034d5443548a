// "condition ? yes : no" without a branch, for a value of any type.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include "device/isa/target.hpp"

namespace kiesel::simt {

class Chooser {
 public:
  explicit Chooser(const isa::Target& target) : zicond_(target.zicond) {}

  // `condition` is i1, or a vector of i1 as wide as the values.
  llvm::Value* choose(llvm::IRBuilderBase& at, llvm::Value* condition, llvm::Value* yes,
                      llvm::Value* no) const;

 private:
  llvm::Value* choose_element(llvm::IRBuilderBase& at, llvm::Value* condition, llvm::Value* yes,
                              llvm::Value* no) const;
  llvm::Value* choose_parts(llvm::IRBuilderBase& at, llvm::Value* condition, llvm::Value* yes,
                            llvm::Value* no) const;
  llvm::Value* choose_word(llvm::IRBuilderBase& at, llvm::Value* condition, llvm::Value* yes,
                           llvm::Value* no) const;

  bool zicond_;
};

}  // namespace kiesel::simt
