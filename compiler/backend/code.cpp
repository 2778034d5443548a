#include "compiler/backend/code.hpp"

#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/CodeGen/MachineFrameInfo.h>
#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/MachineRegisterInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Target/TargetMachine.h>

#include "compiler/backend/expand_addresses.hpp"
#include "compiler/backend/long_blocks.hpp"

namespace kiesel::compiler {
namespace {

bool is_kernel_entry(const llvm::Function& function) {
  return function.hasExternalLinkage() && function.arg_empty() && !function.isDeclaration();
}

// The start-up code needs no register kept: a kernel's frame would cost memory traffic for every lane.
class FreeCalleeSavedRegisters : public llvm::MachineFunctionPass {
 public:
  static char ID;
  FreeCalleeSavedRegisters() : MachineFunctionPass(ID) {}
  llvm::StringRef getPassName() const override { return "Free the registers of kernel entries"; }
  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    if (!is_kernel_entry(function.getFunction())) return false;
    // But the return address: code that runs short of registers would use it without a call too.
    const auto* registers = function.getSubtarget().getRegisterInfo();
    function.getRegInfo().setCalleeSavedRegs({static_cast<llvm::MCPhysReg>(registers->getRARegister())});
    return false;
  }
};
char FreeCalleeSavedRegisters::ID = 0;

// Runs over finished code.
class CollectFrames : public llvm::MachineFunctionPass {
 public:
  static char ID;
  explicit CollectFrames(std::map<std::string, FrameInfo>& frames)
      : MachineFunctionPass(ID), frames_(frames) {}
  llvm::StringRef getPassName() const override { return "Collect stack frames"; }
  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.setPreservesAll();
    MachineFunctionPass::getAnalysisUsage(usage);
  }
  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    auto& info = frames_[function.getName().str()];
    info.bytes = function.getFrameInfo().getStackSize();
    for (const auto& block : function)
      for (const auto& instruction : block)
        if (instruction.isCall()) add_call(instruction, info);
    return false;
  }

 private:
  static void add_call(const llvm::MachineInstr& call, FrameInfo& info) {
    for (const auto& operand : call.operands())
      if (auto name = callee_name(operand); !name.empty()) {
        info.callees.push_back(std::move(name));
        return;
      }
    info.calls_pointer = true;
  }
  static std::string callee_name(const llvm::MachineOperand& operand) {
    if (operand.isGlobal()) return operand.getGlobal()->getName().str();
    if (operand.isSymbol()) return operand.getSymbolName();
    if (operand.isMCSymbol()) return operand.getMCSymbol()->getName().str();
    return {};
  }
  std::map<std::string, FrameInfo>& frames_;
};
char CollectFrames::ID = 0;

// LLVM 15 drops the store of "lb x, slot; sd x, slot", as if the slot held x before: the load extended one
// byte of it, and who reads the slot next gets the bytes above. There is no other way to tell it than its
// option, which lld resets with all others at the end of a build.
void keep_stores_of_extended_values() {
  auto& options = llvm::cl::getRegisteredOptions();
  if (const auto limit = options.find("ssc-dce-limit"); limit != options.end())
    static_cast<llvm::cl::opt<int>*>(limit->second)->setValue(0);
}

}  // namespace

Code generate_code(llvm::Module& module, llvm::LLVMTargetMachine& machine, CodeKind kind, bool checked) {
  keep_stores_of_extended_values();
  Code code;
  llvm::raw_svector_ostream stream(code.object);
  // Else the back end puts literals beside variables that can be written.
  module.addModuleFlag(llvm::Module::Warning, "SmallDataLimit", 0u);
  llvm::legacy::PassManager passes;
  llvm::TargetLibraryInfoImpl library(machine.getTargetTriple());
  library.disableAllFunctions();
  passes.add(new llvm::TargetLibraryInfoWrapperPass(library));
  auto* machine_module = new llvm::MachineModuleInfoWrapperPass(&machine);
  auto* config = machine.createPassConfig(passes);
  config->setDisableVerify(true);
  if (checked) simt::configure(*config);
  expand_addresses_in_place(*config);
  split_long_blocks(*config);
  passes.add(config);
  passes.add(machine_module);
  if (config->addISelPasses()) {
    code.errors.push_back({"", "the back end has no instruction selection"});
    return code;
  }
  passes.add(new FreeCalleeSavedRegisters);
  config->addMachinePasses();
  config->setInitialized();
  if (checked) simt::add_checker(passes, code.errors);
  passes.add(new CollectFrames(code.frames));
  const auto type = kind == CodeKind::kObject ? llvm::CGFT_ObjectFile : llvm::CGFT_AssemblyFile;
  if (machine.addAsmPrinter(passes, stream, nullptr, type, machine_module->getMMI().getContext())) {
    code.errors.push_back({"", "the back end cannot write code"});
    return code;
  }
  passes.add(llvm::createFreeMachineFunctionPass());
  passes.run(module);
  return code;
}

}  // namespace kiesel::compiler
