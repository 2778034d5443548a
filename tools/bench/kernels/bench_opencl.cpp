// The benchmark kernels on the first OpenCL device that the loader offers. Prints
// "name milliseconds checksum" for each: median of `repeats` runs after one that does not count, kernel time
// by event profiling; on the first line the device's name.
//   bench_opencl kernels.cl [repeats]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "opencl_host.h"
#include "workloads.h"

namespace {

cl_program program;
int repeats = 7;

class Launch {
 public:
  explicit Launch(const char* name) : name_(name) {
    cl_int code;
    kernel_ = clCreateKernel(program, name, &code);
    check(code, "clCreateKernel");
  }
  template <class T>
  Launch& argument(const T& value) {
    check(clSetKernelArg(kernel_, arguments_++, sizeof value, &value), "clSetKernelArg");
    return *this;
  }
  // `reset`, where given, is written to `result` before each run.
  void measure(std::size_t width, std::size_t height, std::size_t local, cl_mem result, std::size_t bytes,
               const void* reset) {
    const std::size_t global[2] = {width, height}, group[2] = {local, 1};
    std::vector<double> times;
    for (int r = 0; r <= repeats; ++r) {
      if (reset)
        check(clEnqueueWriteBuffer(queue, result, CL_TRUE, 0, bytes, reset, 0, nullptr, nullptr), "write");
      cl_event event;
      check(clEnqueueNDRangeKernel(queue, kernel_, 2, nullptr, global, group, 0, nullptr, &event), "launch");
      check(clWaitForEvents(1, &event), "clWaitForEvents");
      if (r) times.push_back(event_milliseconds(event));
      clReleaseEvent(event);
    }
    std::vector<char> data(bytes);
    check(clEnqueueReadBuffer(queue, result, CL_TRUE, 0, bytes, data.data(), 0, nullptr, nullptr), "read");
    std::sort(times.begin(), times.end());
    std::printf("%s %.6f %016llx\n", name_, times[times.size() / 2],
                static_cast<unsigned long long>(checksum(data.data(), bytes)));
    std::fflush(stdout);
  }

 private:
  const char* name_;
  cl_kernel kernel_;
  cl_uint arguments_ = 0;
};

std::vector<float> floats(std::size_t n, std::uint32_t seed) {
  std::vector<float> out(n);
  fill_floats(out.data(), n, seed);
  return out;
}

void run_all() {
  const auto x = floats(SAXPY_N, 1), y = floats(SAXPY_N, 2);
  auto* y_device = buffer(SAXPY_N * 4, nullptr);
  Launch("saxpy")
      .argument(y_device)
      .argument(buffer(SAXPY_N * 4, x.data()))
      .argument(1.5f)
      .measure(SAXPY_N, 1, 256, y_device, SAXPY_N * 4, y.data());

  const std::size_t matrix = SGEMM_N * SGEMM_N;
  const auto a = floats(matrix, 3), b = floats(matrix, 4);
  auto* c_device = buffer(matrix * 4, nullptr);
  Launch("sgemm")
      .argument(c_device)
      .argument(buffer(matrix * 4, a.data()))
      .argument(buffer(matrix * 4, b.data()))
      .argument(int(SGEMM_N))
      .measure(SGEMM_N, SGEMM_N, 64, c_device, matrix * 4, nullptr);

  auto* image = buffer(4 * MANDEL_WIDTH * MANDEL_WIDTH, nullptr);
  Launch("mandelbrot")
      .argument(image)
      .argument(int(MANDEL_WIDTH))
      .argument(2.5f / float(MANDEL_WIDTH))
      .argument(int(MANDEL_LIMIT))
      .measure(MANDEL_WIDTH, MANDEL_WIDTH, 64, image, 4 * MANDEL_WIDTH * MANDEL_WIDTH, nullptr);

  auto* digest = buffer(MD5_N * 4, nullptr);
  Launch("md5like")
      .argument(digest)
      .argument(int(MD5_ROUNDS))
      .measure(MD5_N, 1, 256, digest, MD5_N * 4, nullptr);

  std::vector<int> start(SPMV_ROWS + 1), column(SPMV_ROWS * SPMV_MAX_ROW);
  const int entries = fill_matrix(start.data(), column.data(), SPMV_ROWS, 5);
  const auto value = floats(entries, 6), in = floats(SPMV_ROWS, 7);
  auto* out = buffer(SPMV_ROWS * 4, nullptr);
  Launch("spmv")
      .argument(out)
      .argument(buffer(start.size() * 4, start.data()))
      .argument(buffer(column.size() * 4, column.data()))
      .argument(buffer(value.size() * 4, value.data()))
      .argument(buffer(in.size() * 4, in.data()))
      .measure(SPMV_ROWS, 1, 256, out, SPMV_ROWS * 4, nullptr);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) return std::fprintf(stderr, "usage: bench_opencl kernels.cl [repeats]\n"), 2;
  if (argc > 2) repeats = std::max(1, std::atoi(argv[2]));
  open_device();
  program = build(read_text(argv[1]));
  run_all();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
