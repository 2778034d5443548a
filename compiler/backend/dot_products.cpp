#include "compiler/backend/dot_products.hpp"

#include <fmt/format.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Module.h>

namespace kiesel::compiler {
namespace {

// In the order of the instructions' funct3.
constexpr const char* kNames[] = {"kiesel_dot_ss", "kiesel_dot_uu", "kiesel_dot_su"};

void use_instruction(llvm::Function& function, unsigned funct3) {
  function.deleteBody();
  function.setLinkage(llvm::GlobalValue::InternalLinkage);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(function.getContext(), "", &function));
  const auto text = fmt::format(".insn r4 0x2b, {}, 0, $0, $1, $2, $3", funct3);
  auto* assembly = llvm::InlineAsm::get(function.getFunctionType(), text, "=r,r,r,r", false);
  auto* made = builder.CreateCall(function.getFunctionType(), assembly,
                                  {function.getArg(0), function.getArg(1), function.getArg(2)});
  made->setDoesNotAccessMemory();
  made->setDoesNotThrow();
  builder.CreateRet(made);
}

}  // namespace

void lower_dot_products(llvm::Module& module, const isa::Target& target) {
  for (unsigned funct3 = 0; funct3 < std::size(kNames); ++funct3) {
    llvm::Function* function = module.getFunction(kNames[funct3]);
    if (!function || function->isDeclaration()) continue;
    if (target.dot) use_instruction(*function, funct3);
    function->removeFnAttr(llvm::Attribute::NoInline);
    function->addFnAttr(llvm::Attribute::AlwaysInline);
  }
}

}  // namespace kiesel::compiler
