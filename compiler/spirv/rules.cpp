#include "compiler/spirv/rules.hpp"

#include <fmt/format.h>

#include <bit>
#include <map>
#include <optional>
#include <spirv-tools/libspirv.hpp>
#include <string>

#include "compiler/spirv/clocks.hpp"
#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpTypeVoid = 19, kOpTypeInt = 21, kOpTypePointer = 32, kOpDecorate = 71,
                        kOpLifetimeStart = 256, kOpLifetimeStop = 257;
constexpr std::uint32_t kOpTypeVector = 23, kOpFirstBlock = 5575, kOpLastBlock = 5578;
constexpr std::uint32_t kAligned = 2, kBuiltIn = 11, kAlignment = 44, kFunction = 7, kByteBits = 8,
                        kClockBits = 64;

struct Module {
  struct Pointer {
    std::uint32_t storage, pointee;
  };
  std::map<std::uint32_t, Pointer> pointers;  // types
  struct Integers {
    std::uint32_t bits, count;
  };
  std::map<std::uint32_t, Integers> integers;  // types
  std::map<std::uint32_t, std::uint32_t> type_of_value;
  std::uint32_t void_type = 0, byte_type = 0;
  std::string broken;  // the first rule that is

  const Pointer* pointer_type(std::uint32_t value) const {
    const auto type = type_of_value.find(value);
    const auto pointer = type == type_of_value.end() ? pointers.end() : pointers.find(type->second);
    return pointer == pointers.end() ? nullptr : &pointer->second;
  }
};

using Parsed = spv_parsed_instruction_t;

std::string check_alignment(std::uint32_t value) {
  return std::has_single_bit(value) ? "" : fmt::format("an alignment of {} is no power of two", value);
}

// Numbers of work-groups and items to global linear id; sub-groups; masks of sub-groups.
constexpr struct { std::uint32_t first, last; } kBuiltIns[] = {{24, 34}, {36, 41}, {4416, 4420}};

std::string check_built_in(std::uint32_t number) {
  for (const auto& range : kBuiltIns)
    if (number >= range.first && number <= range.last) return {};
  return fmt::format("the built-in variable {} is none of OpenCL's", number);
}

// The reader wants zeros behind a string's end.
std::string check_string(const Parsed& parsed, const spv_parsed_operand_t& operand) {
  const Instruction words(parsed.words + operand.offset, operand.num_words);
  const auto text = literal_at(words, 0);
  const auto bytes = std::as_bytes(words).subspan(text.size());
  for (const auto byte : bytes)
    if (byte != std::byte{0}) return "a literal string has characters behind its end";
  return {};
}

// SPV_INTEL_subgroups: what a work-item reads or writes.
std::string check_block(const Module& module, std::uint32_t type) {
  const auto found = module.integers.find(type);
  if (found == module.integers.end()) return "a block of a sub-group holds other values than integers";
  const auto [bits, count] = found->second;
  const bool fits = std::has_single_bit(count) && (count <= 8 || (count == 16 && bits == kByteBits));
  return fits ? "" : fmt::format("a block of a sub-group holds {} integers of {} bits", count, bits);
}

// Reads of buffers and images have a type, writes a value as their last operand.
std::string check_block(const Module& module, const Parsed& parsed) {
  if (parsed.type_id) return check_block(module, parsed.type_id);
  const auto type = module.type_of_value.find(parsed.words[parsed.num_words - 1]);
  return check_block(module, type == module.type_of_value.end() ? 0 : type->second);
}

// SPV_KHR_shader_clock: 64 bits, or two halves.
std::string check_clock(const Module& module, const Parsed& parsed) {
  const auto found = module.integers.find(parsed.type_id);
  const bool fits = found != module.integers.end() &&
                    found->second.bits * found->second.count == kClockBits && found->second.count <= 2;
  return fits ? "" : "a clock's value is neither an integer of 64 bits nor two of 32";
}

std::string check_operands(const Parsed& parsed) {
  for (std::uint16_t i = 0; i < parsed.num_operands; ++i) {
    const auto& operand = parsed.operands[i];
    const bool aligned = operand.type == SPV_OPERAND_TYPE_MEMORY_ACCESS &&
                         (parsed.words[operand.offset] & kAligned) && i + 1 < parsed.num_operands;
    auto broken = operand.type == SPV_OPERAND_TYPE_LITERAL_STRING ? check_string(parsed, operand)
                  : aligned ? check_alignment(parsed.words[parsed.operands[i + 1].offset])
                            : std::string();
    if (!broken.empty()) return broken;
  }
  return {};
}

std::string check_instruction(const Module& module, const Parsed& parsed) {
  const Instruction words(parsed.words, parsed.num_words);
  if (parsed.opcode == kOpDecorate && words.size() > 3 && words[2] == kAlignment)
    return check_alignment(words[3]);
  if (parsed.opcode == kOpDecorate && words.size() > 3 && words[2] == kBuiltIn)
    return check_built_in(words[3]);
  if (parsed.opcode == kOpReadClock) return check_clock(module, parsed);
  if (parsed.opcode >= kOpFirstBlock && parsed.opcode <= kOpLastBlock) return check_block(module, parsed);
  if (parsed.opcode == kOpLifetimeStart || parsed.opcode == kOpLifetimeStop) {
    const auto* pointer = module.pointer_type(words[1]);
    if (!pointer || pointer->storage != kFunction) return "the lifetime of what is no variable of a function";
    const bool has_type = pointer->pointee != module.void_type && pointer->pointee != module.byte_type;
    if (words[2] != 0 && has_type) return "the lifetime of a variable with a type has a size";
  }
  return check_operands(parsed);
}

void visit(Module& module, const Parsed& parsed) {
  if (!module.broken.empty()) return;  // the first is told
  if (parsed.opcode == kOpTypeVoid) module.void_type = parsed.result_id;
  if (parsed.opcode == kOpTypeInt && parsed.words[2] == kByteBits) module.byte_type = parsed.result_id;
  if (parsed.opcode == kOpTypeInt) module.integers[parsed.result_id] = {parsed.words[2], 1};
  if (parsed.opcode == kOpTypeVector)
    if (const auto element = module.integers.find(parsed.words[2]); element != module.integers.end())
      module.integers[parsed.result_id] = {element->second.bits, parsed.words[3]};
  if (parsed.opcode == kOpTypePointer) module.pointers[parsed.result_id] = {parsed.words[2], parsed.words[3]};
  if (parsed.type_id) module.type_of_value[parsed.result_id] = parsed.type_id;
  module.broken = check_instruction(module, parsed);
}

}  // namespace

Status check_rules(std::span<const std::uint32_t> words) {
  Module module;
  for_each_parsed(words, [&](const Parsed& parsed) { visit(module, parsed); });
  if (module.broken.empty()) return {};
  return Error{Errc::kInvalidArgument, "the SPIR-V module is not valid: " + module.broken};
}

}  // namespace kiesel::compiler
