// Runs the cases of a corpus file: kernels with one defect each, and nearly the same ones without it.
//   check_application FILE [CASE [HOW]]
// A case is "//// name kind global local arguments" and OpenCL C up to the next one; it is built with -DBAD
// and without, its kernel is called name_bad and name_good. Arguments:
//   buf:BYTES zero:BYTES     written by the host       undef:BYTES   not written
//   ro:BYTES wo:BYTES        CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY
//   read:BYTES write:BYTES   mapped to read or to write while the kernel runs
//   sub:BYTES:FROM:BYTES     a sub-buffer              local:BYTES   local memory
//   int:VALUE                an int                    null          no buffer
//   freed:BYTES              holds the address of shared virtual memory that was freed
// and a second command in an out-of-order queue, with BAD without an event between them:
//   order  the kernel again      fill  of the first buffer      copy  of the first buffer to the last one
// How, of kernels with a defect only: crash and exit end the process behind the launch, leak releases
// nothing, fork has a child that runs both kernels, too, il:PATH takes the program from SPIR-V.
#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

void require(cl_int error, const char* what) {
  if (error == CL_SUCCESS) return;
  std::fprintf(stderr, "%s: error %d\n", what, error);
  std::exit(3);
}

struct Case {
  std::string name, text;
  std::size_t global = 0, local = 0;
  std::vector<std::string> arguments;
};

std::vector<Case> read(const char* path) {
  std::vector<Case> out;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("//// ", 0) == 0) {
      std::istringstream words(line.substr(5));
      std::string kind;
      Case next;
      words >> next.name >> kind >> next.global >> next.local;
      for (std::string word; words >> word;) next.arguments.push_back(word);
      out.push_back(next);
    } else if (!out.empty()) {
      out.back().text += line + "\n";
    }
  }
  return out;
}

std::vector<std::size_t> numbers(const std::string& word) {
  std::vector<std::size_t> out;
  std::istringstream parts(word);
  std::string part;
  std::getline(parts, part, ':');
  while (std::getline(parts, part, ':')) out.push_back(std::strtoull(part.c_str(), nullptr, 10));
  return out;
}

