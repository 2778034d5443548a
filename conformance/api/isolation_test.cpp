// The option isolate: contexts of one process are apart.
#include <CL/cl_ext.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

const bool kIsSet = ::setenv("KIESEL_ISOLATE", "1", 1) == 0;

constexpr const char* kSource = R"(
global int variable = 5;
constant int table[4] = {1, 2, 3, 4};
kernel void place(global ulong* out, global ulong* memory) {
  out[0] = (ulong)memory;
  out[1] = (ulong)&variable;
  out[2] = (ulong)&table[get_global_id(0)];
}
kernel void peek(global ulong* out, ulong address) { out[0] = *(global uint*)address; }
kernel void poke(global ulong* out, ulong address) { *(global uint*)address = 7; }
kernel void count(global int* out, ulong address) { out[0] = atomic_add((global int*)address, 1); }
kernel void local_memory(global ulong* out, local ulong* memory, ulong value) {
  for (int i = 0; i < 512; ++i) {
    out[0] |= memory[i];
    memory[i] = value;
  }
}
kernel void private_memory(global ulong* out, ulong value) {
  volatile ulong memory[512];
  for (int i = 0; i < 512; ++i) {
    out[0] |= memory[i];
    memory[i] = value;
  }
}
kernel void print(global ulong* out) { out[0] = printf("%d\n", 1); }
)";

struct Tenant {
  Session session;
  Program program = session.build(kSource, "-cl-std=CL3.0");
  Memory out = session.buffer(64), memory = session.buffer(4096);

  cl_int run(
      const char* name, const std::function<void(cl_kernel)>& more = [](cl_kernel) {}) const {
    Kernel kernel = session.kernel(program, name);
    const cl_mem first = out;
    REQUIRE(clSetKernelArg(kernel, 0, sizeof first, &first) == CL_SUCCESS);
    more(kernel);
    const std::size_t one = 1;
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    return clFinish(session.queue);
  }
  cl_int run(const char* name, cl_ulong value) const {
    return run(name, [&](cl_kernel kernel) {
      REQUIRE(clSetKernelArg(kernel, 1, sizeof value, &value) == CL_SUCCESS);
    });
  }
  // Of a buffer, a variable of the program, a constant of it.
  std::vector<cl_ulong> places() const {
    REQUIRE(run("place", [&](cl_kernel kernel) {
              const cl_mem second = memory;
              REQUIRE(clSetKernelArg(kernel, 1, sizeof second, &second) == CL_SUCCESS);
            }) == CL_SUCCESS);
    return session.read<cl_ulong>(out, 3);
  }
};

}  // namespace

TEST_CASE("a kernel of one context cannot reach what is another's") {
  REQUIRE(kIsSet);
  const Tenant one, two;
  for (const cl_ulong place : one.places()) {
    CHECK(one.run("peek", place) == CL_SUCCESS);
    CHECK(two.run("peek", place) == CL_OUT_OF_RESOURCES);
    CHECK(two.run("poke", place) == CL_OUT_OF_RESOURCES);
    CHECK(two.run("count", place) == CL_OUT_OF_RESOURCES);
    CHECK(two.session.heard("of another context"));
  }
  CHECK(two.run("peek", two.places()[0]) == CL_SUCCESS);
  CHECK(one.session.read<cl_ulong>(one.memory, 1)[0] == 0);
}

TEST_CASE("shared virtual memory and files are their context's, too") {
  const Tenant one, two;
  void* svm = clSVMAlloc(one.session.context, 0, 4096, 0);
  REQUIRE(svm != nullptr);
  CHECK(two.run("peek", reinterpret_cast<cl_ulong>(svm)) == CL_OUT_OF_RESOURCES);
  CHECK(one.run("peek", reinterpret_cast<cl_ulong>(svm)) == CL_SUCCESS);
  clSVMFree(one.session.context, svm);
}

