// Many threads over all kinds of objects at once; for ThreadSanitizer too (docs/build.md). No two threads
// touch the same bytes, so whatever it reports is the driver's.
#include <CL/cl_ext.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "conformance/api/fixture.hpp"
#include "runtime/api/command_buffer_types.hpp"

using namespace kiesel::api_test;

namespace {

constexpr unsigned kThreads = 32, kRounds = 150;
constexpr std::size_t kItems = 64;

struct Extensions {
#define OF_HEADER(name) const name##_fn name = extension<name##_fn>(#name)
  OF_HEADER(clCreateCommandBufferKHR);
  OF_HEADER(clFinalizeCommandBufferKHR);
  OF_HEADER(clEnqueueCommandBufferKHR);
  OF_HEADER(clReleaseCommandBufferKHR);
  OF_HEADER(clCreateSemaphoreWithPropertiesKHR);
  OF_HEADER(clEnqueueSignalSemaphoresKHR);
  OF_HEADER(clEnqueueWaitSemaphoresKHR);
  OF_HEADER(clReleaseSemaphoreKHR);
  OF_HEADER(clSharedMemAllocINTEL);
  OF_HEADER(clMemBlockingFreeINTEL);
  OF_HEADER(clSetKernelArgMemPointerINTEL);
  OF_HEADER(clEnqueueAcquireExternalMemObjectsKHR);
  const kiesel::runtime::api::clCommandNDRangeKernelKHR_fn clCommandNDRangeKernelKHR =
      extension<kiesel::runtime::api::clCommandNDRangeKernelKHR_fn>("clCommandNDRangeKernelKHR");
  using SetPointer = cl_int(CL_API_CALL*)(cl_kernel kernel, cl_uint index, cl_ulong address);
  const SetPointer clSetKernelArgDevicePointerEXT = extension<SetPointer>("clSetKernelArgDevicePointerEXT");
};

// What all threads use: each has its own part of the shared buffer.
struct Common {
  Session session;
  Queue out_of_order;
  cl_device_id target = device();
  Program program = session.build(
      "kernel void add(global int* data, int by) { data[get_global_id(0)] += by; }\n"
      "kernel void sum(global int* data, local int* part) {\n"
      "  part[get_local_id(0)] = 1; barrier(CLK_LOCAL_MEM_FENCE);\n"
      "  if (get_local_id(0) == 0) for (int i = 1; i < get_local_size(0); ++i) data[get_group_id(0)] += "
      "part[i];\n"
      "}\n");
  Memory memory = session.buffer(kThreads * kItems * 4);
  const Extensions cl;
  std::atomic<unsigned> wrong{0}, callbacks_due{0}, callbacks{0};

  Common() {
    const cl_queue_properties list[] = {
        CL_QUEUE_PROPERTIES, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE, 0};
    out_of_order = Queue(clCreateCommandQueueWithProperties(session.context, target, list, nullptr));
    REQUIRE(out_of_order != nullptr);
  }
  void check(bool good) {
    if (!good) ++wrong;
  }
  void good(cl_int result) { check(result == CL_SUCCESS); }
};

struct Worker {
  Common& all;
  unsigned number;
  std::mt19937 random{number + 1};
  cl_context context() const { return all.session.context; }
  cl_command_queue queue() { return random() % 2 ? cl_command_queue(all.session.queue) : all.out_of_order; }

  void buffers() {
    cl_int error = 1;
    std::vector<int> data(kItems, int(number)), back(kItems);
    Memory a(clCreateBuffer(context(), CL_MEM_COPY_HOST_PTR, kItems * 4, data.data(), &error));
    Memory b(clCreateBuffer(context(), CL_MEM_READ_WRITE, kItems * 4, nullptr, &error));
    const cl_buffer_region region{128, 128};
    Memory part(clCreateSubBuffer(a, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error));
    all.good(error);
    const int value = 77;
    Event filled, copied;
    auto* to = queue();
    all.good(clEnqueueFillBuffer(to, part, &value, 4, 0, 128, 0, nullptr, filled.out()));
    const cl_event first[] = {filled};
    all.good(clEnqueueCopyBuffer(to, a, b, 0, 0, kItems * 4, 1, first, copied.out()));
    const cl_event second[] = {copied};
    a.reset();
    all.good(clEnqueueReadBuffer(to, b, CL_TRUE, 0, kItems * 4, back.data(), 1, second, nullptr));
    all.check(back[0] == int(number) && back[32] == 77 && back[63] == 77);
  }

