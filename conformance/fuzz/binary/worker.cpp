#include "conformance/fuzz/binary/worker.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "conformance/fuzz/api/library.hpp"
#include "conformance/fuzz/binary/damage.hpp"
#include "support/file.hpp"

namespace kiesel::conformance::binary {
namespace {

using What = Report::What;

constexpr std::size_t kBufferBytes = 1 << 16, kWorkItems = 64, kMostArguments = 64, kMostKernels = 8;

class Worker {
 public:
  explicit Worker(const api::Library& cl) : cl_(cl) {
    cl_.clGetDeviceIDs(cl_.platform, CL_DEVICE_TYPE_ALL, 1, &device_, nullptr);
    context_ = cl_.clCreateContext(nullptr, 1, &device_, nullptr, nullptr, nullptr);
    queue_ = cl_.clCreateCommandQueueWithProperties(context_, device_, nullptr, nullptr);
    for (cl_mem& buffer : buffers_)
      buffer = cl_.clCreateBuffer(context_, CL_MEM_READ_WRITE, kBufferBytes, nullptr, nullptr);
    const cl_image_format format{CL_RGBA, CL_FLOAT};
    cl_image_desc shape{};
    shape.image_type = CL_MEM_OBJECT_IMAGE2D;
    shape.image_width = shape.image_height = 8;
    image_ = cl_.clCreateImage(context_, CL_MEM_READ_WRITE, &format, &shape, nullptr, nullptr);
    sampler_ = cl_.clCreateSamplerWithProperties(context_, nullptr, nullptr);
  }

  What run(const File& file) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
    const std::size_t size = file.size();
    cl_program program =
        cl_.clCreateProgramWithBinary(context_, 1, &device_, &size, &bytes, nullptr, nullptr);
    if (!program) return What::kRefused;
    const What what = run(program);
    cl_.clReleaseProgram(program);
    return what;
  }

 private:
  What run(cl_program program) {
    if (cl_.clBuildProgram(program, 1, &device_, "", nullptr, nullptr)) return What::kDidNotBuild;
    std::array<char, 4096> text{};
    cl_.clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, text.size(), text.data(), nullptr);
    cl_uint count = 0;
    if (cl_.clCreateKernelsInProgram(program, 0, nullptr, &count)) return What::kDidNotBuild;
    std::vector<cl_kernel> kernels(count);
    cl_.clCreateKernelsInProgram(program, count, kernels.data(), &count);
    bool faulted = false;
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      if (i < kMostKernels) faulted |= !run(kernels[i]);
      cl_.clReleaseKernel(kernels[i]);
    }
    return faulted ? What::kFaulted : What::kRan;
  }

  // False where it did not run to its end.
  bool run(cl_kernel kernel) {
    cl_uint count = 0;
    cl_.clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof count, &count, nullptr);
    for (cl_uint i = 0; i < std::min<std::size_t>(count, kMostArguments); ++i) {
      ask(kernel, i);
      set(kernel, i);
    }
    std::array<std::size_t, 3> sizes{};
    cl_.clGetKernelWorkGroupInfo(kernel, device_, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof sizes,
                                 sizes.data(), nullptr);
    cl_event event = nullptr;
    if (cl_.clEnqueueNDRangeKernel(queue_, kernel, 1, nullptr, &kWorkItems, nullptr, 0, nullptr, &event))
      return false;
    cl_.clWaitForEvents(1, &event);
    cl_int status = 0;
    cl_.clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, nullptr);
    cl_.clReleaseEvent(event);
    return status == CL_COMPLETE;
  }

  void ask(cl_kernel kernel, cl_uint index) {
    std::array<char, 4096> text{};
    for (const cl_kernel_arg_info name :
         {CL_KERNEL_ARG_ADDRESS_QUALIFIER, CL_KERNEL_ARG_ACCESS_QUALIFIER, CL_KERNEL_ARG_TYPE_NAME,
          CL_KERNEL_ARG_TYPE_QUALIFIER, CL_KERNEL_ARG_NAME})
      cl_.clGetKernelArgInfo(kernel, index, name, text.size(), text.data(), nullptr);
  }

  // Whatever the argument takes: nobody knows what the table says of it by now.
  void set(cl_kernel kernel, cl_uint index) {
    const auto give = [&](std::size_t size, const void* value) {
      return cl_.clSetKernelArg(kernel, index, size, value) == CL_SUCCESS;
    };
    if (give(sizeof(cl_mem), &buffers_[index % buffers_.size()]) || give(256, nullptr) ||
        give(sizeof image_, &image_) || give(sizeof sampler_, &sampler_))
      return;
    constexpr std::size_t kLikely[] = {4, 1, 2, 8, 12, 16, 32, 64, 128};
    for (const std::size_t size : kLikely)
      if (give(size, values_.data())) return;
    for (std::size_t size = 0; size <= 4096; ++size)
      if (give(size, values_.data())) return;
    for (std::size_t size = 4096; size <= values_.size(); size += size / 2)
      if (give(size - 1, values_.data()) || give(size, values_.data())) return;
  }

  const api::Library& cl_;
  cl_device_id device_ = nullptr;
  cl_context context_ = nullptr;
  cl_command_queue queue_ = nullptr;
  std::array<cl_mem, 4> buffers_{};
  cl_mem image_ = nullptr;
  cl_sampler sampler_ = nullptr;
  std::vector<std::byte> values_ = std::vector<std::byte>(2 << 20, std::byte{1});
};

std::vector<File> read_folder(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<File> files;
  for (const auto& path : paths)
    if (auto file = read_binary_file(path.string())) files.push_back(std::move(*file));
  return files;
}

std::uint32_t most_rss_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint32_t>(usage.ru_maxrss / 1024);
}

}  // namespace

int work(const WorkerOptions& options) {
  const auto files = read_folder(options.folder);
  const auto library = api::Library::open(options.driver);
  if (files.empty() || !library) return 2;
  ::fcntl(options.report, F_SETFD, FD_CLOEXEC);  // not for the compiler's process
  Worker worker(*library);
  const auto report = [&](std::uint64_t number, What what) {
    const Report now{number, what, most_rss_mib()};
    return ::write(options.report, &now, sizeof now) == sizeof now;
  };
  for (std::uint64_t number = options.first; number < options.first + options.count; ++number) {
    Random random(number);
    const File file = damaged(files[random() % files.size()], random);
    if (!report(number, What::kStarts) || !report(number, worker.run(file))) return 1;
  }
  return 0;
}

}  // namespace kiesel::conformance::binary
