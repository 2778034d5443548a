// Loops that lanes leave one by one.
#include <catch2/catch.hpp>
#include <string>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

constexpr std::uint32_t kItems = 64, kWords = 256, kMostTrips = 190;

std::uint64_t trips(std::uint64_t item) { return item * item % kMostTrips + 1; }

// A work-item whose number is no multiple of 3 walks over words from its own one on, each the number of a
// word that is added where it is odd; `otherwise` is done where it is even.
std::string walk(const char* otherwise) {
  return std::string(R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  csrrs s1, local_id_x, zero
  sh3add s0, s1, a0
  addi t3, zero, 0
  addi t2, zero, 3
  remu t4, s1, t2
  sltu t4, zero, t4
  split s8, t4
  beq t4, zero, skip
  mul t1, s1, s1
  addi t2, zero, 190
  remu t1, t1, t2
  sh2add s2, s1, a1
  csrrs s4, active_lanes, zero
again:
  lw t4, 0(s2)
  sh2add t5, t4, a1
  lw t6, 0(t5)
  andi s3, t6, 1
  split s5, s3
  beq s3, zero, even
  add t3, t3, t6
  jal zero, together
even:
)") + otherwise +
         R"(
together:
  join s5
  addi s2, s2, 4
  sltu s6, zero, t1
  addi t1, t1, -1
  pred s6, s4
  bne s6, zero, again
skip:
  join s8
  sd t3, 0(s0)
  jalr zero, 0(ra)
)";
}

struct Outcome {
  std::vector<std::uint64_t> out;
  std::uint64_t instructions, lane_instructions;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome(Machine& machine, const std::string& kernel, std::uint32_t size) {
  std::uint64_t* out = machine.buffer(2 * kItems);
  auto* in = reinterpret_cast<std::uint32_t*>(machine.buffer(kWords / 2));
  const auto* far = reinterpret_cast<std::uint32_t*>(machine.buffer(kWords / 2));  // zeros
  for (std::uint32_t i = 0; i < kWords; ++i) in[i] = (i * 37 + i / 7) % kWords;
  // Some numbers are of words of another allocation.
  for (std::uint32_t i = 5; i < kWords; i += 11) in[i] = static_cast<std::uint32_t>(far - in + i);
  const auto status =
      machine.run(machine.load(kernel), {size, size}, {machine.address(out), machine.address(in)});
  INFO((status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  for (std::uint64_t i = 0; i < size; ++i) {
    std::uint32_t sum = 0;
    for (std::uint64_t k = 0; i % 3 && k < trips(i); ++k)
      if (const std::uint32_t word = in[static_cast<std::int32_t>(in[i + k])]; word % 2) sum += word;
    REQUIRE(static_cast<std::uint32_t>(out[i]) == sum);
  }
  return {{out, out + 2 * kItems}, machine.counter("instructions"), machine.counter("lane-instructions")};
}

TEST_CASE("lanes that leave a loop one by one do what they do in the interpreter, and count as there") {
  struct Host {
    unsigned lanes;
    std::uint32_t size;
    model::HostLevel level;
  };
  constexpr Host kHosts[] = {{32, 64, model::HostLevel::kV3},
                             {32, 45, model::HostLevel::kV3},
                             {8, 64, model::HostLevel::kBase},
                             {64, 64, model::HostLevel::kV4}};
  for (const char* otherwise : {"", "  slli s7, t6, 32\n  add t3, t3, s7\n", "  sd t6, 512(s0)\n"})
    for (const Host& host : kHosts) {
      const std::string kernel = walk(otherwise);
      INFO(otherwise << ", lanes " << host.lanes << ", size " << host.size);
      Machine machine(host.lanes, kItems / host.lanes, 1, host.level);
      model::Configuration other = *model::built_in_shape("kiesel");
      other.target.lanes = host.lanes;
      other.target.warps = kItems / host.lanes;
      other.engine = model::EngineChoice::kInterpreter;
      Machine interpreter(other, TranslationService{}, 1, host.level);
      const Outcome translated = outcome(machine, kernel, host.size);
      REQUIRE(machine.was_translated());
      REQUIRE(translated == outcome(interpreter, kernel, host.size));
    }
}

}  // namespace
}  // namespace kiesel::device::test
