// Names of a program's own functions, variables and kernels: whatever they are, they mean what the program
// defines.
#include "compiler/test/module_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;
using Catch::Matchers::Contains;

namespace {

// `body` of k(global int* o, int x, int y), called with 5 and 3, makes o[0].
struct Case {
  const char* functions;
  const char* body;
  int wanted;
};

constexpr const char* kOverloads = "#define OWN __attribute__((overloadable))\n";

int result(const std::string& functions, const std::string& body, const char* options) {
  const std::string source =
      kOverloads + functions + "\nkernel void k(global int* o, int x, int y) { " + body + " }";
  INFO(source);
  Loaded program(source, options);
  const Buffer<int> o(std::vector<int>(16, 100));
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, o, 5, 3));
  return o.read()[0];
}

void check(const std::vector<Case>& cases, const char* options) {
  for (const auto& [functions, body, wanted] : cases) {
    INFO(functions << "\n" << body);
    CHECK(result(functions, body, options) == wanted);
  }
}

std::string log_of(const std::string& source, const char* options) {
  const auto reply = test::build(source, options);
  CHECK(reply.outcome == Outcome::kFailed);
  return reply.log;
}

}  // namespace

TEST_CASE("overloads of builtins that a program defines are called") {
  check(
      {
          {"int OWN all(int a, int b) { return a * 10 + b; }", "*o = all(x, y);", 53},
          {"int OWN any(int a, int b) { return a * 10 - b; }", "*o = any(x, y);", 47},
          {"float OWN abs(float a) { return a < 0 ? 1 - a : a + 1; }", "*o = abs(-(float)x);", 6},
          {"int OWN max(int a, uint b) { return a + b + 100; }", "*o = max(x, (uint)y);", 108},
          {"float OWN min(int a, float b) { return a + b + 100; }", "*o = min(x, (float)y);", 108},
          {"float OWN dot(char4 a, int b) { return a.x * 1000 + b; }", "*o = dot((char4)x, y);", 5003},
          {"typedef struct { float x, y; } V; float OWN dot(V a, V b) { return a.x * b.x + a.y * b.y + 100; "
           "}",
           "V v = {x, y}; *o = dot(v, v);", 134},
          {"typedef struct { int x; } V; V OWN max(V a, V b) { V r = {a.x * 10 + b.x}; return r; }",
           "V a = {x}, b = {y}; *o = max(a, b).x;", 53},
          {"typedef struct { int x; } V; V OWN clamp(V v, int a, int b) { v.x = v.x * a + b; return v; }",
           "V v = {x}; *o = clamp(v, y, 7).x;", 22},
          {"typedef struct { int x; } V; int OWN convert_int(V v) { return v.x + 1; }",
           "V v = {x}; *o = convert_int(v);", 6},
          {"typedef struct { int x; } V; int OWN popcount(V v) { return v.x * 2; }",
           "V v = {x}; *o = popcount(v);", 10},
          {"typedef struct { int x; } V; int OWN vload3(int i, V v) { return v.x + i; }",
           "V v = {x}; *o = vload3(y, v);", 8},
          {"int OWN barrier(int a, int b) { return a + b; }",
           "barrier(CLK_LOCAL_MEM_FENCE); *o = barrier(x, y);", 8},
          {"float OWN mem_fence(float a) { return a + 1; }",
           "mem_fence((cl_mem_fence_flags)1); *o = mem_fence((float)x);", 6},
          {"int OWN get_global_id(int a, int b) { return a * b; } size_t OWN get_global_id(uint);",
           "*o = get_global_id(x, y) + get_global_id(0);", 15},
          {"int OWN select(int a, int b, int c, int d) { return a + b + c + d; }",
           "*o = select(x, y, 1, 2) * 10 + select(x, y, 1);", 113},
          {"int OWN isnan(int a) { return a * 2; }", "*o = isnan(x) + isnan((float)x);", 10},
          {"int OWN fma(int a, int b, int c) { return a * b + c + 1000; }",
           "*o = fma(x, y, 1) + fma(1.f, 2.f, 3.f);", 1021},
          {"int4 OWN mad(int4 a, int4 b, int4 c) { return a * b + c + 1000; }",
           "*o = mad((int4)x, (int4)y, (int4)4).z;", 1019},
          {"int OWN sqrt(int a) { return a + 1; }", "*o = sqrt(x) + sqrt(16.f);", 10},
          {"int OWN shuffle(int a, int b) { return a * b; }", "*o = shuffle(x, y);", 15},
          {"int OWN read_imagef(int a) { return a + 1; }", "*o = read_imagef(x);", 6},
          {"int OWN async_work_group_copy(int a) { return a + 1; }", "*o = async_work_group_copy(x);", 6},
          {"int OWN printf(int a) { return a + 1; }", "*o = printf(x);", 6},
          {"long OWN atomic_add(volatile global long* p, int v) { long old = *p; *p = old + 2 * v; return "
           "old; }",
           "global long* p = (global long*)(o + 2); *p = 1; atomic_add(p, x); *o = *p;", 11},
          {"void OWN atomic_min(volatile global float* p, float v) { if (v < *p) *p = v + 1; }",
           "global float* p = (global float*)(o + 1); *p = 9; atomic_min(p, (float)x); *o = *p;", 6},
          {"double OWN atomic_xchg(volatile global double* p, double v) { double old = *p; *p = v * 2; "
           "return old; }",
           "global double* p = (global double*)(o + 2); *p = 1; atomic_xchg(p, (double)x); *o = *p;", 10},
          {"float OWN atom_add(volatile global float* p, float v) { float old = *p; *p = old + v; return "
           "old; }",
           "global float* p = (global float*)(o + 1); *p = 1; atom_add(p, (float)x); *o = *p;", 6},
          {"int OWN __spirv_SDot(int a, int b) { return a * b; } int OWN __spirv_ocl_sin(int a) { return a; "
           "}",
           "*o = __spirv_SDot(x, y) + __spirv_ocl_sin(x);", 20},
          {"int OWN sub_group_reduce_add(int a, int b) { return a - b; }", "*o = sub_group_reduce_add(x, y);",
           2},
          {"float OWN my_GroupIMulKHR(float a) { return a; } int OWN f_block_invoke(int a) { return a; }",
           "*o = my_GroupIMulKHR(x) + f_block_invoke(y);", 8},
      },
      "-cl-std=CL3.0");
}

