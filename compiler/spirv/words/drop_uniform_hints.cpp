#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpCapability = 17, kOpDecorate = 71, kOpMemberDecorate = 72, kOpDecorateId = 332;
constexpr std::uint32_t kUniformDecoration = 71, kUniform = 26, kUniformId = 27;

bool is_at(Instruction instruction, std::size_t place, std::uint32_t first, std::uint32_t last) {
  return instruction.size() > place && instruction[place] >= first && instruction[place] <= last;
}

bool is_about_uniformity(Instruction instruction) {
  switch (opcode(instruction)) {
    case kOpCapability:
      return is_at(instruction, 1, kUniformDecoration, kUniformDecoration);
    case kOpDecorate:
    case kOpDecorateId:
      return is_at(instruction, 2, kUniform, kUniformId);
    case kOpMemberDecorate:
      return is_at(instruction, 3, kUniform, kUniformId);
    default:
      return false;
  }
}

}  // namespace

void drop_uniform_hints(Words& words) {
  Words left(words.begin(), words.begin() + kHeaderWords);
  const bool whole = for_each_instruction(words, [&](Instruction instruction) {
    if (!is_about_uniformity(instruction)) left.insert(left.end(), instruction.begin(), instruction.end());
  });
  if (whole) words = std::move(left);
}

}  // namespace kiesel::compiler
