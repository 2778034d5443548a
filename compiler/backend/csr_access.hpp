// Reading a CSR in LLVM IR, in the one form that the divergence passes recognise.
#pragma once

#include <fmt/format.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>

#include "device/isa/csr.hpp"

namespace kiesel::compiler {

// An i64. The CSRs read this way never change while a kernel runs, so equal reads may become one.
inline llvm::Value* read_csr(llvm::IRBuilder<>& builder, std::uint16_t number) {
  auto* type = llvm::FunctionType::get(builder.getInt64Ty(), false);
  auto* assembly = llvm::InlineAsm::get(type, fmt::format("csrr $0, {:#x}", number), "=r", false);
  auto* call = builder.CreateCall(type, assembly);
  call->setDoesNotAccessMemory();
  call->setDoesNotThrow();
  return call;
}

}  // namespace kiesel::compiler
