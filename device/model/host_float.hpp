// The host thread's floating-point environment while it interprets: the application may have changed its own.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace kiesel::model {

#if defined(__SSE2__)
class HostFloat {
 public:
  HostFloat() : saved_(_mm_getcsr()) { _mm_setcsr(0x1F80); }  // to nearest, subnormals kept, no traps
  ~HostFloat() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
};
#else
class HostFloat {
 public:
  HostFloat() {
    std::fegetenv(&saved_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~HostFloat() { std::fesetenv(&saved_); }

 private:
  std::fenv_t saved_;
};
#endif

}  // namespace kiesel::model
