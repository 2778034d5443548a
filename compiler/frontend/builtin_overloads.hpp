// Builtins beside a program's own functions of their names.
#pragma once

#include <clang/AST/ASTConsumer.h>

#include <memory>

namespace kiesel::compiler {

// Clang declares builtins where a name is used that nothing else has. Once a program declares an overload of
// max(), max(1.f, 2.f) would be its own, too, with converted arguments, or an error. This declares the others
// of that name then, as a header would have done; in the function's own body, too, if the parser asks
// (SkipFunctionBodies).
std::unique_ptr<clang::ASTConsumer> keep_builtin_overloads();

}  // namespace kiesel::compiler
