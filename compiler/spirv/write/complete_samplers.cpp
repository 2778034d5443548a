#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include "compiler/spirv/passes.hpp"
#include "device/isa/image.hpp"

namespace kiesel::compiler {
namespace {

constexpr llvm::StringLiteral kTypeNames = "kernel_arg_base_type", kSamplerType = "sampler_t";

// The writer takes a kernel's argument that metadata calls "sampler_t" for another type than all other
// samplers; a blank behind the name prevents it.
void hide_sampler_names(llvm::Function& kernel) {
  const auto* names = kernel.getMetadata(kTypeNames);
  if (!names) return;
  llvm::SmallVector<llvm::Metadata*, 8> hidden(names->op_begin(), names->op_end());
  for (auto*& name : hidden)
    if (const auto* text = llvm::dyn_cast<llvm::MDString>(name); text && text->getString() == kSamplerType)
      name = llvm::MDString::get(kernel.getContext(), (kSamplerType + " ").str());
  kernel.setMetadata(kTypeNames, llvm::MDNode::get(kernel.getContext(), hidden));
}

// A literal may leave the filter out; SPIR-V has no such sampler.
void complete_filter(llvm::CallInst& call) {
  const auto* literal = llvm::dyn_cast<llvm::ConstantInt>(call.getArgOperand(0));
  if (!literal) return;
  const auto bits = literal->getZExtValue();
  if (bits & (isa::kSamplerFilterNearest | isa::kSamplerFilterLinear)) return;
  call.setArgOperand(0, llvm::ConstantInt::get(literal->getType(), bits | isa::kSamplerFilterNearest));
}

}  // namespace

void complete_samplers(llvm::Module& module) {
  for (auto& function : module)
    if (function.getCallingConv() == llvm::CallingConv::SPIR_KERNEL) hide_sampler_names(function);
  if (auto* literal = module.getFunction("__translate_sampler_initializer"))
    for (auto* user : literal->users())
      if (auto* call = llvm::dyn_cast<llvm::CallInst>(user)) complete_filter(*call);
}

}  // namespace kiesel::compiler