TEST_CASE("builtins that a program defines again are the program's") {
  check(
      {
          {"float OWN sin(float a) { return a + 1; }", "*o = sin((float)x);", 6},
          {"int OWN max(int a, int b) { return a * 10 + b; }", "*o = max(x, y) + max(1.f, 2.f);", 55},
          {"int max(int a, int b) { return a * 10 + b; }", "*o = max(x, y);", 53},
          {"static int dot(int a, int b) { return a * 10 + b; }", "*o = dot(x, y);", 53},
          {"inline int clz(int a) { return a + 1; }", "*o = clz(-x) + clz((long)-1);", -4},
          {"void barrier(int a) {} size_t get_global_id(uint a) { return a + 7; }",
           "barrier(1); *o = get_global_id(y);", 10},
          {"#define max(a, b) ((a) * 100 + (b))", "*o = max(x, y);", 503},
          {"int OWN convert_int(float a) { return a * 10; }",
           "*o = convert_int((float)x) + convert_int((double)x);", 55},
          {"float OWN rsqrt(float a); float OWN rsqrt(float a) { return a + 2; }", "*o = rsqrt((float)x);",
           7},
          {"float OWN exp2(float);", "*o = exp2(3.f);", 8},
      },
      "-cl-std=CL3.0");
}

TEST_CASE("names of the machinery below are a program's, too") {
  check(
      {
          {"int memset(int a) { return a + 1; } int memcpy(int a) { return a * 2; }"
           "typedef struct { int v[40]; } S; S OWN f(int a) { S s = {{a}}; return s; }",
           "S s = f(x); S t = s; *o = memset(t.v[0]) + memcpy(y) + t.v[39];", 12},
          {"int fmod(int a) { return a + 1; } int __muldi3(int a) { return a; } int "
           "__kiesel_printf_reserve(int a) "
           "{ return a; }",
           "*o = fmod(x) + __muldi3(y) + __kiesel_printf_reserve(1); printf(\"%d\", x);", 10},
          {"int divide(int a) { return a; } int copy(int a) { return a; } int finish(int a) { return a; }",
           "*o = divide(x) + copy(y) + finish(1) + (int)exp2((float)y);", 17},
          {"int _start(int a) { return a + 1; } int _DYNAMIC(int a) { return a; }",
           "*o = _start(x) + _DYNAMIC(y);", 9},
          {"int _Z3maxii(int a, int b) { return a * 10 + b; }", "*o = _Z3maxii(x, y) + max(x, y);", 58},
          {"constant int _Z3sinf = 7; global int __spirv_BuiltInGlobalSize = 8; constant int printf_ = 1;",
           "*o = _Z3sinf + (int)sin(0.f) + __spirv_BuiltInGlobalSize + (int)get_global_size(0) + printf_;",
           17},
          {"void __translate_sampler_initializer(int a) {} constant sampler_t s = CLK_FILTER_LINEAR;"
           "float OWN f(read_only image2d_t i) { return read_imagef(i, s, (float2)(0)).x; }",
           "__translate_sampler_initializer(1); *o = x;", 5},
          {"int __read_pipe_2(int a) { return a; } int __to_global(int a) { return a + 1; }",
           "private int z = x; *o = __read_pipe_2(x) + __to_global(y) + (to_global(&z) == 0);", 10},
          {"int own(int own) { own += 1; return own; } int OWN own_(int a) { return a; }",
           "local int own2; own2 = 1; *o = own(x) + own_(y) + own2;", 10},
          {"typedef struct sin { int max; } cos; int OWN length(cos a) { return a.max; }",
           "cos dot = {x}; int barrier = y; *o = length(dot) + barrier;", 8},
          {"int g\303\274te(int a) { return a; } int OWN l\303\244nge(int a) { return a; }",
           "*o = g\303\274te(x) + l\303\244nge(y);", 8},
      },
      "-cl-std=CL3.0");
}

