// Memory that goes away while kernels run: freed, or of a file that somebody makes shorter.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <thread>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

using Catch::Matchers::Contains;
using std::chrono::steady_clock;

constexpr std::size_t kWords = 1024;

template <class Condition>
bool within(std::chrono::milliseconds limit, Condition condition) {
  const auto end = steady_clock::now() + limit;
  while (!condition()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// A launch on another thread that goes on until it is told to end.
class Running {
 public:
  // `body`: what a work-item does over and over with the words at a1; t0 = 1, s0 = its own one of them. What
  // it loads into t1 is used: translated code leaves out a load that nobody needs.
  Running(Machine& machine, std::string_view body, Address words, std::uint32_t size = 32)
      : flags_(machine.buffer(4)) {
    start(machine, text(body), words, size);
  }
  static std::string text(std::string_view body) {
    return kernel("addi t0, zero, 1\n sd t0, 0(a0)\n sh3add s0, s1, a1\nagain:\n" + std::string(body) +
                  "\n ld t2, 8(a0)\n beq t2, zero, again");
  }
  // Whose lanes run through a loop of loads that each of them leaves by itself, in centuries.
  static Running alone(Machine& machine, Address words) {
    Running out(machine.buffer(2));
    out.start(machine, kernel(R"(
      addi t0, zero, 1
      sd t0, 0(a0)
      addi t4, s1, 0
      slli t1, t0, 60
      add t1, t1, s1
      csrrs s4, active_lanes, zero
    again:
      sh2add t5, t4, a1
      lw t4, 0(t5)
      sltu s6, zero, t1
      addi t1, t1, -1
      pred s6, s4
      bne s6, zero, again)"),
              words, 32);
    return out;
  }

  bool has_begun() const {
    return within(std::chrono::seconds(60),
                  [&] { return __atomic_load_n(&flags_[0], __ATOMIC_SEQ_CST) != 0; });
  }
  Status end() {
    within(std::chrono::seconds(20), [&] { return state_->done.load(); });
    __atomic_store_n(&flags_[1], 1, __ATOMIC_SEQ_CST);
    REQUIRE(within(std::chrono::seconds(60), [&] { return state_->done.load(); }));
    return state_->status;
  }

 private:
  struct State {
    std::atomic<bool> done{false};
    Status status;
  };
  explicit Running(std::uint64_t* flags) : flags_(flags) {}
  void start(Machine& machine, const std::string& text, Address words, std::uint32_t size) {
    auto launch = machine.launch(machine.load(text), {size, size}, {machine.address(flags_), words});
    machine.device().submit(std::move(launch), [state = state_](const Completion& completion) {
      state->status = completion.status;
      state->done = true;
    });
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();
  std::uint64_t* flags_;
};

constexpr const char* kUses[] = {
    "ld t1, 0(a1)\n sd t1, 16(a0)",
    "sd t0, 0(a1)",
    "sd t0, 0(a1)\n sd t0, 16(a0)",
    "ld t1, 8(a1)\n sd t0, 16(a1)\n sw t0, 24(a1)",
    "ld t1, 0(s0)\n sd t0, 0(s0)",                                                         // a row
    "mul t5, s1, s1\n andi t5, t5, 63\n sh3add t5, t5, a1\n ld t1, 0(t5)\n sd t0, 0(t5)",  // scattered
    "amoadd.d t1, t0, (a1)",
    "amoadd.w t1, t0, (s0)",
    "lr.d t1, (a1)\n sc.d t3, t0, (a1)",
    "fld ft0, 0(s0)\n fsd ft0, 8(s0)",
};

// Nothing of the kind that a kernel writes is in any place that is given out while it runs.
void check_others(Machine& machine, Running& running, Address freed) {
  std::vector<std::uint64_t*> others;
  for (int i = 0; i < 40; ++i) {
    others.push_back(machine.buffer(kWords));
    std::memset(others.back(), 0x5A, kWords * 8);
  }
  const Status status = running.end();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == Errc::kFault);
  CHECK_THAT(status.error().reason, Contains("bad address"));
  for (const std::uint64_t* other : others)
    for (std::size_t i = 0; i < kWords; ++i) REQUIRE(other[i] == 0x5A5A5A5A5A5A5A5A);
  // Its place is used again once the launch has ended, which may have been before all of these were made.
  const auto is_freed = [&](const std::uint64_t* buffer) { return machine.address(buffer) == freed; };
  CHECK((std::any_of(others.begin(), others.end(), is_freed) ||
         within(std::chrono::seconds(5), [&] { return is_freed(machine.buffer(kWords)); })));
}

struct File {
  explicit File(std::size_t bytes, unsigned flags = 0)
      : descriptor(::memfd_create("test", MFD_CLOEXEC | flags)) {
    REQUIRE(descriptor >= 0);
    REQUIRE(::ftruncate(descriptor, static_cast<off_t>(bytes)) == 0);
  }
  File(const File&) = delete;
  ~File() { ::close(descriptor); }
  std::uint64_t word(std::size_t index) const {
    std::uint64_t out = 0;
    REQUIRE(::pread(descriptor, &out, sizeof out, static_cast<off_t>(index * 8)) == sizeof out);
    return out;
  }
  void put(std::size_t index, std::uint64_t value) const {
    REQUIRE(::pwrite(descriptor, &value, sizeof value, static_cast<off_t>(index * 8)) == sizeof value);
  }
  const int descriptor;
};

TEST_CASE("a kernel that goes on with a buffer that was freed ends with a fault and touches nothing else") {
  for (const char* use : kUses) {
    INFO(use);
    Machine machine;
    const Address words = machine.address(machine.buffer(kWords));
    Running running(machine, use, words);
    REQUIRE(running.has_begun());
    machine.device().free(words);
    check_others(machine, running, words);
    // The same once more, to its end: warps that fault are not counted.
    std::uint64_t* flags = machine.buffer(4);
    flags[1] = 1;
    const auto others = machine.address(machine.buffer(kWords));
    REQUIRE(machine.run(machine.load(Running::text(use)), {32, 32}, {machine.address(flags), others}).ok());
    CHECK(machine.was_translated());
  }
}

TEST_CASE("lanes that run one by one see that memory was freed, too") {
  for (const auto level : {model::HostLevel::kBase, model::HostLevel::kV3, model::HostLevel::kV4}) {
    Machine machine(32, 32, 1, level);
    auto* words = reinterpret_cast<std::uint32_t*>(machine.buffer(kWords));
    for (std::uint32_t i = 0; i < 2 * kWords; ++i) words[i] = (i * 5 + 3) % (2 * kWords);
    Running running = Running::alone(machine, machine.address(words));
    REQUIRE(running.has_begun());
    machine.device().free(machine.address(words));
    check_others(machine, running, machine.address(words));
  }
}

TEST_CASE("a file is gone from its place when it is freed") {
  Machine machine;
  const File file(kWords * 8);
  const auto words = machine.device().map_file(file.descriptor, kWords * 8, "a file");
  REQUIRE(words.ok());
  Running running(machine, "ld t1, 0(a1)\n sd t0, 8(a1)", *words);
  REQUIRE(running.has_begun());
  REQUIRE(within(std::chrono::seconds(60), [&] { return file.word(1) == 1; }));
  machine.device().free(*words);
  file.put(1, 7);
  check_others(machine, running, *words);
  CHECK(file.word(1) == 7);
}

TEST_CASE("two devices share memory until both have forgotten it") {
  Machine one, two;
  const Address words = one.address(one.buffer(kWords));
  REQUIRE(two.device().share(words, kWords * 8).ok());
  Running running(two, "sd t0, 0(a1)", words);
  REQUIRE(running.has_begun());
  two.device().free(words);
  one.device().free(words);
  check_others(one, running, words);
}

TEST_CASE("a launch that uses what a file has no longer ends with a fault, and so do transfers") {
  Machine machine;
  const File file(kWords * 8);
  const auto words = machine.device().map_file(file.descriptor, kWords * 8, "a file");
  REQUIRE(words.ok());
  file.put(3, 5);
  const auto module = machine.load(kernel("ld t1, 24(a1)\n sd t1, 0(s0)"));
  std::uint64_t* out = machine.buffer(32);
  const std::vector<std::uint64_t> arguments{machine.address(out), *words};
  REQUIRE(machine.run(module, {1, 1}, arguments).ok());
  CHECK(out[0] == 5);
  REQUIRE(::ftruncate(file.descriptor, 0) == 0);
  for (int i = 0; i < 2; ++i) {
    const Status status = machine.run(module, {1, 1}, arguments);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Errc::kFault);
    CHECK_THAT(status.error().reason,
               Contains(i ? "lost: its file has become shorter" : "memory of a file was lost"));
  }
  std::uint64_t word = 1;
  const auto read = machine.wait(Read{*words + 24, &word, {{8, 1, 1}}});
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == Errc::kFault);
  CHECK(*reinterpret_cast<std::uint64_t*>(*words + 24) == 0);  // the host may look
  machine.device().free(*words);
}

