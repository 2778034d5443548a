#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "compiler/spirv/declarations.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/read/rewriting.hpp"
#include "compiler/spirv/tools.hpp"
#include "compiler/spirv/words/bfloat16.hpp"
#include "compiler/spirv/words/unite_types.hpp"

namespace kiesel::compiler {
namespace {

enum Op : std::uint32_t {
  kOpExtension = 10,
  kOpExtInst = 12,
  kOpCapability = 17,
  kOpTypeInt = 21,
  kOpTypeFloat = 22,
  kOpTypeVector = 23,
  kOpSpecConstantOp = 52,
  kOpFunction = 54,
  kOpDecorate = 71,
  kOpConvertFToU = 109,
  kOpConvertUToF = 112,
  kOpUConvert = 113,
  kOpFConvert = 115,
  kOpBitcast = 124,
  kOpDot = 148,
  kOpConvertFToBF16INTEL = 6116,
  kOpConvertBF16ToFINTEL = 6117,
};
constexpr std::uint32_t kInt16 = 22;
constexpr std::uint32_t kTypes = 5116, kDotProducts = 5117, kMatrices = 5118, kIntels = 6115;
constexpr std::uint32_t kBits = 16, kFloatBits = 32, kMostComponents = 16,
                        kMostIds = 0x3FFFFF;  // SPIR-V 2.17
constexpr std::uint32_t kRoundingMode = 39, kFastMathMode = 40, kNearestEven = 0;
constexpr std::string_view kExtensions[] = {"SPV_KHR_bfloat16", "SPV_INTEL_bfloat16_conversion"};

struct Range {
  std::uint32_t first, last;
};
// Where the extension allows its numbers: undefined values, names and lines, extended instructions, modes,
// constants, functions, memory, annotations, composites, conversions (from, to and between floats, bits),
// products, choices, phis, returns, lifetimes.
constexpr Range kAllowed[] = {{1, 1},     {5, 8},     {12, 12},   {15, 16},   {41, 52},
                              {54, 57},   {59, 70},   {71, 75},   {77, 83},   {109, 112},
                              {115, 115}, {124, 124}, {148, 148}, {169, 169}, {245, 245},
                              {254, 254}, {256, 257}, {332, 332}, {400, 400}, {5632, 5633}};

bool is_allowed(std::uint32_t code) {
  return std::ranges::any_of(kAllowed,
                             [&](Range range) { return code >= range.first && code <= range.last; });
}

bool is_computation(std::uint32_t code) {
  return (code >= kOpConvertFToU && code <= kOpConvertUToF) || code == kOpFConvert || code == kOpDot;
}

bool is_extension(Instruction instruction) {
  return opcode(instruction) == kOpExtension && std::ranges::count(kExtensions, literal_at(instruction, 1));
}

bool is_intels(Instruction instruction) {
  const auto code = opcode(instruction);
  return (code == kOpConvertFToBF16INTEL || code == kOpConvertBF16ToFINTEL) && instruction.size() == 4;
}

Error broken(const std::string& rule) {
  return {Errc::kInvalidArgument, "the SPIR-V module is not valid: " + rule};
}

// The words with what the parser does not know as what has the same shape: a bfloat16 is an integer of 16
// bits, a conversion of Intel's OpFConvert. The extensions' declarations are gone.
struct Disguised {
  explicit Disguised(const Words& original) : words(original.begin(), original.begin() + kHeaderWords) {
    for_each_instruction(original, [&](Instruction instruction) { append(instruction); });
  }
  bool declares(std::uint32_t capability) const { return capabilities.contains(capability); }

  Words words;
  std::set<std::uint32_t> types;              // of bfloat16
  std::set<std::uint32_t> narrowed, widened;  // Intel's results
  std::set<std::uint32_t> capabilities;       // of the extensions

 private:
  bool is_declaration(Instruction instruction) {
    if (is_extension(instruction)) return true;
    if (opcode(instruction) != kOpCapability || instruction.size() != 2) return false;
    const auto capability = instruction[1];
    const bool is_one = capability == kIntels || (capability >= kTypes && capability <= kMatrices);
    if (is_one) capabilities.insert(capability);
    return is_one && capability != kMatrices;
  }

