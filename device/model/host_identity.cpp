#include "device/model/host_identity.hpp"

#include <fmt/format.h>
#if defined(__x86_64__)
#include <cpuid.h>
#else
#include <sys/auxv.h>
#endif

namespace kiesel::model {

#if defined(__x86_64__)
std::string host_identity() {
  std::string out = "x86-64";
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d)) out += fmt::format(" {:x} {:x} {:x}", a, c, d);  // b names the core
  for (const unsigned part : {0u, 1u})
    if (__get_cpuid_count(7, part, &a, &b, &c, &d)) out += fmt::format(" {:x} {:x} {:x} {:x}", a, b, c, d);
  if (__get_cpuid(0x80000001, &a, &b, &c, &d)) out += fmt::format(" {:x} {:x}", c, d);
  return out;
}
#else
std::string host_identity() { return fmt::format("{:x} {:x}", getauxval(AT_HWCAP), getauxval(AT_HWCAP2)); }
#endif

}  // namespace kiesel::model
