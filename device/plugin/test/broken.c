/* Plug-ins that break the interface's promises, one way each: BROKEN_TABLE says how their table does, the
 * option how=... how their device does. Memory is the host's; nothing is executed. In C, so that the header
 * is. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/plugin/kiesel_device.h"

#define OTHER_VERSION 1
#define SMALL_TABLE 2
#define NULL_TABLE 3
#define NULL_FUNCTION 4
#ifndef BROKEN_TABLE
#define BROKEN_TABLE 0
#endif

struct kiesel_device {
  char how[64];
  uint64_t first; /* what allocate() gave first */
};

static int is(const kiesel_device* device, const char* how) { return strcmp(device->how, how) == 0; }

static kiesel_result fail(kiesel_reason* reason, const char* text) {
  strncpy(reason->text, text, sizeof reason->text - 1);
  return KIESEL_INVALID;
}

static kiesel_result open_device(const char* options, const kiesel_host* host, kiesel_device** out,
                                 kiesel_reason* reason) {
  kiesel_device* device = calloc(1, sizeof *device);
  (void)host;
  if (strncmp(options, "how=", 4) == 0) strncpy(device->how, options + 4, sizeof device->how - 1);
  if (is(device, "open-fails")) return fail(reason, "the cable is not plugged in");
  if (is(device, "open-says-nothing")) return 4711;
  if (is(device, "open-never-ends-its-text")) {
    memset(reason->text, 'x', sizeof reason->text);
    return KIESEL_LOST;
  }
  if (is(device, "open-aborts")) abort();
  if (is(device, "open-gives-nothing")) return KIESEL_OK;
  *out = device;
  return KIESEL_OK;
}

static void close_device(kiesel_device* device) { free(device); }

static const kiesel_memory kMemories[] = {{sizeof(kiesel_memory), KIESEL_MEMORY_GLOBAL, 1 << 28, 0},
                                          {sizeof(kiesel_memory), KIESEL_MEMORY_LOCAL, 1 << 14, 0},
                                          {sizeof(kiesel_memory), KIESEL_MEMORY_GLOBAL, 1 << 28, 0}};
static const kiesel_counter kNameless = {sizeof(kiesel_counter), "", "", "device", "has no name"};
static const kiesel_counter kNull = {sizeof(kiesel_counter), NULL, "", "device", "has no name"};

static kiesel_result describe(kiesel_device* device, kiesel_description* out, kiesel_reason* reason) {
  if (is(device, "describe-fails")) return fail(reason, "it has forgotten who it is");
  out->name = "broken";
  out->vendor = "nobody";
  out->lanes = is(device, "lanes-3") ? 3 : is(device, "lanes-0") ? 0 : 4;
  out->warps = is(device, "warps-1000") ? 1000 : 4;
  out->cores = 1;
  out->extensions = is(device, "cas-without-atomics") ? "Zacas" : "A Zicond Xunknown";
  out->quirks = is(device, "unknown-quirk") ? "wide-group moody" : "";
  out->memories = is(device, "null-memories") ? NULL : kMemories;
  out->memory_count = is(device, "two-memories") ? 3 : is(device, "many-memories") ? 1u << 30 : 2;
  out->counters = is(device, "nameless-counter") ? &kNameless : &kNull;
  out->counter_count = is(device, "nameless-counter") || is(device, "null-counter");
  out->max_allocation_bytes = is(device, "large-allocations") ? 1ull << 40 : 1 << 27;
  out->private_bytes = 4096;
  out->alignment = is(device, "alignment-1") ? 1 : 64;
  if (is(device, "null-name")) out->name = NULL;
  if (is(device, "long-name")) out->name = getenv("KIESEL_LONG_NAME");
  if (is(device, "null-poll")) out->flags = KIESEL_ENDS_IN_POLL;
  if (is(device, "null-extensions")) out->extensions = NULL;
  return KIESEL_OK;
}

