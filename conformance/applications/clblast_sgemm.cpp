// An ordinary OpenCL application: single-precision matrix products through CLBlast, on the first GPU that the
// loader offers (else on whatever there is), checked against a double-precision product on the host.
//   clblast_sgemm [n ...]     square sizes
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <clblast.h>

namespace {

[[noreturn]] void fail(const char* what, int code) {
  std::fprintf(stderr, "%s failed with error %d\n", what, code);
  std::exit(1);
}

cl_device_id first_device() {
  cl_uint platforms = 0;
  clGetPlatformIDs(0, nullptr, &platforms);
  std::vector<cl_platform_id> ids(platforms);
  if (platforms) clGetPlatformIDs(platforms, ids.data(), nullptr);
  for (const cl_device_type type : {cl_device_type(CL_DEVICE_TYPE_GPU), cl_device_type(CL_DEVICE_TYPE_ALL)})
    for (auto* platform : ids) {
      cl_device_id device = nullptr;
      if (clGetDeviceIDs(platform, type, 1, &device, nullptr) == CL_SUCCESS) return device;
    }
  fail("finding an OpenCL device", CL_DEVICE_NOT_FOUND);
}

std::vector<float> random_matrix(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> values(-1, 1);
  std::vector<float> out(n * n);
  for (auto& value : out) value = values(random);
  return out;
}

// Largest |got - exact| over the bound n * eps * sum |a||b| of a float dot product of length n.
double worst_error(const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& got,
                   std::size_t n) {
  double worst = 0;
  for (std::size_t row = 0; row < n; ++row)
    for (std::size_t column = 0; column < n; ++column) {
      double exact = 0, magnitude = 0;
      for (std::size_t k = 0; k < n; ++k) {
        const double product = double(a[row * n + k]) * b[k * n + column];
        exact += product;
        magnitude += std::fabs(product);
      }
      const double error = std::fabs(got[row * n + column] - exact) / (n * 0x1p-24 * magnitude);
      if (!(error <= worst)) worst = error;  // also keeps a NaN
    }
  return worst;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::strtoul(argv[i], nullptr, 10));
  if (sizes.empty()) sizes = {128};

  auto* device = first_device();
  char name[256] = "", version[256] = "";
  clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, nullptr);
  clGetDeviceInfo(device, CL_DEVICE_VERSION, sizeof version, version, nullptr);
  std::printf("device: %s, %s\n", name, version);

  cl_int code = CL_SUCCESS;
  auto* context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &code);
  if (code) fail("clCreateContext", code);
  auto* queue = clCreateCommandQueue(context, device, 0, &code);
  if (code) fail("clCreateCommandQueue", code);

  bool right = true;
  for (const auto n : sizes) {
    auto a = random_matrix(n, 1), b = random_matrix(n, 2);
    std::vector<float> c(n * n, NAN);
    const auto bytes = n * n * sizeof(float);
    auto* a_device = clCreateBuffer(context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, bytes, a.data(), &code);
    if (code) fail("clCreateBuffer", code);
    auto* b_device = clCreateBuffer(context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, bytes, b.data(), &code);
    if (code) fail("clCreateBuffer", code);
    auto* c_device =
        clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes, c.data(), &code);
    if (code) fail("clCreateBuffer", code);

    const auto start = std::chrono::steady_clock::now();
    const auto status =
        clblast::Gemm(clblast::Layout::kRowMajor, clblast::Transpose::kNo, clblast::Transpose::kNo, n, n, n,
                      1.0f, a_device, 0, n, b_device, 0, n, 0.0f, c_device, 0, n, &queue);
    if (status != clblast::StatusCode::kSuccess) fail("clblast::Gemm", static_cast<int>(status));
    code = clEnqueueReadBuffer(queue, c_device, CL_TRUE, 0, bytes, c.data(), 0, nullptr, nullptr);
    if (code) fail("clEnqueueReadBuffer", code);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

    const double error = worst_error(a, b, c, n);
    const bool good = error <= 1;
    right = right && good;
    std::printf("SGEMM %4zu x %-4zu  %8.1f ms with kernel build  error %.3f of the bound  %s\n", n, n,
                seconds * 1e3, error, good ? "right" : "WRONG");
    for (auto* buffer : {a_device, b_device, c_device}) clReleaseMemObject(buffer);
  }
  clReleaseCommandQueue(queue);
  clReleaseContext(context);
  return right ? 0 : 1;
}
