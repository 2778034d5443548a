#include <LLVMSPIRVLib/LLVMSPIRVLib.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <cstring>
#include <sstream>

#include "compiler/spirv/bitcode.hpp"
#include "compiler/spirv/mend.hpp"
#include "compiler/spirv/opaque_arguments.hpp"
#include "compiler/spirv/prepare.hpp"
#include "compiler/spirv/readable.hpp"
#include "compiler/spirv/spirv.hpp"
#include "compiler/spirv/vector_hints.hpp"

namespace kiesel::compiler {
namespace {

SPIRV::TranslatorOpts translator_options(SPIRV::TranslatorOpts options) {
  options.setDesiredBIsRepresentation(SPIRV::BIsRepresentation::OpenCL20);
  // Names and signed types of kernel arguments survive only with these.
  options.setGenKernelArgNameMDEnabled(true);
  options.setPreserveOCLKernelArgTypeMetadataThroughString(true);
  return options;
}

// What the writer may use: extensions that every validator knows. A vendor's extension would make a module
// that only its own tools take.
SPIRV::TranslatorOpts writer_options() {
  using Extension = SPIRV::ExtensionID;
  return translator_options({SPIRV::VersionNumber::MaximumVersion,
                             {{Extension::SPV_KHR_no_integer_wrap_decoration, true},
                              {Extension::SPV_KHR_float_controls, true},
                              {Extension::SPV_KHR_linkonce_odr, true},
                              {Extension::SPV_KHR_expect_assume, true},
                              {Extension::SPV_KHR_integer_dot_product, true},
                              {Extension::SPV_KHR_bit_instructions, true},
                              {Extension::SPV_KHR_subgroup_rotate, true},
                              {Extension::SPV_EXT_shader_atomic_float_add, true},
                              {Extension::SPV_EXT_shader_atomic_float_min_max, true}}});
}

SPIRV::TranslatorOpts reader_options() {
  SPIRV::TranslatorOpts options;
  options.enableAllExtensions();
  return translator_options(options);
}

// Names are optional in SPIR-V; errors, frame sizes and listings need them.
void name_functions(llvm::Module& module) {
  for (auto& function : module)
    if (!function.hasName()) function.setName("function");
}

}  // namespace

Result<Words> write_spirv(llvm::Module& module) {
  if (const auto name = address_cycle(module); !name.empty())
    return Error{Errc::kUnsupported, "the initialiser of variable '" + name +
                                         "' leads back to its own address, which SPIR-V cannot say"};
  drop_loop_hints(module);
  own_inline_definitions(module);
  bound_dimensions(module);
  make_exchanges_writable(module);
  call_bit_reverse(module);
  convert_plainly(module);
  fold_reinterpreted_scalars(module);
  make_samplers_writable(module);
  order_blocks(module);
  replace_empty_arrays(module);
  split_arrays(module);
  const auto unsigned_hints = kernels_with_unsigned_hints(module);
  std::ostringstream stream;
  std::string message;
  if (!llvm::writeSpirv(&module, writer_options(), stream, message))
    return Error{Errc::kUnsupported, "cannot express the program in SPIR-V: " + message};
  const auto text = std::move(stream).str();
  Words words(text.size() / sizeof(std::uint32_t));
  std::memcpy(words.data(), text.data(), words.size() * sizeof(std::uint32_t));
  mend_linkage_names(words);
  mend_debug_information(words);
  mend_interfaces(words);
  mend_addresses(words);
  add_unsigned_hints(words, unsigned_hints);
  return words;
}

Result<std::unique_ptr<llvm::Module>> read_spirv_module(llvm::LLVMContext& context,
                                                        std::span<const std::uint32_t> words) {
  Bitcode bitcode;
  {
    llvm::LLVMContext typed;
    typed.setOpaquePointers(false);
    typed.setDiscardValueNames(context.shouldDiscardValueNames());
    auto readable = make_readable(words);
    own_names(readable);
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
    keep_opaque_types(*module);
    name_functions(*module);
    bitcode = write_bitcode(*module);
  }
  auto module = read_bitcode(context, bitcode);
  restore_unsigned_hints(*module, words);
  return module;
}

}  // namespace kiesel::compiler