TEST_CASE("templates, members, lambdas and functions of namespaces may be called as builtins are") {
  check(
      {
          {"int all(int a, int b) { return a * 10 + b; }", "*o = all(x, y);", 53},
          {"template <class T> T all(T a, T b) { return a * 10 + b; }", "*o = all(x, y);", 53},
          {"template <class T> T select(bool c, T a, T b) { return c ? a : b; }",
           "*o = select(true, x, y) * 10 + select(false, x, y);", 53},
          {"template <class T> T clamp(T a, T b, T c, T d) { return a + b + c + d; }",
           "*o = clamp(x, y, 1, 2);", 11},
          {"template <class T> void rotate(T* a, T* b, T* c) { T t = *a; *a = *b; *b = *c; *c = t; }"
           "template <class T> int distance(T* a, T* b) { return b - a; }",
           "int v[3] = {x, y, 1}; rotate(v, v + 1, v + 2); *o = v[0] * 100 + v[1] * 10 + v[2] + 1000 * "
           "distance(v, v "
           "+ 3);",
           3315},
          {"struct V { float x, y; }; float dot(const V& a, const V& b) { return a.x * b.x + a.y * b.y; }"
           "float length(V a) { return a.x + a.y; } V normalize(V a) { return V{a.x + 1, a.y}; }",
           "V v{(float)x, (float)y}; *o = dot(v, v) * 100 + length(normalize(v));", 3409},
          {"namespace my { int max(int a, int b) { return a + b; } template <class T> T min(T a, T b) { "
           "return a * b; } }",
           "*o = my::max(x, y) * 100 + my::min(x, y);", 815},
          {"struct V { int x; int length() { return x + 1; } int dot(V o) { return x * o.x; }"
           "static int any(int a, int b) { return a - b; } int barrier(int a) { return a; } };",
           "V v{x}; *o = v.length() * 1000 + v.dot(v) * 10 + V::any(x, y) + v.barrier(y);", 6255},
          {"struct step { int a; step(int x) : a(x) {} int operator()(int b) const { return a * b; } };"
           "struct sign { int v; }; int degrees(sign s) { return s.v; }",
           "step s(x); sign g{y}; *o = s(y) + degrees(g);", 18},
          {"int pow(int a, int b) { int r = 1; while (b--) r *= a; return r; } int abs(int* p) { return *p + "
           "1; }",
           "*o = pow(x, y) + abs(&x);", 131},
          {"", "auto max = [&](int a) { return a * x; }; *o = max(y);", 15},
          {"template <class T> T atomic_add(volatile global T* p, T v, int) { T t = *p; *p = t + v; return "
           "t; }",
           "global float* p = (global float*)(o + 1); *p = 1; atomic_add(p, (float)x, 0); *o = *p;", 6},
      },
      "-cl-std=CLC++");
}

