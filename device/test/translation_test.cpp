// When translations are asked for, made, kept and taken over.
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "device/test/machine.hpp"
#include "device/translation/encoding.hpp"

namespace kiesel::device::test {
namespace {

using namespace std::chrono_literals;

// Adds 1 to an element for each work-item, argument 1 times.
const std::string kLoop = kernel(R"(
again:
  ld t3, 0(s0)
  addi t3, t3, 1
  sd t3, 0(s0)
  addi a1, a1, -1
  bne a1, zero, again
)");

model::Configuration shape(model::EngineChoice engine = model::EngineChoice::kAuto) {
  model::Configuration c = *model::built_in_shape("kiesel");
  c.global_memory_bytes = std::uint64_t{1} << 30;
  c.engine = engine;
  return c;
}

std::uint64_t counter(Machine& machine, std::string_view name) {
  for (const Counter& c : machine.device().counters())
    if (c.name == name) return c.value;
  FAIL("no counter " << name);
  return 0;
}

using Executed = std::array<std::uint64_t, 2>;  // instructions of warps and of lanes
Executed executed(Machine& machine) {
  return {counter(machine, "instructions"), counter(machine, "lane-instructions")};
}

bool comes(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

struct Counted {
  TranslationService service = test_service();
  std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);
  explicit Counted(std::string identity = "test") {
    service.translate = [calls = calls, inner = service.translate](std::span<const std::byte> request) {
      ++*calls;
      return inner(request);
    };
    service.identity = std::move(identity);
  }
};

TEST_CASE("requests and translations survive their encoding") {
  translation::TranslationRequest request;
  request.target.lanes = 16;
  request.host_level = 2;
  request.layout.divergence_in_second = 77;
  request.shape = {8, true, true, true, true};
  request.image = {std::byte{1}, std::byte{2}};
  request.relocated = {8, 16};
  request.entry = 1234;
  const auto bytes = translation::encode(request);
  const auto back = translation::decode_request(bytes);
  REQUIRE(back);
  CHECK(back->target == request.target);
  CHECK(back->layout == request.layout);
  CHECK(back->shape == request.shape);
  CHECK(back->image == request.image);
  CHECK(back->relocated == request.relocated);
  CHECK(back->entry == request.entry);
  CHECK(translation::encode(*back) == bytes);
  translation::Translation translation;
  translation.refusal = "no";
  translation.segments = {{64, 3, 5}};
  translation.sites = {{4, 2, true, false}, {8, 3, false, true}};
  const auto made = translation::encode(translation);
  const auto copy = translation::decode_translation(made);
  REQUIRE(copy);
  CHECK(translation::encode(*copy) == made);
  CHECK(copy->segments.at(0).barrier == 5);
  for (std::size_t size = 0; size < made.size(); ++size)
    CHECK_FALSE(translation::decode_translation(std::span(made).first(size)));
}

TEST_CASE("rows of work-items in a warp") {
  using model::shape_of;
  CHECK(shape_of({64, 1, 1}, 32).row == 32);
  CHECK(shape_of({7, 1, 1}, 32).row == 32);
  CHECK(shape_of({64, 3, 1}, 32).row == 32);
  CHECK(shape_of({8, 4, 5}, 32).row == 8);
  CHECK(shape_of({8, 5, 1}, 32).row == 8);
  CHECK(shape_of({8, 5, 2}, 32).row == 0);
  CHECK(shape_of({1, 16, 2}, 32).row == 0);
  CHECK(shape_of({12, 2, 1}, 32).row == 0);
  CHECK(shape_of({3, 3, 3}, 1).row == 1);
}

TEST_CASE("a kernel that runs for a moment is not translated, one that runs on is") {
  Counted counted;
  Machine machine(shape(), counted.service);
  const auto module = machine.load(kLoop);
  std::uint64_t* out = machine.buffer(64);
  REQUIRE(machine.run(module, {64, 64}, {machine.address(out), 3}).ok());
  std::this_thread::sleep_for(50ms);
  CHECK(*counted.calls == 0);
  REQUIRE(machine.run(module, {64, 64}, {machine.address(out), 50000}).ok());
  REQUIRE(comes([&] { return counter(machine, "translations made") == 1; }));
  CHECK(counter(machine, "translated warps") == 0);
  REQUIRE(machine.run(module, {64, 64}, {machine.address(out), 2}).ok());
  CHECK(counter(machine, "translated warps") == 2);
  CHECK(counter(machine, "interpreted steps of translated warps") > 0);
  for (int i = 0; i < 64; ++i) REQUIRE(out[i] == 50005);
  // Work-groups of one warp that is not whole are another translation, those with such a last one a third,
  // and worth it only when there are enough of them.
  REQUIRE(machine.run(module, {16, 16}, {machine.address(out), 2}).ok());
  CHECK(counter(machine, "translated warps") == 2);
  CHECK(*counted.calls == 1);
  REQUIRE(machine.run(module, {16, 16}, {machine.address(out), 50000}).ok());
  REQUIRE(comes([&] { return counter(machine, "translations made") == 2; }));
  REQUIRE(machine.run(module, {48, 48}, {machine.address(out), 50000}).ok());
  CHECK(counter(machine, "translated warps") == 2);
  REQUIRE(comes([&] { return counter(machine, "translations made") == 3; }));
  REQUIRE(machine.run(module, {48, 48}, {machine.address(out), 1}).ok());
  CHECK(counter(machine, "translated warps") == 4);
}

TEST_CASE("translations are taken over while a launch runs") {
  Counted counted;
  Machine machine(shape(), counted.service);
  const auto module = machine.load(kLoop);
  constexpr std::size_t kGroups = 20000;
  std::uint64_t* out = machine.buffer(kGroups * 32);
  REQUIRE(comes([&] {
    REQUIRE(machine.run(module, {kGroups * 32, 32}, {machine.address(out), 10}).ok());
    return counter(machine, "translated warps") > 0;
  }));
  for (std::size_t i = 1; i < kGroups * 32; ++i) REQUIRE(out[i] == out[0]);
  CHECK(*counted.calls == 1);
}

TEST_CASE("the engine of the option decides") {
  Counted counted;
  {
    Machine machine(shape(model::EngineChoice::kInterpreter), counted.service);
    std::uint64_t* out = machine.buffer(32);
    REQUIRE(machine.run(machine.load(kLoop), {32, 32}, {machine.address(out), 50000}).ok());
    std::this_thread::sleep_for(50ms);
    CHECK(*counted.calls == 0);
  }
  Machine machine(shape(model::EngineChoice::kTranslator), counted.service);
  std::uint64_t* out = machine.buffer(40);
  REQUIRE(machine.run(machine.load(kLoop), {40, 40}, {machine.address(out), 1}).ok());
  CHECK(*counted.calls == 1);
  CHECK(counter(machine, "translated warps") == 2);
  CHECK(out[39] == 1);
}

TEST_CASE("a kernel that is refused, and one whose translator dies, runs in the interpreter") {
  const TranslationService refusing{[](std::span<const std::byte>) -> Result<std::vector<std::byte>> {
                                      translation::Translation translation;
                                      translation.refusal = "not today";
                                      return translation::encode(translation);
                                    },
                                    ""};
  const TranslationService dying{[](std::span<const std::byte>) -> Result<std::vector<std::byte>> {
                                   return Error{Errc::kCrashed, "it died"};
                                 },
                                 ""};
  const TranslationService raving{
      [](std::span<const std::byte>) -> Result<std::vector<std::byte>> { return std::vector<std::byte>(5); },
      ""};
  const TranslationService wrong{[](std::span<const std::byte>) -> Result<std::vector<std::byte>> {
                                   translation::Translation translation;
                                   translation.code.resize(16);
                                   translation.segments = {{16, 0, 0}};
                                   return translation::encode(translation);
                                 },
                                 ""};
  const TranslationService odd{
      [](std::span<const std::byte>) -> Result<std::vector<std::byte>> {
        translation::Translation translation;
        translation.code.resize(16);
        translation.segments = {{0, 0, 0}};
        translation.sites = {{4, 64, false, false}};  // no address is such a multiple
        return translation::encode(translation);
      },
      ""};
  for (const auto& service : {refusing, dying, raving, wrong, odd}) {
    Machine machine(shape(model::EngineChoice::kTranslator), service);
    std::uint64_t* out = machine.buffer(32);
    REQUIRE(machine.run(machine.load(kLoop), {32, 32}, {machine.address(out), 9}).ok());
    CHECK(out[31] == 9);
    CHECK(counter(machine, "translations refused") == 1);
    CHECK(counter(machine, "translated warps") == 0);
  }
}

TEST_CASE("a device that goes waits for no translation, nor does a launch that waits for one") {
  std::atomic<bool> asked{false}, leave{false}, gone{false};
  const TranslationService slow{[&](std::span<const std::byte>) -> Result<std::vector<std::byte>> {
                                  asked = true;
                                  while (!leave) std::this_thread::sleep_for(1ms);
                                  gone = true;
                                  return Error{Errc::kCrashed, "late"};
                                },
                                ""};
  std::atomic<bool> ended{false};
  {
    Machine machine(shape(model::EngineChoice::kTranslator), slow);
    std::uint64_t* out = machine.buffer(32);
    auto launch = machine.launch(machine.load(kLoop), {32, 32}, {machine.address(out), 9});
    machine.device().submit(launch, [&](const Completion& completion) {
      if (completion.status.ok()) CHECK(out[31] == 9);  // in the interpreter, if it was quick enough
      ended = true;
    });
    while (!asked) std::this_thread::sleep_for(1ms);
  }
  CHECK(ended);
  leave = true;
  CHECK(comes([&] { return gone.load(); }));
  std::this_thread::sleep_for(20ms);
}

// Runs a loop of one warp on a device with such a folder; whether its translation came from there.
bool loads_from_disk(const model::Configuration& configuration, const Counted& counted) {
  Machine machine(configuration, counted.service);
  std::uint64_t* out = machine.buffer(32);
  REQUIRE(machine.run(machine.load(kLoop), {32, 32}, {machine.address(out), 7}).ok());
  CHECK(out[31] == 7);
  CHECK(counter(machine, "translated warps") == 1);
  return counter(machine, "translations from disk") == 1;
}

TEST_CASE("translations are kept on disk, and a damaged entry is a miss") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("kiesel-translations-" + std::to_string(::getpid()));
  auto configuration = shape(model::EngineChoice::kTranslator);
  configuration.translations_folder = folder.string();
  const auto run = [&](const Counted& counted) { return loads_from_disk(configuration, counted); };
  const Counted first, second, other("another translator"), third;
  CHECK_FALSE(run(first));
  CHECK(run(second));
  CHECK(*second.calls == 0);
  CHECK_FALSE(run(other));
  CHECK(*other.calls == 1);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-40, std::ios::end);
    file.put('x').put('y').put('z');
  }
  CHECK_FALSE(run(third));
  CHECK(*third.calls == 1);
  CHECK(run(third));
  std::filesystem::remove_all(folder);
}

