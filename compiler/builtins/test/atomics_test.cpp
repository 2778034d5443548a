// Atomics of floating point, memory orders, and pipes, which stand on them.
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <set>

#include "compiler/builtins/test/model_program.hpp"
#include "device/isa/pipe.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

// Devices of several warp widths, with compare and swap as an instruction and without.
struct Machine {
  std::uint32_t lanes;
  bool cas;
};
constexpr Machine kMachines[] = {{1, true}, {8, true}, {32, true}, {1, false}, {8, false}, {32, false}};

TEST_CASE("work-items of many groups add to and compare floats in global and local memory") {
  for (const auto [lanes, cas] : kMachines) {
    ModelProgram program(
        "kernel void k(global atomic_float* f, global atomic_double* d, global float* order) {"
        "  local atomic_float sum; int i = get_global_id(0); if (get_local_id(0) == 0) atomic_init(&sum, "
        "0.0f);"
        "  barrier(CLK_LOCAL_MEM_FENCE);"
        "  atomic_fetch_add(f, 1.0f); atomic_fetch_sub_explicit(d, 0.5, memory_order_relaxed, "
        "memory_scope_device);"
        "  atomic_fetch_min(f + 1, (float)i); atomic_fetch_max(d + 1, (double)-i);"
        "  if (i % 3 == 0) atomic_fetch_add_explicit(&sum, 2.0f, memory_order_acq_rel, "
        "memory_scope_work_group);"
        "  barrier(CLK_LOCAL_MEM_FENCE); order[i] = atomic_load(&sum); }",
        lanes, true, cas);
    constexpr std::size_t kItems = 240;
    Bytes f = bytes_of(std::vector<float>{0, 1e9f}), d = bytes_of(std::vector<double>{0, -1e9}),
          order(kItems * 4);
    program.run("k", {&f, &d, &order}, kItems, 40);
    CHECK(values_of<float>(f) == std::vector<float>{kItems, 0});
    CHECK(values_of<double>(d) == std::vector<double>{kItems * -0.5, 0});
    for (std::size_t i = 0; i < kItems; ++i) {
      std::size_t thirds = 0;
      for (auto peer = i / 40 * 40; peer < i / 40 * 40 + 40; ++peer) thirds += peer % 3 == 0;
      REQUIRE(values_of<float>(order)[i] == 2.0f * static_cast<float>(thirds));
    }
  }
}

TEST_CASE("compare and exchange tells what it found; strong ones fail only for another value") {
  const bool cas = GENERATE(true, false);
  ModelProgram program(
      "kernel void k(global atomic_double* d, global atomic_uint* u, global atomic_int* lock, global int* "
      "out) {"
      "  double expected = 3.0; out[0] = atomic_compare_exchange_strong(d, &expected, 4.0); out[1] = "
      "(int)expected;"
      "  out[2] = atomic_compare_exchange_strong(d, &expected, 5.0); out[3] = (int)atomic_load(d);"
      "  uint same = 7; out[4] = atomic_compare_exchange_strong_explicit(u, &same, 9u, memory_order_release,"
      "                                                                  memory_order_relaxed, "
      "memory_scope_all_svm_devices);"
      "  out[5] = atomic_flag_test_and_set((global atomic_flag*)lock); out[6] = "
      "atomic_flag_test_and_set((global atomic_flag*)lock);"
      "  atomic_flag_clear((global atomic_flag*)lock); out[7] = atomic_flag_test_and_set((global "
      "atomic_flag*)lock); }",
      32, true, cas);
  Bytes d = bytes_of(std::vector<double>{2}), u = bytes_of(std::vector<std::uint32_t>{7}), lock(4),
        out(8 * 4);
  program.run("k", {&d, &u, &lock, &out}, 1, 1);
  CHECK(values_of<std::int32_t>(out) == std::vector<std::int32_t>{0, 2, 1, 5, 1, 0, 1, 0});
  CHECK(values_of<std::uint32_t>(u)[0] == 9);
}

