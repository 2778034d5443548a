// How fast the model runs: latency of an empty launch, and lane-instructions a second on small kernels.
#include <benchmark/benchmark.h>

#include <cstring>

#include "device/test/machine.hpp"
#include "device/translation/encoding.hpp"

namespace {

using namespace kiesel;
using namespace kiesel::device;
using device::test::Machine;

constexpr const char* kPrologue = R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  ld a2, 144(t0)
  csrrs t1, group_id_x, zero
  csrrs t2, local_size_x, zero
  mul t1, t1, t2
  csrrs t2, local_id_x, zero
  add s1, t1, t2
)";

struct Kernel {
  const char* name;
  const char* body;
};
constexpr Kernel kKernels[] = {
    {"saxpy", R"(
      sh2add t3, s1, a0
      sh2add t4, s1, a1
      flw fa0, 0(t3)
      flw fa1, 0(t4)
      fmadd.s fa1, fa0, fa0, fa1
      fsw fa1, 0(t4)
      jalr zero, 0(ra))"},
    {"fmadd loop", R"(
      addi t5, zero, 500
    .loop:
      fmadd.s fa1, fa0, fa2, fa1
      fmadd.s fa3, fa0, fa2, fa3
      addi t5, t5, -1
      bne t5, zero, .loop
      jalr zero, 0(ra))"},
    {"integer loop", R"(
      addi t5, zero, 500
      addi t3, s1, 0
    .loop:
      addw t3, t3, t5
      xor t4, t3, s1
      roriw t3, t4, 7
      and t4, t4, t3
      addw t3, t4, t3
      addi t5, t5, -1
      bne t5, zero, .loop
      sh2add t4, s1, a1
      sw t3, 0(t4)
      jalr zero, 0(ra))"},
    {"sgemm inner loop", R"(
      addi t5, zero, 500
      addi t3, a0, 0
      sh2add t4, s1, a1
      fmv.w.x fa1, zero
    .loop:
      flw fa0, 0(t3)
      flw fa2, 0(t4)
      fmadd.s fa1, fa0, fa2, fa1
      addi t3, t3, 4
      addi t4, t4, 4
      addi t5, t5, -1
      bne t5, zero, .loop
      jalr zero, 0(ra))"},
    {"gather loop", R"(
      addi t5, zero, 500
      addi t3, s1, 0
    .loop:
      andi t4, t3, 2047
      sh2add t4, t4, a1
      lw t3, 0(t4)
      addw t3, t3, t5
      mulw t3, t3, s1
      addi t5, t5, -1
      bne t5, zero, .loop
      jalr zero, 0(ra))"},
    {"stack loop", R"(
      addi t5, zero, 500
    .loop:
      sd s1, -16(sp)
      ld t3, -16(sp)
      sw t3, -24(sp)
      flw fa0, -24(sp)
      addi t5, t5, -1
      bne t5, zero, .loop
      jalr zero, 0(ra))"},
    {"divergent loop", R"(
      andi t5, s1, 31
      addi t5, t5, 100
      csrrs t4, active_lanes, zero
    .loop:
      fmadd.s fa1, fa0, fa2, fa1
      fmul.s fa3, fa1, fa1
      fadd.s fa3, fa3, fa2
      addi t5, t5, -1
      sltu t3, zero, t5
      pred t3, t4
      bne t3, zero, .loop
      jalr zero, 0(ra))"},
};

std::uint64_t counter(const Machine& machine, std::string_view name) {
  for (const Counter& c : const_cast<Machine&>(machine).device().counters())
    if (c.name == name) return c.value;
  return 0;
}

void run_kernel(benchmark::State& state, const Kernel& kernel, model::HostLevel level) {
  Machine machine(static_cast<unsigned>(state.range(0)), 32, 1, level);
  constexpr std::uint32_t kItems = 4096;
  std::uint64_t* a = machine.buffer(kItems * 2);
  std::uint64_t* b = machine.buffer(kItems * 2);
  const auto module = machine.load(std::string(kPrologue) + kernel.body);
  const auto local = static_cast<std::uint32_t>(state.range(0)) * 8;
  const auto before = counter(machine, "lane-instructions"), warp_before = counter(machine, "instructions");
  for (auto _ : state) {
    const auto status = machine.run(module, {kItems, local}, {machine.address(a), machine.address(b)});
    if (!status.ok()) state.SkipWithError(status.error().reason.c_str());
  }
  const auto rate = [&](std::uint64_t count) {
    return benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsRate);
  };
  state.counters["lane_instr"] = rate(counter(machine, "lane-instructions") - before);
  state.counters["warp_instr"] = rate(counter(machine, "instructions") - warp_before);
}

