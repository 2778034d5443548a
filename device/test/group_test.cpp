// Work-groups of all sizes: what one warp runs alone, warps of one lane, and those whose last warp is not
// whole do what they do in the interpreter.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "device/test/machine.hpp"
#include "device/translation/encoding.hpp"

namespace kiesel::device::test {
namespace {

constexpr std::uint32_t kGroups = 5, kMost = 100;

// Each work-item hands a number to its neighbour in local memory, keeps it in private memory at a place of
// its own, adds to it by atomics, and goes round a loop as often as its local id says, between barriers.
constexpr const char* kKernel = R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  csrrs t1, group_id_x, zero
  csrrs t2, local_size_x, zero
  mul t1, t1, t2
  csrrs s2, local_id_x, zero
  add s1, t1, s2
  sh3add s0, s1, a0
  csrrs s3, group_local, zero
  csrrs s4, group_warps, zero
  csrrs s6, active_lanes, zero
  addi s5, zero, 3
  sh1add t3, s1, s1
again:
  sh3add t4, s2, s3
  sd t3, 0(t4)
  bar zero, s4
  addi t4, s2, 1
  remu t4, t4, t2
  sh3add t4, t4, s3
  ld t5, 0(t4)
  bar zero, s4
  andi t6, s2, 3
  sh3add t6, t6, sp
  sd t5, -64(t6)
  sd zero, 0(s0)
  amoadd.d t4, t5, (s0)
  amoadd.d t4, s2, (s0)
  ld t1, 0(s0)
  add t4, t4, t1
  addi t1, s2, 0
more:
  addi t4, t4, 7
  addi t1, t1, -5
  slt t5, zero, t1
  pred t5, s6
  bne t5, zero, more
  andi t5, s2, 1
  split s7, t5
  beq t5, zero, even
  ld t1, -64(t6)
  add t4, t4, t1
even:
  join s7
  amoadd.d zero, t4, (a1)
  addi t3, t4, 0
  addi s5, s5, -1
  bne s5, zero, again
  sd t3, 0(s0)
  jalr zero, 0(ra)
)";

struct Outcome {
  std::vector<std::uint64_t> out;
  std::uint64_t instructions, lane_instructions, barriers;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome(Machine& machine, std::uint32_t size) {
  std::uint64_t* out = machine.buffer(kGroups * kMost + 1);
  std::uint64_t* sum = out + kGroups * kMost;
  const auto module = machine.load(kKernel);
  Launch launch = machine.launch(module, {std::uint64_t{size} * kGroups, size},
                                 {machine.address(out), machine.address(sum)});
  launch.local_memory_bytes = kMost * 8;
  const auto status = machine.run(launch);
  INFO((status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  return {{out, sum + 1},
          machine.counter("instructions"),
          machine.counter("lane-instructions"),
          machine.counter("barriers")};
}

TEST_CASE("work-groups of all sizes do the same on both engines") {
  for (const std::uint32_t size : {1U, 2U, 7U, 16U, 31U, 32U, 33U, 45U, 64U, 65U, 100U}) {
    INFO(size);
    std::vector<std::size_t> segments;
    TranslationService service = test_service();
    if (service.translate)
      service.translate = [&, inner = service.translate](std::span<const std::byte> request) {
        auto answer = inner(request);
        if (answer) segments.push_back(translation::decode_translation(*answer)->segments.size());
        return answer;
      };
    model::Configuration configuration = *model::built_in_shape("kiesel");
    configuration.engine = model::EngineChoice::kInterpreter;
    Machine interpreter(configuration, TranslationService{});
    configuration.engine = model::EngineChoice::kTranslator;
    Machine machine(configuration, service);
    REQUIRE(outcome(machine, size) == outcome(interpreter, size));
    REQUIRE(machine.was_translated());
    REQUIRE(machine.counter("translated warps given back") == 0);
    // A warp that is the whole work-group goes on at its barriers.
    for (const std::size_t count : segments) REQUIRE((count == 1) == (size <= configuration.target.lanes));
  }
}

}  // namespace
}  // namespace kiesel::device::test
