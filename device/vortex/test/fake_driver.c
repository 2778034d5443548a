/* A driver library with Vortex 3.0's names that executes nothing: memory, capabilities, and errors as the
 * variable KIESEL_FAKE_VORTEX says. With OLD it has the names of the generation before. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

#ifdef OLD
EXPORT int vx_dev_open(void** device) {
  *device = NULL;
  return -1;
}
#else

typedef void* handle;
static char* memory;
static uint64_t first, bytes;
static int thing; /* what all other handles point to */

static int is(const char* what) {
  const char* mode = getenv("KIESEL_FAKE_VORTEX");
  return mode && strcmp(mode, what) == 0;
}

EXPORT int vx_device_open(uint32_t index, handle* out) {
  (void)index;
  if (is("open-fails")) return 6;
  *out = &thing;
  return 0;
}
EXPORT int vx_device_release(handle device) {
  (void)device;
  return 0;
}
EXPORT int vx_device_query(handle device, uint32_t what, uint64_t* value) {
  const uint64_t letters = 1 << 0 | 1 << 3 | 1 << 5 | 1 << 8 | 1 << 12; /* A D F I M */
  (void)device;
  if (is("query-fails")) return 3;
  switch (what) {
    case 1:
      *value = is("lanes-128") ? 128 : 4;
      return 0;
    case 2:
      *value = 4;
      return 0;
    case 3:
      *value = is("two-cores") ? 2 : is("no-cores") ? 0 : 1;
      return 0;
    case 4:
      *value = 64;
      return 0;
    case 5:
      *value = is("little-memory") ? 1 << 20 : 1ull << 33;
      return 0;
    case 6:
      *value = 16384;
      return 0;
    case 7:
      *value = (is("32-bits") ? 1ull << 30 : 2ull << 30) | 1ull << 37 |
               (is("no-doubles") ? letters & ~(1u << 3) : letters);
      return 0;
    default:
      *value = 400;
      return 0;
  }
}
EXPORT int vx_device_mpm_query(handle device, uint32_t class, uint32_t csr, uint32_t core, uint64_t* value) {
  (void)device, (void)class, (void)core;
  *value = csr == 0xB00 ? 1000 : 100;
  return 0;
}
EXPORT int vx_buffer_reserve(handle device, uint64_t address, uint64_t size, uint32_t flags, handle* out) {
  (void)device, (void)flags;
  if (is("reserve-fails")) return 5;
  first = address, bytes = size;
  memory = calloc(1, 1 << 20); /* what tests touch lies at its beginning */
  *out = &thing;
  return 0;
}
EXPORT int vx_buffer_release(handle buffer) {
  (void)buffer;
  free(memory);
  return 0;
}
/* Prints the module's words, so that a test sees what would be run. */
EXPORT int vx_module_load_bytes(handle device, const void* image, size_t size, handle* out) {
  uint32_t word;
  (void)device;
  if (is("module-fails")) return 3;
  for (size_t at = 0; at + 4 <= size; at += 4) {
    memcpy(&word, (const char*)image + at, 4);
    printf("%08x ", word);
  }
  printf("\n");
  fflush(stdout);
  *out = &thing;
  return 0;
}
EXPORT int vx_module_release(handle module) {
  (void)module;
  return 0;
}
EXPORT int vx_module_get_kernel(handle module, const char* name, handle* out) {
  (void)module, (void)name;
  *out = &thing;
  return 0;
}
EXPORT int vx_kernel_release(handle kernel) {
  (void)kernel;
  return 0;
}
EXPORT int vx_queue_create(handle device, const void* info, handle* out) {
  (void)device, (void)info;
  *out = &thing;
  return 0;
}
EXPORT int vx_queue_finish(handle queue, uint64_t timeout) {
  (void)queue, (void)timeout;
  return 0;
}
EXPORT int vx_queue_release(handle queue) {
  (void)queue;
  return 0;
}
EXPORT int vx_enqueue_write(handle queue, handle buffer, uint64_t offset, const void* from, uint64_t size,
                            uint32_t count, const handle* wait, handle* event) {
  (void)queue, (void)buffer, (void)count, (void)wait;
  if (is("write-fails")) return 4;
  memcpy(memory + offset, from, size);
  *event = &thing;
  return 0;
}
EXPORT int vx_enqueue_read(handle queue, void* to, handle buffer, uint64_t offset, uint64_t size,
                           uint32_t count, const handle* wait, handle* event) {
  (void)queue, (void)buffer, (void)count, (void)wait;
  memcpy(to, memory + offset, size);
  *event = &thing;
  return 0;
}
/* Puts the launch block where tests can read it. */
EXPORT int vx_enqueue_launch(handle queue, const void* info, uint32_t count, const handle* wait,
                             handle* event) {
  const char* arguments;
  size_t size;
  uint32_t groups_x;
  (void)queue, (void)count, (void)wait;
  if (is("launch-fails")) return 9;
  if (is("launch-aborts")) abort();
  memcpy(&arguments, (const char*)info + 24, sizeof arguments);
  memcpy(&size, (const char*)info + 32, sizeof size);
  memcpy(&groups_x, (const char*)info + 44, sizeof groups_x);
  memcpy(memory, arguments, size);
  memcpy(memory + 2048, &groups_x, sizeof groups_x);
  *event = &thing;
  return 0;
}
EXPORT int vx_event_wait_value(handle event, uint64_t value, uint64_t timeout) {
  (void)event, (void)value, (void)timeout;
  return is("event-fails") ? 8 : 0;
}
EXPORT int vx_event_release(handle event) {
  (void)event;
  return 0;
}
EXPORT const char* vx_result_string(int result) { return result == 9 ? "not supported" : "some error"; }
#endif
