// What Clang takes and no SPIR-V can say.
#pragma once

#include <clang/AST/ASTConsumer.h>

#include <memory>

namespace clang {
class DiagnosticsEngine;
}

namespace kiesel::compiler {

// Complains where the program has inline assembly, a struct as printf's argument, vectors and integers of odd
// sizes, and the like: Clang's code generator crashes on some, the SPIR-V writer ends the process at others.
std::unique_ptr<clang::ASTConsumer> find_unsupported(clang::DiagnosticsEngine& diagnostics);

}  // namespace kiesel::compiler
