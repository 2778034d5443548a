// The option sample: what is timed, what follows for the rest, and how far that is from timing all of it.
#include "device/model/sampling.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <thread>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

using enum CounterId;
using model::GroupSample;

TEST_CASE("the work-groups that are timed are runs from the first to the last one") {
  const GroupSample sample = model::choose_groups(100000, 32);
  REQUIRE_FALSE(sample.is_whole());
  CHECK(sample.count() <= 100000 / 16);
  CHECK(sample.at(0) == 0);
  CHECK(sample.at(sample.count() - 1) == 99999);
  std::set<std::uint64_t> all;
  for (std::uint64_t i = 0; i < sample.count(); ++i) all.insert(sample.at(i));
  CHECK(all.size() == sample.count());
  CHECK(*all.rbegin() == 99999);
  CHECK(sample.at(sample.length - 1) == sample.length - 1);
  CHECK(sample.at(sample.length) == sample.begin_of(1));
  for (const std::uint64_t few : {1, 7, 500}) CHECK(model::choose_groups(few, 32).is_whole());
}

TEST_CASE("the rest of a launch takes what its timed work-groups take, one after the other") {
  const GroupSample sample = model::choose_groups(10000, 4);
  std::vector<std::uint64_t> starts;  // in waves of four
  for (std::uint64_t i = 0; i < sample.count(); ++i) starts.push_back(100 + i / 4 * 200);
  const std::uint64_t cycles = starts.back() + 200;
  const auto exact = model::estimate_launch(sample, 4, cycles, starts, 1);
  CHECK(exact.cycles == Approx(static_cast<double>(cycles + (10000 - sample.count()) * 50)));
  CHECK(exact.error == Approx(0).margin(1e-6));
  const auto heavier = model::estimate_launch(sample, 4, cycles, starts, 3);
  CHECK(heavier.cycles == Approx(static_cast<double>(cycles + (10000 - sample.count()) * 150)));
  for (std::size_t i = starts.size() / 2; i < starts.size(); ++i) starts[i] += 10 * (i - starts.size() / 2);
  CHECK(model::estimate_launch(sample, 4, cycles, starts, 1).error > 0);
  CHECK(model::estimate_launch(model::whole(10), 4, 77, {}, 1).cycles == 77);
}

model::TimedLaunch timed(double instructions, double cycles) {
  model::TimedLaunch out{instructions, {cycles, 0}, {}};
  out.counts.timed = true;
  out.counts[memory_reads] = static_cast<std::uint64_t>(instructions / 10);
  return out;
}

TEST_CASE("launches that are alike stand for each other") {
  model::LaunchSamples samples;
  const model::Stratum stratum{.module = 1};
  CHECK(samples.wants(stratum));
  samples.add(stratum, timed(1000, 5000));
  CHECK(samples.wants(stratum));
  samples.add(stratum, timed(1000, 5000));
  int more = 0;
  for (int i = 0; i < 1000; ++i)
    if (samples.wants(stratum)) ++more, samples.add(stratum, timed(1000, 5000));
  CHECK(more > 5);
  CHECK(more < 20);
  const auto estimate = samples.estimate(stratum, 2000);
  CHECK(estimate.time.cycles == Approx(10000));
  CHECK(estimate.time.error == Approx(0).margin(1e-6));
  CHECK(estimate.counts[memory_reads] == 200);
  CHECK(estimate.counts.timed);
  CHECK(samples.wants({.module = 2}));
}

TEST_CASE("launches that differ are timed more often, and the error says so") {
  model::LaunchSamples samples;
  const model::Stratum stratum{.module = 1};
  int all = 0;
  for (int i = 0; i < 800; ++i)
    if (samples.wants(stratum)) samples.add(stratum, timed(1000, 3000 + 400 * (all++ % 2 ? 7 : 1)));
  CHECK(all > 80);
  const auto estimate = samples.estimate(stratum, 1000);
  CHECK(estimate.time.error > 0.01 * estimate.time.cycles);
  CHECK(estimate.time.error < 0.2 * estimate.time.cycles);
}

TEST_CASE("half octaves") {
  CHECK(model::half_octave_of(64) == 12);
  CHECK(model::half_octave_of(90) == 12);
  CHECK(model::half_octave_of(91) == 13);
  CHECK(model::half_octave_of(127) == 13);
  CHECK(model::half_octave_of(1) == 0);
}

