#include <set>
#include <string_view>

#include "compiler/spirv/declarations.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpExtInstImport = 11, kOpCapability = 17, kOpConstant = 43, kOpConstantNull = 46,
                        kOpSpecConstant = 50, kOpSpecConstantOp = 52, kOpImageSampleExplicitLod = 88,
                        kOpImageFetch = 95, kOpImageRead = 98, kOpImageWrite = 99, kBroadcast = 337,
                        kShuffle = 345;
constexpr std::uint32_t kGroupNonUniformShuffle = 65, kFirstDotProduct = 6016, kLastDotProduct = 6019;
constexpr std::uint32_t kNontemporal = 0x4000;
constexpr std::size_t kBroadcastLane = 5;

bool is_scalar_constant(std::uint32_t code) {
  return code == kOpConstant || code == kOpConstantNull || code == kOpSpecConstant ||
         code == kOpSpecConstantOp;
}

// Where the image operands' mask stands; 0: there is none.
std::size_t image_operands(Instruction instruction) {
  switch (opcode(instruction)) {
    case kOpImageSampleExplicitLod:
    case kOpImageFetch:
    case kOpImageRead:
      return instruction.size() > 5 ? 5 : 0;
    case kOpImageWrite:
      return instruction.size() > 4 ? 4 : 0;
    default:
      return 0;
  }
}

class Lowering {
 public:
  void look(Instruction instruction) {
    const auto code = opcode(instruction);
    if (is_scalar_constant(code)) constants_.insert(instruction[2]);
    if (code == kOpCapability && instruction[1] >= kFirstDotProduct && instruction[1] <= kLastDotProduct)
      extensions_.insert("SPV_KHR_integer_dot_product");
    if (code == kOpExtInstImport && literal_at(instruction, 2).starts_with("NonSemantic."))
      extensions_.insert("SPV_KHR_non_semantic_info");
  }

  void append(Words& out, Instruction instruction) {
    const auto start = out.size();
    out.insert(out.end(), instruction.begin(), instruction.end());
    if (const auto mask = image_operands(instruction)) out[start + mask] &= ~kNontemporal;
    if (opcode(instruction) != kBroadcast || constants_.contains(instruction[kBroadcastLane])) return;
    out[start] = (instruction[0] & ~0xffffU) | kShuffle;
    shuffles_ = true;
  }

  void declare(Words& words) const {
    for (const auto extension : extensions_) add_extension(words, extension);
    if (shuffles_) add_capability(words, kGroupNonUniformShuffle);
  }

 private:
  std::set<std::uint32_t> constants_;
  std::set<std::string_view> extensions_;
  bool shuffles_ = false;
};

}  // namespace

void lower_version(Words& words) {
  Lowering lowering;
  for_each_instruction(words, [&](Instruction instruction) { lowering.look(instruction); });
  Words lowered(words.begin(), words.begin() + kHeaderWords);
  for_each_instruction(words, [&](Instruction instruction) { lowering.append(lowered, instruction); });
  lowered[kVersionWord] = kLastOwnVersion;
  lowering.declare(lowered);
  words = std::move(lowered);
}

}  // namespace kiesel::compiler
