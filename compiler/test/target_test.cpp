// What a target's properties make of programs: instructions that are there or not, and results all the same.
#include <cstring>
#include <numeric>

#include "compiler/test/run_fixture.hpp"
#include "device/isa/instruction.hpp"
#include "support/elf.hpp"

using namespace kiesel;
using namespace kiesel::compiler;
using namespace kiesel::compiler::test;

namespace {

// The instructions of a program, in their order.
std::vector<isa::Instruction> code_of(const std::vector<std::byte>& binary) {
  const auto file = ElfView::parse(binary);
  REQUIRE(file.ok());
  std::vector<isa::Instruction> code;
  for (const auto& segment : file->segments()) {
    if (!(segment.p_flags & PF_X) || segment.p_type != PT_LOAD) continue;
    for (std::uint64_t at = 0; at + 4 <= segment.p_filesz; at += 4) {
      std::uint32_t word = 0;
      std::memcpy(&word, binary.data() + segment.p_offset + at, sizeof word);
      code.push_back(isa::decode(word));
    }
  }
  return code;
}

std::size_t count(const std::vector<std::byte>& binary, std::initializer_list<isa::Op> ops) {
  std::size_t found = 0;
  for (const auto& instruction : code_of(binary))
    found += std::ranges::find(ops, instruction.op) != ops.end();
  return found;
}

Reply build_for(std::string_view source, const isa::Target& target) {
  auto request = make_request(source, "-cl-std=CL3.0");
  request.target = target;
  request.extensions = features_of(target);
  auto reply = run(request);
  INFO(reply.log);
  REQUIRE(reply.outcome == Outcome::kSuccess);
  return reply;
}

}  // namespace

TEST_CASE("hardware may start a warp again at the last five instructions of the start-up code") {
  auto quirky = target();
  for (const bool quirk : {false, true}) {
    quirky.full_last_mask = quirk;
    const auto code = code_of(build_for("kernel void k(global int* a) { a[0] = 1; }", quirky).binary);
    // The program's first five: nothing that was set before is needed, and stores are over at the end.
    const isa::Op window[] = {isa::Op::csrrs, isa::Op::ld, isa::Op::jal, isa::Op::wsync, isa::Op::tmc};
    REQUIRE(code.size() > std::size(window));
    for (std::size_t i = 0; i < std::size(window); ++i) CHECK(code[i].op == window[i]);
    CHECK(code[0].rs1 == 0);
    CHECK(code[1].rs1 == code[0].rd);
    CHECK(code[2].rd == 1);
    CHECK(code[4].rs1 == 0);
  }
}

TEST_CASE("with the quirk full-last-mask each warp sets its mask, which is the right one") {
  auto quirky = target();
  quirky.full_last_mask = true;
  Loaded program(
      build_for("kernel void k(global uint* out) { out[get_global_linear_id()] = "
                "(uint)get_local_linear_id() + 1; }",
                quirky));
  const std::uint32_t lanes = target().lanes;
  for (const std::array<std::uint32_t, 3> local :
       {std::array<std::uint32_t, 3>{1, 1, 1}, {lanes, 1, 1}, {lanes + 1, 1, 1}, {3, 5, 3}}) {
    const std::size_t items = local[0] * local[1] * local[2];
    const Buffer<std::uint32_t> out(std::vector<std::uint32_t>(items + lanes));
    check_ok(program.launch("k", {local[0], local[1], local[2]}, local, out));
    std::vector<std::uint32_t> expected(items + lanes);
    std::iota(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(items), 1U);
    CHECK(out.read() == expected);
  }
}

TEST_CASE("a barrier has a fence only where more than the work-group is to see what came before") {
  const auto fences = [](const std::string& barrier) {
    return count(
        build_for("kernel void k(global int* a) { a[0] = 1; " + barrier + "; a[1] = 2; }", isa::Target())
            .binary,
        {isa::Op::fence});
  };
  CHECK(fences("barrier(CLK_LOCAL_MEM_FENCE)") == 0);
  CHECK(fences("barrier(CLK_GLOBAL_MEM_FENCE)") == 0);
  CHECK(fences("work_group_barrier(CLK_GLOBAL_MEM_FENCE, memory_scope_work_group)") == 0);
  CHECK(fences("work_group_barrier(CLK_GLOBAL_MEM_FENCE, memory_scope_device)") == 1);
  CHECK(fences("work_group_barrier(CLK_GLOBAL_MEM_FENCE, memory_scope_all_svm_devices)") == 1);
  CHECK(fences("mem_fence(CLK_GLOBAL_MEM_FENCE)") == 1);
}