  void images() {
    cl_int error = 1;
    const cl_image_format format{CL_RGBA, CL_UNSIGNED_INT8};
    cl_image_desc shape{};
    shape.image_type = CL_MEM_OBJECT_IMAGE2D, shape.image_width = shape.image_height = 8;
    Memory image(clCreateImage(context(), CL_MEM_READ_WRITE, &format, &shape, nullptr, &error));
    all.good(error);
    const cl_uint colour[4] = {number, 2, 3, 4};
    const std::size_t origin[3] = {0, 0, 0}, region[3] = {8, 8, 1};
    std::array<unsigned char, 256> back{};
    Event filled;
    auto* to = queue();
    all.good(clEnqueueFillImage(to, image, colour, origin, region, 0, nullptr, filled.out()));
    const cl_event list[] = {filled};
    all.good(clEnqueueReadImage(to, image, CL_TRUE, origin, region, 0, 0, back.data(), 1, list, nullptr));
    all.check(back[0] == number && back[255] == 4);
    Owner<cl_sampler, clReleaseSampler> sampler(clCreateSamplerWithProperties(context(), nullptr, &error));
    all.good(error);
  }

  void kernels() {
    cl_int error = 1;
    Kernel add(clCreateKernel(all.program, "add", &error));
    Queue own(clCreateCommandQueueWithProperties(context(), all.target, nullptr, &error));
    all.good(error);
    std::vector<int> data(kItems, 5);
    Memory memory(clCreateBuffer(context(), CL_MEM_COPY_HOST_PTR, kItems * 4, data.data(), &error));
    const cl_mem handle = memory;
    all.good(clSetKernelArg(add, 0, sizeof handle, &handle));
    const std::size_t size = kItems;
    for (int by = 1; by <= 10; ++by) {
      all.good(clSetKernelArg(add, 1, sizeof by, &by));
      all.good(clEnqueueNDRangeKernel(own, add, 1, nullptr, &size, nullptr, 0, nullptr, nullptr));
    }
    Kernel sum(clCloneKernel(add, &error));
    all.good(clEnqueueReadBuffer(own, memory, CL_TRUE, 0, kItems * 4, data.data(), 0, nullptr, nullptr));
    all.check(data[0] == 60 && data[kItems - 1] == 60);
  }

  // A part of the shared buffer, on a shared queue, with one kernel object for each call.
  void shared_queue() {
    cl_int error = 1;
    Kernel add(clCreateKernel(all.program, "add", &error));
    const cl_mem handle = all.memory;
    const int by = 3;
    all.good(clSetKernelArg(add, 0, sizeof handle, &handle));
    all.good(clSetKernelArg(add, 1, sizeof by, &by));
    const std::size_t offset = number * kItems, size = kItems;
    const int zero = 0;
    std::vector<int> back(kItems);
    cl_command_queue to = all.session.queue;
    all.good(clEnqueueFillBuffer(to, all.memory, &zero, 4, offset * 4, size * 4, 0, nullptr, nullptr));
    all.good(clEnqueueNDRangeKernel(to, add, 1, &offset, &size, nullptr, 0, nullptr, nullptr));
    all.good(
        clEnqueueReadBuffer(to, all.memory, CL_TRUE, offset * 4, size * 4, back.data(), 0, nullptr, nullptr));
    all.check(back[0] == 3 && back[kItems - 1] == 3);
  }

  void events() {
    cl_int error = 1;
    Event gate(clCreateUserEvent(context(), &error)), marker;
    all.good(error);
    const cl_event list[] = {gate};
    all.good(clEnqueueMarkerWithWaitList(all.out_of_order, 1, list, marker.out()));
    const auto count = [](cl_event, cl_int, void* data) { ++static_cast<Common*>(data)->callbacks; };
    for (const cl_int type : {CL_SUBMITTED, CL_RUNNING, CL_COMPLETE}) {
      ++all.callbacks_due;
      all.good(clSetEventCallback(marker, type, count, &all));
    }
    if (random() % 4) {
      std::thread setter([&] { all.good(clSetUserEventStatus(gate, CL_COMPLETE)); });
      const cl_event waited[] = {marker};
      all.good(clWaitForEvents(1, waited));
      setter.join();
      cl_ulong time = 0;
      all.good(clGetEventProfilingInfo(marker, CL_PROFILING_COMMAND_END, sizeof time, &time, nullptr));
    }  // else it is abandoned
  }

