#include "compiler/frontend/own.hpp"

#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/DeclGroup.h>
#include <clang/AST/Mangle.h>
#include <clang/Basic/SourceManager.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/Module.h>

#include "compiler/frontend/base_header.hpp"
#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {
namespace {

constexpr llvm::StringLiteral kLabel = "own.";

// Clang declares builtins itself, and finds some in its header.
bool is_builtin(const clang::FunctionDecl& function, const clang::SourceManager& sources) {
  return llvm::any_of(function.redecls(), [&](const clang::FunctionDecl* declaration) {
    const auto place = sources.getExpansionLoc(declaration->getLocation());
    return declaration->isImplicit() || sources.getFilename(place).startswith(kBaseHeaderFolder);
  });
}

class Relabel final : public clang::ASTConsumer {
 public:
  void Initialize(clang::ASTContext& context) override {
    context_ = &context;
    mangling_.reset(context.createMangleContext());
  }
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (clang::Decl* declaration : group)
      if (llvm::isa<clang::FunctionDecl, clang::VarDecl>(declaration))
        look(*llvm::cast<clang::NamedDecl>(declaration));
    return true;
  }

 private:
  void look(clang::NamedDecl& declaration) const {
    const auto* name = declaration.getIdentifier();
    if (!name || !name->getName().startswith("_") || declaration.hasAttr<clang::AsmLabelAttr>()) return;
    if (mangling_->shouldMangleDeclName(&declaration)) return;
    const auto* function = llvm::dyn_cast<clang::FunctionDecl>(&declaration);
    if (function && is_builtin(*function, context_->getSourceManager())) return;
    declaration.addAttr(
        clang::AsmLabelAttr::CreateImplicit(*context_, (kLabel + name->getName()).str(), false));
  }

  clang::ASTContext* context_ = nullptr;
  std::unique_ptr<clang::MangleContext> mangling_;
};

void mark(llvm::Function& function, llvm::StringRef name) { function.addFnAttr(kOwnAttribute, name); }
void mark(llvm::GlobalVariable& variable, llvm::StringRef name) {
  variable.addAttribute(kOwnAttribute, name);
}

template <class Value>
void mark(Value& value, const clang::Decl* declaration) {
  auto name = value.getName();
  const auto* label = declaration ? declaration->getAttr<clang::AsmLabelAttr>() : nullptr;
  if (label && label->isImplicit()) name.consume_front(kLabel);
  mark(value, name);
}

}  // namespace

std::unique_ptr<clang::ASTConsumer> relabel_reserved_names() { return std::make_unique<Relabel>(); }

void mark_own(clang::CodeGenerator& generator, llvm::Module& module, const clang::SourceManager& sources) {
  for (auto& function : module) {
    const auto* declaration =
        llvm::dyn_cast_or_null<clang::FunctionDecl>(generator.GetDeclForMangledName(function.getName()));
    if (declaration && (!function.isDeclaration() || !is_builtin(*declaration, sources)))
      mark(function, declaration);
  }
  for (auto& variable : module.globals()) {
    const auto* declaration = generator.GetDeclForMangledName(variable.getName());
    if (declaration || !variable.getName().startswith("llvm.")) mark(variable, declaration);
  }
}

std::string own_name(const llvm::GlobalObject& value) {
  const auto* function = llvm::dyn_cast<llvm::Function>(&value);
  const auto attribute = function ? function->getFnAttribute(kOwnAttribute)
                                  : llvm::cast<llvm::GlobalVariable>(value).getAttribute(kOwnAttribute);
  return attribute.isValid() ? attribute.getValueAsString().str() : value.getName().str();
}

}  // namespace kiesel::compiler
