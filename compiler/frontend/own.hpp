// Which functions and variables are the program's own. The translator of SPIR-V goes by names alone: it would
// take a program's `float dot(Vector a, Vector b)` for the builtin.
#pragma once

#include <memory>
#include <string>

namespace clang {
class ASTConsumer;
class CodeGenerator;
class SourceManager;
}  // namespace clang
namespace llvm {
class GlobalObject;
class Module;
}  // namespace llvm

namespace kiesel::compiler {

// Names that begin with an underscore may be those that Clang gives a builtin or calls by itself (_Z3maxii,
// __read_pipe_2): where the program has one, code is made of it under another. Comes before the consumer that
// makes code.
std::unique_ptr<clang::ASTConsumer> relabel_reserved_names();

// Gives kOwnAttribute, with the name, to all functions and variables that are not builtins: what the program
// defines, whatever it is called, and what it declares without a builtin of that signature. `generator` made
// `module`.
void mark_own(clang::CodeGenerator& generator, llvm::Module& module, const clang::SourceManager& sources);

// As the source has it.
std::string own_name(const llvm::GlobalObject& value);

}  // namespace kiesel::compiler