TEST_CASE("new memory is zero, and so is local and private memory of another context's kernels") {
  for (const std::size_t bytes : {std::size_t{64}, std::size_t{5000}, std::size_t{8} << 20}) {
    {
      const Session before;
      const unsigned char mark = 0xA5;
      Memory memory = before.buffer(bytes);
      REQUIRE(clEnqueueFillBuffer(before.queue, memory, &mark, 1, 0, bytes, 0, nullptr, nullptr) ==
              CL_SUCCESS);
      REQUIRE(clFinish(before.queue) == CL_SUCCESS);
    }
    const Session after;
    Memory memory = after.buffer(bytes);
    CHECK(after.read<unsigned char>(memory, bytes) == std::vector<unsigned char>(bytes, 0));
  }
  const Tenant one, two;
  for (const char* name : {"local_memory", "private_memory"})
    for (const Tenant* tenant : {&one, &two, &one, &two}) {
      const cl_ulong zero = 0, mark = tenant == &one ? 0xF0 : 0x0F;
      REQUIRE(clEnqueueFillBuffer(tenant->session.queue, tenant->out, &zero, 8, 0, 64, 0, nullptr, nullptr) ==
              CL_SUCCESS);
      const bool is_local = std::string_view(name) == "local_memory";
      REQUIRE(tenant->run(name, [&](cl_kernel kernel) {
        if (is_local) REQUIRE(clSetKernelArg(kernel, 1, 4096, nullptr) == CL_SUCCESS);
        REQUIRE(clSetKernelArg(kernel, is_local ? 2 : 1, sizeof mark, &mark) == CL_SUCCESS);
      }) == CL_SUCCESS);
      CHECK((tenant->session.read<cl_ulong>(tenant->out, 1)[0] & ~mark) == 0);
    }
}

TEST_CASE("contexts that are apart can do what others can") {
  const Tenant one;
  CHECK(one.run("print") == CL_SUCCESS);
  // Arguments that no core has room for.
  Program program = one.session.build(
      "typedef struct { int words[600]; } Big;\n"
      "kernel void big(global int* out, Big a, Big b) { out[0] = a.words[599] + b.words[599]; }");
  Kernel kernel = one.session.kernel(program, "big");
  std::vector<int> words(600, 3);
  const cl_mem out = one.out;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof out, &out) == CL_SUCCESS);
  for (const cl_uint index : {1u, 2u})
    REQUIRE(clSetKernelArg(kernel, index, 2400, words.data()) == CL_SUCCESS);
  const std::size_t size = 64;
  REQUIRE(clEnqueueNDRangeKernel(one.session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr,
                                 nullptr) == CL_SUCCESS);
  CHECK(one.session.read<int>(one.out, 1)[0] == 6);
  // An image is pixels and a descriptor.
  Program reads = one.session.build(
      "kernel void look(global float4* out, read_only image2d_t image) { out[0] = read_imagef(image, "
      "(int2)(1, 0)); }");
  const cl_image_format format{CL_RGBA, CL_FLOAT};
  cl_image_desc shape{};
  shape.image_type = CL_MEM_OBJECT_IMAGE2D;
  shape.image_width = shape.image_height = 2;
  std::vector<float> pixels(16, 0.5f);
  Memory image(
      clCreateImage(one.session.context, CL_MEM_COPY_HOST_PTR, &format, &shape, pixels.data(), nullptr));
  REQUIRE(image != nullptr);
  Kernel look = one.session.kernel(reads, "look");
  const cl_mem second = image;
  REQUIRE(clSetKernelArg(look, 0, sizeof out, &out) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(look, 1, sizeof second, &second) == CL_SUCCESS);
  const std::size_t item = 1;
  REQUIRE(clEnqueueNDRangeKernel(one.session.queue, look, 1, nullptr, &item, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  CHECK(one.session.read<float>(one.out, 1)[0] == 0.5f);
}
