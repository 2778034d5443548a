#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <sstream>

#include "compiler/spirv/bitcode.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/read/entry_points.hpp"
#include "compiler/spirv/spirv.hpp"
#include "compiler/spirv/translator.hpp"
#include "compiler/spirv/vector_hints.hpp"

namespace kiesel::compiler {
namespace {

SPIRV::TranslatorOpts reader_options() {
  SPIRV::TranslatorOpts options;
  options.enableAllExtensions();
  return translator_options(options);
}

}  // namespace

Result<std::unique_ptr<llvm::Module>> read_spirv_module(llvm::LLVMContext& context,
                                                        std::span<const std::uint32_t> words) {
  Bitcode bitcode;
  {
    llvm::LLVMContext typed;
    typed.setOpaquePointers(false);
    typed.setDiscardValueNames(context.shouldDiscardValueNames());
    Words readable(words.begin(), words.end());
    run_passes(At::kBeforeReader, readable);
    const auto bytes = std::as_bytes(std::span(readable));
    std::istringstream stream(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    llvm::Module* raw = nullptr;
    std::string message;
    if (!llvm::readSpirv(typed, reader_options(), stream, raw, message))
      return Error{Errc::kUnsupported, "cannot read the SPIR-V module: " + message};
    const std::unique_ptr<llvm::Module> module(raw);
    llvm::raw_string_ostream complaints(message);
    if (llvm::verifyModule(*module, &complaints))
      return Error{Errc::kUnsupported, "the SPIR-V module is not valid LLVM IR: " + complaints.str()};
    run_passes(At::kAfterReader, *module);
    bitcode = write_bitcode(*module);
  }
  auto module = read_bitcode(context, bitcode);
  restore_unsigned_hints(*module, words);
  copy_entry_points(*module, words);
  return module;
}

}  // namespace kiesel::compiler
