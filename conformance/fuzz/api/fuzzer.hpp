// One thread's view of the API: the objects that it made, arguments right and wrong, and what each call must
// answer.
//
// Whoever takes a wrong argument says which errors the specification has for it: wrong() when the call must
// fail, maybe() when it may. judge() compares: a call with nothing wrong must succeed, one with something
// wrong must fail with one of its errors, and no error may be one that the entry point does not have
// (errors.def).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "conformance/fuzz/api/library.hpp"

namespace kiesel::conformance::api {

using Random = std::mt19937_64;

enum class Kind {
  kPlatform,
  kDevice,
  kContext,
  kQueue,
  kMemory,
  kSampler,
  kProgram,
  kKernel,
  kEvent,
  kCommandBuffer,
  kMutableCommand,
  kSemaphore
};

struct Queue {
  cl_command_queue handle;
  int context;
  bool profiling = false, shared = false;
  unsigned references = 1;
  bool may_have_failed = false;  // a kernel on it may have been given what is not valid any more
};
struct Memory {
  enum class Shape { kBuffer, kImage, kPipe };
  cl_mem handle;
  int context;
  Shape shape = Shape::kBuffer;
  std::size_t size = 0;
  cl_mem_flags flags = 0;
  cl_mem whole = nullptr;  // what it is a view of
  std::size_t origin = 0;  // in it
  unsigned views = 0, references = 1;
  bool shared = false;
  bool imported = false;  // from a file descriptor
  cl_ulong address = 0;   // on the device, if it was asked for
  // images
  cl_mem_object_type type = CL_MEM_OBJECT_BUFFER;
  std::array<std::size_t, 3> grid{};  // pixels, rows, slices
  unsigned format = 0;
  std::vector<void*> mappings{};
};
struct Event {
  cl_event handle;
  int context;
  bool user = false, set = false, may_fail = false, profiling = false;
  bool callback = false;  // one may be due, which keeps the handle valid
  unsigned references = 1;
  cl_command_queue queue = nullptr;
};
struct Sampler {
  cl_sampler handle;
  int context;
  unsigned references = 1;
};
struct Program {
  cl_program handle;
  int context;
  bool built = false, shared = false, from_binary = false;
  unsigned references = 1, kernels = 0;
};
struct Argument {
  enum class State { kUnset, kValue, kMemory, kSvm, kDoubtful };
  State state = State::kUnset;
  cl_mem memory = nullptr;
  void* svm = nullptr;
  bool huge = false;
};
struct Kernel {
  cl_kernel handle;
  int context;
  unsigned which;  // of kKernels
  Program* program;
  unsigned references = 1;
  bool kept = false;  // a command of a command-buffer may keep the handle valid
  std::vector<Argument> arguments{};
};
struct Svm {
  std::byte* begin;
  std::size_t size;
  int context;
};

// Of cl_intel_unified_shared_memory.
struct Usm {
  std::byte* begin;
  std::size_t size;
  int context;
};
struct MutableCommand {
  cl_mutable_command_khr handle;
  unsigned which;  // of kKernels
  cl_uint dimensions;
  std::array<std::size_t, 3> local;  // or what fits the kernel, where none was given
  bool local_given, uniform;
};
struct CommandBuffer {
  cl_command_buffer_khr handle;
  int context;
  cl_command_queue queue;
  bool is_mutable = false, finalized = false, may_fail = false;
  bool incomplete = false;  // a kernel was recorded whose arguments come later
  cl_uint steps = 0;
  unsigned references = 1;
  std::vector<MutableCommand> commands{};
};
struct Semaphore {
  cl_semaphore_khr handle;
  int context;
  bool signalled = false;  // a signal was enqueued, and no wait for it
  bool may_fail = false;   // that signal
  unsigned references = 1;
};
struct SubDevice {
  cl_device_id handle;
  unsigned references = 1;
};

// What all threads use.
struct Shared {
  Library cl;
  cl_device_id device = nullptr;
  std::array<cl_context, 2> contexts{};
  std::array<cl_program, 2> programs{};  // one for each context, built
  std::array<cl_command_queue, 2> queues{};
  std::array<cl_mem, 2> buffers{};
  cl_uint compute_units = 0;
  std::vector<unsigned char> binary;
  std::size_t max_work_group = 0, max_allocation = 0;
  std::atomic<std::uint64_t> releases{0};  // bounds how soon a released handle may be given out again
};

struct Format {
  cl_image_format cl;
  std::size_t bytes;
};
inline constexpr Format kFormats[] = {{{CL_RGBA, CL_UNORM_INT8}, 4},  {{CL_RGBA, CL_FLOAT}, 16},
                                      {{CL_R, CL_UNSIGNED_INT16}, 2}, {{CL_RGBA, CL_HALF_FLOAT}, 8},
                                      {{CL_R, CL_SIGNED_INT8}, 1},    {{CL_RG, CL_UNSIGNED_INT32}, 8}};

// The kernels of the shared program.
enum class Slot { kBuffer, kValue, kLocal, kImage, kSampler, kPipe };
struct KernelRow {
  const char* name;
  std::vector<Slot> arguments;
  std::size_t required = 0;  // work-group size along dimension 0
};
extern const std::vector<KernelRow> kKernels;
extern const char* const kSource;

inline constexpr std::size_t kHostBytes = std::size_t{1} << 16;
inline constexpr std::size_t kLargestBuffer = std::size_t{1} << 14;

class Fuzzer {
 public:
  Fuzzer(Shared& shared, std::uint64_t seed);
  ~Fuzzer();

