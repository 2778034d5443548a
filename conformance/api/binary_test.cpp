#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

std::vector<unsigned char> binary_of(cl_program program) {
  std::size_t size = 0;
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, nullptr) == CL_SUCCESS);
  std::vector<unsigned char> out(size);
  unsigned char* pointers[] = {out.data()};
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof pointers, pointers, nullptr) == CL_SUCCESS);
  return out;
}

Program from_binary(const Session& session, const std::vector<unsigned char>& bytes, cl_int& status,
                    cl_int& error) {
  const cl_device_id devices[] = {device()};
  const std::size_t sizes[] = {bytes.size()};
  const unsigned char* pointers[] = {bytes.data()};
  return Program(clCreateProgramWithBinary(session.context, 1, devices, sizes, pointers, &status, &error));
}

std::vector<unsigned char> sample(const Session& session) {
  return binary_of(session.build("kernel void f(global int* out) { out[get_global_id(0)] = 11; }"));
}

}  // namespace

TEST_CASE("a program comes back from its binary") {
  const Session session;
  const auto bytes = sample(session);
  REQUIRE(bytes.size() > 64);
  cl_int status = 1, error = 1;
  Program program = from_binary(session, bytes, status, error);
  REQUIRE(error == CL_SUCCESS);
  CHECK(status == CL_SUCCESS);
  REQUIRE(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  Kernel kernel = session.kernel(program, "f");
  Memory memory = session.buffer(64);
  const cl_mem argument = memory;
  const std::size_t size = 16;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  CHECK(session.read<int>(memory, 16) == std::vector<int>(16, 11));
  CHECK(binary_of(program) == bytes);
}

TEST_CASE("cut off, flipped and foreign binaries are invalid") {
  const Session session;
  const auto bytes = sample(session);
  cl_int status = 0, error = 0;
  for (std::size_t size = 1; size < bytes.size(); size += 1 + size / 3) {
    CHECK(from_binary(session, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, status,
                      error) == nullptr);
    CHECK(error == CL_INVALID_BINARY);
    CHECK(status == CL_INVALID_BINARY);
  }
  unsigned seed = 7;
  for (int i = 0; i < 300; ++i) {
    auto flipped = bytes;
    seed = seed * 1664525 + 1013904223;
    flipped[seed / 8 % flipped.size()] ^= static_cast<unsigned char>(1u << (seed % 8));
    CHECK(from_binary(session, flipped, status, error) == nullptr);
    CHECK(error == CL_INVALID_BINARY);
  }
  CHECK(from_binary(session, std::vector<unsigned char>(4096, 0x5A), status, error) == nullptr);
  CHECK(error == CL_INVALID_BINARY);
  CHECK(from_binary(session, {0x7F, 'E', 'L', 'F'}, status, error) == nullptr);
  CHECK(error == CL_INVALID_BINARY);
  CHECK(from_binary(session, {}, status, error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
}
