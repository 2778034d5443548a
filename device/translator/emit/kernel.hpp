// What lives as long as a translation: what is known of the kernel, the module that is made, what comes out.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "device/translation/translation.hpp"
#include "device/translator/analysis/analysis.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

using translation::Exit, translation::kMostUnits, translation::kNoSite, translation::kNumBarriers;
using translation::kUnitsBefore, translation::kWarpEnded, translation::SiteRange, translation::StateLayout;
using translation::TableCsr, translation::Translation, translation::WarpContext;

struct Kernel {
  Kernel(const Analysis& analysis, llvm::Module& into);

  const Analysis& known;
  llvm::Module& module;
  Builder ir;
  Translation out;
  std::vector<std::uint32_t> roots;                         // nodes that segments start with
  std::map<std::pair<Register, int>, std::uint32_t> frame;  // offsets in it
  std::string unknown;  // an instruction that has no case where it needs one
};

// For an operation that has no case where it needs one: the translation is refused. Nothing is made of what
// nobody has said the meaning of: the interpreter has the kernel.
llvm::Value* unknown(Kernel& kernel, isa::Op op, llvm::Type* type);

}  // namespace kiesel::translator
