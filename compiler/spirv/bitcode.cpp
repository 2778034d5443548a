#include "compiler/spirv/bitcode.hpp"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/Bitcode/BitcodeWriter.h>
#include <llvm/IR/Module.h>

namespace kiesel::compiler {

Bitcode write_bitcode(const llvm::Module& module) {
  Bitcode bitcode;
  llvm::BitcodeWriter writer(bitcode);
  writer.writeModule(module);
  writer.writeStrtab();
  return bitcode;
}

std::unique_ptr<llvm::Module> read_bitcode(llvm::LLVMContext& context, const Bitcode& bitcode) {
  const llvm::MemoryBufferRef buffer({bitcode.data(), bitcode.size()}, "program");
  return llvm::cantFail(llvm::parseBitcodeFile(buffer, context));
}

}  // namespace kiesel::compiler
