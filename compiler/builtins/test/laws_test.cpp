// What must hold of builtins whose results are numbers at the ends of a range, as conditions in a kernel: an
// optimiser that takes such a result for undefined, or for smaller than it is, answers otherwise.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "compiler/builtins/test/model_program.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

const char* const kConversions[] = {
    "(I(VALUE) > 0) + (I(VALUE) == 0) + (I(VALUE) < 0) == 1",
    "I(VALUE) == I(VALUE) + zero",
    "(uint)I(VALUE) == (uint)(long)I(VALUE)",
    "(I(VALUE) >= 0) == ((uint)I(VALUE) >> 31 == 0)",
    "(convert_uint(VALUE) >= 0x80000000u) + (convert_uint(VALUE) < 0x80000000u) == 1",
    "(convert_long(VALUE) < 0) == ((ulong)convert_long(VALUE) >> 63 == 1)",
    "(int)convert_char(VALUE) >= -128 && (int)convert_char(VALUE) <= 127",
    "(int)convert_char(VALUE) == (int)(char)(zero + (int)convert_char(VALUE))",
    "(int)(uchar)VALUE >= 0 && (int)(uchar)VALUE <= 255",
    "(int)convert_ushort(VALUE) >= 0 && (int)convert_ushort(VALUE) < 65536",
    "convert_int2((float2)(VALUE, one)).y == 1",
};

const char* const kInfinite[] = {
    "convert_int_sat(big) == INT_MAX",
    "convert_int_sat(-big) == INT_MIN",
    "convert_int_sat(-big) >> 31 == -1",
    "convert_uint_sat(big) >> 31 == 1",
    "convert_uint_sat(-inf) == 0",
    "convert_long_sat(nan_) == 0",
    "convert_long_sat(-big) >> 63 == -1",
    "convert_ulong_sat(big) >> 63 == 1",
    "convert_char_sat(-inf) == -128",
    "convert_uchar_sat(big) >> 7 == 1",
    "convert_short_sat(inf) > 32766",
    "convert_ushort_sat(big) == 65535",
    "convert_short4_sat((float4)(-inf, inf, nan_, big)).s0 < -32767",
};

const char* const kExponents[] = {
    "ilogb((FLOAT)zero) == FP_ILOGB0 && ilogb((FLOAT)zero) < -1000",
    "ilogb((FLOAT)nan_) == FP_ILOGBNAN",
    "ilogb((FLOAT)inf) == INT_MAX",
    "ilogb((FLOAT)inf) > 100000",
    "(uint)ilogb(-(FLOAT)inf) >> 31 == 0",
    "ldexp((FLOAT)1, imax) == INFINITY",
    "ldexp((FLOAT)1, imin) == 0",
    "ldexp(-(FLOAT)1, imin) == 0 && signbit(ldexp(-(FLOAT)1, imin))",
    "ldexp((FLOAT)zero, imax) == 0",
    "pown((FLOAT)2, imax) == INFINITY",
    "pown((FLOAT)2, imin) == 0",
    "pown((FLOAT)nan_, zero) == 1",
    "pown((FLOAT)-1, imin) == 1 && pown((FLOAT)-1, imax) == -1",
    "rootn(-(FLOAT)zero, -3) == -INFINITY",
    "isnan(rootn((FLOAT)2, zero))",
    "frexp((FLOAT)zero, &e) == 0 && e == 0",
    "fabs(frexp((FLOAT)0.75f, &e)) < 1 && e == 0",
    "frexp((FLOAT)inf, &e) == INFINITY",
    "isnan(frexp((FLOAT)nan_, &e))",
    "isnan((FLOAT)nan_) + isinf(-(FLOAT)inf) * 2 + signbit(-(FLOAT)inf) * 4 == 7",
    "isgreater((FLOAT)nan_, (FLOAT)1) + !((FLOAT)nan_ <= (FLOAT)1) * 2 == 2",
    "isunordered((FLOAT)nan_, (FLOAT)1) == 1 && isordered((FLOAT)nan_, (FLOAT)1) == 0",
    "sign((FLOAT)nan_) == 0",
};