  void append(Instruction instruction) {
    if (is_declaration(instruction)) return;
    Words changed(instruction.begin(), instruction.end());
    const auto call_it = [&](std::uint32_t code) { changed[0] = (changed[0] & ~0xffffU) | code; };
    if (is_bfloat16_type(instruction)) {
      types.insert(instruction[1]);
      call_it(kOpTypeInt);
    } else if (is_intels(instruction)) {
      (opcode(instruction) == kOpConvertFToBF16INTEL ? narrowed : widened).insert(instruction[2]);
      call_it(kOpFConvert);
    }
    words.insert(words.end(), changed.begin(), changed.end());
  }
};

class Lowering {
 public:
  explicit Lowering(const Disguised& from) : from_(from), to_(from.words), shapes_(from.types) {
    for_each_parsed(from.words, [&](const spv_parsed_instruction_t& parsed) {
      if (parsed.opcode == kOpTypeVector && shapes_.contains(parsed.words[2]))
        shapes_.insert(parsed.result_id);
    });
  }

  // The first rule that is broken.
  std::string check() {
    if (const auto missing = missing_capability(); !missing.empty()) return missing;
    std::string rule;
    for_each_parsed(from_.words, [&](const spv_parsed_instruction_t& parsed) {
      if (rule.empty()) rule = check(parsed);
    });
    return rule;
  }

  Words run() {
    for_each_instruction(from_.words, [&](Instruction instruction) {
      if (opcode(instruction) == kOpFunction) to_.begin_functions();
      rewrite(instruction);
    });
    return to_.finish();
  }

 private:
  std::string missing_capability() const {
    const auto rule = [](const char* what, const char* capability) {
      return fmt::format("{} need the capability {}, which it does not declare", what, capability);
    };
    const bool has_types =
        from_.declares(kTypes) || from_.declares(kDotProducts) || from_.declares(kMatrices);
    if (!from_.types.empty() && !has_types) return rule("types of bfloat16", "BFloat16TypeKHR");
    if (!(from_.narrowed.empty() && from_.widened.empty()) && !from_.declares(kIntels))
      return rule("conversions of bfloat16", "BFloat16ConversionINTEL");
    return {};
  }

  std::string check(const spv_parsed_instruction_t& parsed) {
    const Instruction words(parsed.words, parsed.num_words);
    if (parsed.opcode == kOpDecorate) return check_decoration(words);
    if (from_.narrowed.contains(parsed.result_id)) return check_intels(words[1], to_.type_of(words[3]));
    if (from_.widened.contains(parsed.result_id)) return check_intels(to_.type_of(words[3]), words[1]);
    if (!touches(parsed)) return {};
    if (!is_allowed(parsed.opcode))
      return fmt::format("SPV_KHR_bfloat16 allows no instruction {} on its numbers", parsed.opcode);
    if (parsed.opcode == kOpDot && !from_.declares(kDotProducts))
      return "a dot product of bfloat16 needs the capability BFloat16DotProductKHR, which it does not "
             "declare";
    if (parsed.opcode == kOpSpecConstantOp && (!is_allowed(words[3]) || is_computation(words[3])))
      return fmt::format("instruction {} does not compute constants of bfloat16", words[3]);
    if (parsed.opcode == kOpExtInst && parsed.ext_inst_type == SPV_EXT_INST_TYPE_OPENCL_STD)
      return fmt::format("function {} of OpenCL.std takes no bfloat16", words[4]);
    return {};
  }

  // Intel's conversions: which types, besides how many components, which the validator sees.
  std::string check_intels(std::uint32_t integers, std::uint32_t floats) const {
    const auto has = [&](std::uint32_t type, std::uint32_t code, std::uint32_t bits) {
      const auto element = to_.opcode_of(type) == kOpTypeVector ? to_.definition(type)[2] : type;
      return to_.opcode_of(element) == code && to_.definition(element)[2] == bits;
    };
    if (has(integers, kOpTypeInt, kBits) && has(floats, kOpTypeFloat, kFloatBits)) return {};
    return "a conversion of bfloat16 is not between integers of 16 and floats of 32 bits";
  }

  std::string check_decoration(Instruction words) {
    const bool rounds = words.size() == 4 && words[2] == kRoundingMode && words[3] != kNearestEven;
    const auto target = to_.definition(words[1]);
    if (!rounds || target.empty() || !is_lowered(target) || !makes_bfloat16(target)) return {};
    return "a conversion to bfloat16 has another rounding mode than to the nearest even number";
  }

