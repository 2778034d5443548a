#include <algorithm>
#include <set>
#include <string_view>

#include "compiler/spirv/declarations.hpp"
#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpCapability = 17;

struct Owner {
  std::uint32_t capability;
  const char* extension;
};
constexpr Owner kOwners[] = {{5612, "SPV_EXT_shader_atomic_float_min_max"},
                             {5613, "SPV_EXT_shader_atomic_float_min_max"},
                             {5629, "SPV_KHR_expect_assume"},
                             {5837, "SPV_INTEL_fp_fast_math_mode"},
                             {6025, "SPV_KHR_bit_instructions"},
                             {6026, "SPV_KHR_subgroup_rotate"},
                             {6033, "SPV_EXT_shader_atomic_float_add"},
                             {6034, "SPV_EXT_shader_atomic_float_add"},
                             {6400, "SPV_KHR_uniform_group_instructions"}};

}  // namespace

void add_extensions(Words& words) {
  std::set<std::string_view> needed;
  for_each_instruction(words, [&](Instruction instruction) {
    if (opcode(instruction) != kOpCapability || instruction.size() < 2) return;
    const auto* owner = std::ranges::find(kOwners, instruction[1], &Owner::capability);
    if (owner != std::end(kOwners)) needed.insert(owner->extension);
  });
  for (const auto name : needed) add_extension(words, name);
}

}  // namespace kiesel::compiler
