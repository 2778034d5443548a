/* Kiesel's device interface: what a library must offer so that Kiesel puts OpenCL on top of its device.
 *
 * A plug-in is a shared library that exports one function, kiesel_plugin(), which gives a table of functions.
 * KIESEL_DEVICE=plugin:/path/name.so[:option=value,...] opens it; `kiesel device-test plugin:...` says
 * whether it keeps what is promised here; docs/porting.md leads through it, docs/isa.md says what machine
 * code expects of the device.
 *
 * Versions: KIESEL_DEVICE_VERSION changes when something here changes its meaning, and then both sides must
 * be built anew. Structs only grow at their end; `size`, the first member of each, is set by the side whose
 * memory it is, to its own sizeof: the other side touches nothing behind it, and takes what is not there for
 * 0.
 *
 * Threads: where nothing else is said, Kiesel calls from any thread at any time, several at once. A process
 * that is made by fork() opens its devices anew and never uses those of its parent.
 *
 * Errors: functions return a kiesel_result; for all but KIESEL_OK they should write a sentence for people
 * into `reason`, whose text is empty at the call.
 *
 * Ownership: what a pointer points to belongs to the caller and is valid during the call, unless said
 * otherwise. Sizes and addresses are in bytes, times in nanoseconds of CLOCK_MONOTONIC. */
#ifndef KIESEL_DEVICE_H
#define KIESEL_DEVICE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIESEL_DEVICE_VERSION 1

typedef int32_t kiesel_result;
enum {
  KIESEL_OK = 0,
  KIESEL_OUT_OF_MEMORY = 1,   /* no room; the device is as before */
  KIESEL_INVALID = 2,         /* an argument cannot be */
  KIESEL_INVALID_PROGRAM = 3, /* not an ELF file that this device runs */
  KIESEL_UNSUPPORTED = 4,
  KIESEL_FAULT = 5,   /* a kernel did what the machine does not allow; reset() follows */
  KIESEL_TIMEOUT = 6, /* a command was stopped, it took too long; reset() follows */
  KIESEL_LOST = 7     /* the device is gone, and stays so until it is closed */
};

typedef struct kiesel_reason {
  char text[512]; /* UTF-8, ends with a 0 */
} kiesel_reason;

/* ---- what a device is ---- */

enum { KIESEL_MEMORY_GLOBAL = 1, KIESEL_MEMORY_LOCAL = 2, KIESEL_MEMORY_CACHE = 3 };

typedef struct kiesel_memory {
  uint32_t size;
  uint32_t kind;       /* KIESEL_MEMORY_...: one is global, at most one local; caches inner first */
  uint64_t bytes;      /* global: what buffers may take in all; local: of one core */
  uint32_t line_bytes; /* of a cache; else 0 */
} kiesel_memory;

typedef struct kiesel_counter {
  uint32_t size;
  const char* name;  /* "cycles" */
  const char* unit;  /* "cycles", "bytes", ""; plain words */
  const char* scope; /* what it counts: "device", "core", "launch" */
  const char* text;  /* one sentence: what it means */
} kiesel_counter;

enum {
  KIESEL_RUNS_IN_SUBMIT = 1, /* launch() and transfer() return only when the command has ended */
  KIESEL_COPIES = 2,         /* transfer() knows KIESEL_COPY; else copies go through the host */
  KIESEL_FILLS = 4,          /* transfer() knows KIESEL_FILL; else patterns are written */
  KIESEL_CORE_RANGES = 8,    /* launches stay on the cores that they name: OpenCL's sub-devices */
  KIESEL_ENDS_IN_POLL = 16   /* `done` is called in poll() only: a thread of Kiesel's polls what is pending */
};

