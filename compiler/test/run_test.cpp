// From OpenCL C to results: every part of the compiler at once, on the device model.
#include <cmath>
#include <numeric>

#include "compiler/test/run_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;

namespace {

template <class T>
std::vector<T> iota(std::size_t count, T first = 0) {
  std::vector<T> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

// Of a size whose warps are neither rows nor whole rows; many groups, so that translated code runs
// undisturbed.
TEST_CASE("work-items of odd boxes know their local ids in every warp") {
  Loaded loaded(R"(
    kernel void k(global uint* out) {
      size_t i = get_global_id(0) + get_global_size(0) * (get_global_id(1) + get_global_size(1) * get_global_id(2));
      out[i] = get_local_id(0) + 100 * get_local_id(1) + 10000 * get_local_id(2);
    })");
  constexpr std::uint32_t kX = 12, kY = 2, kZ = 4, kGroups = 40;
  const Buffer<std::uint32_t> out(std::vector<std::uint32_t>(kX * kGroups * kY * kZ));
  check_ok(loaded.launch("k", {kX * kGroups, kY, kZ}, {kX, kY, kZ}, out));
  const auto values = out.read();
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    const std::uint32_t x = i % (kX * kGroups) % kX, y = i / (kX * kGroups) % kY, z = i / (kX * kGroups) / kY;
    REQUIRE(values[i] == x + 100 * y + 10000 * z);
  }
}

}  // namespace

TEST_CASE("saxpy") {
  constexpr int kCount = 1000;
  Loaded program(
      "kernel void saxpy(global float* y, global const float* x, float a, int n) {"
      "  int i = get_global_id(0); if (i < n) y[i] = a * x[i] + y[i]; }");
  Buffer<float> y(iota<float>(1024, 5)), x(iota<float>(1024));
  check_ok(program.launch("saxpy", {1024, 1, 1}, {64, 1, 1}, y, x, 2.0f, kCount));
  const auto result = y.read();
  for (int i = 0; i < 1024; ++i) CHECK(result[i] == (i < kCount ? 3.0f * i + 5 : i + 5.0f));
}

TEST_CASE("long long and literals of that type have 64 bits") {
  Loaded program(
      "typedef struct { char c; unsigned long long x; } pair_t;"
      "kernel void k(global unsigned long long* out, global const int* in) {"
      "  out[0] = sizeof(long long); out[1] = sizeof(pair_t); out[2] = (ulong)in[0] ^ 0xF0F0F0F0F0ULL;"
      "  long long n = in[1]; out[3] = n >> 1; out[4] = (1LL << 40) * in[0]; out[5] = (long long)(float)n; "
      "}");
  Buffer<std::uint64_t> out(std::vector<std::uint64_t>(6));
  Buffer<std::int32_t> in({3, -5});
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, out, in));
  CHECK(out.read() == std::vector<std::uint64_t>{8, 16, 3 ^ 0xF0F0F0F0F0, ~std::uint64_t{2}, 3ull << 40,
                                                 ~std::uint64_t{4}});
}

TEST_CASE("constants reinterpreted as vectors, and vectors as scalars") {
  Loaded program(
      "kernel void k(global uint2* out, global ulong* scalars, int n) {"
      "  out[0] = as_uint2(0x200000001UL); out[1] = as_uint2(5UL) ^ (uint2)(6, 7);"
      "  out[2] = n ? as_uint2(as_double(8UL)) : as_uint2(9UL); out[3] = as_uint2(1.0);"
      "  scalars[0] = as_uint2(0x300000004UL).y; scalars[1] = as_ulong((uint2)(1, 2));"
      "  scalars[2] = as_ulong(as_uchar8(0x0102030405060708UL).s76543210); }");
  Buffer<std::uint32_t> out(std::vector<std::uint32_t>(8));
  Buffer<std::uint64_t> scalars(std::vector<std::uint64_t>(3));
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, out, scalars, 1));
  CHECK(out.read() == std::vector<std::uint32_t>{1, 2, 3, 7, 8, 0, 0, 0x3FF00000});
  CHECK(scalars.read() == std::vector<std::uint64_t>{3, 0x200000001, 0x0807060504030201});
}