  // Numbers.
  std::uint64_t below(std::uint64_t limit) { return random() % limit; }
  bool one_in(unsigned n) { return below(n) == 0; }
  bool spoil() { return one_in(24); }
  std::size_t absurd();  // a number that no size is
  template <class T>
  T one_of(std::initializer_list<T> list) {
    return *(list.begin() + below(list.size()));
  }

  // What the call must answer.
  void wrong(std::initializer_list<cl_int> codes);
  void maybe(std::initializer_list<cl_int> codes);
  bool right() const { return !certain_ && expected_.empty(); }
  void judge(cl_int result);
  void forget() { expected_.clear(), certain_ = false; }  // no call was made
  void judge_object(const void* object);                  // the error was not asked for, or there is none
  void judge_object(const void* object, cl_int result);
  void fail(const std::string& what);

  // Handles. bad(): of the wrong kind, released, wild or null.
  void* bad(Kind kind, const void* valid);
  template <class H>
  H handle(H valid, Kind kind, cl_int error) {
    if (!spoil()) return valid;
    wrong({error});
    return static_cast<H>(bad(kind, valid));
  }
  cl_platform_id platform() { return handle(shared.cl.platform, Kind::kPlatform, CL_INVALID_PLATFORM); }
  cl_device_id device() { return handle(shared.device, Kind::kDevice, CL_INVALID_DEVICE); }
  int context_number() { return static_cast<int>(below(4) == 0); }
  cl_context context(int number) {
    return handle(shared.contexts[number], Kind::kContext, CL_INVALID_CONTEXT);
  }
  cl_command_queue queue(const Queue& queue) {
    return handle(queue.handle, Kind::kQueue, CL_INVALID_COMMAND_QUEUE);
  }
  cl_mem memory(const Memory& memory) { return handle(memory.handle, Kind::kMemory, CL_INVALID_MEM_OBJECT); }
  cl_program program(const Program& program) {
    return handle(program.handle, Kind::kProgram, CL_INVALID_PROGRAM);
  }
  cl_kernel kernel(const Kernel& kernel) { return handle(kernel.handle, Kind::kKernel, CL_INVALID_KERNEL); }
  cl_command_buffer_khr command_buffer(const CommandBuffer& buffer) {
    return handle(buffer.handle, Kind::kCommandBuffer, CL_INVALID_COMMAND_BUFFER_KHR);
  }
  cl_semaphore_khr semaphore(const Semaphore& semaphore) {
    return handle(semaphore.handle, Kind::kSemaphore, CL_INVALID_SEMAPHORE_KHR);
  }
  cl_device_id sub_device(const SubDevice& device) {
    return handle(device.handle, Kind::kDevice, CL_INVALID_DEVICE);
  }
  cl_event event(const Event& event) { return handle(event.handle, Kind::kEvent, CL_INVALID_EVENT); }