typedef struct kiesel_description {
  uint32_t size;
  const char* name;   /* as applications see it behind "Kiesel ": "Vortex 3.0, 4 warps x 4 lanes" */
  const char* vendor; /* as applications see it */
  uint32_t vendor_id; /* of PCI, else a number that others do not have */
  uint32_t lanes;     /* of a warp: a power of two, 1..64 */
  uint32_t warps;     /* of a core, 1..64; a work-group has at most lanes * warps work-items */
  uint32_t cores;     /* 1..65536 */
  uint32_t clock_mhz; /* 0: not known */
  /* Of the instruction set beside RV64IMFD and Zicsr, names separated by spaces: docs/isa.md has the list.
     Names that Kiesel does not know are left out of use. */
  const char* extensions;
  /* Defects that machine code must go around, names separated by spaces: docs/isa.md has the list. */
  const char* quirks;
  const kiesel_memory* memories;
  uint32_t memory_count;
  uint32_t counter_count;
  const kiesel_counter* counters;
  uint64_t max_allocation_bytes; /* of one buffer */
  uint64_t private_bytes;        /* most that one lane's stack may take */
  uint32_t alignment;            /* that addresses of allocate() have at least: a power of two, 64..4096 */
  uint32_t pending;              /* most commands that it takes before one has ended; 0: any number */
  uint32_t flags;                /* KIESEL_RUNS_IN_SUBMIT, ... */
} kiesel_description;

/* ---- commands ---- */

/* The end of a command. Must be called exactly once for each command whose submission returned KIESEL_OK: on
 * any thread, also inside of launch(), transfer() or poll(). On a thread of the plug-in's own Kiesel may call
 * any other function inside of it, so that thread holds no lock that these take, and none of them may wait
 * for something that only it could do. `reason`: a sentence, or null. `start`, `end`: when the device worked
 * on the command, or 0 where that is not known. */
typedef void (*kiesel_done)(void* command, kiesel_result result, const char* reason, uint64_t start,
                            uint64_t end);

/* In front of a kernel's arguments. A launch's block is this and the arguments, as one piece of device memory
 * that is aligned to 64 bytes and lives until the launch has ended. Each warp starts at the program's start
 * address with the block's address in mscratch. The device fills in the members marked so. */
typedef struct kiesel_launch_header {
  uint64_t stack_top;    /* device: a lane's stack begins at stack_top - mhartid * stack_stride ... */
  uint64_t stack_stride; /* device: ... and is at most so large; 0: a window of its own for each lane */
  uint64_t first_global_id[3];
  uint64_t global_size[3];
  uint32_t work_dim;
  uint32_t first_group[3];
  uint64_t printf_buffer;
  uint32_t num_groups[3];
  uint32_t enqueued_local_size[3];
  uint64_t private_begin; /* device: private memory of all lanes is [private_begin, stack_top) */
  uint64_t local_bytes;   /* device: local memory of a core, from CSR 0xFC3 on */
} kiesel_launch_header;

typedef struct kiesel_launch {
  uint32_t size;
  const char* kernel; /* name, for messages; valid until the command has ended, as all that this points to */
  uint64_t program;   /* its address, as load() gave it */
  uint64_t start;     /* address at which warps start */
  uint64_t entry;     /* address of the kernel: CSR 0xCE1 */
  uint32_t groups[3]; /* work-groups; none is 0 */
  uint32_t local_size[3]; /* work-items of a work-group; none is 0 */
  uint32_t local_bytes;   /* local memory of a work-group */
  uint32_t first_core;    /* where the device knows KIESEL_CORE_RANGES; else 0 */
  uint32_t cores;         /* how many; 0: all */
  int32_t priority;       /* of launches that wait, the highest goes first; -1, 0 or 1 */
  uint64_t private_bytes; /* stack that a lane needs */
  const void* block;      /* kiesel_launch_header and arguments */
  uint64_t block_bytes;
} kiesel_launch;

enum {
  KIESEL_READ = 1,  /* from `source` in device memory to `host` */
  KIESEL_WRITE = 2, /* from `host` to `target` in device memory */
  KIESEL_COPY = 3,  /* from `source` to `target`, which do not overlap */
  KIESEL_FILL = 4   /* `target` becomes repetitions of the `pattern_bytes` bytes at `host` */
};

typedef struct kiesel_transfer {
  uint32_t size;
  uint32_t kind; /* KIESEL_READ, ... */
  uint64_t source;
  uint64_t target;
  uint64_t bytes;         /* not 0; a multiple of pattern_bytes */
  void* host;             /* valid until the command has ended */
  uint32_t pattern_bytes; /* 1..128 */
} kiesel_transfer;

/* ---- what Kiesel offers ---- */

