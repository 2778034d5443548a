// Contexts, queues and reference counts; handles that are not valid.
#include <atomic>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

// The driver's own function, past the loader, which would follow a wild pointer.
template <class Function>
Function direct(const char* name, Function) {
  return extension<Function>(name);
}

}  // namespace

TEST_CASE("a context is made from devices or a type") {
  cl_int error = 0;
  const cl_device_id devices[] = {device(), device()};
  Context context(clCreateContext(nullptr, 2, devices, nullptr, nullptr, &error));
  CHECK(error == CL_SUCCESS);
  CHECK(query<cl_uint>(clGetContextInfo, cl_context(context), cl_context_info{CL_CONTEXT_NUM_DEVICES}) == 1);
  const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, cl_context_properties(platform()), 0};
  Context typed(clCreateContextFromType(properties, CL_DEVICE_TYPE_DEFAULT, nullptr, nullptr, &error));
  CHECK(error == CL_SUCCESS);
  CHECK(query<std::array<cl_context_properties, 3>>(
            clGetContextInfo, cl_context(typed), cl_context_info{CL_CONTEXT_PROPERTIES})[1] == properties[1]);

  CHECK(clCreateContext(nullptr, 0, devices, nullptr, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(clCreateContext(nullptr, 1, devices, nullptr, &error, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  const cl_context_properties unknown[] = {0x4242, 1, 0};
  CHECK(clCreateContext(unknown, 1, devices, nullptr, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_PROPERTY);
  CHECK(clCreateContextFromType(properties, CL_DEVICE_TYPE_CPU, nullptr, nullptr, &error) == nullptr);
  CHECK(error == CL_DEVICE_NOT_FOUND);
}

TEST_CASE("reference counts go up and down") {
  const Session session;
  const auto count = [&] {
    return query<cl_uint>(clGetContextInfo, cl_context(session.context),
                          cl_context_info{CL_CONTEXT_REFERENCE_COUNT});
  };
  const auto before = count();
  REQUIRE(clRetainContext(session.context) == CL_SUCCESS);
  CHECK(count() == before + 1);
  REQUIRE(clReleaseContext(session.context) == CL_SUCCESS);
  CHECK(count() == before);
}

TEST_CASE("a released handle is invalid, and harmless") {
  Session session;
  const cl_mem memory = session.buffer(64).give_up();
  REQUIRE(clReleaseMemObject(memory) == CL_SUCCESS);
  CHECK(clReleaseMemObject(memory) == CL_INVALID_MEM_OBJECT);
  CHECK(clRetainMemObject(memory) == CL_INVALID_MEM_OBJECT);
  std::size_t size = 0;
  CHECK(clGetMemObjectInfo(memory, CL_MEM_SIZE, sizeof size, &size, nullptr) == CL_INVALID_MEM_OBJECT);
  const cl_command_queue queue = session.queue.give_up();
  REQUIRE(clReleaseCommandQueue(queue) == CL_SUCCESS);
  CHECK(clFinish(queue) == CL_INVALID_COMMAND_QUEUE);
  cl_event event = clCreateUserEvent(session.context, nullptr);
  REQUIRE(clReleaseEvent(event) == CL_SUCCESS);
  CHECK(clWaitForEvents(1, &event) == CL_INVALID_EVENT);
}

TEST_CASE("a handle of the wrong kind is invalid") {
  const Session session;
  Memory memory = session.buffer(64);
  CHECK(clFinish(reinterpret_cast<cl_command_queue>(cl_mem(memory))) == CL_INVALID_COMMAND_QUEUE);
  CHECK(clRetainContext(reinterpret_cast<cl_context>(cl_mem(memory))) == CL_INVALID_CONTEXT);
  CHECK(clRetainKernel(reinterpret_cast<cl_kernel>(cl_context(session.context))) == CL_INVALID_KERNEL);
  CHECK(clRetainProgram(reinterpret_cast<cl_program>(cl_context(session.context))) == CL_INVALID_PROGRAM);
  CHECK(clReleaseEvent(reinterpret_cast<cl_event>(cl_mem(memory))) == CL_INVALID_EVENT);
  CHECK(clRetainMemObject(reinterpret_cast<cl_mem>(cl_command_queue(session.queue))) ==
        CL_INVALID_MEM_OBJECT);
}

TEST_CASE("wild pointers get their error") {
  int on_stack = 0;
  for (void* wild : {static_cast<void*>(nullptr), static_cast<void*>(&on_stack), reinterpret_cast<void*>(8),
                     reinterpret_cast<void*>(~std::uintptr_t{7})}) {
    CHECK(direct("clRetainContext", clRetainContext)(static_cast<cl_context>(wild)) == CL_INVALID_CONTEXT);
    CHECK(direct("clFinish", clFinish)(static_cast<cl_command_queue>(wild)) == CL_INVALID_COMMAND_QUEUE);
    CHECK(direct("clReleaseMemObject", clReleaseMemObject)(static_cast<cl_mem>(wild)) ==
          CL_INVALID_MEM_OBJECT);
    CHECK(direct("clReleaseProgram", clReleaseProgram)(static_cast<cl_program>(wild)) == CL_INVALID_PROGRAM);
    CHECK(direct("clReleaseKernel", clReleaseKernel)(static_cast<cl_kernel>(wild)) == CL_INVALID_KERNEL);
    CHECK(direct("clReleaseEvent", clReleaseEvent)(static_cast<cl_event>(wild)) == CL_INVALID_EVENT);
    CHECK(direct("clReleaseSampler", clReleaseSampler)(static_cast<cl_sampler>(wild)) == CL_INVALID_SAMPLER);
    CHECK(direct("clRetainDevice", clRetainDevice)(static_cast<cl_device_id>(wild)) == CL_INVALID_DEVICE);
  }
  // Inside the table of handles, but not at the start of one.
  const Session session;
  const auto inside = reinterpret_cast<std::uintptr_t>(cl_context(session.context)) + 8;
  CHECK(direct("clRetainContext", clRetainContext)(reinterpret_cast<cl_context>(inside)) ==
        CL_INVALID_CONTEXT);
}

TEST_CASE("what an object names stays valid as long as the object") {
  Session session;
  const cl_context context = session.context;
  session.context.reset();
  CHECK(query<cl_context>(clGetCommandQueueInfo, cl_command_queue(session.queue),
                          cl_command_queue_info{CL_QUEUE_CONTEXT}) == context);
  CHECK(clRetainContext(context) == CL_SUCCESS);
  CHECK(clReleaseContext(context) == CL_SUCCESS);
  session.queue.reset();
  CHECK(clRetainContext(context) == CL_INVALID_CONTEXT);
}

TEST_CASE("destructor callbacks run once, last registered first") {
  static std::vector<int> order;
  order.clear();
  {
    Session session;
    Memory memory = session.buffer(64);
    for (auto callback :
         {+[](cl_mem, void*) { order.push_back(1); }, +[](cl_mem, void*) { order.push_back(2); }})
      REQUIRE(clSetMemObjectDestructorCallback(memory, callback, nullptr) == CL_SUCCESS);
    REQUIRE(clSetContextDestructorCallback(
                session.context, [](cl_context, void*) { order.push_back(3); }, nullptr) == CL_SUCCESS);
    CHECK(clSetMemObjectDestructorCallback(memory, nullptr, nullptr) == CL_INVALID_VALUE);
    CHECK(clSetContextDestructorCallback(session.context, nullptr, nullptr) == CL_INVALID_VALUE);
    memory.reset();
    CHECK(order == std::vector<int>{2, 1});
  }
  CHECK(order == std::vector<int>{2, 1, 3});
}

TEST_CASE("queues check their properties") {
  const Session session;
  cl_int error = 0;
  const cl_queue_properties on_device[] = {CL_QUEUE_PROPERTIES,
                                           CL_QUEUE_ON_DEVICE | CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, 0};
  CHECK(clCreateCommandQueueWithProperties(session.context, device(), on_device, &error) == nullptr);
  CHECK(error == CL_INVALID_QUEUE_PROPERTIES);
  const cl_queue_properties unknown[] = {0x4242, 0, 0};
  CHECK(clCreateCommandQueueWithProperties(session.context, device(), unknown, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(clCreateCommandQueueWithProperties(session.context, nullptr, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_DEVICE);
  Queue plain(clCreateCommandQueueWithProperties(session.context, device(), nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  std::size_t size = 1;
  CHECK(clGetCommandQueueInfo(plain, CL_QUEUE_PROPERTIES_ARRAY, 0, nullptr, &size) == CL_SUCCESS);
  CHECK(size == 0);
  CHECK(query<cl_command_queue_properties>(clGetCommandQueueInfo, cl_command_queue(plain),
                                           cl_command_queue_info{CL_QUEUE_PROPERTIES}) == 0);
}

TEST_CASE("errors reach the context's callback in words") {
  const Session session;
  cl_int error = 0;
  CHECK(clCreateBuffer(session.context, CL_MEM_READ_WRITE, 0, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_BUFFER_SIZE);
  CHECK(session.heard("0 bytes"));
}

TEST_CASE("no entry point falls over when every argument is null") {
  struct Named {
    const char* name;
    bool returns_pointer;
  };
  const auto pointer = [](std::string_view name) {
    return name.starts_with("clCreate")
               ? name != "clCreateSubDevices" && name != "clCreateSubDevicesEXT" &&
                     name != "clCreateKernelsInProgram"
               : name == "clLinkProgram" || name == "clCloneKernel" || name == "clSVMAlloc" ||
                     name.starts_with("clEnqueueMap") || name.starts_with("clGetExtensionFunctionAddress");
  };
  const std::vector<Named> names{
#define ENTRY(name) {#name, pointer(#name)},
#include "runtime/api/entry_points.def"
  };
  using Anything = std::intptr_t (*)(void*, void*, void*, void*, void*, void*, void*, void*, void*, void*,
                                     void*, void*, void*, void*);
  for (const auto& [name, returns_pointer] : names) {
    INFO(name);
    if (std::string_view(name) == "clSVMFree") continue;  // returns nothing, and NULL is fine
    const auto call = reinterpret_cast<Anything>(clGetExtensionFunctionAddressForPlatform(platform(), name));
    REQUIRE(call != nullptr);
    const auto result = call(nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                             nullptr, nullptr, nullptr, nullptr, nullptr);
    if (returns_pointer)
      CHECK(result == 0);
    else if (std::string_view(name) == "clUnloadCompiler")
      CHECK(static_cast<cl_int>(result) == CL_SUCCESS);
    else
      CHECK(static_cast<cl_int>(result) < 0);
  }
}
