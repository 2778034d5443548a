// What one command costs, through the loader: OCL_ICD_VENDORS says whose driver is measured.
//   OCL_ICD_VENDORS=build/kiesel.icd build/bin/runtime_bench
//   OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd build/bin/runtime_bench
#include <CL/cl.h>
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

void check(cl_int error, const char* what) {
  if (error == CL_SUCCESS) return;
  std::fprintf(stderr, "%s: error %d\n", what, error);
  std::exit(1);
}

// Made once and kept until the process ends.
struct Session {
  cl_device_id device = nullptr;
  cl_context context = nullptr;
  cl_command_queue queue = nullptr;
  cl_kernel kernel = nullptr;
  cl_mem memory = nullptr;

  Session() {
    cl_platform_id platform = nullptr;
    check(clGetPlatformIDs(1, &platform, nullptr), "clGetPlatformIDs");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr), "clGetDeviceIDs");
    context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, nullptr);
    queue = clCreateCommandQueueWithProperties(context, device, nullptr, nullptr);
    kernel = build("kernel void empty() {}", "empty");
    memory = clCreateBuffer(context, CL_MEM_READ_WRITE, 1 << 20, nullptr, nullptr);
    for (const std::size_t size : {1, 1024})
      launch(size);  // what is compiled or started at first use is so now
    clFinish(queue);
  }

  cl_kernel build(const std::string& source, const char* name) const {
    const char* text = source.c_str();
    cl_program program = clCreateProgramWithSource(context, 1, &text, nullptr, nullptr);
    check(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr), "clBuildProgram");
    cl_int error = 0;
    cl_kernel out = clCreateKernel(program, name, &error);
    check(error, "clCreateKernel");
    clReleaseProgram(program);
    return out;
  }

  void launch(std::size_t size = 1) const {
    check(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr), "launch");
  }
};

const Session& session() {
  static const Session instance;
  return instance;
}

void empty_kernel(benchmark::State& state) {
  for (auto _ : state) {
    session().launch(static_cast<std::size_t>(state.range(0)));
    clFinish(session().queue);
  }
}

