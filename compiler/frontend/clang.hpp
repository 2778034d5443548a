// OpenCL C to LLVM IR by Clang, in this process: IR that is ready to become SPIR-V, never optimised.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/client/client.hpp"
#include "compiler/files/files.hpp"
#include "compiler/frontend/options.hpp"

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace kiesel::compiler {

struct Compiled {
  std::unique_ptr<llvm::Module> module;  // null when there was an error
  std::string log;                       // Clang's diagnostics
  std::vector<Dependency> dependencies;  // files that were looked for, without what the request brought
  bool is_discreet = false;  // it read a file outside of the application's folders: no log tells of names
};

// In the place of an error's text, where a log is discreet.
std::string discreet_error();

// `context` must keep typed pointers: the SPIR-V writer needs them.
Compiled compile_source(llvm::LLVMContext& context, const Request& request, const BuildOptions& options,
                        Files& files);

}  // namespace kiesel::compiler
