#include <llvm/Bitcode/BitcodeWriter.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <fstream>
#include <map>
#include <set>

#include "compiler/builtins/library.hpp"
#include "compiler/builtins/pack/mangling.hpp"
#include "compiler/builtins/pack/pack.hpp"

namespace kiesel::compiler::builtins {
namespace {

using Values = std::set<llvm::GlobalValue*>;

void add_globals(llvm::Value* value, Values& found, std::set<llvm::Value*>& seen) {
  if (!llvm::isa<llvm::Constant>(value) || !seen.insert(value).second) return;
  if (auto* global = llvm::dyn_cast<llvm::GlobalValue>(value)) {
    found.insert(global);
    return;
  }
  for (llvm::Use& operand : llvm::cast<llvm::Constant>(value)->operands())
    add_globals(operand.get(), found, seen);
}

// What the definition of `global` refers to.
Values references(llvm::GlobalValue& global) {
  Values found;
  std::set<llvm::Value*> seen;
  if (auto* variable = llvm::dyn_cast<llvm::GlobalVariable>(&global)) {
    add_globals(variable->getInitializer(), found, seen);
  } else {
    for (llvm::Instruction& instruction : llvm::instructions(llvm::cast<llvm::Function>(global)))
      for (llvm::Use& operand : instruction.operands()) add_globals(operand.get(), found, seen);
  }
  return found;
}

llvm::GlobalValue* declare(llvm::Module& target, llvm::GlobalValue& original) {
  if (auto* function = llvm::dyn_cast<llvm::Function>(&original)) {
    auto* copy = llvm::Function::Create(function->getFunctionType(), llvm::GlobalValue::ExternalLinkage,
                                        function->getName(), target);
    copy->copyAttributesFrom(function);
    return copy;
  }
  auto& variable = llvm::cast<llvm::GlobalVariable>(original);
  auto* copy = new llvm::GlobalVariable(
      target, variable.getValueType(), variable.isConstant(), llvm::GlobalValue::ExternalLinkage, nullptr,
      variable.getName(), nullptr, llvm::GlobalValue::NotThreadLocal, variable.getAddressSpace());
  copy->setAlignment(variable.getAlign());
  return copy;
}

void define(llvm::GlobalValue& original, llvm::ValueToValueMapTy& map) {
  if (auto* variable = llvm::dyn_cast<llvm::GlobalVariable>(&original)) {
    llvm::cast<llvm::GlobalVariable>(&*map[&original])
        ->setInitializer(llvm::MapValue(variable->getInitializer(), map));
    return;
  }
  auto& function = llvm::cast<llvm::Function>(original);
  auto* copy = llvm::cast<llvm::Function>(&*map[&original]);
  for (auto [from, to] : llvm::zip(function.args(), copy->args())) map[&from] = &to;
  llvm::SmallVector<llvm::ReturnInst*, 8> returns;
  llvm::CloneFunctionInto(copy, &function, map, llvm::CloneFunctionChangeType::DifferentModule, returns);
}

std::string group_bitcode(llvm::Module& module, const std::vector<llvm::GlobalValue*>& members) {
  llvm::Module group("", module.getContext());
  group.setDataLayout(module.getDataLayout());
  group.setTargetTriple(module.getTargetTriple());
  Values needed(members.begin(), members.end());
  for (llvm::GlobalValue* member : members) needed.merge(references(*member));
  llvm::ValueToValueMapTy map;
  for (llvm::GlobalValue* value : needed) map[value] = declare(group, *value);
  for (llvm::GlobalValue* member : members) define(*member, map);
  llvm::SmallVector<char, 0> bytes;
  llvm::BitcodeWriter writer(bytes);
  writer.writeModule(group);
  writer.writeStrtab();
  return {bytes.begin(), bytes.end()};
}

std::string group_name(const llvm::GlobalValue& value) {
  auto signature = demangle({value.getName().data(), value.getName().size()});
  return signature ? signature->name : value.getName().str();
}

// Groups refer to each other by name, so every definition gets one and becomes external.
std::map<std::string, llvm::GlobalValue*> nameable_definitions(llvm::Module& module) {
  std::map<std::string, llvm::GlobalValue*> definitions;
  for (llvm::GlobalValue& value : module.global_values()) {
    if (value.isDeclaration()) continue;
    if (!value.hasName() || value.hasPrivateLinkage()) value.setName("__kiesel_constant");
    value.setLinkage(llvm::GlobalValue::ExternalLinkage);
    value.setVisibility(llvm::GlobalValue::DefaultVisibility);
    definitions[value.getName().str()] = &value;
  }
  return definitions;
}

template <class T>
void append(std::string& bytes, const std::vector<T>& table) {
  bytes.append(reinterpret_cast<const char*>(table.data()), table.size() * sizeof(T));
}

void pad(std::string& bytes) { bytes.resize((bytes.size() + 7) & ~std::size_t{7}); }

struct Tables {
  std::vector<Symbol> symbols;
  std::vector<Group> groups;
  std::vector<std::uint32_t> dependencies;
  std::string names, bitcode;

  std::string file() {
    std::string bytes;
    append(bytes, std::vector<LibraryHeader>{{kLibraryMagic, static_cast<std::uint32_t>(symbols.size()),
                                              static_cast<std::uint32_t>(groups.size()),
                                              static_cast<std::uint32_t>(dependencies.size()), names.size(),
                                              bitcode.size()}});
    append(bytes, symbols);
    pad(bytes);
    append(bytes, groups);
    append(bytes, dependencies);
    bytes += names;
    pad(bytes);
    return bytes + bitcode;
  }
};

}  // namespace

bool write_library(llvm::Module& module, const std::string& path) {
  auto definitions = nameable_definitions(module);
  std::map<std::string, std::vector<llvm::GlobalValue*>> members;
  std::map<const llvm::GlobalValue*, std::uint32_t> numbers;
  for (auto& [name, value] : definitions) {
    numbers[value] = static_cast<std::uint32_t>(numbers.size());
    members[group_name(*value)].push_back(value);
  }
  Tables tables;
  std::map<std::string, std::uint32_t> group_numbers;
  for (auto& [name, values] : members) {
    group_numbers[name] = static_cast<std::uint32_t>(tables.groups.size());
    std::string bitcode = group_bitcode(module, values);
    tables.groups.push_back({tables.bitcode.size(), bitcode.size()});
    tables.bitcode += bitcode;
    pad(tables.bitcode);
  }
  for (auto& [name, value] : definitions) {
    auto first = static_cast<std::uint32_t>(tables.dependencies.size());
    for (llvm::GlobalValue* needed : references(*value))
      if (auto number = numbers.find(needed); number != numbers.end())
        tables.dependencies.push_back(number->second);
    tables.symbols.push_back({static_cast<std::uint32_t>(tables.names.size()),
                              static_cast<std::uint32_t>(name.size()), group_numbers[group_name(*value)],
                              first, static_cast<std::uint32_t>(tables.dependencies.size()) - first});
    tables.names += name;
  }
  std::string bytes = tables.file();
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) llvm::errs() << "kiesel_builtins_pack: cannot write " << path << "\n";
  return static_cast<bool>(file);
}

}  // namespace kiesel::compiler::builtins
