#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

#include "compiler/builtins/pack/pack.hpp"

namespace kiesel::compiler::builtins {
namespace {

// Clang for SPIR does not know RISC-V's constraint "f" for results: our sources say "r" instead.
void use_float_register(llvm::CallBase& call, const llvm::InlineAsm& text) {
  std::string constraints = text.getConstraintString();
  if (!call.getType()->isFloatingPointTy() || constraints.rfind("=r", 0) != 0) return;
  constraints[1] = 'f';
  call.setCalledOperand(
      llvm::InlineAsm::get(call.getFunctionType(), text.getAsmString(), constraints, false));
}

void normalise_call(llvm::CallBase& call) {
  if (auto* text = llvm::dyn_cast<llvm::InlineAsm>(call.getCalledOperand())) {
    if (text->hasSideEffects()) return;
    use_float_register(call, *text);
    // A register read or an arithmetic instruction: the optimiser may merge and move it.
    call.setAttributes({});
    call.setDoesNotAccessMemory();
    call.setDoesNotThrow();
    call.addFnAttr(llvm::Attribute::WillReturn);
    return;
  }
  llvm::Function* callee = call.getCalledFunction();
  if (!callee || callee->isIntrinsic()) return;
  call.setCallingConv(llvm::CallingConv::SPIR_FUNC);
  call.setAttributes({});
}

void normalise_function(llvm::Function& function) {
  if (function.isIntrinsic()) return;
  bool no_inline = function.hasFnAttribute(llvm::Attribute::NoInline);
  function.setAttributes(llvm::AttributeList());
  function.addFnAttr(llvm::Attribute::NoUnwind);
  if (no_inline) function.addFnAttr(llvm::Attribute::NoInline);
  function.setCallingConv(llvm::CallingConv::SPIR_FUNC);
  function.setDSOLocal(false);
  if (!function.isDeclaration()) function.setLinkage(llvm::GlobalValue::ExternalLinkage);
  function.clearMetadata();
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    instruction.setMetadata("srcloc", nullptr);
    if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) normalise_call(*call);
    auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction);
    if (load && load->getPointerAddressSpace() == 2)
      load->setMetadata("invariant.load", llvm::MDNode::get(function.getContext(), {}));
  }
}

bool holds_barrier(const llvm::Instruction& instruction) {
  auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
  if (!call) return false;
  if (auto* text = llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()))
    return llvm::StringRef(text->getAsmString()).contains(".insn r 0x0b");
  const llvm::Function* callee = call->getCalledFunction();
  return callee && callee->hasFnAttribute(llvm::Attribute::Convergent);
}

// Clang calls every OpenCL function convergent; here only what holds a barrier is.
void find_convergent(llvm::Module& module) {
  for (bool changed = true; changed;) {
    changed = false;
    for (llvm::Function& function : module) {
      if (function.isDeclaration() || function.hasFnAttribute(llvm::Attribute::Convergent)) continue;
      if (!llvm::any_of(llvm::instructions(function), holds_barrier)) continue;
      function.addFnAttr(llvm::Attribute::Convergent);
      changed = true;
    }
  }
}

}  // namespace

void normalise(llvm::Module& module, const llvm::TargetMachine& machine) {
  llvm::StripDebugInfo(module);
  module.setTargetTriple(machine.getTargetTriple().str());
  module.setDataLayout(machine.createDataLayout());
  for (llvm::Function& function : module) normalise_function(function);
  find_convergent(module);
  for (llvm::NamedMDNode& node : llvm::make_early_inc_range(module.named_metadata())) node.eraseFromParent();
}

}  // namespace kiesel::compiler::builtins
