// The passes over a module on its way into SPIR-V and out of it: passes.def lists them.
#pragma once

#include "compiler/il/words.hpp"
#include "support/result.hpp"

namespace llvm {
class Module;
}

namespace kiesel::compiler {

enum class At { kBeforeWriter, kAfterWriter, kForeign, kNewer, kAfterLinker, kBeforeReader, kAfterReader };

void run_passes(At at, llvm::Module& module);
void run_passes(At at, Words& words);
// The first rule that is broken: kInvalidArgument.
Status run_checked_passes(Words& words);

#define MODULE_PASS(at, name, what) void name(llvm::Module& module);
#define WORDS_PASS(at, name, what) void name(Words& words);
#define CHECKED_PASS(name, what) Status name(Words& words);
#include "compiler/spirv/passes.def"

}  // namespace kiesel::compiler
