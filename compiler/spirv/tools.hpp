// What the uses of SPIRV-Tools share.
#pragma once

#include <cstdint>
#include <span>
#include <spirv-tools/libspirv.hpp>
#include <string>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

inline constexpr std::uint32_t kLastOwnVersion = 0x00010400;

// The environment "OpenCL 2.2" of this library's version rejects valid modules; the universal one holds every
// rule of the core specification.
inline constexpr spv_target_env kEnvironment = SPV_ENV_UNIVERSAL_1_4;

// For modules as others made them, which may be of newer versions; all later steps see 1.4 at most.
inline spv_target_env environment_of(std::span<const std::uint32_t> words) {
  return words.size() > kVersionWord && words[kVersionWord] > kLastOwnVersion ? SPV_ENV_UNIVERSAL_1_6
                                                                              : kEnvironment;
}

// Calls `visit` with each instruction and what its operands are; false when the words are no module.
template <class Visit>
bool for_each_parsed(std::span<const std::uint32_t> words, Visit visit) {
  const spvtools::Context context(environment_of(words));
  const auto call = [](void* to, const spv_parsed_instruction_t* instruction) {
    (*static_cast<Visit*>(to))(*instruction);
    return SPV_SUCCESS;
  };
  return spvBinaryParse(context.CContext(), &visit, words.data(), words.size(), nullptr, call, nullptr) ==
         SPV_SUCCESS;
}

inline spvtools::MessageConsumer collect_into(std::string& log) {
  return [&log](spv_message_level_t level, const char*, const spv_position_t&, const char* text) {
    if (level <= SPV_MSG_ERROR) log.append(log.empty() ? "" : "; ").append(text);
  };
}

}  // namespace kiesel::compiler
