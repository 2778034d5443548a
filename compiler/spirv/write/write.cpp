#include <llvm/IR/Module.h>

#include <cstring>
#include <sstream>

#include "compiler/spirv/names.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/spirv.hpp"
#include "compiler/spirv/translator.hpp"
#include "compiler/spirv/vector_hints.hpp"
#include "compiler/spirv/write/address_cycle.hpp"
#include "compiler/spirv/write/hidden_names.hpp"

namespace kiesel::compiler {
namespace {

// What the writer may use: extensions that every validator knows. A vendor's extension makes a module that
// only its own tools take, so the one here is for functions of a vendor's extension of the language.
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
                              {Extension::SPV_KHR_uniform_group_instructions, true},
                              {Extension::SPV_INTEL_subgroups, true},
                              {Extension::SPV_EXT_shader_atomic_float_add, true},
                              {Extension::SPV_EXT_shader_atomic_float_min_max, true}}});
}

}  // namespace

Result<Words> write_spirv(llvm::Module& module) {
  if (const auto name = address_cycle(module); !name.empty())
    return Error{Errc::kUnsupported, "the initialiser of variable '" + std::string(plain_name(name)) +
                                         "' leads back to its own address, which SPIR-V cannot say"};
  const HiddenNames names(module);
  run_passes(At::kBeforeWriter, module);
  const auto unsigned_hints = kernels_with_unsigned_hints(module);
  std::ostringstream stream;
  std::string message;
  if (!llvm::writeSpirv(&module, writer_options(), stream, message))
    return Error{Errc::kUnsupported, "cannot express the program in SPIR-V: " + message};
  const auto text = std::move(stream).str();
  Words words(text.size() / sizeof(std::uint32_t));
  std::memcpy(words.data(), text.data(), words.size() * sizeof(std::uint32_t));
  run_passes(At::kAfterWriter, words);
  add_unsigned_hints(words, unsigned_hints);
  names.restore(words);
  return words;
}

}  // namespace kiesel::compiler