// The hash of an entry is its own, and so is its encoding; what it says is of no program of this size.
TEST_CASE("an entry on disk that cannot be of the program is a miss") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("kiesel-wrong-translations-" + std::to_string(::getpid()));
  auto configuration = shape(model::EngineChoice::kTranslator);
  configuration.translations_folder = folder.string();
  const auto run = [&](const Counted& counted) { return loads_from_disk(configuration, counted); };
  const Counted first;
  run(first);
  REQUIRE(*first.calls == 1);
  const auto change = [&](auto change) {
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      const DiskCache cache(folder, 1 << 20);
      const std::string key = file.path().stem().string();
      auto translation = translation::decode_translation(*cache.find(key));
      REQUIRE(translation);
      change(*translation);
      REQUIRE(cache.store(key, translation::encode(*translation)));
    }
  };
  using translation::Translation;
  const std::function<void(Translation&)> changes[] = {
      [](Translation& t) { t.segments.clear(); },
      [](Translation& t) { t.segments[0].code_offset = t.code.size(); },
      [](Translation& t) { t.segments[0].code_offset = ~std::uint64_t{0}; },
      [](Translation& t) { t.segments[0].first = 1 << 20; },
      [](Translation& t) { t.segments[0].barrier = ~0U; },
      [](Translation& t) { t.sites[0].shift = 64; },
      [](Translation& t) { t.frame_bytes = 1 << 30; },
      [](Translation& t) { t.frame_bytes += 8; },
      [](Translation& t) { t.code.clear(); },
  };
  for (const auto& each : changes) {
    change(each);
    const Counted again;
    run(again);
    CHECK(*again.calls == 1);
  }
  std::filesystem::remove_all(folder);
}

