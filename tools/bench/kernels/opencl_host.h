// What the benchmark programs share: the first OpenCL device that the loader offers, with one profiling
// queue. An error of any call is a std::runtime_error with the call's name.
#ifndef KIESEL_BENCH_OPENCL_HOST_H
#define KIESEL_BENCH_OPENCL_HOST_H

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

inline cl_device_id device;
inline cl_context context;
inline cl_command_queue queue;

inline void check(cl_int code, const char* what) {
  if (code == CL_SUCCESS) return;
  throw std::runtime_error(std::string(what) + " failed with error " + std::to_string(code));
}

// Prints the device's name.
inline void open_device() {
  cl_platform_id platform;
  check(clGetPlatformIDs(1, &platform, nullptr), "clGetPlatformIDs");
  check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr), "clGetDeviceIDs");
  char name[256];
  check(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, nullptr), "clGetDeviceInfo");
  std::printf("%s\n", name);
  cl_int code;
  context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &code);
  check(code, "clCreateContext");
  queue = clCreateCommandQueue(context, device, CL_QUEUE_PROFILING_ENABLE, &code);
  check(code, "clCreateCommandQueue");
}

inline std::string read_text(const char* path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(std::string("cannot read ") + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline cl_program build(const std::string& source) {
  const char* pointer = source.c_str();
  cl_int code;
  auto* program = clCreateProgramWithSource(context, 1, &pointer, nullptr, &code);
  check(code, "clCreateProgramWithSource");
  if ((code = clBuildProgram(program, 1, &device, "", nullptr, nullptr))) {
    std::vector<char> log(65536);
    clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, log.size(), log.data(), nullptr);
    std::fprintf(stderr, "%s\n", log.data());
    check(code, "clBuildProgram");
  }
  return program;
}

inline cl_mem buffer(std::size_t bytes, const void* data) {
  cl_int code;
  auto* out = clCreateBuffer(context, CL_MEM_READ_WRITE | (data ? CL_MEM_COPY_HOST_PTR : 0), bytes,
                             const_cast<void*>(data), &code);
  check(code, "clCreateBuffer");
  return out;
}

inline double event_milliseconds(cl_event event) {
  cl_ulong begin, end;
  check(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof begin, &begin, nullptr),
        "profiling");
  check(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, nullptr), "profiling");
  return double(end - begin) * 1e-6;
}

#endif
