// cl_khr_kernel_clock. A core has one clock, which all work-items of a work-group read; that of the device is
// Zicntr's. Volatile: a read stays where it stands, and accesses to memory on their side of it.
#include "csr.h"

#define CLOCK(name, number)                                                \
  FUNC ulong name(void) {                                                  \
    ulong value;                                                           \
    __asm__ volatile("csrr %0, " number : "=r"(value)::"memory");          \
    return value;                                                          \
  }
CLOCK(clock_read_sub_group, "0xB00")
CLOCK(clock_read_work_group, "0xB00")
CLOCK(clock_read_device, "0xC01")
