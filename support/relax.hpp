// For loops that look at memory until another thread changes it.
#pragma once

namespace kiesel {

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace kiesel
