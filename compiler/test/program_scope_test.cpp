// Program-scope variables (OpenCL C 6.7.1): initialised by the linker and the loader, kept between launches.
#include "compiler/test/run_fixture.hpp"

using namespace kiesel;
using namespace kiesel::compiler::test;

namespace {

constexpr const char* kStandard = "-cl-std=CL3.0";
using Ints = std::vector<std::int32_t>;

std::vector<std::byte> compile_one(std::string_view source) {
  auto request = make_request(source, kStandard);
  request.operation = compiler::Operation::kCompile;
  return run(request).binary;
}

compiler::Reply link(std::vector<std::vector<std::byte>> inputs) {
  auto request = make_request("");
  request.operation = compiler::Operation::kLink;
  request.target = target();
  request.inputs = std::move(inputs);
  return run(request);
}

}  // namespace

TEST_CASE("program-scope variables keep their values between launches and kernels") {
  if (!have_atomics()) return;
  constexpr const char* kSource =
      "global int count = 40; global atomic_int hits; int plain = 2; global ulong4 wide = (ulong4)(1, 2, 3, "
      "4);"
      "kernel void add(int n) { atomic_fetch_add_explicit(&hits, n, memory_order_relaxed, "
      "memory_scope_device); if (get_global_id(0) == 0) { count += n; plain *= 2; wide.w += n; } }"
      "int next(void) { static int calls = 100; return ++calls; }"
      "kernel void get(global int* out) { out[0] = count; out[1] = atomic_load_explicit(&hits, "
      "memory_order_relaxed, memory_scope_device); out[2] = plain; out[3] = next(); out[4] = (int)wide.w; }";
  Loaded program(kSource, kStandard), other(kSource, kStandard);
  Buffer<std::int32_t> out(Ints(5));
  for (int n = 1; n <= 3; ++n) check_ok(program.launch("add", {64, 1, 1}, {32, 1, 1}, n));
  check_ok(program.launch("get", {1, 1, 1}, {1, 1, 1}, out));
  CHECK(out.read() == Ints{46, 6 * 64, 16, 101, 10});
  check_ok(program.launch("get", {1, 1, 1}, {1, 1, 1}, out));
  CHECK(out.read() == Ints{46, 6 * 64, 16, 102, 10});
  check_ok(other.launch("get", {1, 1, 1}, {1, 1, 1}, out));
  CHECK(out.read() == Ints{40, 0, 2, 101, 4});
}

TEST_CASE("initialisers may hold addresses of other variables") {
  Loaded program(
      "typedef struct Node { int value; global struct Node* next; } Node;"
      "constant int table[4] = {10, 20, 30, 40}; constant int* constant rows[2] = {table + 1, &table[3]};"
      "global Node last = {3, 0}; global Node first = {1, &last}; global Node* global head = &first;"
      "global int* global inside = &first.value; int* anything = &last.value; global int numbers[3] = {7, 8, "
      "9};"
      "global int* global end = numbers + 3; constant char* constant names[2] = {\"ab\", \"xyz\"};"
      "kernel void k(global int* out) { out[0] = head->value; out[1] = head->next->value; out[2] = *rows[0];"
      "  out[3] = *rows[1]; *anything += 4; out[4] = last.value; out[5] = *inside; out[6] = end[-1];"
      "  out[7] = names[get_global_id(0)][0] + names[1 - get_global_id(0)][2]; *inside = 5; out[8] = "
      "first.value;"
      "  head = &last; head->next = &first; }",
      kStandard);
  Buffer<std::int32_t> out(Ints(9));
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, out));
  CHECK(out.read() == Ints{1, 3, 20, 40, 7, 1, 9, 'a' + 'z', 5});
  check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, out));
  CHECK(out.read() == Ints{7, 5, 20, 40, 11, 5, 9, 'a' + 'z', 5});
}

TEST_CASE("large tables in constant and global memory") {
  std::string table = "{";
  for (int i = 0; i < 20000; ++i) table += std::to_string(i * 7) + ",";
  table += "}";
  Loaded program(
      "constant int fixed[20000] = " + table +
          "; global int room[1 << 20]; global int some[20000] = " + table +
          "; kernel void k(global int* out, int at) { int i = get_global_id(0); room[i << 14] += i;"
          "  some[i] -= fixed[i + at]; out[i] = some[i] * 1000 + room[i << 14]; }",
      kStandard);
  Buffer<std::int32_t> out(Ints(64));
  check_ok(program.launch("k", {64, 1, 1}, {64, 1, 1}, out, 1));
  check_ok(program.launch("k", {64, 1, 1}, {64, 1, 1}, out, 19000));
  const auto result = out.read();
  for (int i = 0; i < 64; ++i) CHECK(result[i] == (i * 7 - (i + 1) * 7 - (i + 19000) * 7) * 1000 + 2 * i);
  CHECK(program.program().global_variable_bytes == (1 << 22) + 80000);
}