TEST_CASE("a device that shares another one's file sees that it is lost") {
  Machine one, two;
  const File file(kWords * 8);
  const auto words = one.device().map_file(file.descriptor, kWords * 8, "a file");
  REQUIRE(words.ok());
  REQUIRE(two.device().share(*words, kWords * 8).ok());
  const auto module = two.load(kernel("ld t1, 0(a0)\n sd t1, 0(a1)"));
  const Address out = two.address(two.buffer(1));
  REQUIRE(two.run(module, {1, 1}, {*words, out}).ok());
  REQUIRE(::ftruncate(file.descriptor, 0) == 0);
  for (int i = 0; i < 2; ++i) CHECK_FALSE(two.run(module, {1, 1}, {*words, out}).ok());
  two.device().free(*words);
  one.device().free(*words);
}

TEST_CASE("a transfer that finds the file shorter says so, long ones too") {
  for (const std::size_t bytes : {std::size_t{8192}, std::size_t{4} << 20}) {  // half of it is whole pages
    Machine machine(32, 32, 2);
    const File file(bytes);
    std::vector<std::byte> host(bytes);
    const auto words = machine.device().map_file(file.descriptor, bytes);
    REQUIRE(words.ok());
    const Box box{{bytes, 1, 1}};
    REQUIRE(machine.wait(Write{host.data(), *words, box}).ok());
    REQUIRE(::ftruncate(file.descriptor, static_cast<off_t>(bytes / 2)) == 0);
    const auto status = machine.wait(Read{*words, host.data(), box});
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Errc::kFault);
    machine.device().free(*words);
  }
}

