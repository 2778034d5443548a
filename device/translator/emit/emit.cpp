#include "device/translator/emit/emit.hpp"

#include "device/translator/emit/warp_loop.hpp"

namespace kiesel::translator {

Kernel::Kernel(const Analysis& analysis, llvm::Module& into)
    : known(analysis),
      module(into),
      ir(into.getContext(), analysis.request.host_level, analysis.request.target.lanes,
         analysis.kinds.rows()) {}

llvm::Value* unknown(Kernel& kernel, isa::Op op, llvm::Type* type) {
  kernel.unknown = isa::info(op).name;
  return llvm::PoisonValue::get(type);
}

std::string segment_name(std::size_t segment) { return "segment_" + std::to_string(segment); }

Translation emit(const Analysis& analysis, llvm::Module& into) {
  Kernel kernel(analysis, into);
  segment_of(kernel, analysis.kinds.find(0, !analysis.request.shape.partial), 0);
  for (std::size_t i = 0; i < kernel.roots.size(); ++i)  // emit_barrier() adds to them
    emit_segment(kernel, i);
  if (!kernel.unknown.empty())
    kernel.out.refusal = "the translator does not know the instruction " + kernel.unknown;
  return std::move(kernel.out);
}

}  // namespace kiesel::translator
