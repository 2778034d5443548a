// An application to be captured. What it does is its argument; it checks its own results.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

namespace {

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

constexpr const char* kSource = R"(
global int calls = 0;
kernel void add(global int* out, global const int* in, int plus) {
  size_t i = get_global_id(0);
  out[i] += in[i] + plus;
}
kernel void square(global int* out) { out[get_global_id(0)] *= out[get_global_id(0)]; }
kernel void count(global int* out) { if (get_global_id(0) == 0) out[0] = ++calls; }
struct node { global struct node* next; int value; };
kernel void follow(global struct node* first, global int* out) {
  int sum = 0;
  for (global struct node* at = first; at; at = at->next) sum += at->value;
  out[get_global_id(0)] = sum;
}
kernel void read_image(read_only image2d_t image, sampler_t sampler, global int* out) {
  int2 at = (int2)(get_global_id(0), get_global_id(1));
  out[at.y * get_global_size(0) + at.x] = read_imagei(image, sampler, at).x;
}
kernel void say(global int* out) { out[get_global_id(0)] = printf("%d\n", (int)get_global_id(0)); }
kernel void reverse(global int* out, local int* kept) {
  int i = get_local_id(0), n = get_local_size(0);
  kept[i] = out[get_global_id(0)];
  barrier(CLK_LOCAL_MEM_FENCE);
  out[get_global_id(0)] = kept[n - 1 - i];
}
kernel void never_end(global volatile int* out) { while (!out[0]) {} }
kernel void lanes(global int* out) { out[get_global_id(0)] = get_max_sub_group_size(); }
kernel void run_away(global int* out) { out[1 << 28] = 1; }
)";

constexpr std::size_t kItems = 10000, kBytes = kItems * sizeof(cl_int);

struct Session {
  Session() {
    cl_platform_id platform;
    require(clGetPlatformIDs(1, &platform, nullptr) == CL_SUCCESS, "finding a platform");
    require(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr) == CL_SUCCESS,
            "finding a device");
    context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, nullptr);
    require(context, "making a context");
    queue = clCreateCommandQueueWithProperties(context, device, nullptr, nullptr);
    build();
  }
  void build() {
    program = clCreateProgramWithSource(context, 1, const_cast<const char**>(&kSource), nullptr, nullptr);
    require(clBuildProgram(program, 1, &device, "-cl-std=CL3.0 -g", nullptr, nullptr) == CL_SUCCESS,
            "building");
  }
  cl_mem buffer(const void* contents = nullptr) {
    const std::vector<cl_int> zeros(kItems);
    cl_int error;
    cl_mem made = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, kBytes,
                                 const_cast<void*>(contents ? contents : zeros.data()), &error);
    require(error == CL_SUCCESS, "making a buffer");
    return made;
  }
  cl_kernel kernel(const char* name) {
    cl_kernel made = clCreateKernel(program, name, nullptr);
    require(made, name);
    return made;
  }
  void launch(cl_kernel kernel, std::array<std::size_t, 2> size = {kItems, 1},
              const std::size_t* local = nullptr) {
    require(clEnqueueNDRangeKernel(queue, kernel, 2, nullptr, size.data(), local, 0, nullptr, nullptr) ==
                CL_SUCCESS,
            "launching");
  }
  std::vector<cl_int> read(cl_mem buffer) {
    std::vector<cl_int> out(kItems);
    require(
        clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, kBytes, out.data(), 0, nullptr, nullptr) == CL_SUCCESS,
        "reading");
    return out;
  }
  cl_device_id device;
  cl_context context;
  cl_command_queue queue;
  cl_program program;
};

template <class... Values>
cl_kernel with(cl_kernel kernel, const Values&... values) {
  cl_uint index = 0;
  (require(clSetKernelArg(kernel, index++, sizeof values, &values) == CL_SUCCESS, "setting an argument"),
   ...);
  return kernel;
}

// Launches of two kernels; between them the host writes by each of its ways, and memory comes and goes.
void many(Session& session) {
  const std::size_t local[] = {16, 1};  // small enough for every shape
  cl_mem out = session.buffer();
  for (cl_int round = 0; round < 5; ++round) {
    const std::vector<cl_int> values(kItems, round);
    cl_mem in = session.buffer(values.data());
    session.launch(with(session.kernel("add"), out, in, cl_int{1}), {kItems, 1}, local);
    session.launch(with(session.kernel("square"), out), {kItems, 1}, local);
    if (round == 2) {
      auto* mapped = static_cast<cl_int*>(clEnqueueMapBuffer(session.queue, out, CL_TRUE, CL_MAP_WRITE, 0,
                                                             kBytes, 0, nullptr, nullptr, nullptr));
      require(mapped, "mapping");
      mapped[7] = 70;
      clEnqueueUnmapMemObject(session.queue, out, mapped, 0, nullptr, nullptr);
    } else {
      const cl_int two = 2;
      clEnqueueWriteBuffer(session.queue, out, CL_TRUE, 4000, sizeof two, &two, 0, nullptr, nullptr);
    }
    clReleaseMemObject(in);
  }
  require(session.read(out)[1] != 0, "the result");
}

