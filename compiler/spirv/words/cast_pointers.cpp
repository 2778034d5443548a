#include "compiler/spirv/declarations.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/read/rewriting.hpp"
#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpTypeVector = 23, kOpTypePointer = 32, kOpFunction = 54, kOpConvertPtrToU = 117,
                        kOpConvertUToPtr = 120, kOpBitcast = 124;
constexpr std::uint32_t kAddressBits = 64, kInt64 = 11;
constexpr std::uint32_t kMostIds = 0x3FFFFF;  // SPIR-V 2.17

// Words that are no module may say anything.
bool has_casts(const Words& words) {
  if (words.size() < kHeaderWords || words[kBoundWord] > kMostIds) return false;
  bool found = false;
  const auto look = [&](const spv_parsed_instruction_t& parsed) { found |= parsed.opcode == kOpBitcast; };
  return for_each_parsed(words, look) && found;
}

bool is(Instruction type, std::uint32_t code) { return !type.empty() && opcode(type) == code; }

// Between a pointer and a vector of integers: by an integer of the address's size.
bool replace(Rewriting& to, Instruction cast) {
  const auto target = to.definition(cast[1]), source = to.definition_of_type(cast[3]);
  if (is(target, kOpTypeVector) && is(source, kOpTypePointer)) {
    const auto address = to.emit(kOpConvertPtrToU, to.integer_type(kAddressBits), {cast[3]});
    to.append(kOpBitcast, {cast[1], cast[2], address});
    return true;
  }
  if (!is(target, kOpTypePointer) || !is(source, kOpTypeVector)) return false;
  const auto address = to.emit(kOpBitcast, to.integer_type(kAddressBits), {cast[3]});
  to.append(kOpConvertUToPtr, {cast[1], cast[2], address});
  return true;
}

}  // namespace

void cast_pointers(Words& words) {
  if (!has_casts(words)) return;
  Rewriting to(words);
  bool replaced = false;
  for_each_instruction(words, [&](Instruction instruction) {
    if (opcode(instruction) == kOpFunction) to.begin_functions();
    if (opcode(instruction) == kOpBitcast && instruction.size() == 4 && replace(to, instruction))
      replaced = true;
    else
      to.copy(instruction);
  });
  if (!replaced) return;
  words = to.finish();
  add_capability(words, kInt64);
}

}  // namespace kiesel::compiler
