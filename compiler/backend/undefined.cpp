#include "compiler/backend/undefined.hpp"

#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/Module.h>

#include "support/elf.hpp"

namespace kiesel::compiler {

std::string undefined_message(const std::vector<std::string>& names, const llvm::Module& module) {
  std::string text;
  for (const auto& name : names) {
    const auto plain = llvm::demangle(name);
    const auto* kind = module.getGlobalVariable(name, true) ? "variable" : "function";
    text += std::string("error: undefined ") + kind + " '" + plain + "'" +
            (plain == name ? "" : " [" + name + "]") + "\n";
  }
  return text;
}

std::vector<std::string> undefined_symbols(std::span<const std::byte> object) {
  std::vector<std::string> names;
  const auto view = ElfView::parse(object);
  if (!view) return names;
  for (const auto& symbol : view->symbols())
    if (symbol.section == SHN_UNDEF && !symbol.name.empty()) names.emplace_back(symbol.name);
  return names;
}

}  // namespace kiesel::compiler