  // A memory object for a command of this context, mostly; another shape or context is an error. Null when
  // there is none.
  Memory* memory_for(int context, Memory::Shape shape);

  // Wait lists.
  struct Waits {
    cl_uint count = 0;
    const cl_event* list = nullptr;
    bool may_fail = false;
  };
  Waits waits(int context, bool blocking = false);
  // Where the event goes: nowhere or `new_event`.
  cl_event* event_out();
  // Keeps the event that a successful command gave.
  void keep_event(const Queue& queue, const Waits& waits, cl_int result, const cl_event* out);

  // Blocking calls: first nothing may wait for this thread.
  void open_gates();

  template <class T>
  T* pick(std::vector<std::unique_ptr<T>>& pool) {
    return pool.empty() ? nullptr : pool[below(pool.size())].get();
  }
  template <class T>
  void drop(std::vector<std::unique_ptr<T>>& pool, const T* item) {
    std::erase_if(pool, [&](const auto& own) { return own.get() == item; });
  }
  void retire(Kind kind, void* handle);  // it is released: may be passed as a released one
  bool alive(cl_mem handle) const;
  Memory* find(cl_mem handle);
  std::byte* host(std::size_t bytes);  // memory of the application with at least so many bytes

  // A query: sizes first, then with room that fits, is too small or too large; nothing behind the room may
  // change. `call` is (size, value, size_ret) -> cl_int. Judges.
  template <class Call>
  void query(const Call& call);

  Shared& shared;
  const Library& cl;
  Random random;
  std::vector<std::unique_ptr<Queue>> queues;
  std::vector<std::unique_ptr<Memory>> memories;
  std::vector<std::unique_ptr<Event>> events;
  std::vector<std::unique_ptr<Sampler>> samplers;
  std::vector<std::unique_ptr<Program>> programs;
  std::vector<std::unique_ptr<Kernel>> kernels;
  std::vector<std::unique_ptr<Svm>> allocations;
  std::vector<std::unique_ptr<Usm>> usm;
  std::vector<std::unique_ptr<CommandBuffer>> command_buffers;
  std::vector<std::unique_ptr<Semaphore>> semaphores;
  std::vector<std::unique_ptr<SubDevice>> sub_devices;
  // Run nothing but signals that someone waits for already, and so cannot be held up.
  std::array<cl_command_queue, 2> signal_queues{};
  cl_event new_event = nullptr;
  const char* entry = "";  // that is being called
  std::span<const cl_int> allowed{};
  std::uint64_t calls = 0, failures = 0, refused = 0;

 private:
  struct Stale {
    Kind kind;
    void* handle;
    std::uint64_t when;
  };
  void settle();

  std::vector<cl_int> expected_;
  bool certain_ = false;
  std::array<Stale, 64> stale_{};
  std::size_t stale_next_ = 0;
  std::array<cl_event, 8> list_{};
  std::vector<std::byte> host_;
  std::vector<std::byte> room_;
  std::uint64_t seed_;
};

template <class Call>
void Fuzzer::query(const Call& call) {
  constexpr std::byte kMark{0xA5};
  std::size_t size = 0;
  const bool valid = right();
  const auto before = expected_;
  const bool certain = certain_;
  const cl_int first = call(0, nullptr, &size);
  judge(first);
  if (first != CL_SUCCESS) return;
  if (size > room_.size() - 16) return fail("an answer of absurd size");
  expected_ = before, certain_ = certain;
  std::size_t given = size;
  if (one_in(4)) given = size + below(16);
  if (valid && size && one_in(6)) {
    given = below(size);
    wrong({CL_INVALID_VALUE});
  }
  std::fill_n(room_.begin(), given + 16, kMark);
  std::size_t told = ~std::size_t{0};
  std::size_t* const where = one_in(3) ? nullptr : &told;
  const cl_int second = call(given, room_.data(), where);
  if (second == CL_SUCCESS && where && told != size) fail("two sizes of one answer");
  for (std::size_t i = second == CL_SUCCESS ? std::min(given, size) : 0; i < given + 16; ++i)
    if (room_[i] != kMark) {
      fail("an answer wrote more than it said");
      break;
    }
  judge(second);
}

}  // namespace kiesel::conformance::api