TEST_CASE("structs by value, read and written") {
  struct Pair {
    std::int32_t a;
    std::int32_t table[6];
    double d;
  };
  Loaded program(
      "typedef struct { int a; int table[6]; double d; } pair_t;"
      "kernel void k(pair_t p, global int* out, int x) { int i = get_global_id(0);"
      "  out[i] = p.table[i % 6] + p.a + (int)p.d; }"
      "kernel void w(pair_t p, global int* out, int x) { int i = get_global_id(0);"
      "  p.table[(i * x) % 6] = i; int s = 0; for (int j = 0; j < 6; ++j) s = s * 3 + p.table[j]; out[i] = "
      "s; }");
  const Pair pair{100, {1, 2, 3, 4, 5, 6}, 1000.0};
  Buffer<std::int32_t> out(std::vector<std::int32_t>(64));
  check_ok(program.launch("k", {64, 1, 1}, {64, 1, 1}, pair, out, 5));
  auto result = out.read();
  for (int i = 0; i < 64; ++i) CHECK(result[i] == 1100 + pair.table[i % 6]);
  check_ok(program.launch("w", {64, 1, 1}, {64, 1, 1}, pair, out, 5));
  result = out.read();
  for (int i = 0; i < 64; ++i) {
    auto copy = pair;
    copy.table[(i * 5) % 6] = i;
    int expected = 0;
    for (const int value : copy.table) expected = expected * 3 + value;
    CHECK(result[i] == expected);
  }
}

TEST_CASE("local memory: variables and arguments do not overlap") {
  Loaded program(
      "kernel void k(global int* out, local int* a, local int4* b) { local int c[64]; local int d;"
      "  int i = get_local_id(0); a[i] = i; b[i] = i * 2; c[i] = i * 3; if (i == 7) d = 1000;"
      "  barrier(CLK_LOCAL_MEM_FENCE); int j = 63 - i;"
      "  out[get_global_id(0)] = a[j] + b[j].w * 100 + c[j] * 10000 + d; }");
  Buffer<std::int32_t> out(std::vector<std::int32_t>(256));
  check_ok(program.launch("k", {256, 1, 1}, {64, 1, 1}, out, Local{64 * 4}, Local{64 * 16}));
  const auto result = out.read();
  for (int i = 0; i < 256; ++i) {
    const int j = 63 - i % 64;
    CHECK(result[i] == j + j * 200 + j * 30000 + 1000);
  }
}

TEST_CASE("local variables used through functions that are not inlined") {
  Loaded program(
      "__attribute__((noinline)) int at(local int* p, int i) { return p[i] + 1; }"
      "kernel void k(global int* out) { local int c[32]; int i = get_local_id(0); c[i] = i * i;"
      "  barrier(CLK_LOCAL_MEM_FENCE); out[i] = at(c, 31 - i); }"
      "kernel void l(global int* out) { local int c[32]; local int e[32]; int i = get_local_id(0); c[i] = i; "
      "e[i] = 2 * i;"
      "  barrier(CLK_LOCAL_MEM_FENCE); out[i] = at(c, 31 - i) + at(e, i); }");
  Buffer<std::int32_t> out(std::vector<std::int32_t>(32));
  check_ok(program.launch("k", {32, 1, 1}, {32, 1, 1}, out));
  auto result = out.read();
  for (int i = 0; i < 32; ++i) CHECK(result[i] == (31 - i) * (31 - i) + 1);
  check_ok(program.launch("l", {32, 1, 1}, {32, 1, 1}, out));
  result = out.read();
  for (int i = 0; i < 32; ++i) CHECK(result[i] == 31 - i + 1 + 2 * i + 1);
}

TEST_CASE("constant memory: tables, pointers to tables, arguments") {
  Loaded program(
      "constant int table[5] = {10, 20, 30, 40, 50}; constant float factors[3] = {0.5f, 2.0f, 4.0f};"
      "constant int* constant rows[2] = {table, table + 2};"
      "kernel void k(global int* out, constant int* extra) { int i = get_global_id(0);"
      "  out[i] = table[i % 5] + (int)(factors[i % 3] * 2) + rows[i & 1][i % 3] + extra[i]; }");
  Buffer<std::int32_t> out(std::vector<std::int32_t>(60)), extra(iota<std::int32_t>(60, 1000));
  check_ok(program.launch("k", {60, 1, 1}, {20, 1, 1}, out, extra));
  const auto result = out.read();
  const int table[] = {10, 20, 30, 40, 50}, twice[] = {1, 4, 8};
  for (int i = 0; i < 60; ++i)
    CHECK(result[i] == table[i % 5] + twice[i % 3] + table[(i & 1) * 2 + i % 3] + 1000 + i);
}

