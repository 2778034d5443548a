// The calls of Vortex 3.0's driver library that Kiesel uses, declared by ourselves: the library is opened
// while the program runs, and nothing of Vortex is needed to build this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "support/result.hpp"

namespace kiesel::vortex {

using Handle = void*;
using Code = int;  // 0 is success
inline constexpr std::uint64_t kForever = ~std::uint64_t{0};

// What vx_device_query() is asked for.
enum class Capability : std::uint32_t {
  kLanes = 1,
  kWarps = 2,
  kCores = 3,
  kLineBytes = 4,
  kMemoryBytes = 5,
  kLocalBytes = 6,
  kIsaFlags = 7,
  kClockMhz = 13,
};

// Of a launch: warps begin at the module's first address; `arguments` are copied, and their copy's address is
// in mscratch.
struct LaunchInfo {
  std::size_t size = sizeof(LaunchInfo);
  const void* next = nullptr;
  Handle kernel = nullptr;
  const void* arguments = nullptr;
  std::size_t argument_bytes = 0;
  std::uint32_t dimensions = 3;
  std::uint32_t groups[3]{}, local_size[3]{};
  std::uint32_t local_bytes = 0;
  std::uint32_t cluster[3]{1, 1, 1};
};

struct Driver {
  // CALL(name in the library, member, parameters)
#define KIESEL_VORTEX_CALLS(CALL)                                                                          \
  CALL(vx_device_open, open, (std::uint32_t, Handle*))                                                     \
  CALL(vx_device_release, release_device, (Handle))                                                        \
  CALL(vx_device_query, query, (Handle, std::uint32_t, std::uint64_t*))                                    \
  CALL(vx_device_mpm_query, read_counter,                                                                  \
       (Handle, std::uint32_t, std::uint32_t, std::uint32_t, std::uint64_t*))                              \
  CALL(vx_buffer_reserve, reserve, (Handle, std::uint64_t, std::uint64_t, std::uint32_t, Handle*))         \
  CALL(vx_buffer_release, release_buffer, (Handle))                                                        \
  CALL(vx_module_load_bytes, load_module, (Handle, const void*, std::size_t, Handle*))                     \
  CALL(vx_module_release, release_module, (Handle))                                                        \
  CALL(vx_module_get_kernel, get_kernel, (Handle, const char*, Handle*))                                   \
  CALL(vx_kernel_release, release_kernel, (Handle))                                                        \
  CALL(vx_queue_create, create_queue, (Handle, const void*, Handle*))                                      \
  CALL(vx_queue_finish, finish, (Handle, std::uint64_t))                                                   \
  CALL(vx_queue_release, release_queue, (Handle))                                                          \
  CALL(vx_enqueue_write, write,                                                                            \
       (Handle, Handle, std::uint64_t, const void*, std::uint64_t, std::uint32_t, const Handle*, Handle*)) \
  CALL(vx_enqueue_read, read,                                                                              \
       (Handle, void*, Handle, std::uint64_t, std::uint64_t, std::uint32_t, const Handle*, Handle*))       \
  CALL(vx_enqueue_launch, launch, (Handle, const LaunchInfo*, std::uint32_t, const Handle*, Handle*))      \
  CALL(vx_event_wait_value, wait_event, (Handle, std::uint64_t, std::uint64_t))                            \
  CALL(vx_event_release, release_event, (Handle))
#define KIESEL_DECLARE(symbol, member, parameters) Code(*member) parameters = nullptr;
  KIESEL_VORTEX_CALLS(KIESEL_DECLARE)
#undef KIESEL_DECLARE
  const char* (*text_of)(Code) = nullptr;  // vx_result_string; may be missing
};

// Opens the library. kNotFound, or kUnsupported with a sentence that says why it is not one of Vortex 3.0's.
Result<Driver> open_driver(const std::string& library);

// Of a call that failed.
Error driver_error(const Driver& driver, const char* what, Code code);

}  // namespace kiesel::vortex
