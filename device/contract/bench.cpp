#include "device/contract/bench.hpp"

#include <cstring>
#include <thread>

#include "device/isa/assembler.hpp"

namespace kiesel::device::contract {
namespace {

constexpr std::string_view kPrologue = R"(
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  csrrs t0, group_id_z, zero
  csrrs t1, num_groups_y, zero
  mul t0, t0, t1
  csrrs t1, group_id_y, zero
  add t0, t0, t1
  csrrs t1, num_groups_x, zero
  mul t0, t0, t1
  csrrs t1, group_id_x, zero
  add s1, t0, t1
  csrrs t1, local_size_x, zero
  mul s1, s1, t1
  csrrs t1, local_size_y, zero
  mul s1, s1, t1
  csrrs t1, local_size_z, zero
  mul s1, s1, t1
  csrrs t0, group_rank, zero
  csrrs t1, num_lanes, zero
  mul t0, t0, t1
  csrrs t1, lane_id, zero
  add t0, t0, t1
  add s1, s1, t0
  slli s0, s1, 3
  add s0, s0, a0
)";

}  // namespace

Box flat(std::uint64_t bytes) { return {{bytes, 1, 1}, bytes, bytes, bytes, bytes}; }

std::vector<std::byte> program(std::string_view body, std::string_view label) {
  return isa::make_elf(
      isa::assemble(fmt::format("{}{}:\n{}{}\n  jalr zero, 0(ra)\n", isa::kStartup, label, kPrologue, body)));
}

Bench::Started Bench::start(Command command, Handling handling) {
  Started started;
  device_.submit(
      std::move(command),
      [state = started.state_](const Completion& how) {
        if (state->ends.load(std::memory_order_relaxed) == 0) state->how = how;
        state->ends.fetch_add(1, std::memory_order_release);
      },
      handling);
  return started;
}

Status Bench::wait(const Started& started, std::string_view what) {
  const auto until = std::chrono::steady_clock::now() + patience_;
  while (!started.over()) {
    if (device_.help()) continue;
    if (std::chrono::steady_clock::now() > until) {
      left_behind_ = true;
      throw Broken{fmt::format("{} did not end in {} seconds", what, patience_.count())};
    }
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
  return started.how().status;
}

Status Bench::run(Command command, std::string_view what) { return wait(start(std::move(command)), what); }

void Bench::succeed(Command command, std::string_view what) {
  const Status status = run(std::move(command), what);
  expect(status.ok(), "{} failed: {}", what, status.ok() ? "" : status.error().reason);
}

Address Bench::allocate(std::uint64_t bytes, std::uint64_t alignment) {
  const auto address = device_.allocate(bytes, alignment);
  expect(address.ok(), "allocate({}, {}) failed: {}", bytes, alignment,
         address ? "" : address.error().reason);
  expect(*address % alignment == 0, "allocate({}, {}) gave {:#x}", bytes, alignment, *address);
  memory_.push_back(*address);
  return *address;
}

Address Bench::filled(std::uint64_t bytes, std::byte value) {
  const Address address = allocate(bytes);
  succeed(Fill{address, bytes, {value}}, "a fill");
  return address;
}

std::vector<std::uint64_t> Bench::words(Address address, std::size_t count) {
  std::vector<std::uint64_t> out(count);
  succeed(Read{address, out.data(), flat(count * 8)}, "a read");
  return out;
}

void Bench::write(Address address, const std::vector<std::uint64_t>& words) {
  succeed(Write{words.data(), address, flat(words.size() * 8)}, "a write");
}

ModuleId Bench::load(std::string_view body, std::string_view label) {
  const auto module = device_.load(program(body, label));
  expect(module.ok(), "loading a program failed: {}", module ? "" : module.error().reason);
  programs_.push_back(*module);
  return *module;
}

Launch Bench::launch(ModuleId module, std::array<std::uint64_t, 3> global, std::array<std::uint32_t, 3> local,
                     const std::vector<std::uint64_t>& arguments) {
  const auto entry = device_.symbol(module, "kernel");
  expect(entry.ok(), "the program has no symbol 'kernel'");
  Launch out;
  out.module = module;
  out.kernel = "kernel";
  out.entry = *entry;
  out.region = regions_of(3, {}, global, local).front();
  out.private_memory_bytes = 256;
  out.arguments.resize(arguments.size() * 8);
  std::memcpy(out.arguments.data(), arguments.data(), out.arguments.size());
  return out;
}

// What an unfinished command uses stays where it is.
Bench::~Bench() {
  if (left_behind_) return;
  for (const Address address : memory_) device_.free(address);
  for (const ModuleId module : programs_) device_.unload(module);
}

}  // namespace kiesel::device::contract