TEST_CASE("private arrays of each work-item, indexed by data") {
  Loaded program(
      "kernel void k(global int* data) { int i = get_global_id(0); int t[16];"
      "  for (int j = 0; j < 16; ++j) t[(j * 5 + i) & 15] = j + i * 16;"
      "  int s = 0; for (int j = 0; j < (i & 15) + 1; ++j) s += t[(s + j) & 15]; data[i] = s; }");
  Buffer<std::int32_t> data(std::vector<std::int32_t>(200));
  check_ok(program.launch("k", {200, 1, 1}, {50, 1, 1}, data));
  const auto result = data.read();
  for (int i = 0; i < 200; ++i) {
    int t[16], s = 0;
    for (int j = 0; j < 16; ++j) t[(j * 5 + i) & 15] = j + i * 16;
    for (int j = 0; j < (i & 15) + 1; ++j) s += t[(s + j) & 15];
    CHECK(result[i] == s);
  }
}

TEST_CASE("block copies: structs, arrays and lengths that differ between lanes") {
  Loaded program(
      "typedef struct { int v[40]; } big_t;"
      "kernel void k(global big_t* a, global big_t* b) { int i = get_global_id(0); big_t t = a[i]; t.v[i % "
      "40] = -1; b[i] = t; }"
      "kernel void n(global uchar* a, global uchar* b) { int i = get_global_id(0);"
      "  for (int j = 0; j < i % 17; ++j) b[i * 32 + j] = a[i * 32 + j];"
      "  for (int j = 20; j < 20 + i % 7; ++j) b[i * 32 + j] = 9; }");
  struct Big {
    std::int32_t v[40];
  };
  std::vector<Big> source(70);
  for (int i = 0; i < 70; ++i)
    for (int j = 0; j < 40; ++j) source[i].v[j] = i * 100 + j;
  Buffer<Big> a(source), b(std::vector<Big>(70));
  check_ok(program.launch("k", {70, 1, 1}, {35, 1, 1}, a, b));
  const auto copied = b.read();
  for (int i = 0; i < 70; ++i)
    for (int j = 0; j < 40; ++j) CHECK(copied[i].v[j] == (j == i % 40 ? -1 : i * 100 + j));
  auto bytes = iota<std::uint8_t>(64 * 32);
  Buffer<std::uint8_t> from(bytes), to(std::vector<std::uint8_t>(64 * 32));
  check_ok(program.launch("n", {64, 1, 1}, {64, 1, 1}, from, to));
  const auto moved = to.read();
  for (int i = 0; i < 64; ++i)
    for (int j = 0; j < 32; ++j) {
      const int expected = j < i % 17 ? bytes[i * 32 + j] : j >= 20 && j < 20 + i % 7 ? 9 : 0;
      CHECK(moved[i * 32 + j] == expected);
    }
}

TEST_CASE("work-item functions in three dimensions") {
  Loaded program(
      "kernel void k(global int* out) { size_t x = get_global_id(0), y = get_global_id(1), z = "
      "get_global_id(2);"
      "  out[(z * get_global_size(1) + y) * get_global_size(0) + x] = get_local_id(0) + 10 * get_local_id(1) "
      "+"
      "    100 * get_local_id(2) + 1000 * get_group_id(0) + 10000 * get_group_id(1) + 100000 * "
      "get_group_id(2); }");
  Buffer<std::int32_t> out(std::vector<std::int32_t>(12 * 10 * 6));
  check_ok(program.launch("k", {12, 10, 6}, {3, 5, 2}, out));
  const auto result = out.read();
  for (int z = 0; z < 6; ++z)
    for (int y = 0; y < 10; ++y)
      for (int x = 0; x < 12; ++x)
        CHECK(result[(z * 10 + y) * 12 + x] ==
              x % 3 + 10 * (y % 5) + 100 * (z % 2) + 1000 * (x / 3) + 10000 * (y / 5) + 100000 * (z / 2));
}

TEST_CASE("loops over a tile whose rows are parts of a warp") {
  Loaded program(R"(
    kernel void transpose(global float* out, global const float* in, int n) {
      local float tile[16][17];
      int x = get_local_id(0), y = get_local_id(1), left = get_group_id(0) * 16, top = get_group_id(1) * 16;
      for (int j = y; j < 16; j += 4) tile[j][x] = in[(top + j) * n + left + x];
      barrier(CLK_LOCAL_MEM_FENCE);
      for (int j = y; j < 16; j += 4) out[(left + j) * n + top + x] = tile[x][j];
    })");
  constexpr std::uint32_t kSide = 64;
  Buffer<float> in(iota<float>(kSide * kSide)), out(std::vector<float>(kSide * kSide));
  check_ok(program.launch("transpose", {kSide, kSide / 4, 1}, {16, 4, 1}, out, in, std::int32_t{kSide}));
  const auto result = out.read();
  for (std::uint32_t i = 0; i < result.size(); ++i) {
    const std::uint32_t from = i % kSide * kSide + i / kSide;
    REQUIRE(result[i] == static_cast<float>(from));
  }
}

