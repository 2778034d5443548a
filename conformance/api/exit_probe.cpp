// Leaves main in the state that its argument names; exit code 0 when the process then ends by itself.
// "print" runs a kernel that prints.
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

const char* const kSource =
    "kernel void spin(global int* out) { int x = get_global_id(0); for (int i = 0; i < ROUNDS; ++i) x = x * "
    "3 + i;"
    " out[get_global_id(0)] = x; }";

struct Session {
  cl_platform_id platform = nullptr;
  cl_device_id device = nullptr;
  cl_context context = nullptr;
  cl_command_queue queue = nullptr;
};

Session open() {
  Session out;
  if (clGetPlatformIDs(1, &out.platform, nullptr) != CL_SUCCESS) std::exit(2);
  clGetDeviceIDs(out.platform, CL_DEVICE_TYPE_ALL, 1, &out.device, nullptr);
  out.context = clCreateContext(nullptr, 1, &out.device, nullptr, nullptr, nullptr);
  out.queue = clCreateCommandQueueWithProperties(out.context, out.device, nullptr, nullptr);
  return out;
}

cl_program build(const Session& session, const char* source, const char* options = "") {
  cl_program program = clCreateProgramWithSource(session.context, 1, &source, nullptr, nullptr);
  if (clBuildProgram(program, 0, nullptr, options, nullptr, nullptr) != CL_SUCCESS) std::exit(3);
  return program;
}

void run_long(const Session& session, const char* rounds = "-DROUNDS=2000000") {
  cl_program program = build(session, kSource, rounds);
  cl_kernel kernel = clCreateKernel(program, "spin", nullptr);
  const size_t size = 65536;
  cl_mem memory = clCreateBuffer(session.context, CL_MEM_READ_WRITE, size * 4, nullptr, nullptr);
  clSetKernelArg(kernel, 0, sizeof memory, &memory);
  for (int i = 0; i < 4; ++i)
    clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr);
  clFlush(session.queue);
}

const char* const kPrinting =
    "kernel void show(float f) {\n"
    "  const uint i = get_global_id(0);\n"
    "  if (i == 0) {\n"
    "    printf(\"%d %5d|%-5d|%05d %u %x %#X %c %% \", -7, 42, 42, 42, 4000000000u, 255, 255, 'k');\n"
    "    printf(\"%ld %lu %hd %hhd\\n\", -5000000000L, 18446744073709551615UL, (short)-3, (char)-4);\n"
    "    printf(\"%f %.2f %e %g %s\\n\", f, f, 12345.678f, 0.0001f, \"text\");\n"
    "    printf(\"%v4d %v2hlf %v3hhd %v2lu %.1v4hlf\\n\", (int4)(1, -2, 3, -4), (float2)(0.5f, 1.5f),\n"
    "           (char3)(1, 2, 3), (ulong2)(5, 6), (float4)(1, 2, 3, 4));\n"
    "    printf(\"no arguments\\n\");\n"
    "  }\n"
    "  if (i == 77) printf(\"item %u\\n\", i);\n"
    "}\n"
    "kernel void flood() { printf(\"%u is one of many work-items\\n\", (uint)get_global_id(0)); }\n";

void print(const Session& session) {
  cl_program program = build(session, kPrinting);
  cl_kernel show = clCreateKernel(program, "show", nullptr),
            flood = clCreateKernel(program, "flood", nullptr);
  const float value = 3.25f;
  clSetKernelArg(show, 0, sizeof value, &value);
  const size_t some = 100, many = 131072;
  if (clEnqueueNDRangeKernel(session.queue, show, 1, nullptr, &some, nullptr, 0, nullptr, nullptr) !=
      CL_SUCCESS)
    std::exit(4);
  if (clFinish(session.queue) != CL_SUCCESS) std::exit(5);
  // More than the buffer holds: what fits is printed whole, and the command succeeds.
  cl_event event = nullptr;
  if (clEnqueueNDRangeKernel(session.queue, flood, 1, nullptr, &many, nullptr, 0, nullptr, &event) !=
      CL_SUCCESS)
    std::exit(6);
  if (clWaitForEvents(1, &event) != CL_SUCCESS) std::exit(7);
}

