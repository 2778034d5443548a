// Memory that the application lets go of while a kernel uses it, and files that become shorter.
#include <CL/cl_ext.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr std::size_t kBytes = 1 << 20, kWords = kBytes / 8;
constexpr cl_ulong kMark = 0x4B49455345;

// Writes over and over to an address that it got as a number, until it is told to end.
constexpr const char* kUse = R"(
kernel void use(global volatile ulong* flags, ulong address, ulong mark) {
  volatile global ulong* words = (volatile global ulong*)address;
  flags[0] = 1;
  while (flags[1] == 0) {
    flags[2] = words[8];
    words[0] = mark;
  }
}
kernel void place(global ulong* out, global ulong* memory) { out[0] = (ulong)memory; }
kernel void twice(global int* data) { data[get_global_id(0)] *= 2; }
)";

struct File {
  explicit File(std::size_t bytes = kBytes) : descriptor(::memfd_create("test", MFD_CLOEXEC)) {
    REQUIRE(descriptor >= 0);
    REQUIRE(::ftruncate(descriptor, static_cast<off_t>(bytes)) == 0);
  }
  File(const File&) = delete;
  ~File() { ::close(descriptor); }
  cl_ulong word(std::size_t index) const {
    cl_ulong out = 0;
    REQUIRE(::pread(descriptor, &out, sizeof out, static_cast<off_t>(index * 8)) == sizeof out);
    return out;
  }
  const int descriptor;
};

struct Runner {
  Session session;
  Program program = session.build(kUse);
  cl_ulong* flags = static_cast<cl_ulong*>(clSVMAlloc(session.context, CL_MEM_SVM_FINE_GRAIN_BUFFER, 64, 0));

  ~Runner() { clSVMFree(session.context, flags); }

  Memory import(const File& file) const {
    const cl_mem_properties properties[] = {CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR,
                                            static_cast<cl_mem_properties>(::dup(file.descriptor)), 0};
    cl_int error = 1;
    Memory out(clCreateBufferWithProperties(session.context, properties, 0, kBytes, nullptr, &error));
    REQUIRE(error == CL_SUCCESS);
    return out;
  }
  cl_ulong address_of(cl_mem memory) const {
    Kernel kernel = session.kernel(program, "place");
    REQUIRE(clSetKernelArgSVMPointer(kernel, 0, flags) == CL_SUCCESS);
    REQUIRE(clSetKernelArg(kernel, 1, sizeof memory, &memory) == CL_SUCCESS);
    run(kernel);
    REQUIRE(clFinish(session.queue) == CL_SUCCESS);
    return flags[0];
  }
  void run(cl_kernel kernel) const {
    const std::size_t one = 1;
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
            CL_SUCCESS);
  }
  void start(cl_ulong address) const {
    std::memset(flags, 0, 64);
    Kernel kernel = session.kernel(program, "use");
    REQUIRE(clSetKernelArgSVMPointer(kernel, 0, flags) == CL_SUCCESS);
    REQUIRE(clSetKernelArg(kernel, 1, sizeof address, &address) == CL_SUCCESS);
    REQUIRE(clSetKernelArg(kernel, 2, sizeof kMark, &kMark) == CL_SUCCESS);
    run(kernel);
    REQUIRE(clFlush(session.queue) == CL_SUCCESS);
    REQUIRE(eventually([&] { return __atomic_load_n(flags, __ATOMIC_SEQ_CST) == 1; }));
  }
  // The kernel has ended with a fault, and what was made meanwhile has nothing of what it writes.
  void check_end() const {
    std::vector<Memory> others;
    for (int i = 0; i < 8; ++i) {
      const cl_ulong zero = 0;
      others.push_back(session.buffer(kBytes));
      Queue queue(clCreateCommandQueueWithProperties(session.context, device(), nullptr, nullptr));
      REQUIRE(clEnqueueFillBuffer(queue, others.back(), &zero, 8, 0, kBytes, 0, nullptr, nullptr) ==
              CL_SUCCESS);
      REQUIRE(clFinish(queue) == CL_SUCCESS);
    }
    CHECK(session.heard("bad address"));
    __atomic_store_n(&flags[1], 1, __ATOMIC_SEQ_CST);
    CHECK(clFinish(session.queue) == CL_OUT_OF_RESOURCES);
    for (const Memory& other : others)
      CHECK(session.read<cl_ulong>(other, kWords) == std::vector<cl_ulong>(kWords, 0));
  }
};

}  // namespace

TEST_CASE("a kernel may not go on with a buffer that was released") {
  NEEDS(has_shared_memory());
  const Runner runner;
  Memory memory = runner.session.buffer(kBytes);
  runner.start(runner.address_of(memory));
  memory.reset();
  runner.check_end();
}

