// What the SIMT lowering and code generation must keep, run on the device model.
#include <algorithm>

#include "compiler/test/run_fixture.hpp"

namespace kiesel::compiler {
namespace {

using test::Buffer;
using test::check_ok;
using test::Loaded;

constexpr std::uint32_t kFDivide = 136, kFRemainder = 140, kFModulo = 141;

// The program with every float division made another instruction: Clang has no words for remainders.
Loaded with_instruction(const char* source, std::uint32_t opcode) {
  auto words = read_spirv(test::build(source).binary).value();
  for (std::size_t at = 5; at < words.size(); at += words[at] >> 16)
    if ((words[at] & 0xffff) == kFDivide) words[at] = (words[at] & 0xffff0000) | opcode;
  auto request = test::make_request("");
  request.target = test::target();
  const auto bytes = std::as_bytes(std::span(words));
  request.inputs.emplace_back(bytes.begin(), bytes.end());
  return Loaded(test::run(request));
}

TEST_CASE("SPIR-V's float remainders are fmod with the sign of either operand") {
  constexpr const char* kSource = R"(kernel void k(global float* a, float b) {
    a[get_global_id(0)] = a[get_global_id(0)] / b; })";
  const std::vector<float> values{7.5f, -7.5f, 0.25f, 1e30f};
  const Buffer<float> remainders(values), modulos(values);
  auto remainder = with_instruction(kSource, kFRemainder);
  check_ok(remainder.launch("k", {4, 1, 1}, {4, 1, 1}, remainders, -2.0f));
  CHECK(remainders.read() == std::vector<float>{1.5f, -1.5f, 0.25f, 0.0f});
  auto modulo = with_instruction(kSource, kFModulo);
  check_ok(modulo.launch("k", {4, 1, 1}, {4, 1, 1}, modulos, -2.0f));
  CHECK(modulos.read() == std::vector<float>{-0.5f, -1.5f, -1.75f, 0.0f});
}

TEST_CASE("division by zero changes the value of that component and nothing else") {
  Loaded program(R"(
    kernel void k(global int4* out, global const int4* in, int zero) {
      size_t i = get_global_id(0);
      int4 known = in[i] / (int4)(1, 0, 3, 4);
      if (in[i].x / 0 == 5) known.z += 100; else known.z += 10;
      uchar3 narrow = convert_uchar3(in[i].xyz) / convert_uchar3((int3)(zero, 3, 1 + zero));
      known.y = narrow.y + 1000 * narrow.z + 1000000 * (in[i].x % zero == 12345);
      out[i] = known;
    })");
  const Buffer<std::int32_t> in({100, 200, 50, 40, 7, 8, 9, 12}), out(std::vector<std::int32_t>(8));
  check_ok(program.launch("k", {2, 1, 1}, {2, 1, 1}, out, in, 0));
  const auto found = out.read();
  const std::vector<std::int32_t> wanted{100, 66 + 50000, 26, 10, 7, 2 + 9000, 13, 3};
  CHECK(found == wanted);
}

TEST_CASE("a quotient that is too large changes its own value and nothing else") {
  Loaded program(R"(
    kernel void k(global int* out, int one) {
      int least = INT_MIN, minus = -1;
      for (int j = 0; j < 2; ++j) minus = -1;
      int4 known = (int4)(INT_MIN, 8, 9, 10) / (int4)(-1, 2, -3, -1);
      if (least / minus == 12345) out[0] = 1; else out[0] = 2;
      out[1] = known.y; out[2] = known.z; out[3] = known.w;
      out[4] = (one + 6) / -one; out[5] = (one + 6) % -one; out[6] = (INT_MIN + one) / -one;
      out[7] = (one - 8) / (one - 3);
    })");
  const Buffer<std::int32_t> out(std::vector<std::int32_t>(8));
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, out, 1));
  CHECK(out.read() == std::vector<std::int32_t>{2, 4, -3, -10, -7, 0, INT32_MAX, 3});
}