std::string contents(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class Runner {
 public:
  explicit Runner(std::string how) : how_(std::move(how)) {
    cl_platform_id platform;
    require(clGetPlatformIDs(1, &platform, nullptr), "clGetPlatformIDs");
    require(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device_, nullptr), "clGetDeviceIDs");
    cl_int error;
    context_ = clCreateContext(nullptr, 1, &device_, nullptr, nullptr, &error);
    require(error, "clCreateContext");
    queue_ = clCreateCommandQueue(context_, device_, 0, &error);
    require(error, "clCreateCommandQueue");
  }

  void run(const Case& from, bool bad) {
    const std::string name = from.name + (bad ? "_bad" : "_good");
    cl_int error;
    const cl_program program = build(from, name, bad);
    if (!program) return;
    const cl_kernel kernel = clCreateKernel(program, name.c_str(), &error);
    require(error, "clCreateKernel");
    std::string second;
    cl_uint index = 0;
    for (const auto& word : from.arguments) {
      if (word == "order" || word == "fill" || word == "copy")
        second = word;
      else
        set(kernel, index++, word);
    }
    launch(kernel, from, second, bad);
    if (how_ == "crash") std::abort();
    if (how_ == "exit") ::_exit(0);
    if (how_ == "leak") return;
    for (const auto& [buffer, pointer] : mapped_)
      clEnqueueUnmapMemObject(queue_, buffer, pointer, 0, nullptr, nullptr);
    mapped_.clear();
    for (const auto& [buffer, bytes] : buffers_) {
      std::vector<char> back(bytes);
      clEnqueueReadBuffer(queue_, buffer, CL_TRUE, 0, bytes, back.data(), 0, nullptr, nullptr);
      clReleaseMemObject(buffer);
    }
    for (const cl_mem buffer : others_) clReleaseMemObject(buffer);
    buffers_.clear();
    others_.clear();
    clReleaseKernel(kernel);
    clReleaseProgram(program);
  }

 private:
  cl_program create(const std::string& text) {
    cl_int error;
    const char* source = text.c_str();
    const bool is_il = how_.rfind("il:", 0) == 0;
    const std::string il = is_il ? contents(how_.c_str() + 3) : std::string();
    const cl_program out = is_il ? clCreateProgramWithIL(context_, il.data(), il.size(), &error)
                                 : clCreateProgramWithSource(context_, 1, &source, nullptr, &error);
    require(error, "clCreateProgram");
    return out;
  }

  cl_program build(const Case& from, const std::string& name, bool bad) {
    const cl_program program = create(from.text);
    const bool from_source = how_.rfind("il:", 0) != 0;
    const std::string options = "-cl-std=CL3.0 -DKERNEL=" + name + (bad ? " -DBAD" : "");
    if (clBuildProgram(program, 1, &device_, from_source ? options.c_str() : "", nullptr, nullptr) ==
        CL_SUCCESS)
      return program;
    std::vector<char> log(1 << 16);
    clGetProgramBuildInfo(program, device_, CL_PROGRAM_BUILD_LOG, log.size(), log.data(), nullptr);
    std::fprintf(stderr, "%s: %s\n", name.c_str(), log.data());
    return nullptr;
  }

  void launch(cl_kernel kernel, const Case& from, const std::string& second, bool bad) {
    if (!second.empty()) return launch_two(kernel, from, second, bad);
    clEnqueueNDRangeKernel(queue_, kernel, 1, nullptr, &from.global, &from.local, 0, nullptr, nullptr);
    clFinish(queue_);
  }

  // Both wait for one event, and without the defect the second one for the first, too.
  void launch_two(cl_kernel kernel, const Case& from, const std::string& second, bool bad) {
    cl_int error;
    const cl_command_queue queue =
        clCreateCommandQueue(context_, device_, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &error);
    const cl_event gate = clCreateUserEvent(context_, &error);
    cl_event first = nullptr;
    clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &from.global, &from.local, 1, &gate, &first);
    const cl_event& wait = bad ? gate : first;
    const auto& [buffer, bytes] = buffers_.front();
    const cl_int zero = 0;
    if (second == "order")
      clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &from.global, &from.local, 1, &wait, nullptr);
    else if (second == "fill")
      clEnqueueFillBuffer(queue, buffer, &zero, sizeof zero, 0, bytes, 1, &wait, nullptr);
    else
      clEnqueueCopyBuffer(queue, buffer, buffers_.back().first, 0, 0, bytes, 1, &wait, nullptr);
    clSetUserEventStatus(gate, CL_COMPLETE);
    clFinish(queue);
    clReleaseEvent(gate);
    clReleaseEvent(first);
    clReleaseCommandQueue(queue);
  }

  cl_mem make(cl_mem_flags flags, std::size_t bytes, bool filled, int first) {
    std::vector<unsigned char> content(bytes);
    if (first)
      for (std::size_t i = 0; i < bytes; ++i) content[i] = i % 4 ? 0 : static_cast<unsigned char>(i / 4 % 64);
    cl_int error;
    const cl_mem buffer = clCreateBuffer(context_, flags | (filled ? CL_MEM_COPY_HOST_PTR : 0), bytes,
                                         filled ? content.data() : nullptr, &error);
    require(error, "clCreateBuffer");
    return buffer;
  }

  void set(cl_kernel kernel, cl_uint index, const std::string& word) {
    const auto sizes = numbers(word);
    const auto is = [&](const char* kind) { return word.rfind(kind, 0) == 0; };
    cl_mem buffer = nullptr;
    if (is("local:")) return require(clSetKernelArg(kernel, index, sizes[0], nullptr), "clSetKernelArg");
    if (is("int:")) {
      const auto value = static_cast<cl_int>(sizes[0]);
      return require(clSetKernelArg(kernel, index, sizeof value, &value), "clSetKernelArg");
    }
    if (is("buf:")) buffer = make(CL_MEM_READ_WRITE, sizes[0], true, 1);
    if (is("zero:")) buffer = make(CL_MEM_READ_WRITE, sizes[0], true, 0);
    if (is("undef:")) buffer = make(CL_MEM_READ_WRITE, sizes[0], false, 0);
    if (is("ro:")) buffer = make(CL_MEM_READ_ONLY, sizes[0], true, 1);
    if (is("wo:")) buffer = make(CL_MEM_WRITE_ONLY, sizes[0], true, 1);
    if (is("freed:")) buffer = freed(sizes[0]);
    if (is("read:")) buffer = mapped(sizes[0], CL_MAP_READ);
    if (is("write:")) buffer = mapped(sizes[0], CL_MAP_WRITE);
    if (buffer) buffers_.emplace_back(buffer, sizes[0]);
    if (is("sub:")) buffer = part(sizes);
    require(clSetKernelArg(kernel, index, sizeof buffer, &buffer), "clSetKernelArg");
  }

  cl_mem mapped(std::size_t bytes, cl_map_flags flags) {
    const cl_mem out = make(CL_MEM_READ_WRITE, bytes, true, 1);
    cl_int error;
    void* const pointer =
        clEnqueueMapBuffer(queue_, out, CL_TRUE, flags, 0, bytes, 0, nullptr, nullptr, &error);
    require(error, "clEnqueueMapBuffer");
    mapped_.emplace_back(out, pointer);
    return out;
  }

  cl_mem part(const std::vector<std::size_t>& sizes) {
    const cl_mem whole = make(CL_MEM_READ_WRITE, sizes[0], true, 1);
    const cl_buffer_region region{sizes[1], sizes[2]};
    cl_int error;
    const cl_mem out = clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
    require(error, "clCreateSubBuffer");
    others_.push_back(whole);
    others_.push_back(out);
    return out;
  }

  cl_mem freed(std::size_t bytes) {
    void* const memory = clSVMAlloc(context_, CL_MEM_READ_WRITE, bytes, 0);
    std::vector<unsigned char> content(bytes);
    *reinterpret_cast<void**>(content.data()) = memory;
    clSVMFree(context_, memory);
    cl_int error;
    const cl_mem buffer = clCreateBuffer(context_, CL_MEM_COPY_HOST_PTR, bytes, content.data(), &error);
    require(error, "clCreateBuffer");
    return buffer;
  }

  const std::string how_;
  cl_device_id device_ = nullptr;
  cl_context context_ = nullptr;
  cl_command_queue queue_ = nullptr;
  std::vector<std::pair<cl_mem, std::size_t>> buffers_;
  std::vector<cl_mem> others_;
  std::vector<std::pair<cl_mem, void*>> mapped_;
};

void run_all(Runner& runner, const char* file, const std::string& one, bool only_bad) {
  for (const auto& from : read(file)) {
    if (!one.empty() && from.name != one) continue;
    for (const bool bad : {true, false})
      if (bad || !only_bad) runner.run(from, bad);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string one = argc > 2 ? argv[2] : "", how = argc > 3 ? argv[3] : "";
  Runner runner(how);
  run_all(runner, argv[1], one, !how.empty());
  if (how != "fork") return 0;
  const pid_t child = ::fork();
  if (child) return ::waitpid(child, nullptr, 0) == child ? 0 : 1;
  Runner other("");
  run_all(other, argv[1], one, false);
  return 0;
}