TEST_CASE("what a work-item releases is there for whoever acquires it") {
  ModelProgram program(
      "kernel void k(global atomic_int* turn, global int* data) {"
      "  int group = get_group_id(0); if (get_local_id(0)) return;"
      "  int seen = atomic_fetch_add_explicit(turn, 1, memory_order_acq_rel, memory_scope_device);"
      "  data[seen] = 1000 + seen;"
      "  atomic_work_item_fence(CLK_GLOBAL_MEM_FENCE, memory_order_release, memory_scope_device);"
      "  atomic_store_explicit(turn + 1 + seen, 1, memory_order_relaxed, memory_scope_device);"
      "  if (seen && atomic_load_explicit(turn + seen, memory_order_acquire, memory_scope_device))"
      "    data[seen] += data[seen - 1] >= 1000 + seen - 1 ? 0 : -100000; }");
  constexpr std::size_t kGroups = 500;
  Bytes turn((kGroups + 2) * 4), data(kGroups * 4);
  program.run("k", {&turn, &data}, kGroups * 4, 4);
  const auto found = values_of<std::int32_t>(data);
  for (std::size_t i = 0; i < kGroups; ++i) REQUIRE(found[i] == static_cast<std::int32_t>(1000 + i));
}

Bytes make_pipe(std::uint32_t packet_bytes, std::uint32_t capacity) {
  Bytes bytes(isa::pipe_bytes(packet_bytes, capacity));
  const isa::PipeHeader header{packet_bytes, capacity, {}};
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

std::multiset<std::int32_t> sorted(const Bytes& bytes) {
  const auto values = values_of<std::int32_t>(bytes);
  return {values.begin(), values.end()};
}

TEST_CASE("a pipe takes packets until it is full and gives each of them once") {
  for (const auto [lanes, cas] : kMachines) {
    ModelProgram program(
        "kernel void fill(write_only pipe int p, global int* done) { int i = get_global_id(0); done[i] = "
        "write_pipe(p, &i) == 0; }"
        "kernel void count(read_only pipe int p, global int* n) { n[0] = get_pipe_num_packets(p); n[1] = "
        "get_pipe_max_packets(p); }"
        "kernel void drain(read_only pipe int p, global int* got) { int i = get_global_id(0), v = -1;"
        "  got[i] = read_pipe(p, &v) == 0 ? v : -1; }",
        lanes, true, cas);
    Bytes pipe = make_pipe(4, 200), done(300 * 4), got(150 * 4), counts(8);
    for (int round = 0; round < 3; ++round) {  // the ring wraps
      program.run("fill", {&pipe, &done}, 300, 50);
      std::multiset<std::int32_t> written, read;
      for (std::int32_t i = 0; i < 300; ++i)
        if (values_of<std::int32_t>(done)[static_cast<std::size_t>(i)]) written.insert(i);
      CHECK(written.size() == 200);
      program.run("count", {&pipe, &counts}, 1, 1);
      CHECK(values_of<std::int32_t>(counts) == std::vector<std::int32_t>{200, 200});
      program.run("drain", {&pipe, &got}, 150, 50);
      read = sorted(got);
      CHECK(read.count(-1) == 0);
      program.run("drain", {&pipe, &got}, 150, 50);
      read.merge(sorted(got));
      CHECK(read.count(-1) == 100);
      read.erase(-1);
      CHECK(read == written);
    }
  }
}

TEST_CASE("reservations of a work-item, a sub-group and a work-group hold their packets in order") {
  for (const auto lanes : {1u, 8u, 32u}) {
    ModelProgram program(
        "#define SIZE get_sub_group_size()\n"
        "kernel void fill(write_only pipe int2 p) { int i = get_global_id(0), l = get_local_id(0);"
        "  int2 v = (int2)(i, 1); reserve_id_t r = work_group_reserve_write_pipe(p, get_local_size(0));"
        "  if (is_valid_reserve_id(r)) { write_pipe(p, r, l, &v); work_group_commit_write_pipe(p, r); }"
        "  v.y = 2; r = sub_group_reserve_write_pipe(p, SIZE);"
        "  if (is_valid_reserve_id(r)) { write_pipe(p, r, get_sub_group_local_id(), &v); "
        "sub_group_commit_write_pipe(p, r); }"
        "  if (l % 5 == 0) { r = reserve_write_pipe(p, 2); if (is_valid_reserve_id(r)) {"
        "    v.y = 3; write_pipe(p, r, 0, &v); v.y = 4; write_pipe(p, r, 1, &v); commit_write_pipe(p, r); } "
        "} }"
        "kernel void drain(read_only pipe int2 p, global int* got, global int* sizes) { int l = "
        "get_local_id(0);"
        "  reserve_id_t r = work_group_reserve_read_pipe(p, get_local_size(0)); int2 v = -1;"
        "  if (is_valid_reserve_id(r)) { read_pipe(p, r, l, &v); work_group_commit_read_pipe(p, r); }"
        "  int i = get_global_id(0); got[i * 2] = v.x; got[i * 2 + 1] = v.y;"
        "  sizes[i] = read_pipe(p, r, get_local_size(0), &v) < 0; }",
        lanes);
    constexpr std::int32_t kItems = 120;  // 2 packets each and 2 for every fifth
    constexpr std::int32_t kPackets = kItems * 2 + kItems / 5 * 2;
    constexpr std::int32_t kReaders = 24;
    Bytes pipe = make_pipe(8, kPackets), got(kReaders * 8), beyond(kReaders * 4);
    program.run("fill", {&pipe}, kItems, 40);
    std::vector<std::int32_t> found;
    // One work-group after the other, so that they reserve in the order in which their results are looked at.
    for (std::int32_t read = 0; read < kPackets; read += kReaders) {
      program.run("drain", {&pipe, &got, &beyond}, kReaders, kReaders);
      for (const auto value : values_of<std::int32_t>(got)) found.push_back(value);
      for (const auto flag : values_of<std::int32_t>(beyond)) REQUIRE(flag == 1);
    }
    std::multiset<std::int32_t> seen, expected;
    for (std::size_t i = 0; i < kPackets; ++i) {
      seen.insert(found[i * 2] * 8 + found[i * 2 + 1]);
      // What was reserved together lies together.
      if (found[i * 2 + 1] == 3) REQUIRE(found[i * 2 + 2] * 8 + found[i * 2 + 3] == found[i * 2] * 8 + 4);
      if (found[i * 2 + 1] == 1 && found[i * 2] % 40) REQUIRE(found[i * 2 - 2] == found[i * 2] - 1);
    }
    for (std::int32_t i = 0; i < kItems; ++i)
      for (const std::int32_t kind : {1, 2, 3, 4})
        if (kind < 3 || i % 5 == 0) expected.insert(i * 8 + kind);
    CHECK(seen == expected);
  }
}

TEST_CASE("a reservation beyond what a pipe holds is invalid and changes nothing") {
  ModelProgram program(
      "kernel void k(write_only pipe long8 p, global int* out) { reserve_id_t r = reserve_write_pipe(p, 5), "
      "s, t;"
      "  out[0] = is_valid_reserve_id(r); s = reserve_write_pipe(p, 4); out[1] = is_valid_reserve_id(s);"
      "  t = reserve_write_pipe(p, 1); out[2] = is_valid_reserve_id(t); long8 v = 3; v.s7 = 9; out[3] = "
      "write_pipe(p, &v) < 0;"
      "  for (int i = 0; i < 4; ++i) out[4] += write_pipe(p, s, i, &v); out[5] = get_pipe_num_packets(p);"
      "  commit_write_pipe(p, s); out[6] = get_pipe_num_packets(p); }"
      "kernel void check(read_only pipe long8 p, global int* out) { long8 v = 0; out[0] = read_pipe(p, &v); "
      "out[1] = v.s0; out[2] = v.s7; }");
  Bytes pipe = make_pipe(64, 4), out(7 * 4);
  program.run("k", {&pipe, &out}, 1, 1);
  CHECK(values_of<std::int32_t>(out) == std::vector<std::int32_t>{0, 1, 0, 1, 0, 0, 4});
  program.run("check", {&pipe, &out}, 1, 1);
  CHECK(values_of<std::int32_t>(out)[1] == 3);
  CHECK(values_of<std::int32_t>(out)[2] == 9);
}

TEST_CASE("hints to the compiler change no result") {
  ModelProgram program(
      "kernel void k(global int* v, global long* w) { int i = get_global_id(0); __builtin_assume(i < 64);"
      "  if (__builtin_expect(v[i] > 3, 0)) v[i] = -v[i]; w[i] = __builtin_expect(w[i], 5L) + 1; }");
  Bytes v = bytes_of(std::vector<std::int32_t>{3, 4, 5, 0}),
        w = bytes_of(std::vector<std::int64_t>{5, 6, -1, 0});
  program.run("k", {&v, &w}, 4, 4);
  CHECK(values_of<std::int32_t>(v) == std::vector<std::int32_t>{3, -4, -5, 0});
  CHECK(values_of<std::int64_t>(w) == std::vector<std::int64_t>{6, 7, 0, 1});
}

TEST_CASE("bit fields and dot products at their edges") {
  ModelProgram program(
      "kernel void k(global const uint* in, global int* out) { uint a = in[0], b = in[1];"
      "  out[0] = bitfield_insert(a, b, 4, 8); out[1] = bitfield_insert(a, b, 0, 32); out[2] = "
      "bitfield_insert(a, b, 31, 0);"
      "  out[3] = bitfield_extract_signed(a, 28, 4); out[4] = bitfield_extract_unsigned(a, 28, 4);"
      "  out[5] = bitfield_extract_signed(a, 5, 0); out[6] = bit_reverse(a);"
      "  out[7] = (int)(bitfield_insert((ulong)a << 32, (ulong)b, 60, 4) >> 60);"
      "  char4 c = bitfield_extract_signed((char4)(0x30, -1, 8, 3), 4, 3); out[8] = as_int(c);"
      "  out[9] = bit_reverse((uchar)a);"
      "  char4 s = as_char4(a); uchar4 u = as_uchar4(b);"
      "  out[10] = dot(s, s); out[11] = dot(u, u); out[12] = dot(s, u); out[13] = dot(u, s);"
      "  out[14] = dot_4x8packed_ss_int(a, b); out[15] = dot_4x8packed_su_int(a, b); out[16] = "
      "dot_4x8packed_us_int(a, b);"
      "  out[17] = dot_4x8packed_uu_uint(a, b); out[18] = dot_acc_sat(s, s, INT_MAX - 5); out[19] = "
      "dot_acc_sat(u, u, UINT_MAX - 5);"
      "  out[20] = dot_acc_sat_4x8packed_su_int(a, b, INT_MIN); out[21] = dot_acc_sat(u, s, 1); }");
  const std::uint32_t a = 0x8a80f1c3, b = 0x80ff7f01;
  Bytes in = bytes_of(std::vector<std::uint32_t>{a, b}), out(22 * 4);
  program.run("k", {&in, &out}, 1, 1);
  const auto byte = [](std::uint32_t word, int i, bool is_signed) {
    const auto bits = static_cast<std::uint8_t>(word >> 8 * i);
    return is_signed ? static_cast<std::int8_t>(bits) : std::int32_t{bits};
  };
  const auto dot = [&](std::uint32_t x, bool x_signed, std::uint32_t y, bool y_signed) {
    std::int32_t sum = 0;
    for (int i = 0; i < 4; ++i) sum += byte(x, i, x_signed) * byte(y, i, y_signed);
    return sum;
  };
  REQUIRE(dot(a, true, b, false) < 0);
  CHECK(values_of<std::int32_t>(out) == std::vector<std::int32_t>{static_cast<std::int32_t>(0x8a80f013),
                                                                  static_cast<std::int32_t>(b),
                                                                  static_cast<std::int32_t>(a),
                                                                  -8,
                                                                  8,
                                                                  0,
                                                                  static_cast<std::int32_t>(0xc38f0151),
                                                                  1,
                                                                  0xff03,
                                                                  0xc3,
                                                                  dot(a, true, a, true),
                                                                  dot(b, false, b, false),
                                                                  dot(a, true, b, false),
                                                                  dot(b, false, a, true),
                                                                  dot(a, true, b, true),
                                                                  dot(a, true, b, false),
                                                                  dot(a, false, b, true),
                                                                  dot(a, false, b, false),
                                                                  INT32_MAX,
                                                                  -1,
                                                                  INT32_MIN,
                                                                  dot(b, false, a, true) + 1});
}

}  // namespace
}  // namespace kiesel::compiler::builtins::test