TEST_CASE("sub-group operations on both sides of a branch, and in a loop, see the lanes that are there") {
  if (!test::have(test::target().votes, "votes")) return;
  auto request = test::make_request(R"(
    kernel void sides(global int* out, global const int* in) {
      size_t i = get_global_id(0);
      int r;
      if (in[i] & 1) r = sub_group_any(in[i] & 2); else r = sub_group_any(in[i] & 2);
      out[i] = r;
    }
    kernel void rounds(global int* out, global const int* in) {
      size_t i = get_global_id(0);
      int sum = 0;
      for (int j = 0; j <= in[i]; ++j) sum += sub_group_any(in[i] == j);
      out[i] = sum;
    })",
                                    "-cl-std=CL3.0");
  request.target = test::model().description().target;
  request.extensions += "cl_khr_subgroups __opencl_c_subgroups ";
  Loaded program(test::run(request));
  const std::uint32_t lanes = request.target.lanes;
  std::vector<int> in(lanes), sides(lanes), rounds(lanes);
  for (std::uint32_t i = 0; i < lanes; ++i) {
    in[i] = (i % 2 ? 1 : 0) | (i == 6 ? 2 : 0);
    sides[i] = i % 2 ? 0 : 1;
  }
  const Buffer<int> input(in), output(std::vector<int>(lanes, -1));
  check_ok(program.launch("sides", {lanes, 1, 1}, {lanes, 1, 1}, output, input));
  CHECK(output.read() == sides);
  // In round j those with j or more are there: somebody has 0, 1 and 2.
  for (std::uint32_t i = 0; i < lanes; ++i) rounds[i] = in[i] + 1;
  check_ok(program.launch("rounds", {lanes, 1, 1}, {lanes, 1, 1}, output, input));
  CHECK(output.read() == rounds);
}

// A kernel that adds up `count` different numbers of each kind.
std::string literals(unsigned count) {
  std::string text = "kernel void k(global double* d, global float* f, global ulong* l) {\n";
  for (unsigned i = 0; i < count; ++i) {
    const auto number = std::to_string(i * 1.37 + 0.11);
    text += "d[0] += " + number + "; f[0] += " + number + "f; l[0] = l[0] * 3 + " +
            std::to_string(0x9E3779B97F4A7C15u * (i + 1)) + "ul;\n";
  }
  return text + "}\n";
}

std::uint64_t generation_ns(const std::string& source) {
  const auto reply = test::build(source);
  INFO(reply.log);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  for (const auto& phase : reply.phases)
    if (phase.name == "code generation") return phase.cpu_ns;
  return 0;
}

TEST_CASE("constants of every kind reach the machine code as written") {
  constexpr unsigned kCount = 300;
  double d = 0;
  float f = 0;
  std::uint64_t l = 0;
  for (unsigned i = 0; i < kCount; ++i) {
    const auto number = std::to_string(i * 1.37 + 0.11);
    d += std::stod(number);
    f += std::stof(number);
    l = l * 3 + 0x9E3779B97F4A7C15u * (i + 1);
  }
  const Buffer<double> doubles({0.0});
  const Buffer<float> floats({0.0f});
  const Buffer<std::uint64_t> longs({0});
  Loaded program(literals(kCount));
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, doubles, floats, longs));
  CHECK(doubles.read()[0] == d);
  CHECK(floats.read()[0] == f);
  CHECK(longs.read()[0] == l);
}

TEST_CASE("code generation takes time in proportion to the number of constants") {
  const auto few = generation_ns(literals(200)), many = generation_ns(literals(1600));
  CHECK(many < 20 * few);
}

// A private array with an initialiser of `count` sums.
std::string long_list(unsigned count) {
  std::string list;
  for (unsigned i = 0; i < count; ++i) list += "x + " + std::to_string(i) + ",";
  return "kernel void k(global int* a) { int x = a[0], v[] = {" + list + "}; v[a[1]] = 1; a[0] = v[a[2]]; }";
}

TEST_CASE("code generation takes time in proportion to the length of code without a branch") {
  const auto least = [](unsigned count) {  // of three, as others use the machine
    const auto source = long_list(count);
    return std::min({generation_ns(source), generation_ns(source), generation_ns(source)});
  };
  CHECK(least(16000) < 15 * least(2000));  // 20 times with blocks of any length
}

TEST_CASE("thousands of instructions without a branch, on a side of one") {
  std::string steps;
  std::array<std::uint32_t, 32> right{};
  for (std::uint32_t lane = 0; lane < 32; ++lane) right[lane] = lane;
  for (std::uint32_t i = 0; i < 1500; ++i) {
    steps += "x = (x ^ " + std::to_string(i * 77) + ") * " + std::to_string(2 * i + 3) + "; ";
    for (std::uint32_t lane = 0; lane < 32; lane += 2) right[lane] = (right[lane] ^ i * 77) * (2 * i + 3);
  }
  Loaded program("kernel void k(global uint* a) { uint x = get_local_id(0); if (x & 1) x += 5; else { " +
                 steps + "} a[get_global_id(0)] = x; }");
  const Buffer<std::uint32_t> a(std::vector<std::uint32_t>(32));
  check_ok(program.launch("k", {32, 1, 1}, {32, 1, 1}, a));
  const auto result = a.read();
  for (std::uint32_t lane = 0; lane < 32; ++lane) CHECK(result[lane] == right[lane] + (lane & 1 ? 5 : 0));
}

}  // namespace
}  // namespace kiesel::compiler