TEST_CASE("nor with the buffer of a sub-buffer, nor with one of the host's memory") {
  NEEDS(has_shared_memory());
  for (const bool of_host : {false, true}) {
    const Runner runner;
    std::vector<std::byte> host(kBytes);
    Memory memory = of_host ? runner.session.buffer(kBytes, CL_MEM_USE_HOST_PTR, host.data())
                            : runner.session.buffer(kBytes);
    const cl_buffer_region region{kBytes / 2, kBytes / 2};
    Memory part(clCreateSubBuffer(memory, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, nullptr));
    REQUIRE(part != nullptr);
    runner.start(runner.address_of(part));
    memory.reset();
    part.reset();
    runner.check_end();
    CHECK(host == std::vector<std::byte>(kBytes));
  }
}

TEST_CASE("nor with shared virtual memory that was freed, of either kind") {
  NEEDS(has_shared_memory());
  {
    const Runner runner;
    void* memory = clSVMAlloc(runner.session.context, 0, kBytes, 0);
    REQUIRE(memory != nullptr);
    runner.start(reinterpret_cast<cl_ulong>(memory));
    clSVMFree(runner.session.context, memory);
    runner.check_end();
  }
  for (const char* name : {"clHostMemAllocINTEL", "clSharedMemAllocINTEL"}) {
    const Runner runner;
    cl_int error = 1;
    void* memory =
        std::string_view(name) == "clHostMemAllocINTEL"
            ? extension<clHostMemAllocINTEL_fn>(name)(runner.session.context, nullptr, kBytes, 0, &error)
            : extension<clSharedMemAllocINTEL_fn>(name)(runner.session.context, device(), nullptr, kBytes, 0,
                                                        &error);
    REQUIRE(error == CL_SUCCESS);
    runner.start(reinterpret_cast<cl_ulong>(memory));
    REQUIRE(extension<clMemFreeINTEL_fn>("clMemFreeINTEL")(runner.session.context, memory) == CL_SUCCESS);
    runner.check_end();
  }
}

TEST_CASE("nor with memory of a file, whose place the host cannot get") {
  NEEDS(has_shared_memory());
  const Runner runner;
  const File file;
  Memory memory = runner.import(file);
  const auto address = runner.address_of(memory);
  runner.start(address);
  REQUIRE(eventually([&] { return file.word(0) == kMark; }));
  memory.reset();
  const cl_ulong other = 7;
  REQUIRE(::pwrite(file.descriptor, &other, 8, 0) == 8);
  void* place = ::mmap(reinterpret_cast<void*>(address), kBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  CHECK(place == MAP_FAILED);
  CHECK(errno == EEXIST);
  runner.check_end();
  CHECK(file.word(0) == 7);
}

TEST_CASE("a file that becomes shorter fails what uses it, and nothing else") {
  NEEDS(has_shared_memory());
  const Runner runner;
  const Session& session = runner.session;
  const File file;
  Memory memory = runner.import(file), usual = session.buffer(kBytes);
  Kernel kernel = session.kernel(runner.program, "twice");
  const auto run = [&](cl_mem argument) {
    REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
    const std::size_t size = kBytes / 4;
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    return clFinish(session.queue);
  };
  CHECK(run(memory) == CL_SUCCESS);
  cl_int error = 1;
  auto* mapped = static_cast<int*>(clEnqueueMapBuffer(
      session.queue, memory, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, kBytes, 0, nullptr, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  mapped[5] = 5;
  REQUIRE(::ftruncate(file.descriptor, 4096) == 0);
  CHECK(mapped[kBytes / 4 - 1] == 0);
  mapped[kBytes / 4 - 1] = 1;
  CHECK(clEnqueueUnmapMemObject(session.queue, memory, mapped, 0, nullptr, nullptr) == CL_SUCCESS);
  CHECK(run(memory) == CL_OUT_OF_RESOURCES);
  CHECK(session.heard("its file has become shorter"));
  std::vector<int> out(kBytes / 4);
  CHECK(clEnqueueReadBuffer(session.queue, memory, CL_TRUE, 0, kBytes, out.data(), 0, nullptr, nullptr) < 0);
  CHECK(clEnqueueWriteBuffer(session.queue, memory, CL_TRUE, 0, kBytes, out.data(), 0, nullptr, nullptr) < 0);
  (void)clFinish(session.queue);
  CHECK(run(usual) == CL_SUCCESS);
}

TEST_CASE("a running kernel finds its file shorter") {
  NEEDS(has_shared_memory());
  const Runner runner;
  const File file;
  Memory memory = runner.import(file);
  runner.start(runner.address_of(memory));
  REQUIRE(::ftruncate(file.descriptor, 0) == 0);
  CHECK(runner.session.heard("its file has become shorter"));
  __atomic_store_n(&runner.flags[1], 1, __ATOMIC_SEQ_CST);
  CHECK(clFinish(runner.session.queue) == CL_OUT_OF_RESOURCES);
}