static kiesel_result allocate(kiesel_device* device, uint64_t bytes, uint64_t alignment, uint64_t wanted,
                              uint64_t* address, kiesel_reason* reason) {
  void* memory = NULL;
  (void)wanted;
  if (is(device, "allocate-fails")) return fail(reason, "it is closed today");
  if (is(device, "allocate-gives-0")) return KIESEL_OK;
  if (is(device, "allocate-wraps")) {
    *address = ~(uint64_t)4095;
    return KIESEL_OK;
  }
  if (is(device, "allocate-twice") && device->first) {
    *address = device->first;
    return KIESEL_OK;
  }
  if (posix_memalign(&memory, alignment, bytes)) return KIESEL_OUT_OF_MEMORY;
  *address = (uint64_t)(uintptr_t)memory + (is(device, "allocate-misaligned") ? 8 : 0);
  device->first = *address;
  return KIESEL_OK;
}

static void free_memory(kiesel_device* device, uint64_t address) {
  if (!is(device, "allocate-misaligned")) free((void*)(uintptr_t)address);
}

static void move(const kiesel_transfer* t) {
  if (t->kind == KIESEL_READ) memcpy(t->host, (void*)(uintptr_t)t->source, t->bytes);
  if (t->kind == KIESEL_WRITE) memcpy((void*)(uintptr_t)t->target, t->host, t->bytes);
}

static kiesel_result submit(kiesel_device* device, kiesel_done done, void* command, kiesel_reason* reason) {
  if (is(device, "submit-fails")) return fail(reason, "it is tired");
  if (is(device, "submit-says-nothing")) return -1;
  if (is(device, "never-ends")) return KIESEL_OK;
  if (is(device, "ends-and-fails")) {
    done(command, KIESEL_OK, NULL, 0, 0);
    return fail(reason, "it has ended, and failed");
  }
  if (is(device, "ends-another")) done((void*)12345678, KIESEL_OK, NULL, 0, 0);
  if (is(device, "ends-with-nonsense")) {
    done(command, 99, NULL, ~0ull, 1);
    return KIESEL_OK;
  }
  if (is(device, "explains-at-length")) {
    static char text[3000];
    memset(text, 'x', sizeof text - 1);
    done(command, KIESEL_INVALID, text, 0, 0);
    return KIESEL_OK;
  }
  if (is(device, "is-lost")) {
    done(command, KIESEL_LOST, "somebody has pulled it out", 0, 0);
    return KIESEL_OK;
  }
  done(command, KIESEL_OK, NULL, 0, 0);
  if (is(device, "ends-twice")) done(command, KIESEL_OK, NULL, 0, 0);
  return KIESEL_OK;
}

static kiesel_result launch(kiesel_device* device, const kiesel_launch* l, kiesel_done done, void* command,
                            kiesel_reason* reason) {
  (void)l;
  if (is(device, "launch-aborts")) abort();
  if (is(device, "launch-exits")) _exit(7);
  if (is(device, "launch-never-ends")) return KIESEL_OK;
  return submit(device, done, command, reason);
}

static kiesel_result transfer(kiesel_device* device, const kiesel_transfer* t, kiesel_done done,
                              void* command, kiesel_reason* reason) {
  move(t);
  return submit(device, done, command, reason);
}

static const kiesel_plugin_table kTable = {
    BROKEN_TABLE == OTHER_VERSION ? KIESEL_DEVICE_VERSION + 1 : KIESEL_DEVICE_VERSION,
    BROKEN_TABLE == SMALL_TABLE ? 40 : sizeof(kiesel_plugin_table),
    "broken",
    open_device,
    close_device,
    describe,
    allocate,
    free_memory,
    NULL,
    NULL,
    BROKEN_TABLE == NULL_FUNCTION ? NULL : launch,
    transfer,
    NULL,
    NULL,
    NULL};

const kiesel_plugin_table* kiesel_plugin(uint32_t version) {
  (void)version;
  return BROKEN_TABLE == NULL_TABLE ? NULL : &kTable;
}
