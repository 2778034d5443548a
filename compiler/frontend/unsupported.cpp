#include "compiler/frontend/unsupported.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclGroup.h>
#include <clang/AST/ExprCXX.h>
#include <clang/AST/Stmt.h>
#include <clang/Basic/Builtins.h>
#include <clang/Frontend/CompilerInstance.h>
#include <llvm/ADT/STLExtras.h>

namespace kiesel::compiler {
namespace {

// Clang's builtins that become instructions which neither SPIR-V nor the library has, by how their names
// begin.
constexpr llvm::StringLiteral kBuiltins[] = {
    "__builtin_add",           "__builtin_sub",          "__builtin_mul",          "__builtin_sadd",
    "__builtin_ssub",          "__builtin_smul",         "__builtin_uadd",         "__builtin_usub",
    "__builtin_umul",          "__builtin_alloca",       "__builtin_canonicalize", "__builtin_debugtrap",
    "__builtin_dump_struct",   "__builtin_dynamic_obj",  "__builtin_eh_",          "__builtin_extract_re",
    "__builtin_frame_address", "__builtin_frob_return",  "__builtin_longjmp",      "__builtin_object_size",
    "__builtin_prefetch",      "__builtin_readcyclecou", "__builtin_reduce_",      "__builtin_return_address",
    "__builtin_setjmp",        "__builtin_unwind",       "__builtin_va_",          "__sync_fetch_and_nand",
    "__sync_nand_and_fetch",   "__atomic_fetch_nand",    "__atomic_nand_fetch",    "__c11_atomic_fetch_nand",
};

class Search final : public clang::ASTConsumer {
 public:
  explicit Search(clang::DiagnosticsEngine& diagnostics)
      : diagnostics_(diagnostics),
        message_(
            diagnostics.getCustomDiagID(clang::DiagnosticsEngine::Error, "%0 is not supported in OpenCL")) {}

  void Initialize(clang::ASTContext& context) override { context_ = &context; }
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (const clang::Decl* declaration : group) look(*declaration);
    return true;
  }
  void HandleInlineFunctionDefinition(clang::FunctionDecl* function) override { look(*function); }

 private:
  bool complain(clang::SourceLocation place, const std::string& what) {
    diagnostics_.Report(place, message_) << what;
    return false;
  }

  void look(const clang::Decl& declaration) {
    if (const auto* function = llvm::dyn_cast<clang::FunctionDecl>(&declaration)) {
      if (function->hasAttr<clang::IFuncAttr>())
        complain(function->getLocation(), "a function chosen at load time");
      if (!function->doesThisDeclarationHaveABody() || function->isDependentContext()) return;
      for (const auto* parameter : function->parameters())
        is_writable(parameter->getLocation(), parameter->getType());
      look(function->getBody());
    } else if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(&declaration)) {
      if (is_writable(variable->getLocation(), variable->getType())) look(variable->getInit());
    } else if (const auto* space = llvm::dyn_cast<clang::NamespaceDecl>(&declaration)) {
      for (const auto* member : space->decls()) look(*member);
    } else if (llvm::isa<clang::FileScopeAsmDecl>(declaration)) {
      complain(declaration.getLocation(), "inline assembly");
    }
  }

  // Complains of the outermost, not again of its parts.
  void look(const clang::Stmt* statement) {
    if (!statement || llvm::isa<clang::UnaryExprOrTypeTraitExpr>(statement) || !is_writable(*statement))
      return;
    if (const auto* declarations = llvm::dyn_cast<clang::DeclStmt>(statement)) {
      for (const auto* declaration : declarations->decls()) look(*declaration);
      return;
    }
    for (const clang::Stmt* part : statement->children()) look(part);
  }

  bool is_writable(const clang::Stmt& statement) {
    const auto place = statement.getBeginLoc();
    if (llvm::isa<clang::AsmStmt>(statement)) return complain(place, "inline assembly");
    if (llvm::isa<clang::AddrLabelExpr>(statement)) return complain(place, "the address of a label");
    if (const auto* call = llvm::dyn_cast<clang::CallExpr>(&statement); call && !is_writable(*call))
      return false;
    const auto* expression = llvm::dyn_cast<clang::Expr>(&statement);
    if (!expression || expression->isValueDependent()) return true;
    // Clang folds literals of other sizes, as in `float x = 1.0L`.
    return is_writable(place, expression->getType(), [&] { return expression->isEvaluatable(*context_); });
  }

  bool is_writable(const clang::CallExpr& call) {
    const auto* function = call.getDirectCallee();
    if (!function || !function->getIdentifier()) return true;
    const auto name = function->getName();
    if (function->getBuiltinID() &&
        llvm::any_of(kBuiltins, [&](llvm::StringRef begin) { return name.startswith(begin); }))
      return complain(call.getBeginLoc(), "'" + name.str() + "'");
    if (name == "printf")
      for (const auto* argument : call.arguments())
        if (argument->getType()->isRecordType())
          return complain(argument->getBeginLoc(), "a struct as an argument of printf");
    return true;
  }

  bool is_writable(
      clang::SourceLocation place, clang::QualType type,
      llvm::function_ref<bool()> is_folded = [] { return false; }) {
    if (type.isNull() || type->isDependentType()) return true;  // behind an error there may be none
    const auto* base = type->getBaseElementTypeUnsafe();
    if (const auto* vector = base->getAs<clang::VectorType>()) {
      const auto count = vector->getNumElements();
      if (!llvm::is_contained({2U, 3U, 4U, 8U, 16U}, count) && !is_folded())
        return complain(place, "a vector of " + std::to_string(count) + " elements");
    }
    if (const auto* integer = base->getAs<clang::BitIntType>())
      if (!llvm::is_contained({8U, 16U, 32U, 64U}, integer->getNumBits()) && !is_folded())
        return complain(place, "an integer of " + std::to_string(integer->getNumBits()) + " bits");
    if (base->isSpecificBuiltinType(clang::BuiltinType::LongDouble) && !is_folded())
      return complain(place, "long double");
    return true;
  }

  clang::DiagnosticsEngine& diagnostics_;
  unsigned message_;
  clang::ASTContext* context_ = nullptr;
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> find_unsupported(clang::DiagnosticsEngine& diagnostics) {
  return std::make_unique<Search>(diagnostics);
}

}  // namespace kiesel::compiler
