// The boundary below the runtime: what a device is to Kiesel.
//
// Everything above speaks OpenCL, everything below speaks device, module, launch, core, warp, lane.
// Devices of others are behind device/plugin/kiesel_device.h, the same boundary in C, whose version is
// checked when a library is opened. device/contract says whether a device keeps what is promised here.
//
// Threads: every member of `Device` may be called from any thread at any time. Completions run on a
// thread of the device, inside `help()`, or inside the `submit()` of a command whose Handling allows it; they
// must not block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "device/counters.hpp"
#include "device/isa/target.hpp"
#include "support/recycled.hpp"
#include "support/result.hpp"

namespace kiesel::device {

class Observer;  // device/observer.hpp

using Address = std::uint64_t;   // an address as the device's loads and stores see it
using ModuleId = std::uint64_t;  // 0 is no module
// Whose memory and launches are: a launch reaches its own owner's memory only. 0 is an owner like others, but
// memory of the others is zero when it is allocated, and their launches find nothing of other owners in local
// and private memory.
using Owner = std::uint64_t;

struct Description {
  std::string name;  // as applications see it, "Kiesel ..."
  std::string vendor;
  std::uint32_t vendor_id = 0;
  isa::Target target;  // lanes, warps, extensions: all that the compiler must know
  std::uint32_t cores = 0;
  std::uint32_t clock_mhz = 0;
  std::uint64_t global_memory_bytes = 0;
  std::uint64_t max_allocation_bytes = 0;
  std::uint64_t private_memory_bytes = 0;  // most that one lane's stack may take
  std::uint32_t cache_line_bytes = 64;
  std::uint64_t cache_bytes = 0;
  bool host_visible = false;  // device address == host address: map() costs nothing
  bool core_ranges = false;   // launches may name some of the cores: the device has parts
  bool observable = false;    // launches may have an observer, see Handling
  bool wants_reach = false;   // somebody looks at Launch::reach
};

// The work-items of one launch: a box of an NDRange in which all work-groups have one size.
struct Region {
  std::uint32_t work_dim = 1;
  std::array<std::uint64_t, 3> first_global_id{};  // of its first work-item, the NDRange's offset included
  std::array<std::uint64_t, 3> first_group{};      // number of its first work-group in the NDRange
  std::array<std::uint64_t, 3> groups{1, 1, 1};
  std::array<std::uint32_t, 3> local_size{1, 1, 1};
  // The NDRange that it is a part of.
  std::array<std::uint64_t, 3> global_size{1, 1, 1};  // work-items
  std::array<std::uint64_t, 3> num_groups{1, 1, 1};
  std::array<std::uint32_t, 3> enqueued_local_size{1, 1, 1};
};

// An NDRange whose local size divides its global size.
Region whole_region(std::uint32_t work_dim, const std::array<std::uint64_t, 3>& offset,
                    const std::array<std::uint64_t, 3>& global, const std::array<std::uint32_t, 3>& local);

// The regions of an NDRange: one if the local size divides the global size; else the work-groups at the ends
// of dimensions are smaller, and each combination is a region of its own: up to 8.
std::vector<Region> regions_of(std::uint32_t work_dim, const std::array<std::uint64_t, 3>& offset,
                               const std::array<std::uint64_t, 3>& global,
                               const std::array<std::uint32_t, 3>& local);

// Some of a device's cores: a partition of it. A device starts nothing of a launch on other cores. Only those
// with Description::core_ranges get other than all.
struct Cores {
  std::uint32_t first = 0;
  std::uint32_t count = 0;  // 0: all cores of the device
};

// Which of the launches that wait for cores goes first; what runs is not interrupted.
enum class Priority : std::uint8_t { kLow, kMedium, kHigh };

// Memory that a kernel may use since it has it as an argument, for messages and for whoever checks that.
struct Reach {
  static constexpr std::uint32_t kNoArgument = ~0U;
  std::uint32_t argument = kNoArgument;  // its number
  Address begin = 0;
  std::uint64_t bytes = 0;
  bool may_read = true, may_write = true;
  std::string_view what;  // "buffer", "sub-buffer"; a constant of the program
};

// A kernel over a region. What of the launch header only the device knows (stack) is filled in by the device.
struct Launch {
  ModuleId module = 0;
  std::string_view kernel;  // name, for messages: valid until the command is done
  Address entry = 0;        // kernel entry point in device memory
  Region region;
  Cores cores;
  Priority priority = Priority::kMedium;
  Owner owner = 0;
  std::uint32_t local_memory_bytes = 0;    // static and argument local memory of one work-group
  std::uint64_t private_memory_bytes = 0;  // stack of one lane
  Address printf_buffer = 0;
  // Laid out by the kernel table, see isa/launch_block.hpp.
  std::vector<std::byte, RecyclingAllocator<std::byte>> arguments;
  std::shared_ptr<const std::vector<Reach>> reach;  // where somebody wants it
};

// A box of bytes: `size` = {bytes in a row, rows, slices}; pitches in bytes.
struct Box {
  std::array<std::uint64_t, 3> size{0, 1, 1};
  std::uint64_t source_row_pitch = 0, source_slice_pitch = 0;
  std::uint64_t target_row_pitch = 0, target_slice_pitch = 0;
};
// A box of memory that the host reads or writes in place, as mappings let it.
struct HostUse {
  Address address = 0;
  Box box;  // both sides alike
  bool reads = false, writes = false;
};
struct Read {
  Address source;
  void* target;
  Box box;
};  // device to host
struct Write {
  const void* source;
  Address target;
  Box box;
};  // host to device
struct Copy {
  Address source;
  Address target;
  Box box;
};  // device to device
struct Fill {
  Address target;
  std::uint64_t bytes;
  std::vector<std::byte> pattern;
};  // pattern 1..128 bytes

using Command = std::variant<Launch, Read, Write, Copy, Fill>;

// How a command ended. Times are nanoseconds of support/clock.hpp's clock.
struct Completion {
  Status status;
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  // Of a launch whose Handling asks for them, if the device counts; also of one that failed.
  std::shared_ptr<const LaunchCounts> counts{};
};
// What the submitter knows of a command.
struct Handling {
  bool caller_helps = false;  // this thread calls help() until it is done: nobody need be woken for it, and
                              // submit() may run it
  // The device may run it inside of submit() if it is certain to be over soon, in about the time that handing
  // it to another thread takes.
  bool may_run_here = false;
  bool timed = true;     // somebody wants its times, which cost two looks at the clock; else they are 0
  bool counted = false;  // somebody wants a launch's counts, which can make it several times slower
  // Of a launch: who follows it, where the device is observable; stays until it is done. Nothing is counted.
  Observer* observer = nullptr;
};
using CompletionHandler = std::function<void(const Completion&)>;

struct Counter {
  std::string_view name;
  std::string_view unit;
  std::uint64_t value;
};

class Device {
 public:
  virtual ~Device() = default;

