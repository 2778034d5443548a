// The generic address space (OpenCL C 6.7.5): pointers that may point anywhere, on the device model.
#include "compiler/test/run_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler::test;

namespace {

constexpr const char* kStandard = "-cl-std=CL3.0";
constexpr int kItems = 64;
using Ints = std::vector<std::int32_t>;

Ints run_items(std::string_view source, Ints input = Ints(kItems), const std::string& options = {}) {
  Loaded program(source, kStandard + options);
  Buffer<std::int32_t> in(std::move(input)), out(Ints(kItems, -1));
  check_ok(program.launch("k", {kItems, 1, 1}, {32, 1, 1}, in, out));
  return out.read();
}

}  // namespace

TEST_CASE("a generic pointer knows what it points to") {
  const auto result = run_items(
      "int kind(const int* p) { return (to_global(p) == p) + 2 * (to_local(p) == p) + 4 * (to_private(p) == "
      "p) +"
      "  8 * (to_global(p) != 0) + 16 * (to_local(p) != 0) + 32 * (to_private(p) != 0) +"
      "  64 * (get_fence(p) == CLK_GLOBAL_MEM_FENCE) + 128 * (get_fence(p) == CLK_LOCAL_MEM_FENCE); }"
      "kernel void k(global int* in, global int* out) { local int l[32]; int mine[4] = {1, 2, 3, 4};"
      "  int i = get_global_id(0);"
      "  const int* p = i % 4 == 0 ? (const int*)&in[i] : i % 4 == 1 ? (const int*)&l[i % 32]"
      "    : i % 4 == 2 ? (const int*)&mine[i % 3] : 0;"
      "  out[i] = kind(p); }");
  for (int i = 0; i < kItems; i += 4) {
    CHECK(result[i] == (1 | 8 | 64));
    CHECK(result[i + 1] == (2 | 16 | 128));
    CHECK(result[i + 2] == (4 | 32));
    CHECK((result[i + 3] & (8 | 16 | 32)) == 0);
  }
}

TEST_CASE("the first and the last byte of local and private memory are told apart") {
  const auto result = run_items(
      "kernel void k(global int* in, global int* out) { local char l[LOCAL]; char mine[4096];"
      "  int i = get_global_id(0); mine[i] = i; l[i] = i;"
      "  char* first = l; char* last = &l[LOCAL - 1]; char* low = mine; char* high = &mine[4095];"
      "  out[i] = (to_local(first) != 0) + (to_local(last) != 0) + (to_private(low) != 0) + "
      "(to_private(high) != 0)"
      "    + 10 * (to_global(first) != 0 || to_global(last) != 0 || to_global(low) != 0 || to_global(high) "
      "!= 0)"
      "    + 100 * (mine[i] != *(low + i)); }",
      Ints(kItems), " -DLOCAL=" + std::to_string(target().local_memory_bytes));
  CHECK(result == Ints(kItems, 4));
}

TEST_CASE("generic pointers in structs, arrays and functions that are called") {
  const auto result = run_items(
      "typedef struct { int* values; int count; struct { const int* first; } inner; } View;"
      "__attribute__((noinline)) int sum(View v) { int s = 0;"
      "  for (int i = 0; i < v.count; ++i) s += v.values[i]; return s + *v.inner.first; }"
      "__attribute__((noinline)) void bump(int** p) { **p += 1; ++*p; }"
      "kernel void k(global int* in, global int* out) { local int l[32]; int mine[2]; int i = "
      "get_global_id(0);"
      "  l[i % 32] = i; mine[0] = 10 * i; mine[1] = 5; barrier(CLK_LOCAL_MEM_FENCE);"
      "  View views[3] = {{in + i, 1, {l + i % 32}}, {l + i % 32, 1, {mine + 1}}, {mine, 2, {in + i}}};"
      "  int* walk = mine; bump(&walk); bump(&walk);"
      "  out[i] = sum(views[0]) + 1000 * sum(views[1]) + 1000000 * (sum(views[2]) - 10 * i) + (walk == mine "
      "+ 2); }",
      Ints(kItems, 3));
  for (int i = 0; i < kItems; ++i)
    CHECK(result[i] == (3 + i) + 1000 * (i + 5 + 1) - 1000 * 0 + 1000000 * (1 + 6 + 3) + 1);
}

// A private address is the same number in all lanes, what lies behind it is not.
TEST_CASE("what a generic pointer reads from private memory differs between work-items") {
  const auto result = run_items(
      "kernel void k(global int* in, global int* out) { int i = get_global_id(0); int mine[2] = {i, 2 * i};"
      "  int* p = in[0] ? (int*)in : mine; int n = 0;"
      "  for (int j = 0; j < p[0]; ++j) { if (j > p[1] - p[0] - 3) n += 100; else n += 1; }"
      "  out[i] = n; }");
  for (int i = 0; i < kItems; ++i) CHECK(result[i] == (i < 2 ? i * 100 : (i - 2) + 200));
}

TEST_CASE("atomics, vectors and math functions on generic pointers") {
  if (!have_atomics()) return;
  Loaded program(
      "void count(volatile atomic_int* n) { atomic_fetch_add_explicit(n, 2, memory_order_relaxed, "
      "memory_scope_work_group); }"
      "kernel void k(global int* in, global float* out, global int* total) {"
      "  local atomic_int l; int i = get_global_id(0); if (get_local_id(0) == 0) atomic_init(&l, 0);"
      "  barrier(CLK_LOCAL_MEM_FENCE);"
      "  count(i % 2 ? (volatile atomic_int*)&l : (volatile atomic_int*)total); barrier(CLK_LOCAL_MEM_FENCE);"
      "  float whole; float* where = i % 2 ? (float*)&whole : (float*)&out[64 + i]; float part = fract(i + "
      "0.25f, where);"
      "  int* source = (int*)in; int4 v = vload4(0, source); vstore4(v + i, i, source + 4);"
      "  out[i] = part + *where + atomic_load_explicit(&l, memory_order_relaxed, memory_scope_work_group); }",
      kStandard);
  Ints values(4 + 4 * kItems);
  for (int i = 0; i < 4; ++i) values[i] = 100 * i;
  Buffer<std::int32_t> in(values), total(Ints(1));
  Buffer<float> out(std::vector<float>(2 * kItems));
  check_ok(program.launch("k", {kItems, 1, 1}, {32, 1, 1}, in, out, total));
  const auto stored = in.read();
  const auto result = out.read();
  CHECK(total.read()[0] == kItems);
  for (int i = 0; i < kItems; ++i) {
    CHECK(result[i] == i + 0.25f + 32);
    CHECK(stored[4 + 4 * i + 3] == 300 + i);
  }
}
