#include <algorithm>

#include "device/model/host.hpp"
#include "device/model/interpreter/engine.hpp"

namespace kiesel::model {

namespace base {
const Engine& engine(unsigned lanes);
}
#if defined(KIESEL_X86_LEVELS)
namespace v3 {
const Engine& engine(unsigned lanes);
}
namespace v4 {
const Engine& engine(unsigned lanes);
}

namespace {

// The level's other extensions (LZCNT, MOVBE, F16C) came with or before these on every processor; not all
// host compilers can ask for them.
bool host_has_v3() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt");
}

bool host_has_v4() {
  return host_has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

}  // namespace

HostLevel host_level() {
  return host_has_v4() ? HostLevel::kV4 : host_has_v3() ? HostLevel::kV3 : HostLevel::kBase;
}

const Engine& engine_for(unsigned lanes, HostLevel most) {
  switch (std::min(most, host_level())) {
    case HostLevel::kV4:
      return v4::engine(lanes);
    case HostLevel::kV3:
      return v3::engine(lanes);
    case HostLevel::kBase:
      break;
  }
  return base::engine(lanes);
}
#else
HostLevel host_level() { return HostLevel::kBase; }
const Engine& engine_for(unsigned lanes, HostLevel) { return base::engine(lanes); }
#endif

}  // namespace kiesel::model
