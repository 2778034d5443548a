#include <CL/cl_ext.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr const char* kTwoKernels =
    "kernel void one(global int* out) { out[get_global_id(0)] = 1; }\n"
    "kernel void two(global int* out) { out[get_global_id(0)] = 2; }\n";

int run_one(const Session& session, cl_program program, const char* name) {
  Kernel kernel = session.kernel(program, name);
  Memory memory = session.buffer(4);
  const cl_mem argument = memory;
  const std::size_t size = 1;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  return session.read<int>(memory, 1).front();
}

template <class T>
T build_info(cl_program program, cl_program_build_info name) {
  T out{};
  REQUIRE(clGetProgramBuildInfo(program, device(), name, sizeof out, &out, nullptr) == CL_SUCCESS);
  return out;
}

Program compiled(const Session& session, const std::string& text) {
  Program out = session.source(text);
  const cl_int error = clCompileProgram(out, 0, nullptr, "", 0, nullptr, nullptr, nullptr, nullptr);
  INFO(build_log(out));
  REQUIRE(error == CL_SUCCESS);
  return out;
}

}  // namespace

TEST_CASE("a program is built from strings with and without lengths") {
  const Session session;
  const char* strings[] = {"kernel void f(global int* out) { out[0] = ", "12345 and more", "; }"};
  const std::size_t lengths[] = {0, 3, 0};
  cl_int error = 1;
  Program program(clCreateProgramWithSource(session.context, 3, strings, lengths, &error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(query_text(clGetProgramInfo, cl_program(program), cl_program_info{CL_PROGRAM_SOURCE}) ==
        "kernel void f(global int* out) { out[0] = 123; }");
  CHECK(build_info<cl_build_status>(program, CL_PROGRAM_BUILD_STATUS) == CL_BUILD_NONE);
  REQUIRE(clBuildProgram(program, 0, nullptr, "-DX=1", nullptr, nullptr) == CL_SUCCESS);
  CHECK(build_info<cl_build_status>(program, CL_PROGRAM_BUILD_STATUS) == CL_BUILD_SUCCESS);
  CHECK(build_info<cl_program_binary_type>(program, CL_PROGRAM_BINARY_TYPE) ==
        CL_PROGRAM_BINARY_TYPE_EXECUTABLE);
  CHECK(run_one(session, program, "f") == 123);
  CHECK(clCreateProgramWithSource(session.context, 0, strings, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  const char* hole[] = {nullptr};
  CHECK(clCreateProgramWithSource(session.context, 1, hole, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
}

TEST_CASE("a built program lists its kernels") {
  const Session session;
  Program program = session.build(kTwoKernels);
  CHECK(query<std::size_t>(clGetProgramInfo, cl_program(program), cl_program_info{CL_PROGRAM_NUM_KERNELS}) ==
        2);
  const auto names =
      query_text(clGetProgramInfo, cl_program(program), cl_program_info{CL_PROGRAM_KERNEL_NAMES});
  CHECK((names == "one;two" || names == "two;one"));
  cl_kernel kernels[2] = {};
  cl_uint count = 0;
  CHECK(clCreateKernelsInProgram(program, 1, kernels, &count) == CL_INVALID_VALUE);
  REQUIRE(clCreateKernelsInProgram(program, 2, kernels, &count) == CL_SUCCESS);
  CHECK(count == 2);
  CHECK(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_INVALID_OPERATION);
  for (cl_kernel kernel : kernels) CHECK(clReleaseKernel(kernel) == CL_SUCCESS);
  CHECK(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  CHECK(run_one(session, program, "two") == 2);
}

TEST_CASE("kernels named as builtins and functions of C libraries have these names") {
  const Session session;
  const std::vector<std::string> names = {"max", "memset", "_Z3sinf", "_start", "__kiesel_printf_reserve"};
  std::string source;
  for (std::size_t i = 0; i < names.size(); ++i)
    source += "kernel void " + names[i] + "(global int* out) { out[get_global_id(0)] = (int)sin(0.f) + " +
              std::to_string(i) + "; }\n";
  Program program = session.build(source);
  const auto listed =
      query_text(clGetProgramInfo, cl_program(program), cl_program_info{CL_PROGRAM_KERNEL_NAMES});
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK((";" + listed + ";").find(";" + names[i] + ";") != std::string::npos);
    Kernel kernel = session.kernel(program, names[i].c_str());
    CHECK(query_text(clGetKernelInfo, cl_kernel(kernel), cl_kernel_info{CL_KERNEL_FUNCTION_NAME}) ==
          names[i]);
    CHECK(run_one(session, program, names[i].c_str()) == int(i));
  }
}

TEST_CASE("a program that is not built has no kernels") {
  const Session session;
  Program program = session.source(kTwoKernels);
  cl_int error = 0;
  std::size_t count = 0;
  CHECK(clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof count, &count, nullptr) ==
        CL_INVALID_PROGRAM_EXECUTABLE);
  CHECK(clCreateKernel(program, "one", &error) == nullptr);
  CHECK(error == CL_INVALID_PROGRAM_EXECUTABLE);
  REQUIRE(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  CHECK(clCreateKernel(program, "three", &error) == nullptr);
  CHECK(error == CL_INVALID_KERNEL_NAME);
  CHECK(clCreateKernel(program, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
}

TEST_CASE("a wrong program gives the compiler's words") {
  const Session session;
  Program program = session.source("kernel void f(global int* out) {\n  out[0] = nonsense;\n}\n");
  CHECK(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_BUILD_PROGRAM_FAILURE);
  CHECK(build_info<cl_build_status>(program, CL_PROGRAM_BUILD_STATUS) == CL_BUILD_ERROR);
  CHECK(build_log(program).find("nonsense") != std::string::npos);
  CHECK(session.heard("nonsense"));
  Program options = session.source(kTwoKernels);
  CHECK(clBuildProgram(options, 0, nullptr, "-no-such-option", nullptr, nullptr) == CL_INVALID_BUILD_OPTIONS);
}

TEST_CASE("builds check their arguments") {
  const Session session;
  Program program = session.source(kTwoKernels);
  const cl_device_id devices[] = {device()};
  CHECK(clBuildProgram(program, 0, devices, "", nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(clBuildProgram(program, 1, nullptr, "", nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(clBuildProgram(program, 0, nullptr, "", nullptr, &program) == CL_INVALID_VALUE);
  CHECK(clBuildProgram(nullptr, 0, nullptr, "", nullptr, nullptr) == CL_INVALID_PROGRAM);
  CHECK(clBuildProgram(program, 1, devices, nullptr, nullptr, nullptr) == CL_SUCCESS);
}

TEST_CASE("a build with a callback returns before it calls") {
  const Session session;
  static std::atomic<cl_program> told{nullptr};
  for (const char* text : {kTwoKernels, "not OpenCL C"}) {
    told = nullptr;
    Program program = session.source(text);
    REQUIRE(clBuildProgram(
                program, 0, nullptr, "", [](cl_program done, void*) { told = done; }, nullptr) == CL_SUCCESS);
    REQUIRE(eventually([&] { return told != nullptr; }));
    CHECK(told == cl_program(program));
    const auto status = build_info<cl_build_status>(program, CL_PROGRAM_BUILD_STATUS);
    CHECK(status == (text == kTwoKernels ? CL_BUILD_SUCCESS : CL_BUILD_ERROR));
  }
}

TEST_CASE("separate compilation with embedded headers") {
  const Session session;
  Program header = session.source("#define ANSWER 42\n"), nested = session.source("int twice(int x);\n");
  Program main_part = session.source(
      "#include \"answer.h\"\n#include \"folder/twice.h\"\n"
      "kernel void f(global int* out) { out[0] = twice(ANSWER); }\n");
  const cl_program headers[] = {header, nested};
  const char* names[] = {"answer.h", "folder/twice.h"};
  const cl_int error = clCompileProgram(main_part, 0, nullptr, "", 2, headers, names, nullptr, nullptr);
  INFO(build_log(main_part));
  REQUIRE(error == CL_SUCCESS);
  CHECK(build_info<cl_program_binary_type>(main_part, CL_PROGRAM_BINARY_TYPE) ==
        CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT);
  std::size_t count = 0;
  CHECK(clGetProgramInfo(main_part, CL_PROGRAM_NUM_KERNELS, sizeof count, &count, nullptr) ==
        CL_INVALID_PROGRAM_EXECUTABLE);
  Program function = compiled(session, "int twice(int x) { return 2 * x; }\n");
  const cl_program parts[] = {main_part, function};
  cl_int link_error = 1;
  Program linked(clLinkProgram(session.context, 0, nullptr, "", 2, parts, nullptr, nullptr, &link_error));
  REQUIRE(link_error == CL_SUCCESS);
  CHECK(run_one(session, linked, "f") == 84);

  // Without the function: a link error with a program whose log names it.
  Program broken(clLinkProgram(session.context, 0, nullptr, "", 1, parts, nullptr, nullptr, &link_error));
  CHECK(link_error == CL_LINK_PROGRAM_FAILURE);
  REQUIRE(broken != nullptr);
  CHECK(build_log(broken).find("twice") != std::string::npos);
}

TEST_CASE("libraries link into programs") {
  const Session session;
  Program part = compiled(session, "int three() { return 3; }\n");
  const cl_program parts[] = {part};
  cl_int error = 1;
  Program library(
      clLinkProgram(session.context, 0, nullptr, "-create-library", 1, parts, nullptr, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(build_info<cl_program_binary_type>(library, CL_PROGRAM_BINARY_TYPE) ==
        CL_PROGRAM_BINARY_TYPE_LIBRARY);
  Program user = compiled(session, "int three();\nkernel void f(global int* out) { out[0] = three(); }\n");
  const cl_program all[] = {user, library};
  Program linked(clLinkProgram(session.context, 0, nullptr, "", 2, all, nullptr, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(run_one(session, linked, "f") == 3);
}

TEST_CASE("compiling and linking check their arguments") {
  const Session session;
  Program program = session.source(kTwoKernels);
  const cl_program list[] = {program};
  const char* names[] = {"a.h"};
  CHECK(clCompileProgram(program, 0, nullptr, "", 1, nullptr, names, nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(clCompileProgram(program, 0, nullptr, "", 0, list, nullptr, nullptr, nullptr) == CL_INVALID_VALUE);
  cl_int error = 0;
  CHECK(clLinkProgram(session.context, 0, nullptr, "", 0, nullptr, nullptr, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(clLinkProgram(session.context, 0, nullptr, "", 1, list, nullptr, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_OPERATION);
}

TEST_CASE("program-scope variables live as long as their program") {
  const Session session;
  constexpr const char* kSource =
      "global int calls = 40; global long unused[4];"
      "kernel void next(global int* out) { out[0] = ++calls; } kernel void last(global int* out) { out[0] = "
      "calls; }";
  Program program = session.source(kSource), other = session.source(kSource);
  for (cl_program each : {cl_program(program), cl_program(other)})
    REQUIRE(clBuildProgram(each, 0, nullptr, "-cl-std=CL3.0", nullptr, nullptr) == CL_SUCCESS);
  CHECK(build_info<std::size_t>(program, CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE) == 36);
  CHECK(run_one(session, program, "next") == 41);
  CHECK(run_one(session, program, "next") == 42);
  CHECK(run_one(session, other, "last") == 40);
  CHECK(run_one(session, program, "last") == 42);
  REQUIRE(clBuildProgram(program, 0, nullptr, "-cl-std=CL3.0", nullptr, nullptr) == CL_SUCCESS);
  CHECK(run_one(session, program, "last") == 40);
}

TEST_CASE("C++ for OpenCL has the version that the device reports") {
  NEEDS(has_extension("cl_ext_cxx_for_opencl"));
  const Session session;
  cl_version version = 0;
  REQUIRE(clGetDeviceInfo(device(), CL_DEVICE_CXX_FOR_OPENCL_NUMERIC_VERSION_EXT, sizeof version, &version,
                          nullptr) == CL_SUCCESS);
  Program program = session.source("kernel void f(global int* out) { out[0] = __OPENCL_CPP_VERSION__; }");
  REQUIRE(clBuildProgram(program, 0, nullptr, "-cl-std=CLC++", nullptr, nullptr) == CL_SUCCESS);
  CHECK(run_one(session, program, "f") ==
        static_cast<int>(CL_VERSION_MAJOR(version) * 100 + CL_VERSION_MINOR(version) * 10 +
                         CL_VERSION_PATCH(version)));
}

namespace {

namespace fs = std::filesystem;

// The application is in a folder of its own that holds a header; a change of it is undone at the end.
class WorkingFolder {
 public:
  WorkingFolder() : before_(fs::current_path()) {}
  ~WorkingFolder() {
    fs::current_path(before_);
    fs::remove_all(root_);
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;
  void enter(const std::string& name, int value) {
    write(name, value);
    fs::current_path(root_ / name);
  }
  void write(const std::string& name, int value) {
    fs::create_directories(root_ / name);
    std::ofstream(root_ / name / "values.h") << "#define VALUE " << value << "\n";
  }

 private:
  const fs::path before_;
  const fs::path root_ = fs::temp_directory_path() / ("kiesel-working-folder-" + std::to_string(::getpid()));
};

constexpr const char* kIncluding =
    "#include \"values.h\"\nkernel void f(global int* out) { out[0] = VALUE; }";

int build_and_run(const Session& session, const char* source) {
  Program program = session.source(source);
  const cl_int error = clBuildProgram(program, 0, nullptr, nullptr, nullptr, nullptr);
  INFO(build_log(program));
  REQUIRE(error == CL_SUCCESS);
  return run_one(session, program, "f");
}

}  // namespace

TEST_CASE("#include finds what lies in the folder in which the application is at the build") {
  const Session session;
  WorkingFolder folder;
  for (int round = 0; round < 2; ++round) {  // the second one may come from the cache
    folder.enter("a", 1);
    CHECK(build_and_run(session, kIncluding) == 1);
    folder.enter("b", 2);
    CHECK(build_and_run(session, kIncluding) == 2);
  }
  folder.write("b", 3);
  CHECK(build_and_run(session, kIncluding) == 3);
}

TEST_CASE("a build in the background takes the folder of its call") {
  const Session session;
  WorkingFolder folder;
  for (int round = 0; round < 5; ++round) {
    folder.enter("a", 1);
    Program program = session.source(kIncluding);
    std::atomic<bool> done = false;
    const auto notify = [](cl_program, void* data) { *static_cast<std::atomic<bool>*>(data) = true; };
    REQUIRE(clBuildProgram(program, 0, nullptr, nullptr, notify, &done) == CL_SUCCESS);
    folder.enter("b", 2);
    while (!done) std::this_thread::yield();
    CHECK(run_one(session, program, "f") == 1);
  }
}
