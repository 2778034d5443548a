#include <optional>

#include "compiler/spirv/declarations.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/read/rewriting.hpp"
#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpExtension = 10, kOpExtInstImport = 11, kOpExtInst = 12, kOpTypePointer = 32,
                        kOpFunction = 54, kOpConvertPtrToU = 117, kOpConvertUToPtr = 120;
constexpr std::uint32_t kPrintf = 184, kUniformConstant = 0, kAddressBits = 64, kInt64 = 11;
constexpr std::size_t kFormat = 5;
constexpr std::uint32_t kMostIds = 0x3FFFFF;  // SPIR-V 2.17

bool allows(Instruction instruction) {
  return opcode(instruction) == kOpExtension &&
         literal_at(instruction, 1) == "SPV_EXT_relaxed_printf_string_address_space";
}

// Words that are no module may say anything.
bool may_have_other_formats(const Words& words) {
  if (words.size() < kHeaderWords || words[kBoundWord] > kMostIds) return false;
  bool allowed = false;
  const auto look = [&](const spv_parsed_instruction_t& parsed) {
    allowed |= allows({parsed.words, parsed.num_words});
  };
  return for_each_parsed(words, look) && allowed;
}

bool is_printf(const Rewriting& to, Instruction instruction) {
  if (opcode(instruction) != kOpExtInst || instruction.size() <= kFormat || instruction[4] != kPrintf)
    return false;
  const auto set = to.definition(instruction[3]);
  return !set.empty() && opcode(set) == kOpExtInstImport && literal_at(set, 2) == "OpenCL.std";
}

// The same address as one of a constant.
std::optional<std::uint32_t> constant_format(Rewriting& to, std::uint32_t format) {
  const auto type = to.definition_of_type(format);
  if (type.empty() || opcode(type) != kOpTypePointer || type[2] == kUniformConstant) return std::nullopt;
  const auto address = to.emit(kOpConvertPtrToU, to.integer_type(kAddressBits), {format});
  return to.emit(kOpConvertUToPtr, to.pointer_type(kUniformConstant, type[3]), {address});
}

}  // namespace

void relax_formats(Words& words) {
  if (!may_have_other_formats(words)) return;
  Rewriting to(words);
  for_each_instruction(words, [&](Instruction instruction) {
    if (opcode(instruction) == kOpFunction) to.begin_functions();
    Words changed(instruction.begin(), instruction.end());
    if (is_printf(to, instruction))
      changed[kFormat] = constant_format(to, instruction[kFormat]).value_or(instruction[kFormat]);
    to.copy(changed);
  });
  words = to.finish();
  add_capability(words, kInt64);
}

}  // namespace kiesel::compiler
