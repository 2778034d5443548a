// Real sizes of the kernels of kernels.cl and more_kernels.cl on the first OpenCL device that the loader
// offers.
//   model_opencl table|scale FOLDER [--repeats N] [--results FOLDER] [--only NAME]...
// After the device's name one line for each kernel: "name kernel_ms wall_ms first_ms checksum". kernel_ms is
// the sum of the launches' profiled times, wall_ms from the first enqueue to the end of clFinish, both
// medians of N runs after two that do not count; first_ms is the build of a program with only this kernel and
// its first run. A kernel that fails gives "name failed: why". `table` then gives "fma_peak" of as many
// threads as the process may use. `scale` runs saxpy and mandelbrot from 1 to 64 M work-items, named
// "saxpy/1" and so on. --results writes each result to a file of the kernel's name.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <set>
#include <thread>

#include "fma_peak.h"
#include "opencl_host.h"
#include "workloads.h"

namespace {

std::string text, results;
std::set<std::string> only;
int repeats = 7;

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The text without the kernels of other names; what stands between kernels stays.
std::string only_kernel(const std::string& name) {
  std::istringstream lines(text);
  std::string out, line;
  bool other = false;
  while (std::getline(lines, line)) {
    if (line.find("kernel void ") != std::string::npos)
      other = line.find("kernel void " + name + "(") == std::string::npos;
    if (!other) out += line + "\n";
    if (line == "}") other = false;
  }
  return out;
}

std::vector<float> floats(std::size_t n, std::uint32_t seed, float low = -0.5f, float high = 0.5f) {
  std::vector<float> out(n);
  fill_floats(out.data(), n, seed);
  for (auto& value : out) value = low + (value + 0.5f) * (high - low);
  return out;
}

std::vector<std::uint32_t> words(std::size_t n, std::uint32_t seed) {
  std::vector<std::uint32_t> out(n);
  for (auto& word : out) word = bench_random(&seed);
  return out;
}

struct Shape {
  std::size_t global[2], local[2];
};

// One row of the table: buffers, the launches in their order, and where the result is.
class Workload {
 public:
  explicit Workload(const char* kernel) : kernel_name_(kernel) {}
  Workload(const Workload&) = delete;
  ~Workload() {
    for (auto& step : steps_)
      if (step.kernel) clReleaseKernel(step.kernel);
    if (program_) clReleaseProgram(program_);
    for (auto* memory : memories_) clReleaseMemObject(memory);
  }

  cl_mem empty(std::size_t bytes) { return memories_.emplace_back(buffer(bytes, nullptr)); }
  template <class T>
  cl_mem filled(const std::vector<T>& data) {
    return memories_.emplace_back(buffer(data.size() * sizeof(T), data.data()));
  }
  template <class... Ts>
  void launch(const Shape& shape, const Ts&... arguments) {
    auto& step = steps_.emplace_back(Step{shape, {}, nullptr});
    (step.arguments.emplace_back(reinterpret_cast<const char*>(&arguments),
                                 reinterpret_cast<const char*>(&arguments) + sizeof arguments),
     ...);
  }
  void result(cl_mem memory, std::size_t bytes) { result_ = memory, bytes_ = bytes; }
  // The result's buffer is input, too: it gets these bytes before each run.
  template <class T>
  void result(cl_mem memory, const std::vector<T>& before) {
    result(memory, before.size() * sizeof(T));
    reset_.assign(reinterpret_cast<const char*>(before.data()),
                  reinterpret_cast<const char*>(before.data() + before.size()));
  }

  void measure(const std::string& row) {
    reset();
    const double begin = now_ms();
    make_kernels();
    std::vector<double> kernel, wall;
    run(kernel, wall);
    const double first = now_ms() - begin;
    for (int r = -1; r < repeats; ++r) {
      reset();
      run(kernel, wall);
      if (r < 0) kernel.clear(), wall.clear();
    }
    std::vector<char> data(bytes_);
    check(clEnqueueReadBuffer(queue, result_, CL_TRUE, 0, bytes_, data.data(), 0, nullptr, nullptr), "read");
    if (!results.empty())
      std::ofstream(results + "/" + row, std::ios::binary).write(data.data(), data.size());
    std::printf("%s %.6f %.6f %.3f %016llx\n", row.c_str(), median(kernel), median(wall), first,
                static_cast<unsigned long long>(checksum(data.data(), bytes_)));
  }

