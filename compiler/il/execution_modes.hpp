// What a SPIR-V module demands of the work-groups of its kernels and LLVM IR has no word for.
#pragma once

#include <map>
#include <string>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

// By the kernel's name: SubgroupsPerWorkgroup, or SubgroupsPerWorkgroupId with a constant.
std::map<std::string, std::uint32_t> sub_groups_per_work_group(std::span<const std::uint32_t> words);

}  // namespace kiesel::compiler
