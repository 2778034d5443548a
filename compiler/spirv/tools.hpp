// What the uses of SPIRV-Tools share.
#pragma once

#include <spirv-tools/libspirv.hpp>
#include <string>

namespace kiesel::compiler {

// The environment "OpenCL 2.2" of this library's version rejects valid modules; the universal one holds every
// rule of the core specification.
inline constexpr spv_target_env kEnvironment = SPV_ENV_UNIVERSAL_1_4;

inline spvtools::MessageConsumer collect_into(std::string& log) {
  return [&log](spv_message_level_t level, const char*, const spv_position_t&, const char* text) {
    if (level <= SPV_MSG_ERROR) log.append(log.empty() ? "" : "; ").append(text);
  };
}

}  // namespace kiesel::compiler
