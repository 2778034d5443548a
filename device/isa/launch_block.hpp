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

struct LaunchHeader {
  std::uint64_t stack_top;     // a lane's sp starts at stack_top - mhartid * stack_stride;
  std::uint64_t stack_stride;  //   both filled in by the device; 0 where each lane has a window of its own
  std::uint64_t global_offset[3];  // work-items
  std::uint64_t global_size[3];    // work-items
  std::uint32_t work_dim;          // 1..3
  std::uint32_t reserved0;
  std::uint64_t printf_buffer;  // PrintfBuffer, or 0
  std::uint64_t reserved[6];
};
static_assert(sizeof(LaunchHeader) == 128);
static_assert(offsetof(LaunchHeader, global_offset) == 16);
static_assert(offsetof(LaunchHeader, global_size) == 40);
static_assert(offsetof(LaunchHeader, work_dim) == 64);
static_assert(offsetof(LaunchHeader, printf_buffer) == 72);

// printf: work-items reserve space with an atomic add to `used` and write records; `used` may end beyond
// `capacity`: a record that does not fit whole is not written and its words are lost (OpenCL C 6.15.14: the
// output is implementation-defined when the buffer is full).
// A record: u32 bytes (whole record, multiple of 8), u32 0, u64 device address of the format string, then
// each argument in 8-byte aligned order: integers and pointers widened to 8 bytes, floating point as double
// (8 bytes), vectors as their elements one behind the other (three for a vector of three) padded to 8 bytes.
struct PrintfBuffer {
  std::uint32_t used;      // bytes of records reserved
  std::uint32_t capacity;  // bytes available behind this struct
};

}  // namespace kiesel::isa
