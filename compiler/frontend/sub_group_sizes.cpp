#include "compiler/frontend/sub_group_sizes.hpp"

#include <clang/AST/Attr.h>
#include <clang/AST/Decl.h>
#include <clang/AST/DeclGroup.h>
#include <clang/Basic/Diagnostic.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <llvm/ADT/STLExtras.h>

#include "device/isa/sub_groups.hpp"

namespace kiesel::compiler {
namespace {

class Sizes final : public clang::ASTConsumer {
 public:
  Sizes(clang::DiagnosticsEngine& diagnostics, const isa::Target& target)
      : diagnostics_(diagnostics),
        message_(diagnostics.getCustomDiagID(
            clang::DiagnosticsEngine::Error,
            "kernel '%0' requires sub-groups of %1 work-items: this device's may have %2")),
        sizes_(isa::sub_group_sizes(target)) {}

  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (const clang::Decl* declaration : group)
      if (const auto* function = llvm::dyn_cast<clang::FunctionDecl>(declaration)) look(*function);
    return true;
  }

 private:
  void look(const clang::FunctionDecl& function) {
    const auto* required = function.getAttr<clang::OpenCLIntelReqdSubGroupSizeAttr>();
    if (!required || llvm::is_contained(sizes_, required->getSubGroupSize())) return;
    diagnostics_.Report(required->getLocation(), message_)
        << function.getName() << required->getSubGroupSize() << fmt::format("{}", fmt::join(sizes_, ", "));
  }

  clang::DiagnosticsEngine& diagnostics_;
  unsigned message_;
  std::vector<std::uint32_t> sizes_;
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> check_sub_group_sizes(clang::DiagnosticsEngine& diagnostics,
                                                          const isa::Target& target) {
  return std::make_unique<Sizes>(diagnostics, target);
}

}  // namespace kiesel::compiler
