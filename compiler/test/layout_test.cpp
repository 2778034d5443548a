// Structs, unions and vectors lie in memory as the host has them, by value and behind pointers.
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl_platform.h>

#include "compiler/test/run_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler::test;

namespace {

struct __attribute__((packed)) Packed {
  cl_char a;
  cl_int b;
  cl_short c;
  cl_double d;
};
struct __attribute__((aligned(32))) Aligned {
  cl_char a;
  cl_int b;
};
union Number {
  cl_int i;
  cl_float f;
  cl_uchar bytes[12];
  cl_double d;
};
struct Whole {
  cl_char first;
  cl_float3 triple;
  cl_char second;
  cl_char3 small;
  cl_double3 wide;
  Number number;
  Packed packed[2];
  Aligned aligned[2];
  cl_long last;
  struct {
    cl_short x;
    union {
      cl_int y;
      cl_ushort halves[2];
    };
  } inner[3];
};

constexpr const char* kTypes = R"(
typedef struct __attribute__((packed)) { char a; int b; short c; double d; } Packed;
typedef struct __attribute__((aligned(32))) { char a; int b; } Aligned;
typedef union { int i; float f; uchar bytes[12]; double d; } Number;
typedef struct { char first; float3 triple; char second; char3 small; double3 wide; Number number;
  Packed packed[2]; Aligned aligned[2]; long last;
  struct { short x; union { int y; ushort halves[2]; }; } inner[3]; } Whole;
)";

Whole example() {
  Whole whole{};
  whole.first = 1;
  whole.triple = {{2, 3, 4}};
  whole.second = 5;
  whole.small = {{6, 7, 8}};
  whole.wide = {{9, 10, 11}};
  whole.number.f = 1.5f;
  for (int i = 0; i < 2; ++i) {
    whole.packed[i] = {static_cast<cl_char>(12 + i), 13 + i, static_cast<cl_short>(14 + i), 15.0 + i};
    whole.aligned[i].a = static_cast<cl_char>(16 + i);
    whole.aligned[i].b = 17 + i;
  }
  whole.last = 18;
  for (int i = 0; i < 3; ++i) {
    whole.inner[i].x = static_cast<cl_short>(19 + i);
    whole.inner[i].y = 0x10002 * (i + 1);
  }
  return whole;
}

constexpr const char* kRead = R"(
#define READ(w, out) \
  out[0] = w.first + w.second * 10; out[1] = (int)(w.triple.x + w.triple.y * 10 + w.triple.z * 100); \
  out[2] = w.small.x + w.small.y * 10 + w.small.z * 100; out[3] = (int)(w.wide.x + w.wide.y * 10 + w.wide.z * 100); \
  out[4] = w.number.bytes[3] * 256 + w.number.bytes[2]; out[5] = w.packed[1].a + w.packed[0].b * 10 + w.packed[1].c * 100; \
  out[6] = (int)w.packed[1].d; out[7] = w.aligned[1].a + w.aligned[1].b * 100; out[8] = (int)w.last; \
  out[9] = w.inner[2].x + w.inner[1].halves[1] * 100 + w.inner[2].halves[0] * 1000; out[10] = sizeof(Whole);
kernel void by_value(Whole w, global int* out) { READ(w, out) }
kernel void by_pointer(global Whole* w, global int* out) { READ(w[1], out) }
kernel void in_constant(constant Whole* w, global int* out) { READ(w[1], out) }
__attribute__((noinline)) void called(Whole w, global int* out) { READ(w, out) }
kernel void by_call(global Whole* w, global int* out) { called(w[1], out); }
__attribute__((noinline)) Whole changed(Whole w) { w.first = 7; w.triple.z = 0; w.packed[1].b = 77; w.inner[2].y = 5;
  w.number.d = 2.5; return w; }
kernel void copies(global Whole* w) { local Whole l; private Whole p = w[0]; l = changed(p); w[1] = l; }
)";

std::vector<cl_int> expected() {
  return {51, 432, 876, 1209, 0x3FC0, 13 + 130 + 1500, 16, 1817, 18, 21 + 200 + 6000, sizeof(Whole)};
}

}  // namespace

TEST_CASE("structs, unions and vectors of three have the host's layout") {
  Loaded program(std::string(kTypes) + kRead);
  Buffer<cl_int> out(std::vector<cl_int>(11));
  Buffer<Whole> wholes({Whole{}, example()});
  check_ok(program.launch("by_value", {1, 1, 1}, {1, 1, 1}, example(), out));
  CHECK(out.read() == expected());
  for (const char* kernel : {"by_pointer", "in_constant", "by_call"}) {
    CAPTURE(kernel);
    check_ok(program.launch(kernel, {1, 1, 1}, {1, 1, 1}, wholes, out));
    CHECK(out.read() == expected());
  }
}

