// Buffers whose device addresses the application knows (cl_ext_buffer_device_address).
#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr cl_mem_properties kPrivateAddress = 0x5000;
constexpr cl_mem_info kDeviceAddress = 0x5001;
constexpr cl_kernel_exec_info kDevicePointers = 0x5002;
using SetPointer = cl_int (*)(cl_kernel kernel, cl_uint index, cl_ulong address);

SetPointer set_pointer() { return extension<SetPointer>("clSetKernelArgDevicePointerEXT"); }

Memory addressed(cl_context context, std::vector<int>& data) {
  const cl_mem_properties properties[] = {kPrivateAddress, CL_TRUE, 0};
  cl_int error = 1;
  Memory out(clCreateBufferWithProperties(context, properties, CL_MEM_COPY_HOST_PTR, data.size() * 4,
                                          data.data(), &error));
  REQUIRE(error == CL_SUCCESS);
  return out;
}

std::vector<cl_ulong> addresses(cl_mem memory, std::size_t devices) {
  std::vector<cl_ulong> out(devices);
  std::size_t size = 0;
  REQUIRE(clGetMemObjectInfo(memory, kDeviceAddress, devices * 8, out.data(), &size) == CL_SUCCESS);
  REQUIRE(size == devices * 8);
  return out;
}

}  // namespace

TEST_CASE("a kernel gets the address of a buffer as a number, as an argument and from memory") {
  const Session session;
  Program program = session.build(R"(
    kernel void address(global int* p, global ulong* out) { *out = (ulong)p; }
    kernel void add(global int* p, int value) { p[get_global_id(0)] += value; }
    kernel void add_there(global const ulong* where, int value) {
      ((global int*)where[0])[get_global_id(0)] += value;
    })");
  std::vector<int> data(100, 1);
  Memory memory = addressed(session.context, data);
  const cl_ulong start = addresses(memory, 1)[0];
  CHECK(start != 0);

  Kernel address = session.kernel(program, "address"), add = session.kernel(program, "add"),
         add_there = session.kernel(program, "add_there");
  Memory out = session.buffer(8);
  const cl_mem handles[] = {memory, out};
  const std::size_t one = 1, some = 50;
  REQUIRE(clSetKernelArg(address, 0, sizeof(cl_mem), &handles[0]) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(address, 1, sizeof(cl_mem), &handles[1]) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(session.queue, address, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  CHECK(session.read<cl_ulong>(out, 1)[0] == start);

  const int ten = 10, five = 5;
  REQUIRE(set_pointer()(add, 0, start + 4 * 50) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(add, 1, 4, &ten) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(session.queue, add, 1, nullptr, &some, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  REQUIRE(clSetKernelArg(add_there, 0, sizeof(cl_mem), &handles[1]) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(add_there, 1, 4, &five) == CL_SUCCESS);
  REQUIRE(clSetKernelExecInfo(add_there, kDevicePointers, sizeof start, &start) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(session.queue, add_there, 1, nullptr, &some, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  std::vector<int> expected(100, 6);
  std::fill(expected.begin() + 50, expected.end(), 11);
  CHECK(session.read<int>(memory, 100) == expected);
}

TEST_CASE("addresses that are not to be had are refused") {
  const Session session;
  Program program = session.build("kernel void f(global int* g, constant int* c, local int* l, int v) {}");
  Kernel kernel = session.kernel(program, "f");
  std::vector<int> data(16);
  Memory memory = addressed(session.context, data), plain = session.buffer(64);
  const cl_ulong start = addresses(memory, 1)[0];
  CHECK(set_pointer()(kernel, 0, start) == CL_SUCCESS);
  CHECK(set_pointer()(kernel, 0, 0) == CL_SUCCESS);
  CHECK(set_pointer()(kernel, 0, 12345) == CL_SUCCESS);  // as long as nobody looks there
  for (const cl_uint index : {1U, 2U, 3U, 4U})
    CHECK(set_pointer()(kernel, index, start) == CL_INVALID_ARG_INDEX);
  CHECK(set_pointer()(nullptr, 0, start) == CL_INVALID_KERNEL);
  cl_ulong out = 0;
  CHECK(clGetMemObjectInfo(plain, kDeviceAddress, sizeof out, &out, nullptr) == CL_INVALID_OPERATION);
  CHECK(clGetMemObjectInfo(memory, kDeviceAddress, 4, &out, nullptr) == CL_INVALID_VALUE);
  CHECK(clSetKernelExecInfo(kernel, kDevicePointers, 5, &start) == CL_INVALID_VALUE);
  cl_int error = 1;
  for (const auto& bad : {std::vector<cl_mem_properties>{kPrivateAddress, 2, 0},
                          {kPrivateAddress, 1, kPrivateAddress, 1, 0},
                          {0x4242, 1, 0}}) {
    CHECK(clCreateBufferWithProperties(session.context, bad.data(), 0, 64, nullptr, &error) == nullptr);
    CHECK(error == CL_INVALID_PROPERTY);
  }
}