void empty_launch(benchmark::State& state) {
  Machine machine(32, 32, static_cast<unsigned>(state.range(0)));
  const auto module = machine.load("kernel:\n jalr zero, 0(ra)");
  const auto launch = machine.launch(module, {32, 32});
  for (auto _ : state) benchmark::DoNotOptimize(machine.run(launch).ok());
}
BENCHMARK(empty_launch)->Arg(1)->Arg(2)->UseRealTime();

void chained_launches(benchmark::State& state) {
  Machine machine(32, 32, 2);
  const auto module = machine.load("kernel:\n jalr zero, 0(ra)");
  const auto launch = machine.launch(module, {32, 32});
  for (auto _ : state) {
    std::atomic<int> left{100};
    std::function<void(const Completion&)> next = [&](const Completion&) {
      if (--left > 0) machine.device().submit(launch, next);
    };
    machine.device().submit(launch, next);
    while (left > 0) machine.device().help();
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(chained_launches)->UseRealTime();

void submit_only(benchmark::State& state) {
  Machine machine(32, 32, 2);
  const auto module = machine.load("kernel:\n jalr zero, 0(ra)");
  const auto launch = machine.launch(module, {32, 32});
  std::atomic<int> pending{0};
  for (auto _ : state) {
    ++pending;
    machine.device().submit(launch, [&](const Completion&) { --pending; });
  }
  while (pending > 0) machine.device().help();
}
BENCHMARK(submit_only)->UseRealTime();

void tiny_groups(benchmark::State& state) {
  Machine machine(32, 32, 1);
  const auto module = machine.load("kernel:\n jalr zero, 0(ra)");
  const auto launch = machine.launch(module, {100000, 1});
  for (auto _ : state) benchmark::DoNotOptimize(machine.run(launch).ok());
  state.SetItemsProcessed(state.iterations() * 100000);
}
BENCHMARK(tiny_groups)->UseRealTime();

#if defined(__x86_64__)
// A translation whose only segment returns at once: what a warp costs besides its code.
translation::TranslationService ending_at_once() {
  return {[](std::span<const std::byte>) -> Result<std::vector<std::byte>> {
            translation::Translation translation;
            for (const unsigned byte : {0x31u, 0xC0u, 0xC3u})  // xor eax, eax; ret: Exit::kEnded
              translation.code.push_back(static_cast<std::byte>(byte));
            translation.segments = {{0, 0, {}}};
            return translation::encode(translation);
          },
          ""};
}

// Work-groups of so many warps.
void translated_warps(benchmark::State& state) {
  model::Configuration configuration = *model::built_in_shape("kiesel");
  configuration.engine = model::EngineChoice::kTranslator;
  Machine machine(configuration, ending_at_once());
  const auto module = machine.load("kernel:\n jalr zero, 0(ra)");
  const std::uint64_t group = static_cast<std::uint64_t>(state.range(0)) * 32, warps = 32000;
  const auto launch = machine.launch(module, {warps * 32, static_cast<std::uint32_t>(group)});
  for (auto _ : state) benchmark::DoNotOptimize(machine.run(launch).ok());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(warps));
}
BENCHMARK(translated_warps)->Arg(1)->Arg(2)->Arg(8)->Arg(32)->MeasureProcessCPUTime();
#endif

}  // namespace

int main(int argc, char** argv) {
  for (const Kernel& kernel : kKernels) {
    for (const auto& [level, name] :
         {std::pair(model::HostLevel::kV4, "/best"), std::pair(model::HostLevel::kV3, "/v3"),
          std::pair(model::HostLevel::kBase, "/base")})
      benchmark::RegisterBenchmark((std::string(kernel.name) + name).c_str(), run_kernel, kernel, level)
          ->Arg(32)
          ->Unit(benchmark::kMicrosecond)
          ->MeasureProcessCPUTime();
    benchmark::RegisterBenchmark((std::string(kernel.name) + "/best").c_str(), run_kernel, kernel,
                                 model::HostLevel::kV4)
        ->Arg(8)
        ->Arg(64)
        ->Unit(benchmark::kMicrosecond)
        ->MeasureProcessCPUTime();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