TEST_CASE("structs are copied whole between the address spaces") {
  Loaded program(std::string(kTypes) + kRead);
  Buffer<Whole> wholes({example(), Whole{}});
  check_ok(program.launch("copies", {1, 1, 1}, {1, 1, 1}, wholes));
  const auto result = wholes.read()[1];
  CHECK(int{result.first} == 7);
  CHECK((result.triple.s[1] == 3 && result.triple.s[2] == 0));
  CHECK((result.packed[1].b == 77 && result.packed[1].c == 15 && result.packed[0].d == 15));
  CHECK((result.inner[2].y == 5 && result.inner[2].x == 21));
  CHECK(result.number.d == 2.5);
  CHECK(result.last == 18);
}

TEST_CASE("packed, aligned and mixed arguments of a kernel lie where the host puts them") {
  Loaded program(
      std::string(kTypes) +
      "kernel void k(char a, Packed p, char3 b, Aligned q, short c, Number n, global int* out, double2 d) {"
      "  out[0] = a + p.a * 10 + p.b * 100 + p.c * 10000; out[1] = b.x + b.y * 10 + b.z * 100;"
      "  out[2] = q.a + q.b * 10; out[3] = c; out[4] = n.i; out[5] = (int)(d.x + d.y * 10); }");
  Buffer<cl_int> out(std::vector<cl_int>(6));
  Aligned aligned{};
  aligned.a = 3, aligned.b = 4;
  Number number{};
  number.i = 99;
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, cl_char{1}, Packed{2, 3, 4, 5}, cl_char3{{1, 2, 3}},
                          aligned, cl_short{-5}, number, out, cl_double2{{6, 7}}));
  CHECK(out.read() == std::vector<cl_int>{40321, 321, 43, -5, 99, 76});
}

TEST_CASE("inline, static and extern functions are what C99 says") {
  Loaded program(
      "inline int plain(int a) { return a + 1; } inline int declared(int a);"
      "inline int declared(int a) { return plain(a) * 2; } static inline int own(int a) { return "
      "declared(a); }"
      "extern inline int outside(int a) { return a + 7; } static int twice(int a) { return a * 2; }"
      "__attribute__((noinline)) int called(int a) { return 100 + twice(a); }"
      "__attribute__((always_inline)) int always(int a) { return a; }"
      "kernel void first(global int* o) { *o = plain(1) + 10 * own(2) + 1000 * outside(3) + 100000 * "
      "always(4); }"
      "kernel void second(global int* o) { first(o); *o += called(3); }",
      "-cl-opt-disable");
  Buffer<cl_int> out(std::vector<cl_int>(1));
  check_ok(program.launch("second", {1, 1, 1}, {1, 1, 1}, out));
  CHECK(out.read()[0] == 2 + 60 + 10000 + 400000 + 106);
}

TEST_CASE("flexible array members and arrays without elements lie where C has them") {
  for (const char* options : {"-cl-std=CL3.0", "-cl-std=CL1.2 -g", "-cl-std=CL3.0 -cl-opt-disable"}) {
    Loaded program(
        "struct List { char n; int d[]; };\n"
        "struct Node { global struct List* list; global struct Node* self; struct { short a; double none[0]; "
        "} in; int b; };\n"
        "struct Value { char a; struct { short a; double none[0]; } in; int b; };\n"
        "struct Chain { global struct Chain* next; int values[]; };\n"
        "constant struct List fixed = {2, {30, 40}};\n"
        "__attribute__((noinline)) int sum(global struct List* list) {\n"
        "  int s = 0; for (int i = 0; i < list->n; ++i) s += list->d[i]; return s; }\n"
        "int named(struct Node* node) { return node->b + sum(node->list) + (node->self != 0); }\n"
        "kernel void k(global struct List* lists, global int* out, struct Value by_value) {\n"
        "  local struct List shared[3]; shared[2].n = 5; shared[1].n = 4;\n"
        "  struct List copy = lists[0]; struct Node node;\n"
        "  node.list = lists; node.self = 0; node.in.a = 3; node.b = 1000;\n"
        "  out[0] = sum(lists); out[1] = lists[1].n; out[2] = (int)((global char*)&lists[1] - (global "
        "char*)lists);\n"
        "  int none[0]; out[3] = copy.n + sizeof(none); out[4] = named(&node); out[5] = shared[2].n * 10 + "
        "shared[1].n;\n"
        "  out[6] = fixed.d[1] + fixed.d[out[9]] + fixed.n; out[7] = by_value.b; out[8] = node.in.a;\n"
        "  global struct Chain* chain = (global struct Chain*)(out + 10);\n"
        "  chain->next = chain; chain->next->next->values[1] = 7; }\n",
        options);
    struct {
      cl_char a;
      struct alignas(8) {
        cl_short a;
      } in;
      cl_int b;
    } value{};
    value.b = 77;
    Buffer<cl_int> lists({3, 1, 20, 300}), out(std::vector<cl_int>(14));
    check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, lists, out, value));
    const auto result = out.read();
    CHECK(std::vector<cl_int>(result.begin(), result.begin() + 9) ==
          std::vector<cl_int>{321, 1, 4, 3, 1321, 54, 40 + 30 + 2, 77, 3});
    CHECK(result[13] == 7);
  }
}