// Warp 0 waits until warp 1 has stored: each in a loop that only a turn of the other can end.
TEST_CASE("warps of a group that wait for each other through memory both go on") {
  for (const auto engine : {model::EngineChoice::kInterpreter, model::EngineChoice::kTranslator}) {
    Machine machine(shape(engine), test_service());
    std::uint64_t* out = machine.buffer(1);
    const auto module = machine.load(R"(
    kernel:
      csrrs t0, mscratch, zero
      ld a0, 128(t0)
      csrrs t1, group_rank, zero
      bne t1, zero, second
    wait:
      ld t2, 0(a0)
      beq t2, zero, wait
      addi t2, zero, 2
      sd t2, 0(a0)
      jalr zero, 0(ra)
    second:
      addi t2, zero, 1
      sd t2, 0(a0)
    look:
      ld t2, 0(a0)
      addi t3, zero, 2
      bne t2, t3, look
      jalr zero, 0(ra)
    )");
    REQUIRE(machine.run(module, {64, 64}, {machine.address(out)}).ok());
    CHECK(out[0] == 2);
  }
}

TEST_CASE("counters of instructions do not depend on the engine") {
  Executed expected{};
  for (const auto engine : {model::EngineChoice::kInterpreter, model::EngineChoice::kTranslator}) {
    Machine machine(shape(engine), test_service());
    std::uint64_t* out = machine.buffer(72);
    REQUIRE(machine.run(machine.load(kLoop), {72, 72}, {machine.address(out), 11}).ok());
    if (engine == model::EngineChoice::kInterpreter) expected = executed(machine);
    CHECK(executed(machine) == expected);
  }
}

// A line of words that wraps in the middle of a warp, before which nothing was stored.
TEST_CASE("a warp that starts anew in the interpreter is counted once") {
  Executed expected{};
  for (const auto engine : {model::EngineChoice::kInterpreter, model::EngineChoice::kTranslator}) {
    Machine machine(shape(engine), test_service());
    std::uint64_t* out = machine.buffer(64);
    const auto module = machine.load(R"(
    kernel:
      csrrs t0, mscratch, zero
      ld a0, 128(t0)
      csrrs s1, local_id_x, zero
      sh3add a0, s1, a0
      addi t1, zero, -5
      add t1, t1, s1
      sh2add.uw t1, t1, s1
      sd t1, 0(a0)
      jalr zero, 0(ra)
    )");
    REQUIRE(machine.run(module, {64, 64}, {machine.address(out)}).ok());
    CHECK(out[3] == std::uint64_t{0xFFFFFFFE} * 4 + 3);
    if (engine == model::EngineChoice::kInterpreter) expected = executed(machine);
    CHECK(executed(machine) == expected);
    if (engine == model::EngineChoice::kTranslator)
      CHECK(counter(machine, "translated warps given back") > 0);
  }
}

}  // namespace
}  // namespace kiesel::device::test