struct Ran {
  LaunchCounts counts;
  std::vector<std::uint64_t> words;
};

// Lanes leave the loop one after the other; the work of a group differs from that of its neighbours.
constexpr std::string_view kLoop = R"(
  srli t0, s1, 4
  andi t0, t0, 15
  addi t0, t0, 3
  addi t1, zero, 0
  addi t2, zero, 0
  csrrs t5, active_lanes, zero
again:
  mul t3, t1, t1
  add t2, t2, t3
  addi t1, t1, 1
  sltu t4, t1, t0
  pred t4, t5
  bne t4, zero, again
  sd t2, 0(s0)
)";

std::vector<Ran> run(std::string_view shape, bool sample, std::size_t words, unsigned launches,
                     model::EngineChoice engine = model::EngineChoice::kCycles) {
  auto c = *model::built_in_shape(shape);
  c.global_memory_bytes = std::uint64_t{1} << 28;
  c.engine = engine;
  c.sample = sample;
  c.target.bitmanip = true;  // which the programs of tests use
  Machine machine(std::move(c), test_service(), 2);
  std::uint64_t* const buffer = machine.buffer(words);
  const auto module = machine.load(kernel(kLoop));
  std::vector<Ran> out;
  for (unsigned i = 0; i < launches; ++i) {
    std::fill(buffer, buffer + words, 0);
    std::atomic<bool> finished{false};
    Ran ran;
    machine.device().submit(machine.launch(module, {words, 64}, {machine.address(buffer), 0}),
                            [&](const Completion& completion) {
                              REQUIRE(completion.counts);
                              ran.counts = *completion.counts;
                              finished = true;
                            },
                            {.counted = true});
    while (!finished)
      if (!machine.device().help()) std::this_thread::yield();
    ran.words.assign(buffer, buffer + words);
    out.push_back(std::move(ran));
  }
  return out;
}

double apart(std::uint64_t a, std::uint64_t b) {
  return std::abs(static_cast<double>(a) / static_cast<double>(b) - 1);
}

TEST_CASE("a part of a large launch is timed, all of it runs, and the estimate is near") {
  for (const std::string_view shape : {"rv-gpu-mid", "vortex-8x8"}) {
    INFO(shape);
    constexpr std::size_t kWords = 1 << 17;
    const Ran all = run(shape, false, kWords, 1).front(), part = run(shape, true, kWords, 1).front();
    CHECK(part.words == all.words);
    CHECK(all.counts[estimated_cycles] == 0);
    CHECK(part.counts[estimated_cycles] > part.counts[cycles] / 2);
    CHECK(apart(part.counts[cycles], all.counts[cycles]) < 0.02);
    CHECK(apart(part.counts[instructions], all.counts[instructions]) < 0.02);
    CHECK(apart(part.counts[dcache_writes], all.counts[dcache_writes]) < 0.02);
    CHECK(part.counts[cycles_error] < part.counts[cycles] / 20);
  }
}

TEST_CASE("a launch takes as long behind others as it takes alone") {
  for (const std::string_view shape : {"rv-gpu-mid", "vortex-8x8"}) {
    const auto runs = run(shape, false, 1024, 3);
    for (const Ran& ran : runs) CHECK(apart(ran.counts[cycles], runs[0].counts[cycles]) < 0.05);  // refreshes
  }
}

TEST_CASE("launches that follow from others have results and counts, too") {
  const auto runs = run("vortex-8x8", true, 2048, 5);
  const auto other = run("vortex-8x8", false, 2048, 1, model::EngineChoice::kInterpreter).front();
  CHECK(runs[0].counts[estimated_cycles] == 0);
  CHECK(runs[4].counts[estimated_cycles] == runs[4].counts[cycles]);
  for (const Ran& ran : runs) {
    CHECK(ran.words == other.words);
    CHECK(ran.counts.timed);
    CHECK(apart(ran.counts[cycles], runs[0].counts[cycles]) < 0.02);
    CHECK(apart(ran.counts[instructions], runs[0].counts[instructions]) < 0.01);
    CHECK(ran.counts.instructions.size() == runs[0].counts.instructions.size());
  }
}

}  // namespace
}  // namespace kiesel::device::test
