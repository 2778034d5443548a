#include <bit>
#include <catch2/catch.hpp>

#include "compiler/program/program.hpp"
#include "compiler/test/compiler_fixture.hpp"
#include "device/isa/launch_block.hpp"

using namespace kiesel;
using namespace kiesel::compiler;

namespace {

Kernel only_kernel(std::string_view source, std::string_view options = {}) {
  const auto reply = test::build(source, options);
  INFO(reply.log);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  auto program = read_program(reply.binary);
  REQUIRE(program.ok());
  REQUIRE(program->kernels.size() == 1);
  return program->kernels[0];
}

}  // namespace

TEST_CASE("arguments by value have their OpenCL sizes and alignments") {
  const auto kernel = only_kernel(
      "typedef struct { char c; double d; float3 v; } pair_t;"
      "kernel void k(char a, short2 b, float3 c, double16 d, ulong e, pair_t f, uchar g, global int* out) {"
      "  out[0] = a + b.x + (int)c.x + (int)d.s0 + (int)e + (int)f.d + g; }");
  struct Expected {
    const char* type;
    std::uint32_t size, alignment;
  };
  constexpr Expected kExpected[] = {{"char", 1, 1},         {"short2", 4, 4}, {"float3", 16, 16},
                                    {"double16", 128, 128}, {"ulong", 8, 8},  {"pair_t", 32, 16},
                                    {"uchar", 1, 1},        {"int*", 8, 8}};
  REQUIRE(kernel.arguments.size() == std::size(kExpected));
  std::uint32_t end = sizeof(isa::LaunchHeader);
  for (std::size_t i = 0; i < std::size(kExpected); ++i) {
    const auto& argument = kernel.arguments[i];
    INFO(kExpected[i].type);
    CHECK(argument.type_name == kExpected[i].type);
    CHECK(argument.size == kExpected[i].size);
    CHECK(argument.offset % kExpected[i].alignment == 0);
    CHECK(argument.offset >= end);
    end = argument.offset + argument.size;
  }
  CHECK(kernel.argument_bytes == end - sizeof(isa::LaunchHeader));
}

TEST_CASE("pointer arguments have kind, address space and qualifiers") {
  const auto kernel = only_kernel(
      "kernel void k(global const float* restrict a, constant uint4* b, local double2* c, global volatile "
      "int* d,"
      "              global void* e, local uchar* f) { d[0] = (int)a[0] + b[0].x; c[0] = 1.0; f[0] = 2; }");
  REQUIRE(kernel.arguments.size() == 6);
  const auto& [a, b, c, d, e, f] = *reinterpret_cast<const KernelArgument(*)[6]>(kernel.arguments.data());
  CHECK((a.kind == ArgumentKind::kPointer && a.address_space == AddressSpace::kGlobal));
  CHECK((a.is_const && a.is_restrict && !a.is_volatile));
  CHECK(a.type_name == "float*");
  CHECK((b.address_space == AddressSpace::kConstant && b.is_const && b.type_name == "uint4*"));
  CHECK((c.kind == ArgumentKind::kLocalPointer && c.address_space == AddressSpace::kLocal));
  CHECK((c.size == 8 && c.alignment == 16 && c.type_name == "double2*"));
  CHECK((d.is_volatile && !d.is_const && d.type_name == "int*"));
  CHECK((e.type_name == "void*" && e.name == "e"));
  CHECK((f.alignment == 1 && f.type_name == "uchar*"));
}

// Alignments are powers of two, whatever a program calls its types.
TEST_CASE("a local pointer to a program's own type is aligned for any") {
  const auto kernel = only_kernel(
      "typedef float float9; typedef int int999999999; typedef long3 long3x;"
      "kernel void k(local float9* a, local int999999999* b, local long3x* c, local short3* d) {"
      "  a[0] = b[0]; c[0] = (long3)1; d[0] = (short3)2; }");
  REQUIRE(kernel.arguments.size() == 4);
  for (const auto& argument : kernel.arguments) {
    INFO(argument.type_name);
    CHECK(std::has_single_bit(argument.alignment));
    CHECK(argument.alignment <= kLargestTypeAlignment);
  }
  CHECK(kernel.arguments[0].alignment == kLargestTypeAlignment);
  CHECK(kernel.arguments[3].alignment == 8);
}

