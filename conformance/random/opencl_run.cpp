#include "conformance/random/opencl_run.hpp"

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <fmt/format.h>

#include "conformance/random/prelude.hpp"

namespace kiesel::conformance {
namespace {

template <typename Object, auto kRelease>
struct Release {
  void operator()(Object object) const { kRelease(object); }
};
template <typename Object, auto kRelease>
using Owned = std::unique_ptr<std::remove_pointer_t<Object>, Release<Object, kRelease>>;
using Memory = Owned<cl_mem, clReleaseMemObject>;
using Kernel = Owned<cl_kernel, clReleaseKernel>;

cl_device_id first_device() {
  cl_uint count = 0;
  clGetPlatformIDs(0, nullptr, &count);
  std::vector<cl_platform_id> platforms(count);
  if (count) clGetPlatformIDs(count, platforms.data(), nullptr);
  for (const auto platform : platforms)
    if (cl_device_id device = nullptr;
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr) == CL_SUCCESS)
      return device;
  return nullptr;
}

template <typename Query>
std::string text_of(Query query) {
  std::size_t size = 0;
  if (query(0, nullptr, &size) != CL_SUCCESS || size == 0) return {};
  std::string text(size, '\0');
  query(size, text.data(), nullptr);
  text.resize(size - 1);
  return text;
}

Error failed(const char* what, cl_int code) {
  return {Errc::kUnsupported, fmt::format("{} failed with {}", what, code)};
}

}  // namespace

struct OpenClProgram::Objects {
  cl_device_id device = nullptr;
  std::string name;
  Owned<cl_context, clReleaseContext> context;
  Owned<cl_command_queue, clReleaseCommandQueue> queue;
  Owned<cl_program, clReleaseProgram> program;
};

OpenClProgram::OpenClProgram(std::unique_ptr<Objects> objects) : objects_(std::move(objects)) {}
OpenClProgram::~OpenClProgram() = default;
const std::string& OpenClProgram::device_name() const { return objects_->name; }

Result<std::unique_ptr<OpenClProgram>> OpenClProgram::build(const std::vector<RandomKernel>& kernels) {
  auto objects = std::make_unique<Objects>();
  objects->device = first_device();
  if (!objects->device) return Error{Errc::kNotFound, "the OpenCL loader has no device"};
  const auto device = objects->device;
  objects->name = text_of([&](auto... out) { return clGetDeviceInfo(device, CL_DEVICE_NAME, out...); });
  cl_int code = CL_SUCCESS;
  objects->context.reset(clCreateContext(nullptr, 1, &device, nullptr, nullptr, &code));
  if (code != CL_SUCCESS) return failed("clCreateContext", code);
  objects->queue.reset(clCreateCommandQueueWithProperties(objects->context.get(), device, nullptr, &code));
  if (code != CL_SUCCESS) return failed("clCreateCommandQueue", code);
  std::string source(opencl_prelude());
  for (const auto& kernel : kernels) source += kernel.text;
  const char* text = source.c_str();
  objects->program.reset(clCreateProgramWithSource(objects->context.get(), 1, &text, nullptr, &code));
  if (code != CL_SUCCESS) return failed("clCreateProgramWithSource", code);
  if (clBuildProgram(objects->program.get(), 1, &device, "-w -cl-std=CL3.0", nullptr, nullptr) != CL_SUCCESS)
    return Error{Errc::kInvalidArgument, text_of([&](auto... out) {
                   return clGetProgramBuildInfo(objects->program.get(), device, CL_PROGRAM_BUILD_LOG, out...);
                 })};
  return std::unique_ptr<OpenClProgram>(new OpenClProgram(std::move(objects)));
}

Result<std::vector<std::uint32_t>> OpenClProgram::run(const RandomKernel& kernel,
                                                      const Inputs& inputs) const {
  const std::size_t items = std::size_t{kernel.groups} * kernel.group_size, group = kernel.group_size;
  std::vector<std::uint32_t> out(items * kOutputsPerItem);
  const auto buffer = [&](const void* data, std::size_t bytes) {
    return Memory(clCreateBuffer(objects_->context.get(), CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes,
                                 const_cast<void*>(data), nullptr));
  };
  const Memory words = buffer(inputs.words.data(), kTableSize * 4),
               floats = buffer(inputs.floats.data(), kTableSize * 4),
               result = buffer(out.data(), out.size() * 4);
  cl_int code = CL_SUCCESS;
  const Kernel made(clCreateKernel(objects_->program.get(), kernel.name.c_str(), &code));
  if (code != CL_SUCCESS) return failed("clCreateKernel", code);
  cl_uint index = 0;
  for (const auto& memory : {words.get(), floats.get(), result.get()})
    clSetKernelArg(made.get(), index++, sizeof memory, &memory);
  const cl_uint n = kernel.n;
  clSetKernelArg(made.get(), index, sizeof n, &n);
  const auto queue = objects_->queue.get();
  code = clEnqueueNDRangeKernel(queue, made.get(), 1, nullptr, &items, &group, 0, nullptr, nullptr);
  if (code == CL_INVALID_WORK_GROUP_SIZE || code == CL_INVALID_WORK_ITEM_SIZE)
    return Error{Errc::kUnsupported, fmt::format("work-groups of {} are too large", group)};
  if (code != CL_SUCCESS) return failed("clEnqueueNDRangeKernel", code);
  code =
      clEnqueueReadBuffer(queue, result.get(), CL_TRUE, 0, out.size() * 4, out.data(), 0, nullptr, nullptr);
  if (code != CL_SUCCESS) return failed("clEnqueueReadBuffer", code);
  return out;
}

}  // namespace kiesel::conformance