void chained_kernels(benchmark::State& state) {
  for (auto _ : state) {
    for (int i = 0; i < 1000; ++i) session().launch();
    clFinish(session().queue);
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}

void blocking_write(benchmark::State& state) {
  std::vector<char> data(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    check(clEnqueueWriteBuffer(session().queue, session().memory, CL_TRUE, 0, data.size(), data.data(), 0,
                               nullptr, nullptr),
          "write");
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void blocking_read(benchmark::State& state) {
  std::vector<char> data(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    check(clEnqueueReadBuffer(session().queue, session().memory, CL_TRUE, 0, data.size(), data.data(), 0,
                              nullptr, nullptr),
          "read");
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void map_and_unmap(benchmark::State& state) {
  for (auto _ : state) {
    cl_int error = 0;
    void* pointer = clEnqueueMapBuffer(session().queue, session().memory, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE,
                                       0, 4096, 0, nullptr, nullptr, &error);
    check(error, "map");
    check(clEnqueueUnmapMemObject(session().queue, session().memory, pointer, 0, nullptr, nullptr), "unmap");
    clFinish(session().queue);
  }
}

void user_event(benchmark::State& state) {
  for (auto _ : state) {
    cl_int status = 0;
    cl_event event = clCreateUserEvent(session().context, nullptr);
    check(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, nullptr), "query");
    check(clSetUserEventStatus(event, CL_COMPLETE), "status");
    clReleaseEvent(event);
  }
}

void event_query(benchmark::State& state) {
  cl_event event = nullptr;
  check(clEnqueueMarkerWithWaitList(session().queue, 0, nullptr, &event), "marker");
  clFinish(session().queue);
  for (auto _ : state) {
    cl_int status = 0;
    check(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, nullptr), "query");
  }
  clReleaseEvent(event);
}

void set_argument(benchmark::State& state) {
  cl_kernel kernel = session().build("kernel void take(global int* data, int value) {}", "take");
  const cl_mem memory = session().memory;
  cl_int value = 0;
  for (auto _ : state) {
    check(clSetKernelArg(kernel, 0, sizeof memory, &memory), "argument");
    check(clSetKernelArg(kernel, 1, sizeof value, &++value), "argument");
  }
  clReleaseKernel(kernel);
}

// What one enqueue costs when so many threads enqueue at once: wall time for each launch.
void enqueue_from_threads(benchmark::State& state, bool own_queues) {
  const auto count = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kLaunches = 16'000;
  std::vector<cl_command_queue> queues(count, session().queue);
  if (own_queues)
    for (auto& queue : queues)
      queue = clCreateCommandQueueWithProperties(session().context, session().device, nullptr, nullptr);
  for (auto _ : state) {
    std::vector<std::thread> threads;
    for (const auto queue : queues)
      threads.emplace_back([queue, count] {
        const std::size_t size = 1;
        for (std::size_t i = 0; i < kLaunches / count; ++i)
          check(clEnqueueNDRangeKernel(queue, session().kernel, 1, nullptr, &size, nullptr, 0, nullptr,
                                       nullptr),
                "launch");
        clFinish(queue);
      });
    for (auto& thread : threads) thread.join();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kLaunches));
  if (own_queues)
    for (const auto queue : queues) clReleaseCommandQueue(queue);
}
void own_queues(benchmark::State& state) { enqueue_from_threads(state, true); }
void one_queue(benchmark::State& state) { enqueue_from_threads(state, false); }

void marker(benchmark::State& state) {
  for (auto _ : state) {
    check(clEnqueueMarkerWithWaitList(session().queue, 0, nullptr, nullptr), "marker");
    clFinish(session().queue);
  }
}

void create_buffer(benchmark::State& state) {
  for (auto _ : state)
    clReleaseMemObject(clCreateBuffer(session().context, CL_MEM_READ_WRITE, 4096, nullptr, nullptr));
}

const std::string kSaxpy =
    "kernel void saxpy(global float* y, global const float* x, float a) {"
    " size_t i = get_global_id(0); y[i] += a * x[i]; }";

// The same program again: what the driver's cache gives.
void build_again(benchmark::State& state) {
  clReleaseKernel(session().build(kSaxpy, "saxpy"));
  for (auto _ : state) clReleaseKernel(session().build(kSaxpy, "saxpy"));
}

// A text that no cache has seen; this process and this moment make it new.
std::string new_program() {
  static std::uint64_t serial =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return kSaxpy + "\n// " + std::to_string(++serial) + "\n";
}

void build_new(benchmark::State& state) {
  for (auto _ : state) clReleaseKernel(session().build(new_program(), "saxpy"));
}

// Up to the first result: some drivers compile at the first launch.
void build_new_and_launch(benchmark::State& state) {
  const float factor = 2;
  const std::size_t size = 1024;
  for (auto _ : state) {
    cl_kernel kernel = session().build(new_program(), "saxpy");
    for (cl_uint i = 0; i < 2; ++i)
      check(clSetKernelArg(kernel, i, sizeof(cl_mem), &session().memory), "argument");
    check(clSetKernelArg(kernel, 2, sizeof factor, &factor), "argument");
    check(clEnqueueNDRangeKernel(session().queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr),
          "launch");
    clFinish(session().queue);
    clReleaseKernel(kernel);
  }
}

BENCHMARK(empty_kernel)->Arg(1)->Arg(1024)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(chained_kernels)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(blocking_write)->Arg(4096)->Arg(1 << 20)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(blocking_read)->Arg(4096)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(map_and_unmap)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(user_event)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(event_query)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(set_argument)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(own_queues)->Arg(1)->Arg(16)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(one_queue)->Arg(1)->Arg(16)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(marker)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(create_buffer)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(build_again)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(build_new)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(build_new_and_launch)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