  void maps() {
    cl_int error = 1;
    Memory memory(clCreateBuffer(context(), CL_MEM_ALLOC_HOST_PTR, kItems * 4, nullptr, &error));
    Queue own(clCreateCommandQueueWithProperties(context(), all.target, nullptr, &error));
    ++all.callbacks_due;
    const auto count = [](cl_mem, void* data) { ++static_cast<Common*>(data)->callbacks; };
    all.good(clSetMemObjectDestructorCallback(memory, count, &all));
    auto* mapped = static_cast<int*>(
        clEnqueueMapBuffer(own, memory, CL_TRUE, CL_MAP_WRITE, 0, kItems * 4, 0, nullptr, nullptr, &error));
    all.good(error);
    for (std::size_t i = 0; i < kItems; ++i) mapped[i] = int(number + i);
    all.good(clEnqueueUnmapMemObject(own, memory, mapped, 0, nullptr, nullptr));
    std::vector<int> back(kItems);
    all.good(clEnqueueReadBuffer(own, memory, CL_TRUE, 0, kItems * 4, back.data(), 0, nullptr, nullptr));
    all.check(back[7] == int(number + 7));
  }

  void shared_virtual_memory() {
    auto* data = static_cast<int*>(clSVMAlloc(context(), CL_MEM_READ_WRITE, kItems * 4, 0));
    all.check(data != nullptr);
    Queue own(clCreateCommandQueueWithProperties(context(), all.target, nullptr, nullptr));
    Kernel add(clCreateKernel(all.program, "add", nullptr));
    const int value = int(number), by = 9;
    const std::size_t size = kItems;
    all.good(clEnqueueSVMMemFill(own, data, &value, 4, kItems * 4, 0, nullptr, nullptr));
    all.good(clSetKernelArgSVMPointer(add, 0, data));
    all.good(clSetKernelArg(add, 1, sizeof by, &by));
    all.good(clEnqueueNDRangeKernel(own, add, 1, nullptr, &size, nullptr, 0, nullptr, nullptr));
    all.good(clEnqueueSVMMap(own, CL_TRUE, CL_MAP_READ, data, kItems * 4, 0, nullptr, nullptr));
    all.check(data[0] == value + by && data[kItems - 1] == value + by);
    all.good(clEnqueueSVMUnmap(own, data, 0, nullptr, nullptr));
    void* pointers[] = {data};
    all.good(clEnqueueSVMFree(own, 1, pointers, nullptr, nullptr, 0, nullptr, nullptr));
  }

  void programs() {
    const char* text = "kernel void one(global int* out) { out[0] = 1; }";
    cl_int error = 1;
    Program program(clCreateProgramWithSource(context(), 1, &text, nullptr, &error));
    all.good(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr));
    Kernel kernel(clCreateKernel(program, "one", &error));
    all.good(error);
  }

  void contexts() {
    cl_int error = 1;
    Context own(clCreateContext(nullptr, 1, &all.target, nullptr, nullptr, &error));
    ++all.callbacks_due;
    const auto count = [](cl_context, void* data) { ++static_cast<Common*>(data)->callbacks; };
    all.good(clSetContextDestructorCallback(own, count, &all));
    Queue queue(clCreateCommandQueueWithProperties(own, all.target, nullptr, &error));
    Memory memory(clCreateBuffer(own, CL_MEM_READ_WRITE, 64, nullptr, &error));
    const int value = 5;
    own.reset();
    all.good(clEnqueueFillBuffer(queue, memory, &value, 4, 0, 64, 0, nullptr, nullptr));
    memory.reset();
    if (random() % 2) all.good(clFinish(queue));
  }

