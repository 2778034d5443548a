#pragma once

#include "device/translator/emit/kernel.hpp"

namespace kiesel::translator {

llvm::Value* divide64(Builder& ir, const Instruction& in, llvm::Value* a, llvm::Value* b);
llvm::Value* divide32(Builder& ir, const Instruction& in, llvm::Value* a, llvm::Value* b);
llvm::Value* compute32(Kernel& kernel, const Instruction& in, llvm::Value* a, llvm::Value* b);
llvm::Value* compute64(Kernel& kernel, const Instruction& in, llvm::Value* a, llvm::Value* b);

}  // namespace kiesel::translator
