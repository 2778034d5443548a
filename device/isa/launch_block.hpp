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
  std::uint64_t stack_top;     // a lane's sp starts at stack_top - mhartid * stack_stride;
  std::uint64_t stack_stride;  //   both filled in by the device; 0 where each lane has a window of its own
  std::uint64_t first_global_id[3];  // of the region's first work-item
  std::uint64_t global_size[3];      // of the NDRange, work-items
  std::uint32_t work_dim;            // 1..3
  std::uint32_t first_group[3];      // number of the region's first work-group in the NDRange
  std::uint64_t printf_buffer;       // PrintfBuffer, or 0
  std::uint32_t num_groups[3];       // of the NDRange
  std::uint32_t enqueued_local_size[3];
  // What a generic pointer points to is told by its address: private memory is [private_begin, stack_top),
  // local memory the local_bytes from the core's local_base (CSR 0xFC3) on. Filled in by the device.
  std::uint64_t private_begin;
  std::uint64_t local_bytes;
};
static_assert(sizeof(LaunchHeader) == 128);
static_assert(offsetof(LaunchHeader, first_global_id) == 16);
static_assert(offsetof(LaunchHeader, global_size) == 40);
static_assert(offsetof(LaunchHeader, work_dim) == 64);
static_assert(offsetof(LaunchHeader, first_group) == 68);
static_assert(offsetof(LaunchHeader, printf_buffer) == 80);
static_assert(offsetof(LaunchHeader, num_groups) == 88);
static_assert(offsetof(LaunchHeader, enqueued_local_size) == 100);
static_assert(offsetof(LaunchHeader, private_begin) == 112);
static_assert(offsetof(LaunchHeader, local_bytes) == 120);

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
