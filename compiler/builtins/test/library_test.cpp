// The packed library: its index, its bitcode, and what it still asks the code generator for.
#include "compiler/builtins/library.hpp"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>

#include "compiler/builtins/builtins.hpp"

using namespace kiesel::compiler::builtins;

namespace {

std::unique_ptr<llvm::Module> read_group(const Library& library, std::uint32_t group,
                                         llvm::LLVMContext& context) {
  context.setOpaquePointers(true);
  // LLVM warns of a missing debug information version; there is none here.
  context.setDiagnosticHandlerCallBack([](const llvm::DiagnosticInfo&, void*) {});
  std::string_view bitcode = library.bitcode(group);
  auto module =
      llvm::parseBitcodeFile(llvm::MemoryBufferRef({bitcode.data(), bitcode.size()}, "group"), context);
  REQUIRE(static_cast<bool>(module));
  return std::move(*module);
}

std::unique_ptr<llvm::TargetMachine> make_machine() {
  LLVMInitializeRISCVTargetInfo();
  LLVMInitializeRISCVTarget();
  LLVMInitializeRISCVTargetMC();
  LLVMInitializeRISCVAsmParser();
  LLVMInitializeRISCVAsmPrinter();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget("riscv64", error);
  REQUIRE(target);
  llvm::TargetOptions options;
  options.MCOptions.ABIName = "lp64d";
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      "riscv64-unknown-elf", "generic-rv64", "+m,+a,+f,+d,+zba,+zbb,+zbs,+zfh", options, llvm::Reloc::PIC_,
      llvm::CodeModel::Medium, llvm::CodeGenOpt::Less));
}

// RISC-V's code generator knows neither our calling convention nor casts between address spaces.
void make_plain(llvm::Module& module) {
  for (llvm::Function& function : module) {
    if (function.isIntrinsic()) continue;
    function.setCallingConv(llvm::CallingConv::C);
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function))) {
      if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction))
        call->setCallingConv(llvm::CallingConv::C);
      if (!llvm::isa<llvm::AddrSpaceCastInst>(instruction)) continue;
      llvm::IRBuilder<> builder(&instruction);
      llvm::Value* address = builder.CreatePtrToInt(instruction.getOperand(0), builder.getInt64Ty());
      instruction.replaceAllUsesWith(builder.CreateIntToPtr(address, instruction.getType()));
      instruction.eraseFromParent();
    }
  }
}

std::set<std::string> undefined_in_object(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  REQUIRE_FALSE(machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CGFT_ObjectFile));
  passes.run(module);
  auto object = llvm::object::ObjectFile::createELFObjectFile(
      llvm::MemoryBufferRef(llvm::StringRef(bytes.data(), bytes.size()), "group"));
  REQUIRE(static_cast<bool>(object));
  std::set<std::string> names;
  for (const llvm::object::SymbolRef& symbol : (*object)->symbols())
    if (llvm::cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined)
      names.insert(llvm::cantFail(symbol.getName()).str());
  names.erase("");
  return names;
}

}  // namespace

TEST_CASE("the index is sorted, complete and knows every dependency") {
  const Library& library = embedded_library();
  REQUIRE(library.symbols().size() > 5000);
  std::set<std::pair<std::uint32_t, std::string>> indexed;
  std::string previous;
  for (const Symbol& symbol : library.symbols()) {
    std::string name(library.name(symbol));
    CHECK(previous < name);
    previous = name;
    indexed.emplace(symbol.group, name);
    for (std::uint32_t needed : library.dependencies(symbol)) REQUIRE(needed < library.symbols().size());
  }
  std::size_t definitions = 0;
  for (std::uint32_t group = 0; group < library.groups(); ++group) {
    llvm::LLVMContext context;
    auto module = read_group(library, group, context);
    for (const llvm::GlobalValue& value : module->global_values()) {
      if (value.isDeclaration()) continue;
      ++definitions;
      INFO(value.getName().str());
      CHECK(indexed.count({group, value.getName().str()}) == 1);
    }
  }
  CHECK(definitions == library.symbols().size());
}

TEST_CASE("no builtin needs a function that nobody defines, after code generation either") {
  const Library& library = embedded_library();
  auto machine = make_machine();
  for (std::uint32_t group = 0; group < library.groups(); ++group) {
    llvm::LLVMContext context;
    auto module = read_group(library, group, context);
    make_plain(*module);
    for (const std::string& name : undefined_in_object(*module, *machine)) {
      INFO(name);
      CHECK((library.find(name) || name == kSubGroupPart));  // the back end answers that one
    }
  }
}

TEST_CASE("a name that is not there is not found") {
  const Library& library = embedded_library();
  CHECK(library.find("_Z3sinf").has_value());
  CHECK_FALSE(library.find("_Z3sin").has_value());
  CHECK_FALSE(library.find("").has_value());
  CHECK_FALSE(library.find("zzz").has_value());
}