TEST_CASE("kernels keep their names, whatever they are called") {
  const std::vector<std::string> names = {"max",
                                          "sin",
                                          "memset",
                                          "_start",
                                          "_DYNAMIC",
                                          "_Z3sinf",
                                          "__kiesel_printf_reserve",
                                          "own",
                                          "barrier",
                                          "__spirv_entry_k",
                                          "function",
                                          "_Z13get_global_idj",
                                          "abort",
                                          "kernel_"};
  std::string source = "typedef struct { int a, b; } pair;\n";
  for (const auto& name : names)
    source += "kernel __attribute__((vec_type_hint(uint4))) void " + name +
              "(global uint* out, pair p) { out[get_global_id(0)] = p.a + p.b + (uint)sin(0.f); }\n";
  Loaded program(source, "-cl-kernel-arg-info");
  REQUIRE(program.program().kernels.size() == names.size());
  struct Pair {
    int a, b;
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    const auto& kernel = program.program().kernels[i];
    CHECK(kernel.name == names[i]);
    CHECK(kernel.vector_type_hint == "uint4");
    REQUIRE(kernel.arguments.size() == 2);
    CHECK(kernel.arguments[0].name == "out");
    CHECK(kernel.arguments[0].type_name == "uint*");
    CHECK(kernel.arguments[1].type_name == "pair");
    const Buffer<std::uint32_t> out({0, 0});
    check_ok(program.launch(names[i].c_str(), {2, 1, 1}, {1, 1, 1}, out, Pair{int(i), 1}));
    CHECK(out.read() == Numbers{std::uint32_t(i + 1), std::uint32_t(i + 1)});
  }
}

TEST_CASE("kernels that kernels call, named as builtins are") {
  Loaded program(
      "kernel void max(global int* o) { o[0] += 1; } kernel void _Z3maxii(global int* o) { max(o); o[0] *= "
      "2; }"
      "kernel void k(global int* o) { _Z3maxii(o); max(o); o[0] += max(3, o[1]); }");
  const Buffer<int> o({1, 9});
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, o));
  CHECK(o.read()[0] == 14);
}

TEST_CASE("what a program declares and nobody defines is told, although a builtin has that name") {
  const std::string begin = std::string(kOverloads) + "kernel void k(global float* o) { *o = ";
  const struct {
    const char *declaration, *call, *wanted;
  } cases[] = {
      {"float OWN dot(char4, int);", "dot((char4)1, 2)", "undefined function 'dot(char vector[4], int)'"},
      {"int dot(int);", "dot(1)", "undefined function 'dot'"},
      {"int OWN atomic_add(global int*, float);", "atomic_add((global int*)o, 1.f)",
       "undefined function 'atomic_add("},
      {"int __kiesel_printf_reserve(int);", "__kiesel_printf_reserve(1)",
       "undefined function '__kiesel_printf_reserve'"},
      {"int _Z3maxii(int, int);", "_Z3maxii(1, 2)", "undefined function"},
      {"int OWN __spirv_ocl_s_abs(int);", "__spirv_ocl_s_abs(1)",
       "undefined function '__spirv_ocl_s_abs(int)'"},
      {"int f(int, int) __asm__(\"llvm.smax.i32\");", "f(1, 2)", "undefined function 'llvm.smax.i32'"},
      {"extern constant float __spirv_BuiltInGlobalSize;", "__spirv_BuiltInGlobalSize",
       "undefined variable '__spirv_BuiltInGlobalSize'"},
      {"extern constant float sin_;", "sin_", "undefined variable 'sin_'"},
  };
  for (const auto& [declaration, call, wanted] : cases) {
    INFO(declaration);
    CHECK_THAT(log_of(std::string("#define OWN __attribute__((overloadable))\n") + declaration +
                          "kernel void k(global float* o) { *o = " + call + "; }",
                      "-cl-std=CL3.0"),
               Contains(wanted));
  }
}