const char* const kVectors[] = {
    "isnan((float2)(nan_, one)).x == -1 && isnan((float2)(nan_, one)).y == 0",
    "(isless((float2)(nan_, 0), (float2)(1, 1)).y >> 31) == -1",
    "select((int2)(1), (int2)(2), (int2)(imin, imax)).x == 2",
    "select((int2)(1), (int2)(2), (int2)(imin, imax)).y == 1",
    "((char4)((char)imin, 1, 0, (char)-one) ? (char4)(5) : (char4)(9)).s3 == 5",
    "any((int2)(0, imin)) == 1 && any((int2)(imax, 1)) == 0",
    "all((int2)(imin, -1)) == 1 && all((int2)(imin, imax)) == 0",
    "shuffle((int4)(10, 11, 12, 13), (uint4)(4, 5, 6, 7) + (uint)zero).x == 10",
    "shuffle((int4)(10, 11, 12, 13), (uint4)(0xffffffffu) * (uint)one).w == 13",
    "shuffle2((char2)(1, 2), (char2)(3, 4), (uchar4)(255, 4, 2, 128) + (uchar)zero).s0 == 4",
    "shuffle2((char2)(1, 2), (char2)(3, 4), (uchar4)(255, 4, 2, 128) + (uchar)zero).s1 == 1",
    "-(((float2)(one, zero) < (float2)(2, 0)).x) == 1",
    "convert_float2(convert_uint2((float2)(one, zero) < (float2)(2, 0)) >> 31).x == 1.0f",
    "convert_float2(abs((float2)(one, zero) < (float2)(2, 0))).y == 0.0f",
};

const char* const kBits[] = {
    "as_int(-(float)zero) == INT_MIN && as_int(-(float)zero) < 0",
    "as_uint(-inf) >> 31 == 1",
    "isnan(nan((uint)imin)) && isnan(nan(~(uint)zero)) && isnan(nan((ulong)lmin))",
    "(as_uint(nan((uint)zero)) & 0x7fffffffu) > 0x7f800000u",
    "vload_half(0, halves) == -65504.0f",
    "as_int(vload_half(1, halves)) < 0",
    "imin / one == INT_MIN && imin % one == 0 && lmin / one == LONG_MIN",
    "(imin >> 31) == -1 && ((uint)imin >> 31) == 1",
    "(one << (32 + zero)) == 1 && (one << (33 + zero)) == 2 && (imin >> (zero - 1)) == -1",
    "((long)one << (64 + zero)) == 1 && (1 << 33) == 2 && (1L << 65) == 2",
    "((int2)(one) << (int2)(33, 32)).x == 2 && ((char2)((char)one) << (char2)(9)).x == 2",
    "((uchar4)((uchar)255) >> (uchar4)(15)).y == 1",
    "get_local_size(3 + zero) == 1 && get_local_id(imax) == 0 && get_global_size(~0u * one) == 1",
};

const char* const kDots[] = {
    "dot((char4)(-128), (char4)(-128 * one)) == 65536",
    "(dot((char4)(-128), (char4)(127 * one)) >> 31) == -1",
    "dot((uchar4)(255), (uchar4)(255 * one)) > 260000u",
    "dot_acc_sat((char4)(-128), (char4)(-128 * one), imax) == INT_MAX",
    "dot_acc_sat((char4)(-128), (char4)(127 * one), imin) == INT_MIN",
    "dot_acc_sat((uchar4)(255), (uchar4)(255 * one), 0xffffffffu) >> 31 == 1",
    "dot_4x8packed_ss_int(0x80808080u * (uint)one, 0x80808080u) == 65536",
    "dot_acc_sat_4x8packed_uu_uint(~0u * (uint)one, ~0u, 0xffffff00u) == 0xffffffffu",
};

const char* const kShared[] = {
    "(atomic_xchg(p, imin), atomic_sub(p, 1) == INT_MIN) && atomic_add(p, 1) == INT_MAX && "
    "atomic_min(p, 0) == INT_MIN && atomic_max(p, imax) == INT_MIN && atomic_inc(p) == INT_MAX && "
    "atomic_dec(p) == INT_MIN && atomic_dec(p) > 0",
    "(atomic_xchg((global uint*)p, 0u), atomic_dec((global uint*)p) == 0) && "
    "atomic_inc((global uint*)p) == 0xffffffffu",
    "sub_group_reduce_add(imax) == (int)(get_sub_group_size() * (uint)imax)",
    "sub_group_reduce_add(imax) < 0",
    "(uint)sub_group_scan_inclusive_add(imax) == (get_sub_group_local_id() + 1u) * 0x7fffffffu",
    "(sub_group_scan_inclusive_add(imax) < 0) == (get_sub_group_local_id() % 2 == 1)",
    "sub_group_reduce_min(imin) == INT_MIN && sub_group_reduce_max(lmax) == LONG_MAX",
    "sub_group_scan_exclusive_max(imax) == (get_sub_group_local_id() ? INT_MAX : INT_MIN)",
    "sub_group_scan_exclusive_min(imin) == (get_sub_group_local_id() ? INT_MIN : INT_MAX)",
    "sub_group_scan_exclusive_max((uint)imin) == (get_sub_group_local_id() ? 0x80000000u : 0u)",
    "work_group_reduce_add(imax) < 0 && work_group_reduce_add(lmax) < 0",
    "work_group_reduce_min(imin) == INT_MIN && work_group_reduce_max((ulong)lmin) >> 63 == 1",
    "(work_group_scan_inclusive_add(imax) < 0) == (get_local_id(0) % 2 == 1)",
    "work_group_scan_exclusive_min(lmin) == (get_local_id(0) ? LONG_MIN : LONG_MAX)",
};

