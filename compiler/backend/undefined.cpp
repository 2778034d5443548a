#include "compiler/backend/undefined.hpp"

#include <llvm/Demangle/Demangle.h>

#include "support/elf.hpp"

namespace kiesel::compiler {

std::string undefined_message(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) {
    const auto plain = llvm::demangle(name);
    text += "error: undefined function '" + plain + "'" + (plain == name ? "" : " [" + name + "]") + "\n";
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