TEST_CASE("work-item functions in an NDRange whose work-groups differ in size") {
  Loaded program(
      "kernel void k(global ulong* out) {"
      "  size_t x = get_global_id(0) - get_global_offset(0), y = get_global_id(1) - get_global_offset(1),"
      "         z = get_global_id(2) - get_global_offset(2);"
      "  global ulong* o = out + ((z * get_global_size(1) + y) * get_global_size(0) + x) * 32;"
      "  for (int d = 0; d < 3; d++) {"
      "    *o++ = get_global_id(d); *o++ = get_global_offset(d); *o++ = get_global_size(d);"
      "    *o++ = get_local_id(d); *o++ = get_local_size(d); *o++ = get_enqueued_local_size(d);"
      "    *o++ = get_group_id(d); *o++ = get_num_groups(d); }"
      "  *o++ = get_global_linear_id(); *o++ = get_local_linear_id(); *o++ = get_work_dim(); }",
      "-cl-std=CL3.0");
  using Sizes = std::array<std::uint64_t, 3>;
  const Sizes offset{100, 20, 3};
  const std::array<std::uint32_t, 3> local{4, 3, 2};
  program.set_offset(offset);
  for (const Sizes& global : {Sizes{11, 7, 5}, Sizes{3, 2, 1}, Sizes{8, 7, 4}, Sizes{9, 2, 3}}) {
    Buffer<std::uint64_t> out(std::vector<std::uint64_t>(global[0] * global[1] * global[2] * 32, 1234));
    check_ok(program.launch("k", global, local, out));
    const auto result = out.read();
    Sizes id;
    for (id[2] = 0; id[2] < global[2]; ++id[2])
      for (id[1] = 0; id[1] < global[1]; ++id[1])
        for (id[0] = 0; id[0] < global[0]; ++id[0]) {
          const auto linear = (id[2] * global[1] + id[1]) * global[0] + id[0];
          std::vector<std::uint64_t> expected;
          Sizes size;
          for (int d = 0; d < 3; ++d) {
            const auto group = id[d] / local[d];
            size[d] = std::min<std::uint64_t>(local[d], global[d] - group * local[d]);
            for (const std::uint64_t value :
                 {id[d] + offset[d], offset[d], global[d], id[d] % local[d], size[d], std::uint64_t{local[d]},
                  group, (global[d] + local[d] - 1) / local[d]})
              expected.push_back(value);
          }
          expected.push_back(linear);
          expected.push_back((id[2] % local[2] * size[1] + id[1] % local[1]) * size[0] + id[0] % local[0]);
          expected.push_back(3);
          const auto* item = &result[linear * 32];
          CHECK(std::vector<std::uint64_t>(item, item + expected.size()) == expected);
        }
  }
}

TEST_CASE("dimensions out of range have the values of the specification") {
  const char* functions[] = {"get_global_id",           "get_local_id",    "get_group_id",
                             "get_global_offset",       "get_global_size", "get_local_size",
                             "get_enqueued_local_size", "get_num_groups"};
  std::string source =
      "kernel void k(global ulong* out, uint none) { size_t i = get_global_id(0); out += i * 32;\n";
  for (int i = 0; i < 8; ++i)
    for (const char* dimension : {"3", "~0u", "i < 8 ? 2 : none", "none + i"})
      source += std::string("*out++ = ") + functions[i] + "(" + dimension + ");\n";
  Loaded program(source + "}", "-cl-std=CL3.0");
  Buffer<std::uint64_t> out(std::vector<std::uint64_t>(16 * 32));
  check_ok(program.launch("k", {16, 1, 1}, {4, 1, 1}, out, std::uint32_t{3}));
  const auto result = out.read();
  for (int item = 0; item < 16; ++item)
    for (int i = 0; i < 32; ++i) {
      INFO(functions[i / 4] << ", item " << item << ", use " << i % 4);
      CHECK(result[item * 32 + i] == (i < 16 ? 0 : 1));
    }
}