 private:
  struct Step {
    Shape shape;
    std::vector<std::vector<char>> arguments;
    cl_kernel kernel;
  };

  void reset() {
    if (!reset_.empty())
      check(clEnqueueWriteBuffer(queue, result_, CL_TRUE, 0, bytes_, reset_.data(), 0, nullptr, nullptr),
            "write");
  }
  void make_kernels() {
    program_ = build(only_kernel(kernel_name_));
    for (auto& step : steps_) {
      cl_int code;
      step.kernel = clCreateKernel(program_, kernel_name_, &code);
      check(code, "clCreateKernel");
      cl_uint index = 0;
      for (auto& value : step.arguments)
        check(clSetKernelArg(step.kernel, index++, value.size(), value.data()), "clSetKernelArg");
    }
  }
  void run(std::vector<double>& kernel, std::vector<double>& wall) {
    std::vector<cl_event> events(steps_.size());
    const double begin = now_ms();
    for (std::size_t s = 0; s < steps_.size(); ++s)
      check(clEnqueueNDRangeKernel(queue, steps_[s].kernel, 2, nullptr, steps_[s].shape.global,
                                   steps_[s].shape.local, 0, nullptr, &events[s]),
            "clEnqueueNDRangeKernel");
    check(clFinish(queue), "clFinish");
    wall.push_back(now_ms() - begin);
    double sum = 0;
    for (auto* event : events) {
      sum += event_milliseconds(event);
      clReleaseEvent(event);
    }
    kernel.push_back(sum);
  }

