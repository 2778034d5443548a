// SPV_KHR_shader_clock and the functions of cl_khr_kernel_clock.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace kiesel::compiler {

inline constexpr std::uint32_t kOpReadClock = 5056, kShaderClock = 5055;  // its capability
inline constexpr std::string_view kShaderClockExtension = "SPV_KHR_shader_clock";
inline constexpr std::uint32_t kDeviceScope = 1, kWorkgroupScope = 2, kSubgroupScope = 3;

struct Clock {
  std::uint32_t scope;
  std::string_view function;  // mangled
};
inline constexpr std::array<Clock, 3> kClocks{{{kDeviceScope, "_Z17clock_read_devicev"},
                                               {kWorkgroupScope, "_Z21clock_read_work_groupv"},
                                               {kSubgroupScope, "_Z20clock_read_sub_groupv"}}};

}  // namespace kiesel::compiler