TEST_CASE("running kernels find out that a file has become shorter") {
  for (const char* use : kUses) {
    INFO(use);
    Machine machine;
    const File file(kWords * 8);
    const auto words = machine.device().map_file(file.descriptor, kWords * 8, "a file");
    REQUIRE(words.ok());
    Running running(machine, use, *words);
    REQUIRE(running.has_begun());
    REQUIRE(::ftruncate(file.descriptor, 0) == 0);
    const Status status = running.end();
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Errc::kFault);
  }
}

TEST_CASE("a thread that has blocked all signals may use files, too") {
  Machine machine;
  const File file(kWords * 8);
  const auto words = machine.device().map_file(file.descriptor, kWords * 8);
  REQUIRE(words.ok());
  REQUIRE(::ftruncate(file.descriptor, 0) == 0);
  const auto module = machine.load(kernel("sd zero, 0(a0)"));
  sigset_t all, before;
  sigfillset(&all);
  REQUIRE(::pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
  auto launch = machine.launch(module, {1, 1}, {*words});
  std::atomic<bool> done{false};
  machine.device().submit(launch, [&](const Completion&) { done = true; }, {.caller_helps = true});
  while (!done) machine.device().help();
  sigset_t after;
  REQUIRE(::pthread_sigmask(SIG_SETMASK, &before, &after) == 0);
  CHECK(sigismember(&after, SIGBUS) == 1);
}

TEST_CASE("what cannot be mapped is refused, and costs nothing") {
  Machine machine;
  const std::uint64_t before = machine.counter("memory in use");
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK(machine.device().map_file(ends[0], 64).error().code == Errc::kInvalidArgument);
  CHECK(machine.device().map_file(-1, 64).error().code == Errc::kInvalidArgument);
  const File file(64);
  CHECK(machine.device().map_file(file.descriptor, std::uint64_t{1} << 50).error().code ==
        Errc::kOutOfMemory);
  const auto sealed = machine.device().map_file(file.descriptor, 64);
  REQUIRE(sealed.ok());
  CHECK(machine.counter("memory in use") == before);
  machine.device().free(*sealed);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace kiesel::device::test