TEST_CASE("attributes of a kernel are kept") {
  const auto kernel = only_kernel(
      "kernel __attribute__((reqd_work_group_size(4, 2, 1))) __attribute__((work_group_size_hint(8, 1, 1)))"
      " __attribute__((vec_type_hint(float4))) void k(global int* a) { a[0] = 1; }");
  CHECK(kernel.required_work_group_size == std::array<std::uint32_t, 3>{4, 2, 1});
  CHECK(kernel.work_group_size_hint == std::array<std::uint32_t, 3>{8, 1, 1});
  CHECK(kernel.vector_type_hint == "float4");
  CHECK(kernel.attributes.find("reqd_work_group_size(4,2,1)") != std::string::npos);
  CHECK(kernel.attributes.find("vec_type_hint(float4)") != std::string::npos);
}

TEST_CASE("local variables are counted with their alignment, for the kernels that use them") {
  const auto reply = test::build(
      "void fill(local int* p) { p[get_local_id(0)] = 1; }"
      "kernel void big(global int* a) { local int x[100]; local double4 y; local char z;"
      "  fill(x); y = a[1]; z = a[2]; barrier(CLK_LOCAL_MEM_FENCE); a[0] = x[3] + (int)y.x + z; }"
      "kernel void none(global int* a) { a[0] = 1; }");
  INFO(reply.log);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  const auto program = read_program(reply.binary);
  REQUIRE(program.ok());
  for (const auto& kernel : program->kernels) {
    if (kernel.name == "none") CHECK(kernel.local_memory_bytes == 0);
    INFO(kernel.local_memory_bytes);
    if (kernel.name == "big") CHECK((kernel.local_memory_bytes >= 433 && kernel.local_memory_bytes <= 480));
  }
}

TEST_CASE("a kernel's stack covers its arrays and the functions it calls") {
  CHECK(only_kernel("kernel void k(global int* a) { a[get_global_id(0)] = 1; }").private_memory_bytes == 0);
  const auto kernel = only_kernel(
      "__attribute__((noinline)) int f(global int* a) { int t[100]; for (int i = 0; i < 100; ++i) t[i] = "
      "a[i];"
      "  return t[a[100]]; }"
      "kernel void k(global int* a) { int t[50]; for (int i = 0; i < 50; ++i) t[i] = a[i]; a[0] = t[a[1]] + "
      "f(a); }");
  CHECK(kernel.private_memory_bytes >= 600);
  CHECK(kernel.private_memory_bytes < 800);
}

TEST_CASE("printf is noted for the kernels that reach it") {
  CHECK(
      only_kernel("void say(int x) { printf(\"%d\\n\", x); } kernel void k(int x) { say(x); }").uses_printf);
  CHECK_FALSE(only_kernel("kernel void k(global int* a) { a[0] = 1; }").uses_printf);
}

TEST_CASE("it is noted whether a kernel can tell its work-groups apart") {
  const auto observes = [](const std::string& source) { return only_kernel(source).observes_work_groups; };
  CHECK_FALSE(
      observes("kernel void k(global float* a) { a[get_global_id(0)] = sin(a[get_global_size(0)]); }"));
  CHECK_FALSE(observes("void f(global int* a) { atomic_add(a, 1); } kernel void k(global int* a) { f(a); }"));
  CHECK(observes("kernel void k(global int* a) { a[get_global_id(0)] = get_local_id(0); }"));
  CHECK(observes("int f() { return get_num_groups(0); } kernel void k(global int* a) { a[0] = f(); }"));
  CHECK(observes("kernel void k(global int* a) { barrier(CLK_GLOBAL_MEM_FENCE); a[0] = 1; }"));
  CHECK(observes("kernel void k(global int* a, local int* b) { a[0] = 1; }"));
  CHECK(observes("kernel void k(global int* a) { printf(\"%d\\n\", a[0]); }"));
  CHECK(observes("kernel void k(global int* a) { local int b; b = a[1]; a[0] = b; }"));
  CHECK(observes("kernel void k(global int* a) { a[get_global_id(0)] = sub_group_all(a[1]); }"));
}