typedef struct kiesel_host {
  uint32_t size;
  /* A line for Kiesel's log. `level`: 1 error, 2 warning, 3 information, 4 for developers. */
  void (*log)(int32_t level, const char* line);
  /* Bytes of device memory that a program takes; 0 with a reason where the file is none of ours. */
  uint64_t (*program_bytes)(const void* elf, uint64_t elf_bytes, kiesel_reason* reason);
  /* What must stand in device memory for it to run at `address`, which is a multiple of 4096: fills all of
     `image`, which has program_bytes(). */
  kiesel_result (*place_program)(const void* elf, uint64_t elf_bytes, uint64_t address, void* image,
                                 kiesel_reason* reason);
} kiesel_host;

/* ---- what the plug-in offers ---- */

typedef struct kiesel_device kiesel_device; /* the plug-in's own */

typedef struct kiesel_plugin_table {
  uint32_t version; /* KIESEL_DEVICE_VERSION that the plug-in was built with */
  uint32_t size;
  const char* name; /* of the plug-in and its version, for messages */

  /* Opens a device. `options`: what followed the library's name, "option=value,...", or "". `host`: valid as
     long as the process. One thread at a time. */
  kiesel_result (*open)(const char* options, const kiesel_host* host, kiesel_device** device,
                        kiesel_reason* reason);
  /* No command is pending, and nothing is called afterwards. */
  void (*close)(kiesel_device* device);
  /* The same each time; texts and tables are valid until close(). `out` is 0 but for its size. */
  kiesel_result (*describe)(kiesel_device* device, kiesel_description* out, kiesel_reason* reason);

  /* Memory for a buffer, at an address that is not 0. `wanted`: 0, or the address that it must have: that it
     had before the device's process died. KIESEL_OUT_OF_MEMORY where there is no room. */
  kiesel_result (*allocate)(kiesel_device* device, uint64_t bytes, uint64_t alignment, uint64_t wanted,
                            uint64_t* address, kiesel_reason* reason);
  /* Of an address of allocate(). No pending command uses it. */
  void (*free)(kiesel_device* device, uint64_t address);

  /* A program, whole as an ELF file, which may be freed afterwards. `wanted`: as for allocate(). `address`:
     where it begins; a multiple of 4096. May be null: Kiesel then calls allocate(), place_program() and
     transfer(). */
  kiesel_result (*load)(kiesel_device* device, const void* elf, uint64_t elf_bytes, uint64_t wanted,
                        uint64_t* address, kiesel_reason* reason);
  /* No pending launch uses it. Null where load is. */
  void (*unload)(kiesel_device* device, uint64_t address);

  /* Start a command. What pending commands depend on each other Kiesel waits for: they may run in any order,
     and beside each other. KIESEL_OK: `done` will be called, with `command`. Everything else: it will not. */
  kiesel_result (*launch)(kiesel_device* device, const kiesel_launch* launch, kiesel_done done, void* command,
                          kiesel_reason* reason);
  kiesel_result (*transfer)(kiesel_device* device, const kiesel_transfer* transfer, kiesel_done done,
                            void* command, kiesel_reason* reason);

  /* Called again and again by threads that wait for a command: sees what has ended, and calls `done`. Returns
     whether there was something. May be null. */
  int32_t (*poll)(kiesel_device* device);

  /* Values of the first `count` counters of the description, since the device was opened. May be null. */
  kiesel_result (*counters)(kiesel_device* device, uint64_t* values, uint32_t count, kiesel_reason* reason);

  /* After a fault or a time-out, and to stop what runs: makes the device ready for the next command. Pending
     commands end (with `done`) before it returns, or shortly afterwards. Allocations and programs stay where
     they are, and programs can be launched again; what is in buffers may be lost. May be null: a fault needs
     nothing. */
  kiesel_result (*reset)(kiesel_device* device, kiesel_reason* reason);
} kiesel_plugin_table;

/* The plug-in's one exported function. `version`: Kiesel's KIESEL_DEVICE_VERSION, so that a plug-in can offer
 * tables of several; null where it has none for it. Valid as long as the process. */
#define KIESEL_PLUGIN_FUNCTION "kiesel_plugin"
typedef const kiesel_plugin_table* (*kiesel_plugin_function)(uint32_t version);
#define KIESEL_EXPORT __attribute__((visibility("default")))
KIESEL_EXPORT const kiesel_plugin_table* kiesel_plugin(uint32_t version);

#ifdef __cplusplus
}
#endif

#endif
