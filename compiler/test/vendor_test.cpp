// Functions of extensions that take steps of our own on the way to SPIR-V.
#include <random>

#include "compiler/test/run_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint32_t kCount = 256;

std::vector<std::uint32_t> random_words(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint32_t> words(kCount);
  for (auto& word : words) word = static_cast<std::uint32_t>(random());
  for (std::size_t i = 0; i < 8; ++i) words[i] = std::array{0U, ~0U, 0x80808080U, 0x7f7f7f7fU}[i % 4];
  return words;
}

std::int64_t part(std::uint32_t word, int bits, int index, bool is_signed) {
  const auto value = std::int64_t{word} >> (bits * index) & ((1 << bits) - 1);
  return is_signed && value >> (bits - 1) ? value - (1 << bits) : value;
}

// In 64 bits, where nothing overflows.
std::int64_t product(std::uint32_t a, std::uint32_t b, int bits, bool is_signed) {
  std::int64_t sum = 0;
  for (int i = 0; i < 32 / bits; ++i) sum += part(a, bits, i, is_signed) * part(b, bits, i, is_signed);
  return sum;
}

std::uint32_t saturated(std::int64_t value, bool is_signed) {
  const auto first = is_signed ? std::int64_t{INT32_MIN} : 0,
             last = is_signed ? std::int64_t{INT32_MAX} : UINT32_MAX;
  return static_cast<std::uint32_t>(std::clamp(value, first, last));
}

std::int64_t widened(std::uint32_t word, bool is_signed) {
  return is_signed ? static_cast<std::int32_t>(word) : std::int64_t{word};
}

}  // namespace

TEST_CASE("Arm's dot products of bytes and of shorts, accumulated and saturated") {
  const auto a = random_words(1), b = random_words(2), c = random_words(3);
  for (const bool is_signed : {true, false}) {
    const std::string type = is_signed ? "int" : "uint", byte = is_signed ? "char4" : "uchar4",
                      pair = is_signed ? "short2" : "ushort2";
    const std::string bytes = "as_" + byte + "(a[i]), as_" + byte + "(b[i])",
                      pairs = "as_" + pair + "(a[i]), as_" + pair + "(b[i])", sum = ", (" + type + ")c[i]";
    Loaded program(
        "#pragma OPENCL EXTENSION cl_arm_integer_dot_product_int8 : enable\n"
        "kernel void k(global uint* a, global uint* b, global uint* c, global uint* out) {\n"
        "  const uint i = get_global_id(0); out += i * 4;\n"
        "  " +
        type + " r = arm_dot(" + bytes +
        "); out[0] = r;\n"
        "  r = arm_dot_acc(" +
        bytes + sum +
        "); out[1] = r;\n"
        "  r = arm_dot_acc(" +
        pairs + sum +
        "); out[2] = r;\n"
        "  r = arm_dot_acc_sat(" +
        bytes + sum + "); out[3] = r;\n}");
    Buffer<std::uint32_t> first(a), second(b), third(c), out(std::vector<std::uint32_t>(4 * kCount));
    check_ok(program.launch("k", {kCount, 1, 1}, {16, 1, 1}, first, second, third, out));
    std::vector<std::uint32_t> wanted;
    for (std::size_t i = 0; i < kCount; ++i) {
      const auto of_bytes = product(a[i], b[i], 8, is_signed), of_pairs = product(a[i], b[i], 16, is_signed);
      wanted.push_back(static_cast<std::uint32_t>(of_bytes));
      wanted.push_back(static_cast<std::uint32_t>(of_bytes + c[i]));
      wanted.push_back(static_cast<std::uint32_t>(of_pairs + c[i]));
      wanted.push_back(saturated(of_bytes + widened(c[i], is_signed), is_signed));
    }
    CHECK(out.read() == wanted);
  }
}

