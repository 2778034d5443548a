// SPIR-V, the one form between front end and back end: written, checked, linked and read here.
// Nothing but check_spirv(), accept_spirv() and mend() may see words that have not passed check_spirv(): the
// translator aborts on bad modules.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/il/words.hpp"
#include "support/result.hpp"

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace kiesel::compiler {

// A function or variable that is the program's own, whatever it is called; the value is its name.
inline constexpr const char* kOwnAttribute = "kiesel-own";

// `module`: as Clang made it for spir64, on typed pointers; it is changed on the way. What has no
// kOwnAttribute may be a builtin, which goes by its name.
Result<Words> write_spirv(llvm::Module& module);

// spirv-val and the rules that it lacks: kInvalidArgument with the first message.
Status check_spirv(std::span<const std::uint32_t> words);

// A module of another producer: checked, mended where that makes it valid, and brought down to version 1.4,
// which all other functions want. kInvalidArgument with the validator's message about the module as it came.
Result<Words> accept_spirv(Words words);

// What translators of LLVM IR leave undone, ours included: blocks in any order, variables that no interface
// lists, addresses among constants. The words need not have passed check_spirv().
Words mend(std::span<const std::uint32_t> words);

// Joins modules; `library` keeps the exported names and lets imported ones wait for a later link.
// kInvalidArgument with the linker's messages, which name what is missing or doubled.
Result<Words> link_spirv(std::vector<Words> modules, bool library);

// What a module uses and others define; not SPIR-V's built-in variables.
struct Import {
  std::string name;
  bool is_variable;
};
std::vector<Import> imports_of(std::span<const std::uint32_t> words);

// To LLVM IR on opaque pointers, which `context` must use; builtins are calls of OpenCL 2.0's mangled names.
// kUnsupported when the module needs what the reader does not know.
Result<std::unique_ptr<llvm::Module>> read_spirv_module(llvm::LLVMContext& context,
                                                        std::span<const std::uint32_t> words);

}  // namespace kiesel::compiler
