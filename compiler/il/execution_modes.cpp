#include "compiler/il/execution_modes.hpp"

#include "compiler/il/constants.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpEntryPoint = 15, kOpExecutionMode = 16, kOpExecutionModeId = 331;
constexpr std::uint32_t kSubgroupsPerWorkgroup = 36, kSubgroupsPerWorkgroupId = 37;

}  // namespace

std::map<std::string, std::uint32_t> sub_groups_per_work_group(std::span<const std::uint32_t> words) {
  std::multimap<std::uint32_t, std::string> kernels;   // by id
  std::map<std::uint32_t, std::uint32_t> counts, ids;  // by kernel: the number, or the constant that has it
  for_each_instruction(words, [&](Instruction instruction) {
    const auto op = opcode(instruction);
    if (instruction.size() < 4) return;
    if (op == kOpEntryPoint) kernels.emplace(instruction[2], literal_at(instruction, 3));
    if (op == kOpExecutionMode && instruction[2] == kSubgroupsPerWorkgroup)
      counts[instruction[1]] = instruction[3];
    if (op == kOpExecutionModeId && instruction[2] == kSubgroupsPerWorkgroupId)
      ids[instruction[1]] = instruction[3];
  });
  if (!ids.empty()) {
    const Constants constants(words);
    for (const auto& [kernel, constant] : ids)
      if (const auto count = constants.value(constant)) counts[kernel] = *count;
  }
  std::map<std::string, std::uint32_t> out;
  for (const auto& [kernel, name] : kernels)
    if (const auto found = counts.find(kernel); found != counts.end()) out[name] = found->second;
  return out;
}

}  // namespace kiesel::compiler
