// Leaves main in the state that its argument names; exit code 0 when the process then ends by itself.
#include <CL/cl.h>

#include <cstdlib>
#include <string_view>

namespace {

const char* const kSource =
    "kernel void spin(global int* out) { int x = get_global_id(0); for (int i = 0; i < 2000000; ++i) x = x * "
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

void run_long(const Session& session) {
  const char* source = kSource;
  cl_program program = clCreateProgramWithSource(session.context, 1, &source, nullptr, nullptr);
  if (clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) != CL_SUCCESS) std::exit(3);
  cl_kernel kernel = clCreateKernel(program, "spin", nullptr);
  const size_t size = 65536;
  cl_mem memory = clCreateBuffer(session.context, CL_MEM_READ_WRITE, size * 4, nullptr, nullptr);
  clSetKernelArg(kernel, 0, sizeof memory, &memory);
  for (int i = 0; i < 4; ++i)
    clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr);
  clFlush(session.queue);
}

void wait_forever(const Session& session) {
  cl_event gate = clCreateUserEvent(session.context, nullptr);
  clEnqueueMarkerWithWaitList(session.queue, 1, &gate, nullptr);
}

void build_in_background(const Session& session) {
  const char* source = kSource;
  cl_program program = clCreateProgramWithSource(session.context, 1, &source, nullptr, nullptr);
  clBuildProgram(
      program, 0, nullptr, "-DBACKGROUND", [](cl_program, void*) {}, nullptr);
}

void call_back(const Session& session) {
  cl_event gate = clCreateUserEvent(session.context, nullptr);
  clSetEventCallback(
      gate, CL_COMPLETE, [](cl_event event, cl_int, void*) { clWaitForEvents(1, &event); }, nullptr);
  clSetUserEventStatus(gate, CL_COMPLETE);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view what = count > 1 ? arguments[1] : "idle";
  const Session session = open();
  if (what == "pending") wait_forever(session);
  if (what == "running") run_long(session);
  if (what == "building") build_in_background(session);
  if (what == "callback") call_back(session);
  if (what == "idle") {
    clReleaseCommandQueue(session.queue);
    clReleaseContext(session.context);
  }
  return 0;
}
