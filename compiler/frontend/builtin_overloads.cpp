#include "compiler/frontend/builtin_overloads.hpp"

#include <clang/AST/Decl.h>
#include <clang/AST/DeclGroup.h>
#include <clang/Sema/Lookup.h>
#include <clang/Sema/Sema.h>
#include <clang/Sema/SemaConsumer.h>
#include <llvm/ADT/SmallPtrSet.h>

namespace kiesel::compiler {
namespace {

class KeepOverloads final : public clang::SemaConsumer {
 public:
  void InitializeSema(clang::Sema& sema) override { sema_ = &sema; }
  void ForgetSema() override { sema_ = nullptr; }
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (clang::Decl* declaration : group) look(*declaration);
    return true;
  }
  bool shouldSkipFunctionBody(clang::Decl* declaration) override {
    look(*declaration);
    return false;
  }

 private:
  void look(clang::Decl& declaration) {
    auto* function = declaration.getAsFunction();
    const auto* name = function ? function->getIdentifier() : nullptr;
    if (!name || !sema_) return;
    if (!function->getDeclContext()->getRedeclContext()->isTranslationUnit() || !seen_.insert(name).second)
      return;
    clang::LookupResult builtins(*sema_, function->getDeclName(), function->getLocation(),
                                 clang::Sema::LookupOrdinaryName);
    builtins.suppressDiagnostics();
    sema_->LookupBuiltin(builtins);
    for (clang::NamedDecl* builtin : builtins)
      if (!sema_->TUScope->isDeclScope(builtin) &&
          sema_->IsOverload(builtin->getAsFunction(), function, false))
        sema_->PushOnScopeChains(builtin, sema_->TUScope);
  }

  clang::Sema* sema_ = nullptr;
  llvm::SmallPtrSet<const clang::IdentifierInfo*, 8> seen_;
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> keep_builtin_overloads() { return std::make_unique<KeepOverloads>(); }

}  // namespace kiesel::compiler
