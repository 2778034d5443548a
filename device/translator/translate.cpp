#include "device/translator/translate.hpp"

#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include "device/translator/emit/emit.hpp"
#include "device/translator/host/host_code.hpp"

namespace kiesel::translator {
namespace {

Translation refused(std::string reason) {
  Translation out;
  out.refusal = std::move(reason);
  return out;
}

std::size_t count(const Code& code) {
  std::size_t items = 0;
  for (const Block& block : code.blocks) items += block.items.size();
  return items;
}

}  // namespace

Translation translate(const TranslationRequest& request) {
  const auto analysis = Analysis::of(request);
  if (!analysis) return refused(analysis.error().reason);
  llvm::LLVMContext context;
  auto module = std::make_unique<llvm::Module>("warp", context);
  Translation out = emit(**analysis, *module);
  if (!out.refusal.empty()) return refused(std::move(out.refusal));
  std::string fault;
  llvm::raw_string_ostream stream(fault);
  if (llvm::verifyModule(*module, &stream))
    return refused("the translator made a wrong module: " + stream.str());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < out.segments.size(); ++i) names.push_back(segment_name(i));
  const auto made = make_host_code(std::move(module), static_cast<HostLevel>(request.host_level), names);
  if (!made) return refused(made.error().reason);
  out.instructions = static_cast<std::uint32_t>(count((*analysis)->code));
  out.code = made->bytes;
  for (std::size_t i = 0; i < out.segments.size(); ++i) out.segments[i].code_offset = made->offsets[i];
  return out;
}

}  // namespace kiesel::translator