TEST_CASE("images and samplers are arguments of their own kinds, also under names of the program's") {
  const auto kernel = only_kernel(
      "typedef image2d_t picture; typedef sampler_t how;"
      "kernel void k(read_only image2d_t a, write_only image3d_t b, read_write image1d_buffer_t c, sampler_t "
      "d,"
      "              read_only picture e, how f, write_only image2d_t g, int h) {"
      "  write_imagef(g, (int2)(h, 1), read_imagef(a, d, (int2)1) + read_imagef(e, f, (int2)1)); }",
      "-cl-std=CL3.0");
  struct Expected {
    ArgumentKind kind;
    ArgumentAccess access;
    AddressSpace space;
    const char* type;
  };
  using enum ArgumentAccess;
  constexpr Expected kExpected[] = {
      {ArgumentKind::kImage, kReadOnly, AddressSpace::kGlobal, "image2d_t"},
      {ArgumentKind::kImage, kWriteOnly, AddressSpace::kGlobal, "image3d_t"},
      {ArgumentKind::kImage, kReadWrite, AddressSpace::kGlobal, "image1d_buffer_t"},
      {ArgumentKind::kSampler, kNone, AddressSpace::kPrivate, "sampler_t"},
      {ArgumentKind::kImage, kReadOnly, AddressSpace::kGlobal, "picture"},
      {ArgumentKind::kSampler, kNone, AddressSpace::kPrivate, "how"},
      {ArgumentKind::kImage, kWriteOnly, AddressSpace::kGlobal, "image2d_t"},
      {ArgumentKind::kValue, kNone, AddressSpace::kPrivate, "int"},
  };
  REQUIRE(kernel.arguments.size() == std::size(kExpected));
  for (std::size_t i = 0; i < std::size(kExpected); ++i) {
    const auto& argument = kernel.arguments[i];
    CAPTURE(i);
    CHECK(argument.kind == kExpected[i].kind);
    CHECK(argument.access == kExpected[i].access);
    CHECK(argument.address_space == kExpected[i].space);
    CHECK(argument.type_name == kExpected[i].type);
    CHECK(argument.size == (i == 7 ? 4 : 8));
  }
}

TEST_CASE("functions of another module take images and samplers") {
  auto compile = test::make_request(
      "float4 get(read_only image2d_t i, sampler_t s, float2 p) "
      "{ return read_imagef(i, s, p); }",
      "-cl-std=CL3.0");
  compile.operation = Operation::kCompile;
  auto link = test::make_request("");
  link.operation = Operation::kLink;
  link.inputs = {test::run(compile).binary};
  compile.source =
      "float4 get(read_only image2d_t i, sampler_t s, float2 p);"
      "kernel void k(read_only image2d_t i, sampler_t s, global float4* out) "
      "{ const sampler_t t = CLK_ADDRESS_REPEAT; out[0] = get(i, s, 1) + get(i, t, 1); }";
  link.inputs.push_back(test::run(compile).binary);
  const auto reply = test::run(link);
  INFO(reply.log);
  CHECK(reply.outcome == Outcome::kSuccess);
}

TEST_CASE("argument information is only offered when asked for") {
  const char* source = "kernel void k(int x) {}";
  CHECK_FALSE(read_program(test::build(source).binary)->has_argument_info);
  CHECK(read_program(test::build(source, "-cl-kernel-arg-info").binary)->has_argument_info);
}

TEST_CASE("the hint about vectors keeps its sign, also through a link") {
  const char* source =
      "kernel __attribute__((vec_type_hint(uint4))) void a() {}"
      "kernel __attribute__((vec_type_hint(uchar))) void b() {}"
      "kernel __attribute__((vec_type_hint(int4))) void c() {}"
      "kernel __attribute__((vec_type_hint(double2))) void d() {}";
  auto compile = test::make_request(source);
  compile.operation = Operation::kCompile;
  auto link = test::make_request("");
  link.operation = Operation::kLink;
  link.inputs = {test::run(compile).binary};
  compile.source = "kernel __attribute__((vec_type_hint(ulong8))) void e() {}";
  link.inputs.push_back(test::run(compile).binary);
  const auto reply = test::run(link);
  INFO(reply.log);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  const auto program = read_program(reply.binary).value();
  REQUIRE(program.kernels.size() == 5);
  const char* expected[] = {"uint4", "uchar", "int4", "double2", "ulong8"};
  for (std::size_t i = 0; i < program.kernels.size(); ++i)
    CHECK(program.kernels[i].attributes == std::string("vec_type_hint(") + expected[i] + ")");
}