void run(const Session& session, cl_kernel kernel, size_t size) {
  if (clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) !=
      CL_SUCCESS)
    std::exit(4);
  if (clFinish(session.queue) != CL_SUCCESS) std::exit(5);
}

// The kernel is told where the application's memory has words, and tries to print them.
void print_wild(const Session& session) {
  static const char kNarrow[] = "application's secret";
  static const wchar_t kWide[] = L"application's secret";
  const char* source =
      "kernel void wild(ulong narrow, ulong wide) {\n"
      "  printf(\"%v2ls|\\n\", (ulong2)(wide, wide)); printf(\"%v2s|\\n\", (ulong2)(narrow, narrow));\n"
      "  printf(\"%ls|\\n\", wide); printf(\"%s|%d\\n\", narrow, 5);\n"
      "  printf(\"%s|%s\\n\", (constant char*)narrow, \"literal\"); printf((constant char*)narrow);\n"
      "  printf(\"%d|%f|%v4d|%n|%s\\n\", 1.5f, 7, (int2)(1, 2), narrow, narrow); printf(\"%d %d.\\n\", 3);\n"
      "}\n";
  cl_program program = build(session, source, "-cl-std=CL3.0 -w");
  cl_kernel kernel = clCreateKernel(program, "wild", nullptr);
  const cl_ulong narrow = reinterpret_cast<cl_ulong>(kNarrow), wide = reinterpret_cast<cl_ulong>(kWide);
  clSetKernelArg(kernel, 0, sizeof narrow, &narrow);
  clSetKernelArg(kernel, 1, sizeof wide, &wide);
  run(session, kernel, 1);
}

long peak_kib() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

// A prime number of work-items that no work-group has room for, in programs that want whole work-groups.
void run_primes(const Session& session) {
  const char* source =
      "kernel void blind(global int* out) { out[get_global_id(0)] = 1; }\n"
      "kernel void seeing(global int* out) { out[get_global_id(0)] = get_local_id(0); }\n";
  cl_program program = build(session, source);
  constexpr size_t kPrime = 4099;
  cl_mem out = clCreateBuffer(session.context, 0, kPrime * sizeof(cl_int), nullptr, nullptr);
  for (const char* name : {"blind", "seeing"}) {
    cl_kernel kernel = clCreateKernel(program, name, nullptr);
    clSetKernelArg(kernel, 0, sizeof out, &out);
    run(session, kernel, kPrime);
  }
}

// 32 GB of text, were it all made.
void print_flood(const Session& session) {
  cl_program program = build(session, "kernel void pad() { printf(\"%99999v16hhd\", (char16)(1)); }");
  cl_kernel kernel = clCreateKernel(program, "pad", nullptr);
  run(session, kernel, 1);
  const long before = peak_kib();
  run(session, kernel, 20000);
  if (peak_kib() - before > 65536) std::exit(14);
}

// Work-groups of four sizes; one line from each.
void print_uneven(const Session& session) {
  const char* source =
      "kernel void f() { if (get_local_linear_id() == 0) printf(\"group %d %d has %d x %d\\n\", "
      "(int)get_group_id(0),"
      " (int)get_group_id(1), (int)get_local_size(0), (int)get_local_size(1)); }";
  cl_program program = build(session, source, "-cl-std=CL3.0");
  cl_kernel kernel = clCreateKernel(program, "f", nullptr);
  const size_t global[2] = {10, 7}, local[2] = {4, 4};
  if (clEnqueueNDRangeKernel(session.queue, kernel, 2, nullptr, global, local, 0, nullptr, nullptr) !=
      CL_SUCCESS)
    std::exit(4);
  if (clFinish(session.queue) != CL_SUCCESS) std::exit(5);
}