// Noise, which takes as much room in a capture as in memory.
void large(Session& session) {
  unsigned state = 1;
  std::vector<cl_int> noise(kItems);
  for (int round = 0; round < 40; ++round) {
    for (cl_int& value : noise) value = static_cast<cl_int>(state = state * 1664525 + 1013904223);
    session.launch(with(session.kernel("add"), session.buffer(), session.buffer(noise.data()), cl_int{0}));
  }
  clFinish(session.queue);
}

// Program variables, local memory, printf and images.
void features(Session& session) {
  cl_mem out = session.buffer();
  cl_kernel count = with(session.kernel("count"), out);
  for (int i = 0; i < 3; ++i) session.launch(count);
  clReleaseKernel(count);
  require(session.read(out)[0] == 3, "counting");
  // Built again, it counts from the start, mostly at the same place.
  clReleaseProgram(session.program);
  session.build();
  session.launch(with(session.kernel("count"), out), {16, 1});
  require(session.read(out)[0] == 1, "counting again");
  const std::size_t local[] = {16, 1};
  cl_kernel reverse = session.kernel("reverse");
  with(reverse, out);
  clSetKernelArg(reverse, 1, 16 * sizeof(cl_int), nullptr);
  session.launch(reverse, {160, 1}, local);
  session.launch(with(session.kernel("say"), out), {4, 1});
  const cl_image_format format{CL_R, CL_SIGNED_INT32};
  cl_image_desc description{};
  description.image_type = CL_MEM_OBJECT_IMAGE2D;
  description.image_width = description.image_height = 16;
  std::vector<cl_int> pixels(256);
  for (cl_int i = 0; i < 256; ++i) pixels[i] = i * 3;
  cl_int error;
  cl_mem image = clCreateImage(session.context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, &format,
                               &description, pixels.data(), &error);
  require(error == CL_SUCCESS, "making an image");
  cl_sampler sampler = clCreateSamplerWithProperties(session.context, nullptr, nullptr);
  session.launch(with(session.kernel("read_image"), image, sampler, out), {16, 16});
  require(session.read(out)[200] == 600, "reading an image");
}

struct Node {
  Node* next;
  cl_int value;
};

// A list in shared virtual memory.
void pointers(Session& session) {
  auto* nodes = static_cast<Node*>(clSVMAlloc(session.context, CL_MEM_READ_WRITE, 100 * sizeof(Node), 0));
  require(nodes, "allocating shared memory");
  clEnqueueSVMMap(session.queue, CL_TRUE, CL_MAP_WRITE, nodes, 100 * sizeof(Node), 0, nullptr, nullptr);
  for (cl_int i = 0; i < 100; ++i) nodes[i] = {i < 99 ? &nodes[i + 1] : nullptr, i};
  clEnqueueSVMUnmap(session.queue, nodes, 0, nullptr, nullptr);
  cl_mem out = session.buffer();
  cl_kernel follow = session.kernel("follow");
  clSetKernelArgSVMPointer(follow, 0, nodes);
  clSetKernelArg(follow, 1, sizeof out, &out);
  session.launch(follow);
  require(session.read(out)[5] == 4950, "following a list");
}

// One whole launch, then another one that does not end.
void hang(Session& session) {
  cl_mem out = session.buffer();
  session.launch(with(session.kernel("square"), out));
  clFinish(session.queue);
  session.launch(with(session.kernel("never_end"), out), {1, 1});
  clFlush(session.queue);
}

// One whole launch, then the end: between launches, or within one.
void die(Session& session, bool within) {
  if (within) {
    hang(session);
    ::sleep(1);
  } else {
    session.launch(with(session.kernel("square"), session.buffer()));
    clFinish(session.queue);
  }
  ::raise(SIGKILL);
}

void fault(Session& session) {
  cl_mem out = session.buffer();
  session.launch(with(session.kernel("run_away"), out), {1, 1});
  require(clFinish(session.queue) != CL_SUCCESS, "failing");
}

// What depends on the device: there are differences to be found elsewhere.
void lanes(Session& session) {
  const std::size_t local[] = {16, 1};
  session.launch(with(session.kernel("lanes"), session.buffer()), {160, 1}, local);
  clFinish(session.queue);
}

void threads(Session& session) {
  std::vector<std::thread> all;
  for (int i = 0; i < 3; ++i)
    all.emplace_back([session]() mutable {
      session.queue = clCreateCommandQueueWithProperties(session.context, session.device, nullptr, nullptr);
      many(session);
    });
  for (auto& thread : all) thread.join();
}

void in_child(Session& session) {
  cl_mem out = session.buffer();
  session.launch(with(session.kernel("square"), out));
  clFinish(session.queue);
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    Session own;
    own.launch(with(own.kernel("square"), own.buffer()));
    clFinish(own.queue);
    ::_exit(0);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  require(status == 0, "the child");
}

}  // namespace

int main(int, char** argv) {
  const std::string what = argv[1];
  if (what == "nothing") return 0;
  Session session;
  if (what == "many") many(session);
  if (what == "large") large(session);
  if (what == "features") features(session);
  if (what == "pointers") pointers(session);
  if (what == "die") die(session, false);
  if (what == "die-within") die(session, true);
  if (what == "hang") {
    hang(session);
    ::pause();
  }
  if (what == "fault") fault(session);
  if (what == "lanes") lanes(session);
  if (what == "threads") threads(session);
  if (what == "fork") in_child(session);
  std::printf("%s: done\n", argv[1]);
  return 0;
}