  const char* kernel_name_;
  cl_program program_ = nullptr;
  std::vector<cl_mem> memories_;
  std::vector<Step> steps_;
  cl_mem result_ = nullptr;
  std::size_t bytes_ = 0;
  std::vector<char> reset_;
};

Shape line(std::size_t items, std::size_t group = 64) { return {{items, 1}, {group, 1}}; }

void saxpy(Workload& w, std::size_t n) {
  const auto y = floats(n, 2);
  auto* out = w.empty(n * 4);
  w.launch(line(n), out, w.filled(floats(n, 1)), 1.5f);
  w.result(out, y);
}

void gemm(Workload& w, std::size_t n, const Shape& shape) {
  auto* out = w.empty(n * n * 4);
  w.launch(shape, out, w.filled(floats(n * n, 3)), w.filled(floats(n * n, 4)), int(n));
  w.result(out, n * n * 4);
}

void convolution(Workload& w) {
  const std::size_t width = 2048;
  auto* out = w.empty(width * width * 4);
  w.launch({{width, width}, {64, 1}}, out, w.filled(floats((width + 2) * (width + 2), 5)),
           w.filled(floats(9, 6)), int(width));
  w.result(out, width * width * 4);
}

void rows_of_256(Workload& w, bool normalise) {
  const std::size_t rows = 8192, bytes = rows * 256 * 4;
  auto *out = w.empty(bytes), *in = w.filled(floats(rows * 256, 7, -4.0f, 4.0f));
  if (normalise)
    w.launch(line(rows * 64), out, in, w.filled(floats(256, 8)), w.filled(floats(256, 9)));
  else
    w.launch(line(rows * 64), out, in);
  w.result(out, bytes);
}

void gemm_int8(Workload& w) {
  const std::size_t n = 512;
  auto* out = w.empty(n * n * 4);
  w.launch({{n, n}, {64, 1}}, out, w.filled(words(n * n / 4, 10)), w.filled(words(n * n / 4, 11)), int(n));
  w.result(out, n * n * 4);
}

void mandelbrot(Workload& w, std::size_t width, std::size_t group, int limit) {
  auto* out = w.empty(width * width * 4);
  w.launch({{width, width}, {group, 1}}, out, int(width), 2.5f / float(width), limit);
  w.result(out, width * width * 4);
}

void nbody(Workload& w) {
  const std::size_t bodies = 4096;
  auto* out = w.empty(bodies * 16);
  w.launch(line(bodies), out, w.filled(floats(bodies * 4, 12)), int(bodies));
  w.result(out, bodies * 16);
}

void md5like(Workload& w) {
  const std::size_t n = 1 << 16;
  auto* out = w.empty(n * 4);
  w.launch(line(n), out, int(MD5_ROUNDS));
  w.result(out, n * 4);
}

void sha256(Workload& w) {
  const std::size_t n = 1 << 16;
  auto* out = w.empty(n * 4);
  w.launch(line(n), out);
  w.result(out, n * 4);
}

void spmv(Workload& w) {
  const int rows = 1 << 18;
  std::vector<int> start(rows + 1), column(std::size_t(rows) * SPMV_MAX_ROW);
  const auto entries = std::size_t(fill_matrix(start.data(), column.data(), rows, 5));
  auto* out = w.empty(rows * 4);
  w.launch(line(rows), out, w.filled(start), w.filled(column), w.filled(floats(entries, 6)),
           w.filled(floats(rows, 7)));
  w.result(out, rows * 4);
}

void histogram(Workload& w) {
  const std::size_t bytes = 1 << 23;
  auto* bins = w.empty(1024);
  w.launch(line(bytes / 16), bins, w.filled(words(bytes / 4, 13)));
  w.result(bins, std::vector<std::uint32_t>(256));
}

void bitonic_sort(Workload& w) {
  const std::size_t n = 1 << 20;
  auto* data = w.empty(n * 4);
  w.launch(line(n / 2), data);
  w.result(data, words(n, 14));
}

void reduction(Workload& w) {
  const std::size_t n = 1 << 24, groups = n / 16 / 64;
  auto* out = w.empty(groups * 4);
  w.launch(line(n / 16), out, w.filled(floats(n, 15)));
  w.result(out, groups * 4);
}

void scan(Workload& w) {
  const std::size_t n = 1 << 21;
  auto* out = w.empty(n * 4);
  w.launch(line(n), out, w.filled(words(n, 16)));
  w.result(out, n * 4);
}

void stencil(Workload& w) {
  const std::size_t width = 2048;
  auto* out = w.empty(width * width * 4);
  w.launch({{width, width}, {64, 1}}, out, w.filled(floats(width * width, 17)), int(width), int(width));
  w.result(out, width * width * 4);
}

void fft_radix4(Workload& w) {
  const int passes = 9;
  const std::size_t n = std::size_t(1) << (2 * passes);
  cl_mem sides[2] = {w.empty(n * 8), w.empty(n * 8)}, in = w.filled(floats(n * 2, 18));
  for (int pass = 0, p = 1; pass < passes; ++pass, p *= 4) {
    w.launch(line(n / 4), sides[pass % 2], in, p);
    in = sides[pass % 2];
  }
  w.result(in, n * 8);
}

// Breadth-first search on a graph of eight random edges for each node: one launch for each depth.
void bfs(Workload& w) {
  const int nodes = 1 << 17, edges = 8;
  std::vector<int> start(nodes + 1), column(std::size_t(nodes) * edges), level(nodes, -1), now{0};
  std::uint32_t seed = 19;
  for (int node = 0; node <= nodes; ++node) start[node] = node * edges;
  for (auto& other : column) other = int(bench_random(&seed) % nodes);
  int depths = 0;
  std::vector<bool> seen(nodes);
  for (seen[0] = true; !now.empty(); ++depths) {
    std::vector<int> next;
    for (const int node : now)
      for (int k = start[node]; k < start[node + 1]; ++k)
        if (!seen[column[k]]) seen[column[k]] = true, next.push_back(column[k]);
    now = next;
  }
  level[0] = 0;
  auto *out = w.empty(level.size() * 4), *starts = w.filled(start), *columns = w.filled(column);
  for (int depth = 0; depth < depths; ++depth) w.launch(line(nodes), out, starts, columns, depth);
  w.result(out, level);
}

// The call prices are the result that is compared.
void black_scholes(Workload& w) {
  const std::size_t n = 1 << 18;
  auto* call = w.empty(n * 4);
  w.launch(line(n), call, w.empty(n * 4), w.filled(floats(n, 20, 5.0f, 30.0f)),
           w.filled(floats(n, 21, 1.0f, 100.0f)), w.filled(floats(n, 22, 0.25f, 10.0f)), 0.02f, 0.3f);
  w.result(call, n * 4);
}

void transpose(Workload& w) {
  const std::size_t n = 2048;
  auto* out = w.empty(n * n * 4);
  w.launch({{n, n / 4}, {16, 4}}, out, w.filled(floats(n * n, 23)), int(n));
  w.result(out, n * n * 4);
}

void gather(Workload& w) {
  const std::size_t n = 1 << 20;
  auto at = words(n, 24);
  for (auto& index : at) index %= n;
  auto* out = w.empty(n * 4);
  w.launch(line(n), out, w.filled(floats(n, 25)), w.filled(at));
  w.result(out, n * 4);
}

void row(const std::string& name, const char* kernel, const std::function<void(Workload&)>& prepare) {
  if (!only.empty() && !only.count(name)) return;
  try {
    Workload workload(kernel);
    prepare(workload);
    workload.measure(name);
  } catch (const std::exception& error) {
    std::printf("%s failed: %s\n", name.c_str(), error.what());
  }
  std::fflush(stdout);
}

void table() {
  row("saxpy_small", "saxpy", [](Workload& w) { saxpy(w, 1 << 16); });
  row("saxpy_large", "saxpy", [](Workload& w) { saxpy(w, 1 << 24); });
  row("sgemm", "sgemm", [](Workload& w) {
    gemm(w, SGEMM_LARGE_N, {{SGEMM_LARGE_N, SGEMM_LARGE_N}, {64, 1}});
  });
  row("sgemm_tiled", "sgemm_tiled", [](Workload& w) {
    gemm(w, SGEMM_LARGE_N, {{SGEMM_LARGE_N, SGEMM_LARGE_N}, {16, 4}});
  });
  row("convolution", "convolution", convolution);
  row("softmax", "softmax", [](Workload& w) { rows_of_256(w, false); });
  row("layer_norm", "layer_norm", [](Workload& w) { rows_of_256(w, true); });
  row("gemm_int8", "gemm_int8", gemm_int8);
  row("mandelbrot", "mandelbrot", [](Workload& w) { mandelbrot(w, 512, 64, MANDEL_LIMIT); });
  row("nbody", "nbody", nbody);
  row("md5like", "md5like", md5like);
  row("sha256", "sha256", sha256);
  row("spmv", "spmv", spmv);
  row("histogram", "histogram", histogram);
  row("bitonic_sort", "bitonic_sort", bitonic_sort);
  row("reduction", "reduction", reduction);
  row("scan", "scan", scan);
  row("stencil", "stencil", stencil);
  row("fft_radix4", "fft_radix4", fft_radix4);
  row("bfs", "bfs", bfs);
  row("black_scholes", "black_scholes", black_scholes);
  row("transpose", "transpose", transpose);
  row("gather", "gather", gather);
  std::printf("fma_peak %.2f\n", fma_peak(int(std::max(1u, std::thread::hardware_concurrency()))));
}

void scale() {
  for (std::size_t width = 1; width <= 8192; width *= 2) {
    const std::size_t items = width * width, group = std::min<std::size_t>(width, 64);
    repeats = items > 1 << 20 ? 3 : 7;
    const auto number = "/" + std::to_string(items);
    row("saxpy" + number, "saxpy", [&](Workload& w) {
      const std::vector<float> ones(items, 1.0f);
      auto *y = w.filled(ones), *x = w.filled(ones);
      w.launch(line(items, std::min<std::size_t>(items, 64)), y, x, 1.5f);
      w.result(y, items * 4);
    });
    row("mandelbrot" + number, "mandelbrot", [&](Workload& w) { mandelbrot(w, width, group, 50); });
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string mode = argc > 2 ? argv[1] : "";
  if (mode != "table" && mode != "scale")
    return std::fprintf(
               stderr,
               "usage: model_opencl table|scale FOLDER [--repeats N] [--results FOLDER] [--only NAME]...\n"),
           2;
  for (int i = 3; i + 1 < argc; i += 2) {
    if (!std::strcmp(argv[i], "--repeats")) repeats = std::max(1, std::atoi(argv[i + 1]));
    if (!std::strcmp(argv[i], "--results")) results = argv[i + 1];
    if (!std::strcmp(argv[i], "--only")) only.insert(argv[i + 1]);
  }
  for (const char* name : {"/kernels.cl", "/more_kernels.cl"})
    text += read_text((argv[2] + std::string(name)).c_str());
  open_device();
  clReleaseProgram(build("kernel void warm_up() {}"));  // the compiler starts: no kernel's own cost
  mode == "table" ? table() : scale();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