TEST_CASE("atomic compare and exchange of floating-point numbers") {
  if (!have_atomics()) return;
  Loaded program(
      "kernel void k(global atomic_float* f, global atomic_double* d, global int* out) {"
      "  float x = 1.5f; local double y; y = 3.0;"
      "  out[0] = atomic_compare_exchange_strong_explicit(f, &x, 2.5f, memory_order_relaxed, "
      "memory_order_relaxed, memory_scope_device);"
      "  out[1] = atomic_compare_exchange_weak_explicit(f + 1, &x, 2.5f, memory_order_acq_rel, "
      "memory_order_relaxed, memory_scope_device);"
      "  out[2] = x == 7.25f;"
      "  out[3] = atomic_compare_exchange_strong_explicit(d, &y, 4.0, memory_order_relaxed, "
      "memory_order_relaxed, memory_scope_device);"
      "  out[4] = y == 9.0; }",
      "-cl-std=CL3.0");
  Buffer<float> f(std::vector<float>{1.5F, 7.25F});
  Buffer<double> d(std::vector<double>{9.0});
  Buffer<std::int32_t> out(std::vector<std::int32_t>(5, -1));
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, f, d, out));
  CHECK(f.read() == std::vector<float>{2.5F, 7.25F});
  CHECK(d.read() == std::vector<double>{9.0});
  CHECK(out.read() == std::vector<std::int32_t>{1, 0, 1, 0, 1});
}

// The first warp waits for the last one, under a condition that only some of its lanes meet.
TEST_CASE("lanes that wait for another warp's store give way to it") {
  if (!have_atomics()) return;
  Loaded program(
      "kernel void k(global int* out) { local atomic_int turn; int i = get_local_id(0);"
      "  if (i == 0) atomic_init(&turn, 0); work_group_barrier(CLK_LOCAL_MEM_FENCE);"
      "  for (int round = 0; round < 3; ++round) {"
      "    if (i == 1) { while (atomic_load(&turn) != 2 * round + 1) ; out[round] = i; "
      "atomic_fetch_add(&turn, 1); }"
      "    if (i == 97) { while (atomic_load(&turn) != 2 * round) ; atomic_fetch_add(&turn, 1); }"
      "    work_group_barrier(CLK_LOCAL_MEM_FENCE); }"
      "  if (i == 0) out[3] = atomic_load(&turn); }",
      "-cl-std=CL3.0");
  Buffer<std::int32_t> out(std::vector<std::int32_t>(4));
  check_ok(program.launch("k", {128, 1, 1}, {128, 1, 1}, out));
  CHECK(out.read() == std::vector<std::int32_t>{1, 1, 1, 6});
}

TEST_CASE("lanes that wait and count how often they looked give way, too") {
  if (!have_atomics()) return;
  Loaded program(
      "kernel void k(global int* out) { local atomic_int turn; int i = get_local_id(0), looked = 0;"
      "  if (i == 0) atomic_init(&turn, 0); work_group_barrier(CLK_LOCAL_MEM_FENCE);"
      "  if (i == 63) atomic_store(&turn, 1);"
      "  else if (i < 32) { do ++looked; while (atomic_load(&turn) == 0); }"
      "  out[i] = looked > 0; }",
      "-cl-std=CL3.0");
  Buffer<std::int32_t> out(std::vector<std::int32_t>(64));
  check_ok(program.launch("k", {64, 1, 1}, {64, 1, 1}, out));
  const auto looked = out.read();
  for (int i = 0; i < 64; ++i) CHECK(looked[i] == (i < 32));
}

// How programs take a lock: $try is whether it was taken, $work what is done under it with the unlock, $more
// that it is worth trying on. The number of tries is bounded, so that a lock that nobody gives back is a
// wrong sum and no endless launch.
constexpr const char* kLockLoops[] = {
    "int done = 0; while (!done && $more) if ($try) { $work; done = 1; }",
    "bool done = false; while (!done && $more) if ($try) { $work; done = true; }",
    "while ($more) if ($try) { $work; break; }",
    "for (;;) { if ($try) { $work; return; } if (!$more) break; }",
    "for (;;) { if (!($try)) { if (!$more) return; continue; } $work; break; }",
    "again: if (!($try)) { if ($more) goto again; return; } $work;",
    "while (!($try)) if (!$more) return; $work;",
    "while (!($try)) if (!$more) return; $work; barrier(CLK_GLOBAL_MEM_FENCE); if (*sum != 528) *sum = 0;",
    "while ($more) { if ($try) { $work; break; } while (*lock && $more); }",  // others wait in a loop of
                                                                              // their own
    "while ($more) if ($try) { if (item & 1) { $work; return; } else { $work; break; } }",
    "for (;;) for (int i = 0; i < 4; ++i) { if ($try) { $work; return; } if (!$more) return; }",  // is
                                                                                                  // unrolled
    "int result; if (!take(lock, sum, item, &result) || result != item) *sum = 0;",
    // Under a lock that is given back last, and first.
    "while (atomic_xchg(lock + 1, 1)) if (!$more) return; while (!($try)) if (!$more) return; $work; $fence;"
    " atomic_xchg(lock + 1, 0);",
    "while (atomic_xchg(lock + 1, 1)) if (!$more) return; while (!($try)) if (!$more) return; *sum += item + "
    "1;"
    " $fence; atomic_xchg(lock + 1, 0); atomic_xchg(lock, 0);",
    "while ($more) if ($try) { if (atomic_xchg(lock + 1, 1) == 0) { *sum += item + 1; $fence;"
    " atomic_xchg(lock + 1, 0); atomic_xchg(lock, 0); break; } atomic_xchg(lock, 0); }",
    "while (*lock != item) if (!$more) return; *sum += item + 1; $fence; *lock = item + 1;",  // in turn
};

