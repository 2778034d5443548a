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

// Barriers, votes and shuffles: which lanes run them is part of their meaning.
bool text_asks_other_lanes(const llvm::InlineAsm& text) {
  return llvm::StringRef(text.getAsmString()).contains(".insn r 0x0b");
}

void normalise_call(llvm::CallBase& call) {
  if (auto* text = llvm::dyn_cast<llvm::InlineAsm>(call.getCalledOperand())) {
    if (text->hasSideEffects()) {
      call.addFnAttr(llvm::Attribute::NoMerge);
      return;
    }
    use_float_register(call, *text);
    // A register read or an arithmetic instruction: the optimiser may merge and move it.
    call.setAttributes({});
    call.setDoesNotAccessMemory();
    call.setDoesNotThrow();
    call.addFnAttr(llvm::Attribute::WillReturn);
    return;
  }
  llvm::Function* callee = call.getCalledFunction();
  if (!callee) return;
  // Our sources also call intrinsics by name.
  call.setCallingConv(callee->isIntrinsic() ? llvm::CallingConv::C : llvm::CallingConv::SPIR_FUNC);
  if (callee->isIntrinsic()) return call.removeFnAttr(llvm::Attribute::Convergent);
  call.setAttributes({});
}

// What is local to one of our files becomes visible in the library, where a program's own names must not hit
// it.
void hide(llvm::GlobalValue& value) {
  if (value.hasLocalLinkage()) value.setName("__kiesel." + value.getName());
}

void normalise_function(llvm::Function& function) {
  if (function.isIntrinsic()) return;
  const bool no_inline = function.hasFnAttribute(llvm::Attribute::NoInline);
  const bool always_inline = function.hasFnAttribute(llvm::Attribute::AlwaysInline);
  const bool is_constant = function.isDeclaration() && function.doesNotAccessMemory();
  function.setAttributes(llvm::AttributeList());
  function.addFnAttr(llvm::Attribute::NoUnwind);
  if (no_inline) function.addFnAttr(llvm::Attribute::NoInline);
  if (always_inline) function.addFnAttr(llvm::Attribute::AlwaysInline);
  if (is_constant) {
    function.setDoesNotAccessMemory();
    function.addFnAttr(llvm::Attribute::WillReturn);
  }
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

bool asks_other_lanes(const llvm::Instruction& instruction) {
  auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
  if (!call) return false;
  if (auto* text = llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()))
    return text_asks_other_lanes(*text);
  const llvm::Function* callee = call->getCalledFunction();
  return callee && callee->hasFnAttribute(llvm::Attribute::Convergent);
}

// Clang calls every OpenCL function convergent; here only what waits for other lanes or asks them is.
void find_convergent(llvm::Module& module) {
  for (bool changed = true; changed;) {
    changed = false;
    for (llvm::Function& function : module) {
      if (function.isDeclaration() || function.hasFnAttribute(llvm::Attribute::Convergent)) continue;
      if (!llvm::any_of(llvm::instructions(function), asks_other_lanes)) continue;
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
  for (llvm::GlobalValue& value : module.global_values()) hide(value);
  for (llvm::Function& function : module) normalise_function(function);
  find_convergent(module);
  for (llvm::NamedMDNode& node : llvm::make_early_inc_range(module.named_metadata())) node.eraseFromParent();
}

}  // namespace kiesel::compiler::builtins