  void command_buffers() {
    cl_command_queue to = all.session.queue;
    cl_int error = 1;
    Memory memory(clCreateBuffer(context(), CL_MEM_READ_WRITE, kItems * 4, nullptr, &error));
    Kernel add(clCreateKernel(all.program, "add", &error));
    const cl_mem handle = memory;
    const int zero = 0, by = 2;
    const std::size_t size = kItems;
    all.good(clSetKernelArg(add, 0, sizeof handle, &handle));
    all.good(clSetKernelArg(add, 1, sizeof by, &by));
    const cl_command_buffer_khr buffer = all.cl.clCreateCommandBufferKHR(1, &to, nullptr, &error);
    all.good(error);
    for (int i = 0; i < 3; ++i)
      all.good(all.cl.clCommandNDRangeKernelKHR(buffer, nullptr, nullptr, add, 1, nullptr, &size, nullptr, 0,
                                                nullptr, nullptr, nullptr));
    all.good(all.cl.clFinalizeCommandBufferKHR(buffer));
    all.good(clEnqueueFillBuffer(to, memory, &zero, 4, 0, kItems * 4, 0, nullptr, nullptr));
    for (int i = 0; i < 2; ++i)
      all.good(all.cl.clEnqueueCommandBufferKHR(0, nullptr, buffer, 0, nullptr, nullptr));
    all.good(all.cl.clReleaseCommandBufferKHR(buffer));
    std::vector<int> back(kItems);
    all.good(clEnqueueReadBuffer(to, memory, CL_TRUE, 0, kItems * 4, back.data(), 0, nullptr, nullptr));
    all.check(back[0] == 12 && back[kItems - 1] == 12);
  }

  // Between two queues; half of them through a file descriptor.
  void semaphores() {
    cl_int error = 1;
    const cl_semaphore_properties_khr properties[] = {
        CL_SEMAPHORE_TYPE_KHR,
        CL_SEMAPHORE_TYPE_BINARY_KHR,
        random() % 2 ? cl_semaphore_properties_khr{CL_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR} : 0,
        CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR,
        0,
        0};
    const auto semaphore = all.cl.clCreateSemaphoreWithPropertiesKHR(context(), properties, &error);
    all.good(error);
    Queue first(clCreateCommandQueueWithProperties(context(), all.target, nullptr, &error)),
        second(clCreateCommandQueueWithProperties(context(), all.target, nullptr, &error));
    Memory memory(clCreateBuffer(context(), CL_MEM_READ_WRITE, 64, nullptr, &error));
    const int value = int(number);
    int back = -1;
    all.good(clEnqueueFillBuffer(first, memory, &value, 4, 0, 64, 0, nullptr, nullptr));
    all.good(all.cl.clEnqueueSignalSemaphoresKHR(first, 1, &semaphore, nullptr, 0, nullptr, nullptr));
    all.good(all.cl.clEnqueueWaitSemaphoresKHR(second, 1, &semaphore, nullptr, 0, nullptr, nullptr));
    all.good(clEnqueueReadBuffer(second, memory, CL_TRUE, 0, 4, &back, 0, nullptr, nullptr));
    all.check(back == value);
    all.good(all.cl.clReleaseSemaphoreKHR(semaphore));
  }

  void unified_memory() {
    cl_int error = 1;
    auto* data = static_cast<int*>(
        all.cl.clSharedMemAllocINTEL(context(), all.target, nullptr, kItems * 4, 0, &error));
    all.good(error);
    std::fill_n(data, kItems, 1);
    Kernel add(clCreateKernel(all.program, "add", &error));
    const int by = 4;
    const cl_bool yes = random() % 2;
    const std::size_t size = kItems;
    all.good(clSetKernelExecInfo(add, CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL, sizeof yes, &yes));
    all.good(all.cl.clSetKernelArgMemPointerINTEL(add, 0, data));
    all.good(clSetKernelArg(add, 1, sizeof by, &by));
    Queue own(clCreateCommandQueueWithProperties(context(), all.target, nullptr, &error));
    all.good(clEnqueueNDRangeKernel(own, add, 1, nullptr, &size, nullptr, 0, nullptr, nullptr));
    if (random() % 2) {
      all.good(clFinish(own));
      all.check(data[0] == 5 && data[kItems - 1] == 5);
    }
    all.good(all.cl.clMemBlockingFreeINTEL(context(), data));
  }

