#include "compiler/backend/undefined.hpp"

#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/Module.h>

#include "compiler/spirv/names.hpp"
#include "support/elf.hpp"

namespace kiesel::compiler {

std::string readable_name(const llvm::GlobalValue& value) {
  return llvm::demangle(std::string(plain_name({value.getName().data(), value.getName().size()})));
}

std::string undefined_message(const std::vector<std::string>& names, const llvm::Module& module) {
  std::vector<Import> imports;
  for (const auto& name : names)
    imports.push_back({std::string(plain_name(name)), module.getGlobalVariable(name, true) != nullptr});
  return undefined_message(imports);
}

std::string undefined_message(const std::vector<Import>& imports) {
  std::string text;
  for (const auto& [name, is_variable] : imports) {
    const auto readable = llvm::demangle(name);
    text += std::string("error: undefined ") + (is_variable ? "variable" : "function") + " '" + readable +
            "'" + (readable == name ? "" : " [" + name + "]") + "\n";
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