TEST_CASE("builtins stay beside a program's functions of their names, in those functions, too") {
  check(
      {
          {"typedef struct { float x; } V; V OWN max(V a, V b) { V r = {max(a.x, b.x)}; return r; }",
           "V a = {x}, b = {y}; *o = max(a, b).x * 100 + max(x, y) * 10 + max(1.f, 2.f);", 552},
          {"int OWN min(int a, float b); int f(int a) { return min(a, 7); } int OWN min(int a, float b) { "
           "return a; }",
           "*o = f(x) * 100 + min(x, 1.f) * 10 + min(4, 3) + f(9);", 560},
          {"int max(int a, int b); int f(int a) { return max(a, 3); } int max(int a, int b) { return a * 10 "
           "+ b; }",
           "*o = f(x) + max(1.f, 2.f);", 55},
          {"float OWN length(float a, float b) { return length((float2)(a, b)); } static float OWN "
           "length(int a) { "
           "return length((float)a); }",
           "*o = length(3.f, 4.f) * 10 + length(-x);", 55},
          {"size_t OWN get_global_id(int a, int b) { return get_global_id(a) + b; }",
           "*o = get_global_id(0, x);", 5},
      },
      "-cl-std=CL3.0");
  check(
      {
          {"struct V { float x; }; V max(V a, V b) { return V{max(a.x, b.x)}; }",
           "V a{(float)x}, b{(float)y}; *o = max(a, b).x * 100 + max(x, y) * 10 + max(1.f, 2.f);", 552},
          {"template <class T> T clamp(T a, T b) { return clamp(a, (T)0, b); }",
           "*o = clamp(x, y) + clamp(9, 1, 4);", 7},
          {"namespace my { int max(int a) { return a + 1; } } int max(int a) { return a * 2; }",
           "*o = my::max(x) * 100 + max(x) * 10 + max(x, y);", 705},
          {"constexpr int min(int a) { return a * 2; } static_assert(min(2) == 4);",
           "*o = min(x) + min(x, y);", 13},
      },
      "-cl-std=CLC++2021");
}

TEST_CASE("Clang says why a name cannot be defined") {
  CHECK_THAT(log_of("int printf(int a) { return a; }", ""), Contains("conflicting types for 'printf'"));
  CHECK_THAT(log_of("kernel void printf(global int* a) {}", ""), Contains("conflicting types for 'printf'"));
  CHECK_THAT(log_of("int abs(int a) { return a; }", ""), Contains("conflicting types for 'abs'"));
  CHECK_THAT(log_of("kernel void main(global int* a) {}", ""), Contains("kernel cannot be called 'main'"));
  CHECK_THAT(
      log_of("float max(float a, float b) { return max(a, b); } kernel void k() { max(1.f, 2.f); }", ""),
      Contains("function 'max' calls itself"));
}

TEST_CASE("functions named as builtins are go from one program to another") {
  const auto compile = [](const std::string& source, const char* options) {
    auto request = make_request(source, options);
    request.target = target();
    request.operation = Operation::kCompile;
    auto reply = run(request);
    INFO(source << reply.log);
    REQUIRE(reply.outcome == Outcome::kSuccess);
    return reply.binary;
  };
  const auto link = [](std::vector<std::vector<std::byte>> inputs, const char* options) {
    auto request = request_of({}, Operation::kLink);
    request.inputs = std::move(inputs);
    request.options = options;
    return run(request);
  };
  const std::string declarations =
      std::string(kOverloads) +
      "float OWN dot(char4, int); int OWN max(int, uint); int memset(int); int _Z3minii(int, int);";
  const auto uses =
      compile(declarations +
                  "static int OWN clamp(int a) { return a; }"
                  "kernel void k(global uint* o) { o[get_global_id(0)] = dot((char4)1, 2) + "
                  "max(3, 4u) + memset(5) + _Z3minii(1, 2) + min(7, 8) + clamp(6) + max(1, 2) + "
                  "dot_4x8packed_uu_uint(0x01020304u, 0x01010101u); }",
              "-cl-std=CL3.0");
  const auto defines =
      compile(std::string(kOverloads) +
                  "static int OWN clamp(int a) { return a * 1000; }"
                  "float OWN dot(char4 a, int b) { return a.x * 10 + b; }"
                  "int OWN max(int a, uint b) { return clamp(a * 10) + b; }"
                  "int memset(int a) { return a; } int _Z3minii(int a, int b) { return a * 10 + b; }",
              "-cl-std=CL3.0");
  const std::uint32_t wanted = 12 + 30004 + 5 + 12 + 7 + 6 + 2 + 10;
  CHECK(results(link({uses, defines}, "")) == Numbers(4, wanted));
  const auto library = link({defines}, "-create-library");
  REQUIRE(library.outcome == Outcome::kSuccess);
  CHECK(results(link({uses, library.binary}, "")) == Numbers(4, wanted));
  const auto failed = link({uses}, "");
  CHECK(failed.outcome == Outcome::kFailed);
  CHECK_THAT(failed.log, Contains("_Z3dotDv4_ci"));
}
