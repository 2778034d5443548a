// Read-modify-write and compare and swap, which gives the value found. `ordered` must be a constant: 0 is memory_order_relaxed, 1 sequentially
// consistent. The packer replaces these calls, see pack/atomics.cpp.
#pragma once

#define DECLARE_RMW(operation, type)                                                               \
  __attribute__((overloadable)) type __kiesel_rmw_##operation(volatile generic type*, type, int ordered);
#define DECLARE_RMW_OF(type, min, max) \
  DECLARE_RMW(xchg, type)              \
  DECLARE_RMW(add, type)               \
  DECLARE_RMW(sub, type)               \
  DECLARE_RMW(and, type)               \
  DECLARE_RMW(or, type)                \
  DECLARE_RMW(xor, type)               \
  DECLARE_RMW(min, type)               \
  DECLARE_RMW(max, type)

#define DECLARE_CAS(type) \
  __attribute__((overloadable)) type __kiesel_cas(volatile generic type*, type expected, type desired);
DECLARE_CAS(int)
DECLARE_CAS(uint)
DECLARE_CAS(long)
DECLARE_CAS(ulong)

DECLARE_RMW_OF(int, smin, smax)
DECLARE_RMW_OF(uint, umin, umax)
DECLARE_RMW_OF(long, smin, smax)
DECLARE_RMW_OF(ulong, umin, umax)

// The machine has no such instructions: these become loops of compare and swap (simt/expand_atomics.cpp).
#define DECLARE_RMW_OF_FLOAT(type) DECLARE_RMW(fadd, type) DECLARE_RMW(fmin, type) DECLARE_RMW(fmax, type)
DECLARE_RMW_OF_FLOAT(float)
DECLARE_RMW_OF_FLOAT(double)