// Everything is released while the kernel runs; it never ends.
void run_endless(const Session& session) {
  const char* source = "kernel void endless(global volatile int* out) { while (*out == 0); }";
  cl_program program = build(session, source);
  cl_kernel kernel = clCreateKernel(program, "endless", nullptr);
  const size_t size = 64;
  const int zero = 0;
  cl_mem memory = clCreateBuffer(session.context, CL_MEM_READ_WRITE, 4, nullptr, nullptr);
  clEnqueueWriteBuffer(session.queue, memory, CL_TRUE, 0, 4, &zero, 0, nullptr, nullptr);
  clSetKernelArg(kernel, 0, sizeof memory, &memory);
  if (clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) !=
      CL_SUCCESS)
    std::exit(4);
  clReleaseMemObject(memory);
  clReleaseKernel(kernel);
  clReleaseProgram(program);
  clReleaseCommandQueue(session.queue);
  clReleaseContext(session.context);
}

void wait_forever(const Session& session) {
  cl_event gate = clCreateUserEvent(session.context, nullptr);
  clEnqueueMarkerWithWaitList(session.queue, 1, &gate, nullptr);
}

void build_in_background(const Session& session) {
  const char* source = kSource;
  cl_program program = clCreateProgramWithSource(session.context, 1, &source, nullptr, nullptr);
  clBuildProgram(
      program, 0, nullptr, "-DBACKGROUND -DROUNDS=2000000", [](cl_program, void*) {}, nullptr);
}

void call_back(const Session& session) {
  cl_event gate = clCreateUserEvent(session.context, nullptr);
  clSetEventCallback(
      gate, CL_COMPLETE, [](cl_event event, cl_int, void*) { clWaitForEvents(1, &event); }, nullptr);
  clSetUserEventStatus(gate, CL_COMPLETE);
}

// The process ends from a thread of the driver, while this one waits for a command that never comes to its
// end.
void exit_in_callback(const Session& session) {
  cl_event gate = clCreateUserEvent(session.context, nullptr),
           never = clCreateUserEvent(session.context, nullptr);
  clSetEventCallback(
      gate, CL_COMPLETE, [](cl_event, cl_int, void*) { std::exit(0); }, nullptr);
  clSetUserEventStatus(gate, CL_COMPLETE);
  clWaitForEvents(1, &never);
  std::exit(6);
}

// Children of a process whose driver has threads at work: one runs another program, one ends by itself.
void fork_children(const Session& session) {
  run_long(session, "-DROUNDS=100");
  for (const bool exec : {true, false}) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (exec) ::execlp("true", "true", static_cast<char*>(nullptr));
      std::exit(exec ? 127 : 0);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) std::exit(7);
  }
  if (clFinish(session.queue) != CL_SUCCESS) std::exit(8);
}

// A kernel that faults, and commands behind it; nobody looks at them.
void fault(const Session& session) {
  const char* source = "kernel void wild(global int* out) { out[1ul << 40] = 1; }";
  cl_program program = build(session, source);
  cl_kernel kernel = clCreateKernel(program, "wild", nullptr);
  const size_t size = 64;
  cl_mem memory = clCreateBuffer(session.context, CL_MEM_READ_WRITE, 4, nullptr, nullptr);
  clSetKernelArg(kernel, 0, sizeof memory, &memory);
  for (int i = 0; i < 3; ++i)
    if (clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) !=
        CL_SUCCESS)
      std::exit(4);
  if (clFinish(session.queue) == CL_SUCCESS) std::exit(5);
  clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr);
}

// Commands wait for an event that is released before its status is set.
void abandon(const Session& session) {
  cl_event gate = clCreateUserEvent(session.context, nullptr);
  clEnqueueMarkerWithWaitList(session.queue, 1, &gate, nullptr);
  clReleaseEvent(gate);
  if (clFinish(session.queue) != CL_SUCCESS) std::exit(9);
}

// A program is built from a folder that no longer exists; its options make it new to the cache.
void build_from_nowhere(const Session& session) {
  char folder[] = "/tmp/kiesel-XXXXXX";
  if (!::mkdtemp(folder) || ::chdir(folder) != 0 || ::rmdir(folder) != 0) std::exit(10);
  build(session, kSource, ("-DROUNDS=" + std::to_string(::getpid())).c_str());
}

// As `ulimit -v` does it. Sanitizers take terabytes of address space by themselves.
void limit_space() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const rlimit limit{std::uint64_t{2} << 30, std::uint64_t{2} << 30};
  if (setrlimit(RLIMIT_AS, &limit) != 0) std::exit(11);
