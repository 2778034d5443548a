#include "compiler/builtins/builtins.hpp"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Module.h>
#include <llvm/Linker/IRMover.h>
#include <llvm/Support/MemoryBuffer.h>

#include <map>
#include <memory>
#include <set>

#include "compiler/builtins/library.hpp"

namespace kiesel::compiler::builtins {
namespace {

using SymbolSet = std::set<std::uint32_t>;

bool is_undefined(const llvm::GlobalValue& value) {
  const auto name = value.getName();
  return value.isDeclaration() && !value.use_empty() && !name.startswith("llvm.") && name != kSubGroupPart;
}

void add_closure(const Library& library, std::uint32_t symbol, SymbolSet& closure) {
  if (!closure.insert(symbol).second) return;
  for (std::uint32_t needed : library.dependencies(library.symbols()[symbol]))
    add_closure(library, needed, closure);
}

// What the module has already, from an earlier call, is not wanted again.
std::map<std::uint32_t, std::vector<std::uint32_t>> by_group(const Library& library, const SymbolSet& closure,
                                                             const llvm::Module& module) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> groups;
  for (std::uint32_t symbol : closure) {
    const llvm::GlobalValue* present =
        module.getNamedValue(std::string(library.name(library.symbols()[symbol])));
    if (!present || present->isDeclaration()) groups[library.symbols()[symbol].group].push_back(symbol);
  }
  return groups;
}

Status move_group(const Library& library, std::uint32_t group, const std::vector<std::uint32_t>& symbols,
                  llvm::Module& module, llvm::IRMover& mover) {
  std::string_view bitcode = library.bitcode(group);
  auto source = llvm::getLazyBitcodeModule(
      llvm::MemoryBufferRef({bitcode.data(), bitcode.size()}, "builtins"), module.getContext(), true);
  if (!source) return Error{Errc::kInvalidBinary, llvm::toString(source.takeError())};
  (*source)->setDataLayout(module.getDataLayout());
  (*source)->setTargetTriple(module.getTargetTriple());
  std::vector<llvm::GlobalValue*> wanted;
  for (std::uint32_t symbol : symbols) {
    std::string_view name = library.name(library.symbols()[symbol]);
    wanted.push_back((*source)->getNamedValue({name.data(), name.size()}));
  }
  auto nothing_more = [](llvm::GlobalValue&, const llvm::IRMover::ValueAdder&) {};
  if (llvm::Error error = mover.move(std::move(*source), wanted, nothing_more, false))
    return Error{Errc::kInvalidBinary, llvm::toString(std::move(error))};
  return {};
}

// The reader's calls and the library's functions agree on a calling convention, or LLVM drops the calls.
void adopt(llvm::GlobalValue& value) {
  value.setLinkage(llvm::GlobalValue::InternalLinkage);
  value.setVisibility(llvm::GlobalValue::DefaultVisibility);
  auto* function = llvm::dyn_cast<llvm::Function>(&value);
  if (!function) return;
  for (llvm::User* user : function->users())
    if (auto* call = llvm::dyn_cast<llvm::CallBase>(user)) call->setCallingConv(function->getCallingConv());
}

}  // namespace

Result<std::vector<std::string>> link_builtins(llvm::Module& module) {
  const Library& library = embedded_library();
  SymbolSet closure;
  std::vector<std::string> unknown;
  for (const llvm::GlobalValue& value : module.global_values()) {
    if (!is_undefined(value)) continue;
    llvm::StringRef name = value.getName();
    if (auto symbol = library.find({name.data(), name.size()})) {
      add_closure(library, *symbol, closure);
    } else {
      unknown.push_back(name.str());
    }
  }
  llvm::IRMover mover(module);
  auto groups = by_group(library, closure, module);
  for (const auto& [group, symbols] : groups)
    if (Status moved = move_group(library, group, symbols, module, mover); !moved) return moved.error();
  for (const auto& [group, symbols] : groups)
    for (std::uint32_t symbol : symbols) {
      std::string_view name = library.name(library.symbols()[symbol]);
      if (llvm::GlobalValue* value = module.getNamedValue({name.data(), name.size()})) adopt(*value);
    }
  return unknown;
}

}  // namespace kiesel::compiler::builtins
