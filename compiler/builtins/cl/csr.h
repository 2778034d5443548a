// Reading control and status registers. The values do not change while a work-item runs, so the reads are
// plain expressions that the optimiser may merge and move.
#pragma once

#pragma OPENCL EXTENSION cl_khr_fp16 : enable

#define FUNC __attribute__((overloadable))

#define CSR_READER(name, number)                        \
  static inline ulong name(void) {                      \
    ulong value;                                        \
    __asm__("csrr %0, " number : "=r"(value));          \
    return value;                                       \
  }

#define CSR(number, name, scope, writable, text) CSR_READER(csr_##name, #number)
#include "device/isa/csrs.def"
#undef CSR

// The launch header: header_<field>(), of a field of three header_<field>_x() and so on.
#define BITS_32 uint
#define BITS_64 ulong
#define HEADER_READER(name, bits, offset)                             \
  static inline BITS_##bits name(void) {                              \
    return *(const constant BITS_##bits*)(csr_mscratch() + (offset)); \
  }
#define FIELD(offset, bits, name) HEADER_READER(header_##name, bits, offset)
#define FIELDS(offset, bits, name)                           \
  HEADER_READER(header_##name##_x, bits, offset)             \
  HEADER_READER(header_##name##_y, bits, offset + bits / 8)  \
  HEADER_READER(header_##name##_z, bits, offset + bits / 4)
#include "device/isa/launch_header.def"
#undef FIELD
#undef FIELDS