  bool touches(const spv_parsed_instruction_t& parsed) const {
    const std::span operands(parsed.operands, parsed.num_operands);
    return shapes_.contains(parsed.type_id) || std::ranges::any_of(operands, [&](const auto& operand) {
             return operand.type == SPV_OPERAND_TYPE_ID &&
                    shapes_.contains(to_.type_of(parsed.words[operand.offset]));
           });
  }

  bool is_lowered(Instruction instruction) const {
    return is_computation(opcode(instruction)) &&
           (takes_bfloat16(instruction) || makes_bfloat16(instruction));
  }
  bool takes_bfloat16(Instruction instruction) const {
    return shapes_.contains(to_.type_of(instruction[3])) || from_.widened.contains(instruction[2]);
  }
  bool makes_bfloat16(Instruction instruction) const {
    return shapes_.contains(instruction[1]) || from_.narrowed.contains(instruction[2]);
  }

  std::uint32_t count_of(std::uint32_t type) const {
    const auto shape = to_.definition(type);
    return to_.opcode_of(type) == kOpTypeVector && shape[3] <= kMostComponents ? shape[3] : 1;
  }
  std::uint32_t float_shape(std::uint32_t count) {
    return to_.vector_type(to_.float_type(kFloatBits), count);
  }
  bool makes_float(Instruction instruction) {
    return opcode(instruction) == kOpFConvert && instruction[1] == float_shape(count_of(instruction[1]));
  }

  // What a float's arithmetic is told about; the numbers are integers now.
  bool is_lost(Instruction decoration) {
    if (opcode(decoration) != kOpDecorate || decoration.size() != 4) return false;
    if (decoration[2] != kRoundingMode && decoration[2] != kFastMathMode) return false;
    const auto target = to_.definition(decoration[1]);
    return !target.empty() && is_lowered(target) && (makes_bfloat16(target) || makes_float(target));
  }

  void rewrite(Instruction instruction) {
    if (is_lost(instruction)) return;
    if (!is_lowered(instruction)) return to_.copy(instruction);
    opcode(instruction) == kOpDot ? multiply(instruction) : convert(instruction);
  }

  void round(Instruction instruction, std::uint32_t value) {
    const auto rounded = round_to_bfloat16(to_, value, count_of(instruction[1]));
    to_.append(kOpUConvert, {instruction[1], instruction[2], rounded});
  }

  // All conversions go by way of float.
  void convert(Instruction instruction) {
    const auto code = opcode(instruction);
    const auto count = count_of(instruction[1]);
    const bool takes = takes_bfloat16(instruction);
    auto value = instruction[3];
    if (takes && makes_float(instruction))
      return to_.append(kOpBitcast, {instruction[1], instruction[2], bits_of_bfloat16(to_, value, count)});
    if (takes) value = float_of_bfloat16(to_, value, count);
    if (!makes_bfloat16(instruction)) return to_.append(code, {instruction[1], instruction[2], value});
    const bool is_float = code == kOpFConvert && to_.type_of(value) == float_shape(count);
    round(instruction, is_float ? value : to_.emit(code, float_shape(count), {value}));
  }

  // In float, rounded once.
  void multiply(Instruction instruction) {
    const auto count = count_of(to_.type_of(instruction[3]));
    const auto first = float_of_bfloat16(to_, instruction[3], count);
    const auto second = float_of_bfloat16(to_, instruction[4], count);
    round(instruction, to_.emit(kOpDot, float_shape(1), {first, second}));
  }

  const Disguised& from_;
  Rewriting to_;
  std::set<std::uint32_t> shapes_;  // the types of bfloat16 and of its vectors
};

bool has_bfloat16(const Words& words) {
  bool has = false;
  for_each_instruction(words, [&](Instruction instruction) {
    has |= is_extension(instruction) || is_bfloat16_type(instruction) || is_intels(instruction);
  });
  return has;
}

}  // namespace

Status lower_bfloat16(Words& words) {
  if (words.size() < kHeaderWords || words[kBoundWord] > kMostIds || !has_bfloat16(words)) return {};
  Disguised disguised(words);
  if (!for_each_parsed(disguised.words, [](const spv_parsed_instruction_t&) {})) return {};
  Lowering lowering(disguised);
  if (auto rule = lowering.check(); !rule.empty()) return broken(rule);
  words = lowering.run();
  unite_types(words);
  if (!disguised.types.empty()) add_capability(words, kInt16);
  return {};
}

}  // namespace kiesel::compiler