std::string lock_program(std::string text, const std::string& attempt, const std::string& space) {
  text =
      "int take(volatile $space int* lock, volatile global int* sum, int item, int* result) {"
      " int tries = 0; for (;;) { if ($try) { $work; *result = item; return 1; } if (!$more) return 0; } }"
      "kernel void k(volatile global int* sum) { volatile local int in_local[2];"
      " volatile global int* in_global = sum + 1; volatile $space int* lock = in_$space;"
      " int item = get_local_id(0), tries = 0;"
      " if (item < 2) lock[item] = 0; barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE); " +
      text + "}";
  for (const auto& [name, meaning] : {std::pair<std::string, std::string>{"$try", attempt},
                                      {"$more", "(++tries < 10000)"},
                                      {"$work", "*sum += item + 1; $fence; atomic_xchg(lock, 0)"},
                                      {"$fence", "mem_fence(CLK_GLOBAL_MEM_FENCE | CLK_LOCAL_MEM_FENCE)"},
                                      {"$space", space}})
    for (std::size_t at; (at = text.find(name)) != std::string::npos;) text.replace(at, name.size(), meaning);
  return text;
}

TEST_CASE("lanes of one warp take a lock one after the other") {
  if (!have_atomics()) return;
  for (const std::string options : {"-cl-std=CL3.0", "-cl-std=CL3.0 -cl-opt-disable", "-cl-std=CL3.0 -g"})
    for (const char* loop : kLockLoops)
      for (const std::string attempt : {"atomic_cmpxchg(lock, 0, 1) == 0", "atomic_xchg(lock, 1) == 0"})
        for (const std::string space : {"global", "local"}) {
          INFO(loop << ", " << attempt << ", " << space << ", " << options);
          Loaded program(lock_program(loop, attempt, space), options);
          Buffer<std::int32_t> sum(std::vector<std::int32_t>(3));
          check_ok(program.launch("k", {32, 1, 1}, {32, 1, 1}, sum));
          CHECK(sum.read()[0] == 32 * 33 / 2);
        }
}

TEST_CASE("a kernel that calls a kernel") {
  Loaded program(
      "kernel void inner(global int* a, int x) { local int s; if (get_local_id(0) == 0) s = x; "
      "barrier(CLK_LOCAL_MEM_FENCE);"
      "  a[get_global_id(0)] += s; }"
      "kernel void outer(global int* a) { inner(a, 5); a[get_global_id(0)] *= 2; }");
  Buffer<std::int32_t> a(iota<std::int32_t>(64));
  check_ok(program.launch("outer", {64, 1, 1}, {16, 1, 1}, a));
  check_ok(program.launch("inner", {64, 1, 1}, {16, 1, 1}, a, 1));
  const auto result = a.read();
  for (int i = 0; i < 64; ++i) CHECK(result[i] == (i + 5) * 2 + 1);
}

TEST_CASE("functions that are not inlined, with divergent control flow inside") {
  Loaded program(
      "__attribute__((noinline)) int collatz(int x) { int n = 0; while (x != 1) { x = x & 1 ? 3 * x + 1 : x "
      "/ 2; ++n; } return n; }"
      "kernel void k(global int* a) { int i = get_global_id(0); int r = -1; if (i % 3) r = collatz(i + 1);"
      "  a[i] = r + collatz(i + 2); }");
  Buffer<std::int32_t> a(std::vector<std::int32_t>(128));
  check_ok(program.launch("k", {128, 1, 1}, {128, 1, 1}, a));
  const auto result = a.read();
  const auto collatz = [](int x) {
    int n = 0;
    for (; x != 1; ++n) x = x & 1 ? 3 * x + 1 : x / 2;
    return n;
  };
  for (int i = 0; i < 128; ++i) CHECK(result[i] == (i % 3 ? collatz(i + 1) : -1) + collatz(i + 2));
}