TEST_CASE("tables of more elements than one instruction of SPIR-V takes") {
  std::string numbers, text;
  for (int i = 0; i < 70000; ++i) {
    numbers += std::to_string(i % 1000) + ",";
    text += static_cast<char>('a' + i % 26);
  }
  const std::string tables = "constant ushort table[70000] = {" + numbers + "}; constant char text[] = \"" +
                             text +
                             "\"; constant ushort* constant inside = table + 69000; global int zeros[70000];";
  constexpr const char* kKernel =
      "kernel void k(global int* out, int i) { out[0] = table[i]; out[1] = text[i]; out[2] = inside[999];"
      "  out[3] = ++zeros[i]; out[4] = text[70000]; }";
  Buffer<std::int32_t> out(Ints(5));
  const Ints expected{999, 'a' + 69999 % 26, 999, 1, 0};
  Loaded whole(tables + kKernel, kStandard);
  check_ok(whole.launch("k", {1, 1, 1}, {1, 1, 1}, out, 69999));
  CHECK(out.read() == expected);
  const auto user =
      compile_one(std::string("extern constant ushort table[70000]; extern constant char text[70001];"
                              "extern global int zeros[70000]; extern constant ushort* constant inside;") +
                  kKernel);
  Loaded linked(link({user, compile_one(tables)}));
  check_ok(linked.launch("k", {1, 1, 1}, {1, 1, 1}, out, 69999));
  CHECK(out.read() == expected);
}

TEST_CASE("initialisers may hold addresses of another program's variables, in any order") {
  const auto user = compile_one(
      "extern global int value; extern global int* global there; typedef struct { int n; global int* p[2]; } "
      "S;"
      "global int* global here = &value; global S s = {4, {&value, (global int*)&here}};"
      "global int* global* global far = &there; kernel void k(global int* out) {"
      "  out[0] = *here; out[1] = *s.p[0]; out[2] = **far; out[3] = s.n; *here += 1; }");
  const auto owner = compile_one("global int value = 5; global int* global there = &value;");
  Buffer<std::int32_t> out(Ints(4));
  for (const auto& inputs : {std::vector{user, owner}, std::vector{owner, user}}) {
    Loaded program(link(inputs));
    check_ok(program.launch("k", {1, 1, 1}, {1, 1, 1}, out));
    CHECK(out.read() == Ints{5, 5, 5, 4});
  }
}

TEST_CASE("static functions and variables of linked programs stay their own") {
  const auto part = [](const std::string& kernel, const std::string& text) {
    return compile_one("static global int n = " + std::to_string(text.size()) +
                       "; static constant char t[] = \"" + text +
                       "\"; static int f(void) { return t[0] * 100 + n++; } kernel void " + kernel +
                       "(global int* out) { out[0] = f(); }");
  };
  Loaded program(link({part("one", "a"), part("two", "bcd"),
                       compile_one("static int one(void) { return 7; } static global int f = 3;"
                                   "kernel void t(global int* out) { out[0] = one() + f; }")}));
  Buffer<std::int32_t> out(Ints(1));
  const auto result = [&](const char* kernel) {
    check_ok(program.launch(kernel, {1, 1, 1}, {1, 1, 1}, out));
    return out.read()[0];
  };
  CHECK(result("one") == 'a' * 100 + 1);
  CHECK(result("two") == 'b' * 100 + 3);
  CHECK(result("one") == 'a' * 100 + 2);
  CHECK(result("t") == 10);
}

TEST_CASE("the size of program-scope variables counts what is never used") {
  const auto reply = build(
      "global int used = 1; global char unused[100]; constant int fixed[50] = {1};"
      "kernel void k(global int* out) { *out = used + fixed[get_global_id(0)]; }",
      kStandard);
  Loaded program(reply);
  CHECK(program.program().global_variable_bytes == 104);
}

TEST_CASE("a variable larger than the device allows is a build error with the numbers") {
  const auto reply =
      build("global char huge[1 << 30]; kernel void k(global char* o) { *o = huge[5]; }", kStandard);
  CHECK(reply.outcome == compiler::Outcome::kFailed);
  CHECK_THAT(reply.log, Catch::Contains("'huge'") && Catch::Contains("16777216"));
}

TEST_CASE("an initialiser that leads back to its own variable is a build error") {
  for (const char* source : {"typedef struct L { global struct L* next; } L; global L loop = {&loop};",
                             "extern global int* global b; global int* global* a = (global int* global*)&b;"
                             "global int* global b = (global int*)&a;"}) {
    const auto reply = build(source, kStandard);
    CHECK(reply.outcome == compiler::Outcome::kFailed);
    CHECK_THAT(reply.log, Catch::Contains("leads back to its own address"));
  }
}
