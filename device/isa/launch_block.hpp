// The launch block: what mscratch points to when a kernel starts. Start-up code, work-item functions
// (compiler/builtins) and devices agree on it here; the offsets are part of the program binary's format.
//
//   [LaunchHeader][kernel arguments, at the offsets of the kernel table]
//
// A local-memory argument is the offset of its bytes in the work-group's local memory (CSR 0xCDF + offset).
#pragma once

#include <cstddef>
#include <cstdint>

namespace kiesel::isa {

// A launch runs a region of an NDRange: a box of work-groups of one size. The CSRs number the region's
// work-groups from 0; where the region lies and how large the NDRange is, is told here.
//   get_global_id = first_global_id + group id * local size + local id      get_group_id = first_group +
//   group id
struct LaunchHeader {
#define FIELD(offset, bits, name) std::uint##bits##_t name;
#define FIELDS(offset, bits, name) std::uint##bits##_t name[3];
#include "device/isa/launch_header.def"
#undef FIELD
#undef FIELDS
};
static_assert(sizeof(LaunchHeader) == 128);
#define FIELD(offset, bits, name) static_assert(offsetof(LaunchHeader, name) == offset);
#define FIELDS FIELD
#include "device/isa/launch_header.def"
#undef FIELD
#undef FIELDS

// printf: work-items reserve space with an atomic add to `used` and write records; `used` may end beyond
// `capacity`: a record that does not fit whole is not written and its words are lost (OpenCL C 6.15.14: the
// output is implementation-defined when the buffer is full).
// A target without atomics has such a buffer for each mhartid instead, one behind the other, of equal size;
// `used` is odd there once a record did not fit, and ends where the last one does. Records:
// printf_record.hpp.
struct PrintfBuffer {
  std::uint32_t used;      // bytes of records reserved
  std::uint32_t capacity;  // bytes available behind this struct, a multiple of 8
};

}  // namespace kiesel::isa
