// Time of whole builds through the client and a warm worker, as an application sees them, and where it goes.
//   compiler_bench [runs] [file.cl ...]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "compiler/client/client.hpp"
#include "support/clock.hpp"
#include "support/file.hpp"

namespace {

using namespace kiesel;
using namespace kiesel::compiler;

constexpr const char* kSaxpy =
    "kernel void saxpy(global float* y, global const float* x, float a, int n) {\n"
    "  int i = get_global_id(0);\n"
    "  if (i < n) y[i] = a * x[i] + y[i];\n"
    "}\n";

double ms(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void measure(Client& client, const std::string& name, const std::string& source, int runs) {
  Request request;
  request.source = source;
  request.extensions = "cl_khr_fp64 __opencl_c_fp64 cl_khr_byte_addressable_store";
  std::vector<double> wall, cpu;
  std::vector<Phase> phases;
  for (int i = 0; i < runs; ++i) {
    const auto start = now_ns();
    const auto reply = client.run(request);
    wall.push_back(ms(now_ns() - start));
    if (!reply || reply->outcome != Outcome::kSuccess) {
      fmt::print("{:<20} does not build: {}\n", name, reply ? reply->log : reply.error().reason);
      return;
    }
    std::uint64_t sum = 0;
    for (const auto& phase : reply->phases) sum += phase.cpu_ns;
    cpu.push_back(ms(sum));
    phases = reply->phases;
  }
  fmt::print("{:<20} {:>7.2f} ms wall, {:>7.2f} ms processor in phases (medians of {})  |", name,
             median(wall), median(cpu), runs);
  for (const auto& phase : phases) fmt::print(" {} {:.2f}", phase.name, ms(phase.cpu_ns));
  fmt::print("\n");
}

}  // namespace

int main(int count, char** arguments) {
  const int runs = count > 1 ? std::max(1, std::atoi(arguments[1])) : 50;
  Client client(KIESEL_BENCH_COMPILER);
  const auto start = now_ns();
  Request first;
  first.source = kSaxpy;
  if (!client.run(first)) return 1;
  fmt::print("{:<20} {:>7.2f} ms wall: start of the compiler and first build\n", "cold",
             ms(now_ns() - start));
  measure(client, "saxpy", kSaxpy, runs);
  for (int i = 2; i < count; ++i) {
    const auto text = kiesel::read_text_file(arguments[i]);
    if (text) measure(client, arguments[i], *text, runs);
  }
}