TEST_CASE("programs compiled in parts, linked and run") {
  auto part = [](const char* source) {
    auto request = make_request(source);
    request.operation = Operation::kCompile;
    return run(request).binary;
  };
  auto request = make_request("");
  request.operation = Operation::kLink;
  request.target = target();
  request.inputs = {
      part("int twice(int x); extern constant int offsets[4];"
           "kernel void k(global int* a) { int i = get_global_id(0); a[i] = twice(i) + offsets[i & 3]; }"),
      part("constant int offsets[4] = {5, 6, 7, 8}; int helper(int x) { return x; }"
           "int twice(int x) { return helper(x) * 2; }")};
  Loaded program(run(request));
  Buffer<std::int32_t> a(std::vector<std::int32_t>(64));
  check_ok(program.launch("k", {64, 1, 1}, {32, 1, 1}, a));
  const auto result = a.read();
  for (int i = 0; i < 64; ++i) CHECK(result[i] == 2 * i + 5 + (i & 3));
}

TEST_CASE("unoptimised, relaxed and debug builds compute the same") {
  const char* source =
      "float f(float x) { return x > 3.0f ? x * 2.0f : x - 1.0f; }"
      "kernel void k(global float* a) { int i = get_global_id(0); float s = 0; for (int j = 0; j <= i % 9; "
      "++j) s += f(a[i] + j);"
      "  a[i] = s; }";
  std::vector<float> expected(96);
  for (int i = 0; i < 96; ++i)
    for (int j = 0; j <= i % 9; ++j) {
      const float x = static_cast<float>(i + j);
      expected[i] += x > 3.0f ? x * 2.0f : x - 1.0f;
    }
  for (const char* options :
       {"", "-cl-opt-disable", "-cl-fast-relaxed-math", "-g", "-g -cl-opt-disable", "-cl-std=CL3.0"}) {
    INFO(options);
    Loaded program(source, options);
    Buffer<float> a(iota<float>(96));
    check_ok(program.launch("k", {96, 1, 1}, {32, 1, 1}, a));
    CHECK(a.read() == expected);
  }
}

TEST_CASE("large structs to functions that are not inlined") {
  Loaded program(
      "typedef struct { int v[64]; long l; } big_t; constant int table[4] = {1, 2, 3, 4};"
      "__attribute__((noinline)) int change(big_t b, int i) { b.v[i % 64] = -5; int s = (int)b.l; for (int j "
      "= 0; j < 64; ++j) s += b.v[j]; return s; }"
      "__attribute__((noinline)) big_t make(int i) { big_t b; for (int j = 0; j < 64; ++j) b.v[j] = i + j; "
      "b.l = table[i & 3]; return b; }"
      "kernel void k(global int* a) { int i = get_global_id(0); big_t b = make(i); int first = change(b, i); "
      "a[i] = first * 3 + change(b, i + 1); }");
  Buffer<std::int32_t> a(std::vector<std::int32_t>(64));
  check_ok(program.launch("k", {64, 1, 1}, {64, 1, 1}, a));
  const auto change = [](int i, int at) {
    int sum = (i & 3) + 1;
    for (int j = 0; j < 64; ++j) sum += j == at % 64 ? -5 : i + j;
    return sum;
  };
  const auto result = a.read();
  for (int i = 0; i < 64; ++i) CHECK(result[i] == change(i, i) * 3 + change(i, i + 1));
}

TEST_CASE("names of the start-up code are free for programs") {
  Loaded program("int _start(int x) { return x + 1; } kernel void k(global int* a) { a[0] = _start(a[0]); }");
  Buffer<std::int32_t> a(std::vector<std::int32_t>{41});
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, a));
  CHECK(a.read()[0] == 42);
  Loaded other("kernel void _start(global int* a) { a[0] += 1; }");
  check_ok(other.launch("_start", {1, 1, 1}, {1, 1, 1}, a));
  CHECK(a.read()[0] == 43);
}

