#include "compiler/backend/missing_atomics.hpp"

#include <fmt/format.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include "compiler/backend/origins.hpp"
#include "compiler/backend/undefined.hpp"

namespace kiesel::compiler {
namespace {

// What is wrong with the instruction on this target; null: nothing.
const char* problem(llvm::Instruction& instruction, const isa::Target& target) {
  if (!llvm::isa<llvm::AtomicCmpXchgInst, llvm::AtomicRMWInst>(instruction)) return nullptr;
  if (!target.atomics) return "needs the extension A, which the device lacks";
  if (!target.global_atomics) return nullptr;
  const Origins origins = origins_of(*pointer_of(instruction));
  if (!origins.local) return nullptr;
  return origins.other ? "may mean local memory, which the device's atomics do not reach"
                       : "is in local memory, which the device's atomics do not reach";
}

std::string line(const llvm::Instruction& instruction) {
  const llvm::DebugLoc& place = instruction.getDebugLoc();
  return place ? fmt::format(" in line {}", place.getLine()) : std::string();
}

}  // namespace

std::string missing_atomics(llvm::Module& module, const isa::Target& target) {
  std::string log;
  for (auto& function : module)
    for (auto& instruction : llvm::instructions(function))
      if (const char* text = problem(instruction, target)) {
        log += fmt::format("error: function {}, an atomic operation{} {}\n", readable_name(function),
                           line(instruction), text);
        break;
      }
  return log;
}

}  // namespace kiesel::compiler
