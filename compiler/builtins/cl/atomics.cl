// OpenCL C 6.15.12. The SPIR-V reader brings every atomic function, those of OpenCL 1.x too, back as the
// explicit C11 form on a pointer to the generic address space.
#include "atomic.h"
#include "csr.h"

// All memory orders but the relaxed one are made sequentially consistent, for the whole device.
#define RMW(name, operation, type)                                                                              \
  FUNC type name(volatile generic atomic_##type* object, type operand, memory_order order, memory_scope scope) { \
    volatile generic type* target = (volatile generic type*)object;                                             \
    return order == memory_order_relaxed ? __kiesel_rmw_##operation(target, operand, 0)                         \
                                         : __kiesel_rmw_##operation(target, operand, 1);                        \
  }

#define FENCE_UNLESS_RELAXED(order) \
  if (order != memory_order_relaxed) __asm__ volatile("fence rw, rw" ::: "memory")

#define LOAD_AND_STORE(type)                                                                                   \
  FUNC type atomic_load_explicit(volatile generic atomic_##type* object, memory_order order,                  \
                                 memory_scope scope) {                                                        \
    FENCE_UNLESS_RELAXED(order);                                                                               \
    type value = *(volatile generic type*)object;                                                              \
    FENCE_UNLESS_RELAXED(order);                                                                               \
    return value;                                                                                              \
  }                                                                                                            \
  FUNC void atomic_store_explicit(volatile generic atomic_##type* object, type desired, memory_order order,    \
                                  memory_scope scope) {                                                        \
    FENCE_UNLESS_RELAXED(order);                                                                               \
    *(volatile generic type*)object = desired;                                                                 \
    FENCE_UNLESS_RELAXED(order);                                                                               \
  }

#define COMPARE_EXCHANGE_NAMED(name, type)                                                         \
  FUNC bool name(volatile generic atomic_##type* object, generic type* expected, type desired,    \
                 memory_order success, memory_order failure, memory_scope scope) {                \
    const type wanted = *expected;                                                                \
    const type found = __kiesel_cas((volatile generic type*)object, wanted, desired);             \
    *expected = found;                                                                            \
    return found == wanted;                                                                       \
  }

#define COMPARE_EXCHANGE(type)                                           \
  COMPARE_EXCHANGE_NAMED(atomic_compare_exchange_strong_explicit, type) \
  COMPARE_EXCHANGE_NAMED(atomic_compare_exchange_weak_explicit, type)

#define ALL(type, min, max)                      \
  LOAD_AND_STORE(type)                           \
  COMPARE_EXCHANGE(type)                         \
  RMW(atomic_exchange_explicit, xchg, type)      \
  RMW(atomic_fetch_add_explicit, add, type)      \
  RMW(atomic_fetch_sub_explicit, sub, type)      \
  RMW(atomic_fetch_and_explicit, and, type)      \
  RMW(atomic_fetch_or_explicit, or, type)        \
  RMW(atomic_fetch_xor_explicit, xor, type)      \
  RMW(atomic_fetch_min_explicit, min, type)      \
  RMW(atomic_fetch_max_explicit, max, type)

ALL(int, smin, smax)
ALL(uint, umin, umax)
ALL(long, smin, smax)
ALL(ulong, umin, umax)
LOAD_AND_STORE(float)
LOAD_AND_STORE(double)

#define EXCHANGE_BITS(type, bits)                                                                               \
  FUNC type atomic_exchange_explicit(volatile generic atomic_##type* object, type desired, memory_order order, \
                                     memory_scope scope) {                                                     \
    return as_##type(atomic_exchange_explicit((volatile generic atomic_##bits*)object, as_##bits(desired), order, scope)); \
  }

EXCHANGE_BITS(float, uint)
EXCHANGE_BITS(double, ulong)

// cl_ext_float_atomics. A subtraction comes as the addition of the negated operand.
#define FLOAT_UPDATES(type)                     \
  RMW(atomic_fetch_add_explicit, fadd, type)    \
  RMW(atomic_fetch_min_explicit, fmin, type)    \
  RMW(atomic_fetch_max_explicit, fmax, type)

FLOAT_UPDATES(float)
FLOAT_UPDATES(double)

FUNC bool atomic_flag_test_and_set_explicit(volatile generic atomic_int* object, memory_order order,
                                            memory_scope scope) {
  return atomic_exchange_explicit(object, 1, order, scope) != 0;
}

FUNC void atomic_flag_clear_explicit(volatile generic atomic_int* object, memory_order order, memory_scope scope) {
  atomic_store_explicit(object, 0, order, scope);
}