TEST_CASE("calls that would multiply without bound are kept as calls") {
  std::string source = "int f0(int x) { return (x * 7 + 3) % 1000 ^ 5; }\n";
  for (int level = 1; level <= 12; ++level) {
    source += "int f" + std::to_string(level) + "(int x) { int s = x;";
    for (int i = 0; i < 8; ++i)
      source += " if (s & " + std::to_string(1 << i) + ") s = f" + std::to_string(level - 1) + "(s);";
    source += " return s; }\n";
  }
  source +=
      "kernel void k(global int* a) { int i = get_global_id(0); a[i] = i < 2 ? f3(i) : i; if (a[i] == -1) "
      "a[i] = f12(i); }";
  Loaded program(source);
  CHECK(program.program().kernels[0].private_memory_bytes > 0);
  Buffer<std::int32_t> a(std::vector<std::int32_t>(32));
  check_ok(program.launch("k", {32, 1, 1}, {32, 1, 1}, a));
  const auto f = [](auto& self, int level, int x) -> int {
    if (level == 0) return ((x * 7 + 3) % 1000) ^ 5;
    int s = x;
    for (int i = 0; i < 8; ++i)
      if (s & (1 << i)) s = self(self, level - 1, s);
    return s;
  };
  const auto result = a.read();
  for (int i = 0; i < 32; ++i) CHECK(result[i] == (i < 2 ? f(f, 3, i) : i));
}

TEST_CASE("goto programs whose blocks stand before what leads to them") {
  Loaded program(R"(
kernel void k(global uint* a) {
  uint i = get_global_id(0), x = a[i];
  goto second;
first:
  x = x * 3u;
  if (x & 1u) goto end;
  x += 100u;
  goto end;
second:
  x += 1u;
  if (x & 2u) goto first;
  x ^= 7u;
end:
  a[i] = x;
})");
  Buffer<std::uint32_t> a({0, 1, 2, 3, 4, 5, 6, 7});
  check_ok(program.launch("k", {8, 1, 1}, {8, 1, 1}, a));
  const auto right = [](std::uint32_t x) {
    if (!(++x & 2u)) return x ^ 7u;
    x *= 3u;
    return x & 1u ? x : x + 100u;
  };
  std::vector<std::uint32_t> expected;
  for (std::uint32_t i = 0; i < 8; ++i) expected.push_back(right(i));
  CHECK(a.read() == expected);
}

TEST_CASE("names may have letters of any language, in linked programs too") {
  const auto compiled = [](const char* source) {
    auto request = make_request(source, "-cl-kernel-arg-info");
    request.target = target();
    request.operation = Operation::kCompile;
    return run(request).binary;
  };
  auto request = make_request("");
  request.target = target();
  request.operation = Operation::kLink;
  request.inputs = {compiled("int größe(int x); int 中文(int x); kernel void ядро(global int* α) "
                             "{ α[0] = größe(α[0]) + 中文(α[1]); }"),
                    compiled("constant int 表[2] = {10, 20}; int größe(int ä) { return ä + 表[1]; }"
                             "int 中文(int x) { return x * 表[0]; }")};
  Loaded program(run(request));
  CHECK(program.program().kernels.at(0).arguments.at(0).name == "α");
  Buffer<std::int32_t> a({1, 2});
  check_ok(program.launch("ядро", {1, 1, 1}, {1, 1, 1}, a));
  CHECK(a.read()[0] == 1 + 20 + 2 * 10);
}

TEST_CASE("Clang's builtins that reverse bits") {
  Loaded program(
      "kernel void k(global ulong* a) { ulong x = a[0]; a[0] = __builtin_bitreverse8(x); "
      "a[1] = __builtin_bitreverse16(x); a[2] = __builtin_bitreverse32(x); a[3] = __builtin_bitreverse64(x); "
      "}");
  Buffer<std::uint64_t> a({0x123456789abcdef1, 0, 0, 0});
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, a));
  CHECK(a.read() == std::vector<std::uint64_t>{0x8f, 0x8f7b, 0x8f7b3d59, 0x8f7b3d591e6a2c48});
}

TEST_CASE("a wild pointer is an error that names the kernel, and the next launch works") {
  Loaded program("kernel void k(global int* a, ulong far) { a[get_global_id(0) + far] = 1; }");
  Buffer<std::int32_t> a(std::vector<std::int32_t>(64));
  const auto status = program.launch("k", {64, 1, 1}, {32, 1, 1}, a, std::uint64_t{1} << 30);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == Errc::kFault);
  CHECK(status.error().reason.find('k') != std::string::npos);
  check_ok(program.launch("k", {64, 1, 1}, {32, 1, 1}, a, std::uint64_t{0}));
  CHECK(a.read() == std::vector<std::int32_t>(64, 1));
}