  virtual const Description& description() const = 0;

  // Memory. Alignment is a power of two. Contents are undefined, but see Owner. free() of 0 does nothing; a
  // launch that uses what was freed meanwhile ends with a fault, and changes nothing that is not its own.
  // kOutOfMemory when there is no room. `label`: a name for messages about wild addresses.
  virtual Result<Address> allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label = {},
                                   Owner owner = 0) = 0;
  virtual void free(Address address) = 0;
  // The first bytes of a file as device memory, until free(); the descriptor may be closed. A launch or
  // transfer that uses bytes which the file no longer has ends with a fault, and they are zero from then on.
  // kUnsupported where devices cannot, kInvalidArgument where this file cannot be.
  virtual Result<Address> map_file(int file, std::uint64_t bytes, std::string_view label = {},
                                   Owner owner = 0) = 0;
  // Lets the device reach memory of another device that the host sees under its host address, until free() of
  // that address. The memory stays the other's and must outlive this. kUnsupported where devices cannot.
  virtual Status share(Address host_address, std::uint64_t bytes, Owner owner = 0) = 0;
  // The host's view of an allocation, or null where the host cannot see device memory.
  virtual std::byte* host_pointer(Address address) = 0;
  // The host uses memory that it sees, without a command, until it is told not to. Only for those who follow
  // contents.
  virtual void host_begins(const HostUse& /*use*/) {}
  virtual void host_ends(const HostUse& /*use*/) {}
  // Another name.
  virtual void label(Address address, std::string_view text) = 0;

  // Modules: an ELF of ours is placed and relocated; its bytes are copied.
  // kInvalidBinary when it is not for this device, kOutOfMemory.
  virtual Result<ModuleId> load(std::span<const std::byte> elf, Owner owner = 0) = 0;
  virtual void unload(ModuleId module) = 0;  // no launch of it is pending
  virtual Result<Address> symbol(ModuleId module, std::string_view name) const = 0;

  // Starts a command; the caller has already waited for what it depends on. Commands that are
  // pending at the same time may run in any order and overlap. `done` runs exactly once.
  virtual void submit(Command command, CompletionHandler done, Handling handling = {}) = 0;
  // Runs a piece of pending work on the calling thread; false when there was none to take.
  virtual bool help() = 0;

  virtual std::vector<Counter> counters() const = 0;
};

}  // namespace kiesel::device