TEST_CASE("without compare and swap lanes take turns with a reservation") {
  constexpr const char* kSource =
      "kernel void k(volatile global int* a) { int old = atomic_cmpxchg(a, 0, 1); if (old) a[1] = old; }";
  auto plain = target();
  if (!have_atomics()) return;
  plain.cas = false;
  const auto reserved = build_for(kSource, plain).binary;
  CHECK(count(reserved, {isa::Op::lr_w}) == 1);
  CHECK(count(reserved, {isa::Op::sc_w}) == 1);
  CHECK(count(reserved, {isa::Op::amocas_w}) == 0);
}

TEST_CASE("with the quirk wide-group local ids are masked by the size, and are the same") {
  constexpr const char* kSource =
      "kernel void k(global uint* out) { out[get_global_linear_id()] = (uint)(get_local_id(0) + 100 * "
      "get_local_id(1) + 10000 * get_local_id(2)); }";
  auto quirky = target();
  quirky.wide_group = true;
  const auto plain = build_for(kSource, target()), mended = build_for(kSource, quirky);
  CHECK(code_of(mended.binary).size() > code_of(plain.binary).size());
  for (const std::array<std::uint32_t, 3> local :
       {std::array<std::uint32_t, 3>{16, 1, 1}, {1, 8, 1}, {2, 3, 2}, {1, 1, 4}, {4, 1, 2}}) {
    const std::uint32_t items = local[0] * local[1] * local[2];
    const Buffer<std::uint32_t> out{std::vector<std::uint32_t>(items)};
    check_ok(Loaded(mended).launch("k", {local[0], local[1], local[2]}, local, out));
    const auto values = out.read();
    for (std::uint32_t i = 0; i < items; ++i)
      CHECK(values[i] == i % local[0] + 100 * (i / local[0] % local[1]) + 10000 * (i / local[0] / local[1]));
  }
}

TEST_CASE("with the quirk mixed-access no access has lanes in local and in other memory") {
  constexpr const char* kSource = R"(
    kernel void k(global int* in, global int* out) {
      local int near[32]; int own[2]; int i = get_local_id(0);
      near[i] = 100 + i; own[0] = 200 + i; own[1] = 0; barrier(CLK_LOCAL_MEM_FENCE);
      int* p = i % 3 == 0 ? (int*)&near[i] : i % 3 == 1 ? (int*)&in[i] : own;
      *p += 1000;
      out[i] = *p;
    })";
  auto quirky = target();
  quirky.mixed_access = true;
  const auto plain = build_for(kSource, target()), parted = build_for(kSource, quirky);
  CHECK(count(parted.binary, {isa::Op::lw}) > count(plain.binary, {isa::Op::lw}));
  CHECK(count(parted.binary, {isa::Op::sw}) > count(plain.binary, {isa::Op::sw}));
  for (const auto& reply : {plain, parted}) {
    std::vector<std::int32_t> values(16), expected(16);
    for (int i = 0; i < 16; ++i) {
      values[i] = i;
      expected[i] = 1000 + (i % 3 == 0 ? 100 : i % 3 == 1 ? 0 : 200) + i;
    }
    const Buffer<std::int32_t> in(values), out(values);
    Loaded program(reply);
    check_ok(program.launch("k", {16, 1, 1}, {16, 1, 1}, in, out));
    CHECK(out.read() == expected);
  }
}

TEST_CASE("with the quirk global-atomics only atomics of global memory are reported, and they work") {
  auto quirky = target();
  if (!have_atomics()) return;
  quirky.global_atomics = true;
  CHECK(isa::opencl_level(quirky).major == 1);
  const std::string features = " " + features_of(quirky);
  const auto has = [&](const std::string& name) { return features.find(" " + name + " ") != features.npos; };
  CHECK(has("cl_khr_global_int32_base_atomics"));
  for (const char* name : {"cl_khr_local_int32_base_atomics", "cl_khr_int64_extended_atomics",
                           "__opencl_c_atomic_scope_device", "cl_ext_float_atomics"})
    CHECK_FALSE(has(name));
  Loaded program(build_for(
      "kernel void k(global uint* bins) { atomic_inc(&bins[get_global_id(0) % 4]); printf(\"\"); }", quirky));
  const Buffer<std::uint32_t> bins(std::vector<std::uint32_t>(4));
  check_ok(program.launch("k", {64, 1, 1}, {16, 1, 1}, bins));
  CHECK(bins.read() == std::vector<std::uint32_t>(4, 16));
}
