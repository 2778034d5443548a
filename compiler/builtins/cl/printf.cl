// OpenCL C 6.15.14: room for one record in the printf buffer (device/isa/launch_block.hpp). The compiler writes
// the record itself, see lower_printf().
#include "atomic.h"
#include "csr.h"

struct PrintfBuffer {
  uint used;
  uint capacity;
};

// Null when there is no buffer or it is full. Once full, `used` stops growing, so that it cannot wrap.
global uchar* __kiesel_printf_reserve(uint bytes) {
  global struct PrintfBuffer* buffer = (global struct PrintfBuffer*)header_printf_buffer();
  if (!buffer) return 0;
  const uint capacity = buffer->capacity;
  if (*(volatile global uint*)&buffer->used > capacity) return 0;
  const uint start = __kiesel_rmw_add((volatile generic uint*)&buffer->used, bytes, 0);
  if (start > capacity || bytes > capacity - start) return 0;
  return (global uchar*)(buffer + 1) + start;
}

// The same without atomics: a buffer for each hart, which is one lane at a time.
global uchar* __kiesel_printf_reserve_own(uint bytes) {
  global uchar* first = (global uchar*)header_printf_buffer();
  if (!first) return 0;
  const uint capacity = ((global struct PrintfBuffer*)first)->capacity;
  volatile global struct PrintfBuffer* buffer =
      (volatile global struct PrintfBuffer*)(first + csr_mhartid() * (sizeof(struct PrintfBuffer) + capacity));
  const uint start = buffer->used;
  const bool fits = !(start & 1) && bytes <= capacity - start;
  buffer->used = fits ? start + bytes : start | 1;
  return fits ? (global uchar*)(buffer + 1) + start : 0;
}