TEST_CASE("a program may have dot products of its own by Arm's names") {
  Loaded program(
      "int arm_dot(char4 a, char4 b) { return 7; }\n"
      "kernel void k(global int* out) { out[get_global_id(0)] = arm_dot((char4)(1), (char4)(1)); }");
  Buffer<std::uint32_t> out({0, 0});
  check_ok(program.launch("k", {2, 1, 1}, {1, 1, 1}, out));
  CHECK(out.read() == std::vector<std::uint32_t>{7, 7});
}

TEST_CASE("Arm's dot products are declared where the device reports them") {
  auto request = make_request("kernel void k(global int* out) { *out = arm_dot((char4)(1), (char4)(1)); }");
  request.extensions = "";
  const auto reply = run(request);
  CHECK(reply.outcome == Outcome::kFailed);
  CHECK_THAT(reply.log, Contains("arm_dot"));
}

namespace {

constexpr const char* kClocks = R"(
ulong work(ulong x, uint n) { for (uint i = 0; i < n; ++i) x = x * 6364136223846793005ul + 1; return x; }
kernel void k(global ulong* out, uint n) {
  const size_t i = get_global_id(0) * 3;
  const ulong first = READ;
  const ulong x = work(first, n);
  const ulong second = READ;
  const ulong y = x == 1 ? 0 : READ;
  out[i] = second - first; out[i + 1] = y - second; out[i + 2] = x;
})";

void check_clock(const std::string& read, const char* standard) {
  INFO(read << standard);
  Loaded program(kClocks, "-cl-std=" + std::string(standard) + " \"-DREAD=" + read + "\"");
  Buffer<std::uint64_t> out(std::vector<std::uint64_t>(3 * 64));
  check_ok(program.launch("k", {64, 1, 1}, {64, 1, 1}, out, std::uint32_t{20000}));
  const auto values = out.read();
  for (std::size_t i = 0; i < 64; ++i) {
    CHECK(values[3 * i] > 0);
    CHECK(values[3 * i] < 60'000'000'000);
    CHECK(values[3 * i + 1] < 60'000'000'000);
  }
}

}  // namespace

TEST_CASE("clocks go on while a kernel computes, and reads stay where they stand") {
  for (const char* standard : {"CL1.2", "CL3.0"})
    for (const char* scope : {"device", "work_group", "sub_group"}) {
      if (scope == std::string("device") && !target().counters) continue;
      if (scope == std::string("sub_group") && !target().votes) continue;
      check_clock("clock_read_" + std::string(scope) + "()", standard);
      check_clock("as_ulong(clock_read_hilo_" + std::string(scope) + "())", standard);
    }
}

TEST_CASE("work-items of a work-group read one clock") {
  Loaded program(R"(
    kernel void k(global ulong* out, local ulong* first) {
      const size_t i = get_local_id(0);
      if (i == 0) *first = clock_read_work_group();
      barrier(CLK_LOCAL_MEM_FENCE);
      out[i] = clock_read_work_group() - *first;
    })");
  Buffer<std::uint64_t> out(std::vector<std::uint64_t>(128));
  check_ok(program.launch("k", {128, 1, 1}, {128, 1, 1}, out, Local{8}));
  for (const auto later : out.read()) CHECK(later < 60'000'000'000);
}

TEST_CASE("a clock that the device does not have is not declared, or a build error") {
  isa::Target plain = target();
  plain.counters = false;
  auto request = make_request("kernel void k(global ulong* out) { *out = clock_read_device(); }");
  request.target = plain;
  request.extensions = features_of(plain);
  for (const char* standard : {"-cl-std=CL1.2", "-cl-std=CL3.0"}) {
    request.options = standard;
    const auto reply = run(request);
    CHECK(reply.outcome == Outcome::kFailed);
    CHECK_THAT(reply.log, Contains("clock"));
  }
  request.source = "kernel void k(global ulong* out) { *out = clock_read_work_group(); }";
  CHECK(run(request).outcome == Outcome::kSuccess);
}