  void external_memory() {
    const int file = ::memfd_create("stress", MFD_CLOEXEC);
    all.check(file >= 0 && ::ftruncate(file, kItems * 4) == 0);
    const cl_mem_properties properties[] = {CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR,
                                            static_cast<cl_mem_properties>(file), 0};
    cl_int error = 1;
    Memory memory(clCreateBufferWithProperties(context(), properties, 0, kItems * 4, nullptr, &error));
    all.good(error);
    const cl_mem handle = memory;
    const int value = int(number);
    int back = -1;
    auto* to = queue();
    Event filled;
    all.good(all.cl.clEnqueueAcquireExternalMemObjectsKHR(to, 1, &handle, 0, nullptr, nullptr));
    all.good(clEnqueueFillBuffer(to, memory, &value, 4, 0, kItems * 4, 0, nullptr, filled.out()));
    const cl_event list[] = {filled};
    all.good(clEnqueueReadBuffer(to, memory, CL_TRUE, 4, 4, &back, 1, list, nullptr));
    all.check(back == value);
  }

  void addressed_buffers() {
    constexpr cl_mem_properties kPrivateAddress = 0x5000;  // CL_MEM_DEVICE_PRIVATE_ADDRESS_EXT
    constexpr cl_mem_info kAddress = 0x5001;               // CL_MEM_DEVICE_ADDRESS_EXT
    const cl_mem_properties properties[] = {kPrivateAddress, CL_TRUE, 0};
    cl_int error = 1;
    std::vector<int> data(kItems, int(number));
    Memory memory(clCreateBufferWithProperties(context(), properties, CL_MEM_COPY_HOST_PTR, kItems * 4,
                                               data.data(), &error));
    all.good(error);
    cl_ulong address = 0;
    all.good(clGetMemObjectInfo(memory, kAddress, sizeof address, &address, nullptr));
    Kernel add(clCreateKernel(all.program, "add", &error));
    const int by = 6;
    const std::size_t size = kItems;
    all.good(all.cl.clSetKernelArgDevicePointerEXT(add, 0, address));
    all.good(clSetKernelArg(add, 1, sizeof by, &by));
    Queue own(clCreateCommandQueueWithProperties(context(), all.target, nullptr, &error));
    all.good(clEnqueueNDRangeKernel(own, add, 1, nullptr, &size, nullptr, 0, nullptr, nullptr));
    all.good(clEnqueueReadBuffer(own, memory, CL_TRUE, 0, kItems * 4, data.data(), 0, nullptr, nullptr));
    all.check(data[0] == int(number) + by && data[kItems - 1] == int(number) + by);
  }

  void sub_devices() {
    const cl_device_partition_property halves[] = {CL_DEVICE_PARTITION_EQUALLY, 4, 0};
    cl_device_id parts[2] = {};
    all.good(clCreateSubDevices(all.target, halves, 2, parts, nullptr));
    {
      cl_int error = 1;
      Context own(clCreateContext(nullptr, 2, parts, nullptr, nullptr, &error));
      all.good(error);
      Queue queue(clCreateCommandQueueWithProperties(own, parts[number % 2], nullptr, &error));
      Memory memory(clCreateBuffer(own, CL_MEM_READ_WRITE, 64, nullptr, &error));
      const int value = int(number);
      int back = -1;
      all.good(clEnqueueFillBuffer(queue, memory, &value, 4, 0, 64, 0, nullptr, nullptr));
      all.good(clEnqueueReadBuffer(queue, memory, CL_TRUE, 8, 4, &back, 0, nullptr, nullptr));
      all.check(back == value);
    }
    for (auto* part : parts) all.good(clReleaseDevice(part));
  }

  void run() {
    using Action = void (Worker::*)();
    constexpr Action kActions[] = {
        &Worker::buffers,         &Worker::images,      &Worker::kernels,
        &Worker::events,          &Worker::maps,        &Worker::shared_virtual_memory,
        &Worker::programs,        &Worker::contexts,    &Worker::shared_queue,
        &Worker::command_buffers, &Worker::semaphores,  &Worker::unified_memory,
        &Worker::external_memory, &Worker::sub_devices, &Worker::addressed_buffers};
    for (unsigned round = 0; round < kRounds; ++round) (this->*kActions[random() % std::size(kActions)])();
  }
};

}  // namespace

TEST_CASE("32 threads make, use and release objects of all kinds") {
  Common all;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back([&all, i] { Worker{all, i}.run(); });
  for (auto& thread : threads) thread.join();
  CHECK(all.wrong == 0);
  CHECK(clFinish(all.session.queue) == CL_SUCCESS);
  CHECK(eventually([&] { return all.callbacks == all.callbacks_due; }));
}