std::vector<std::string> list(const char* const* begin, const char* const* end) { return {begin, end}; }

void replace_word(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// The same for each word that may stand in the place of another one.
std::vector<std::string> with(const std::vector<std::string>& laws, const std::string& word,
                              const std::vector<std::string>& meanings) {
  std::vector<std::string> all;
  for (const std::string& meaning : meanings)
    for (std::string law : laws) {
      replace_word(law, word, meaning);
      all.push_back(law);
    }
  return all;
}

#define LIST(laws) list(std::begin(laws), std::end(laws))

std::vector<std::string> all_laws() {
  std::vector<std::string> all;
  const auto add = [&all](const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  const auto conversions = with(LIST(kConversions), "I(", {"(int)(", "convert_int(", "convert_int_rte("});
  add(with(conversions, "VALUE", {"big", "(-big)", "inf", "(-inf)", "nan_", "(double)big", "(half)inf"}));
  add(LIST(kInfinite));
  add(with(LIST(kExponents), "FLOAT", {"float", "double"}));
  add(LIST(kVectors));
  add(LIST(kBits));
  add(LIST(kDots));
  add(LIST(kShared));
  return all;
}

// The values come from memory, or are constants in the kernel.
constexpr const char* kFromMemory =
    "  const int zero = ints[0], one = ints[1], imin = ints[2], imax = ints[3];\n"
    "  const long lmin = longs[0], lmax = longs[1];\n"
    "  const float nan_ = floats[0], inf = floats[1], big = floats[2];\n";
constexpr const char* kConstants =
    "  const int zero = 0, one = 1, imin = INT_MIN, imax = INT_MAX;\n"
    "  const long lmin = LONG_MIN, lmax = LONG_MAX;\n"
    "  const float nan_ = NAN, inf = INFINITY, big = 3e38f;\n";

std::string source(const std::vector<std::string>& laws, const char* values) {
  std::string made =
      "#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n"
      "kernel void k(global const int* ints, global const long* longs, global const float* floats,\n"
      "              global const half* halves, global int* counters, global uint* holds) {\n" +
      std::string(values) +
      "  const size_t i = get_global_id(0), n = get_global_size(0);\n"
      "  global int* const p = counters + i;\n  int e;\n";
  for (std::size_t k = 0; k < laws.size(); ++k)
    made += "  if (" + laws[k] + ") holds[" + std::to_string(k) + " * n + i] = 1u;\n";
  return made + "}\n";
}

void check(const char* values) {
  constexpr std::size_t kItems = 4;
  const auto laws = all_laws();
  using Int = std::numeric_limits<std::int32_t>;
  using Long = std::numeric_limits<std::int64_t>;
  Bytes ints = bytes_of<std::int32_t>({0, 1, Int::min(), Int::max()});
  Bytes longs = bytes_of<std::int64_t>({Long::min(), Long::max()});
  Bytes floats = bytes_of<float>({std::nanf(""), std::numeric_limits<float>::infinity(), 3e38f});
  Bytes halves = bytes_of<std::uint16_t>({0xfbff, 0x8000});
  Bytes counters(kItems * 4), holds(laws.size() * kItems * 4);
  ModelProgram program(source(laws, values));
  program.run("k", {&ints, &longs, &floats, &halves, &counters, &holds}, kItems, kItems);
  const auto found = values_of<std::uint32_t>(holds);
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO("work-item " << i % kItems << ": " << laws[i / kItems]);
    CHECK(found[i] == 1);
  }
}

TEST_CASE("what must hold of results holds, of values from memory") { check(kFromMemory); }
TEST_CASE("what must hold of results holds, of constants") { check(kConstants); }

}  // namespace
}  // namespace kiesel::compiler::builtins::test
