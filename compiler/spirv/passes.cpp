#include "compiler/spirv/passes.hpp"

#include <llvm/Support/PrettyStackTrace.h>

#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {
namespace {

template <class Unit>
struct Pass {
  At at;
  const char* name;  // for the log of a crash
  void (*run)(Unit&);
};

constexpr Pass<llvm::Module> kModulePasses[] = {
#define MODULE_PASS(at, name, what) {At::at, #name, name},
#define WORDS_PASS(at, name, what)
#define CHECKED_PASS(name, what)
#include "compiler/spirv/passes.def"
};

constexpr Pass<Words> kWordsPasses[] = {
#define MODULE_PASS(at, name, what)
#define WORDS_PASS(at, name, what) {At::at, #name, name},
#define CHECKED_PASS(name, what)
#include "compiler/spirv/passes.def"
};

struct CheckedPass {
  const char* name;
  Status (*run)(Words&);
};
constexpr CheckedPass kCheckedPasses[] = {
#define MODULE_PASS(at, name, what)
#define WORDS_PASS(at, name, what)
#define CHECKED_PASS(name, what) {#name, name},
#include "compiler/spirv/passes.def"
};

template <class Unit, std::size_t kCount>
void run(const Pass<Unit> (&passes)[kCount], At at, Unit& unit) {
  for (const auto& pass : passes) {
    if (pass.at != at) continue;
    const llvm::PrettyStackTraceString entry(pass.name);
    pass.run(unit);
  }
}

}  // namespace

void run_passes(At at, llvm::Module& module) { run(kModulePasses, at, module); }
void run_passes(At at, Words& words) { run(kWordsPasses, at, words); }

Status run_checked_passes(Words& words) {
  for (const auto& pass : kCheckedPasses) {
    const llvm::PrettyStackTraceString entry(pass.name);
    if (auto status = pass.run(words); !status) return status;
  }
  return {};
}

Words mend(std::span<const std::uint32_t> words) {
  Words mended(words.begin(), words.end());
  if (words.size() < kHeaderWords) return mended;
  run_passes(At::kForeign, mended);
  return mended;
}

}  // namespace kiesel::compiler