#endif
}

// There is a device, its kernels run, and what it says of its memory is what it has.
void run_in_little_space(const Session& session) {
  run_long(session, "-DROUNDS=100");
  if (clFinish(session.queue) != CL_SUCCESS) std::exit(12);
  cl_ulong most = 0;
  clGetDeviceInfo(session.device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, nullptr);
  cl_int status = CL_SUCCESS;
  clCreateBuffer(session.context, CL_MEM_READ_WRITE, most, nullptr, &status);
  if (status != CL_SUCCESS) std::exit(13);
}

// The loader is left out: it may be what is used for the first time, too.
using GetPlatforms = cl_int (*)(cl_uint count, cl_platform_id* platforms, cl_uint* all);

// 0 when the driver in this library answers.
int ask(GetPlatforms get) {
  cl_platform_id platform = nullptr;
  return get && get(1, &platform, nullptr) == CL_SUCCESS && platform ? 0 : 14;
}

// A child is made so many microseconds after another thread has begun to use the driver.
int fork_first(const char* library, unsigned microseconds) {
  void* const opened = ::dlopen(library, RTLD_NOW);
  if (!opened) return 15;
  const auto get = reinterpret_cast<GetPlatforms>(::dlsym(opened, "clIcdGetPlatformIDsKHR"));
  std::thread other([&] { ask(get); });
  ::usleep(microseconds);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    ::_exit(ask(get));
  }
  int status = 0;
  const bool ended = ::waitpid(child, &status, 0) == child && WIFEXITED(status);
  other.join();
  return ended ? WEXITSTATUS(status) : 16;
}

// The application handles bus errors of its own, and goes on to get those that are not of the driver's files.
sigjmp_buf after_bus_error;
void leave_bus_error(int) { siglongjmp(after_bus_error, 1); }

bool is_bus_error(volatile char* place) {
  if (sigsetjmp(after_bus_error, 1)) return true;
  *place = 1;
  return false;
}

void bus_errors(const Session& session) {
  std::signal(SIGBUS, leave_bus_error);
  const int file = ::memfd_create("test", 0), own = ::memfd_create("test", 0);
  if (::ftruncate(file, 4096) != 0) std::exit(17);
  const cl_mem_properties properties[] = {CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR,
                                          static_cast<cl_mem_properties>(::dup(file)), 0};
  cl_mem memory = clCreateBufferWithProperties(session.context, properties, 0, 4096, nullptr, nullptr);
  auto* mapped = static_cast<char*>(clEnqueueMapBuffer(session.queue, memory, CL_TRUE, CL_MAP_WRITE, 0, 4096,
                                                       0, nullptr, nullptr, nullptr));
  auto* other = static_cast<char*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, own, 0));
  if (!mapped || ::ftruncate(file, 0) != 0) std::exit(18);
  for (int i = 0; i < 2; ++i)
    if (!is_bus_error(other) || is_bus_error(mapped)) std::exit(19);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view what = count > 1 ? arguments[1] : "idle";
  if (what == "little-space") limit_space();
  if (what == "fork-first" && count > 3)
    return fork_first(arguments[2], static_cast<unsigned>(std::atoi(arguments[3])));
  const Session session = open();
  if (what == "little-space") run_in_little_space(session);
  if (what == "pending") wait_forever(session);
  if (what == "running") run_long(session);
  if (what == "endless") run_endless(session);
  if (what == "print") print(session);
  if (what == "uneven") print_uneven(session);
  if (what == "primes") run_primes(session);
  if (what == "print-wild") print_wild(session);
  if (what == "print-flood") print_flood(session);
  if (what == "building") build_in_background(session);
  if (what == "callback") call_back(session);
  if (what == "exit-in-callback") exit_in_callback(session);
  if (what == "fork") fork_children(session);
  if (what == "fault") fault(session);
  if (what == "abandoned") abandon(session);
  if (what == "bus-errors") bus_errors(session);
  if (what == "no-folder") build_from_nowhere(session);
  if (what == "idle") {
    clReleaseCommandQueue(session.queue);
    clReleaseContext(session.context);
  }
  return 0;
}
