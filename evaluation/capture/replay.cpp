#include "evaluation/capture/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "device/isa/launch_block.hpp"
#include "evaluation/capture/run.hpp"

namespace kiesel::capture {
namespace {

using compiler::ArgumentKind;
using compiler::KernelArgument;

Verdict refused(const Error& error) { return {Verdict::Kind::kRefused, error.reason, {}, 0}; }

bool is_address(const KernelArgument& argument) {
  return argument.kind == ArgumentKind::kPointer || argument.kind == ArgumentKind::kImage ||
         argument.kind == ArgumentKind::kPipe;
}

// The bytes of an argument; offsets of the kernel table start at the launch block.
template <class Bytes>
auto bytes_of(const KernelArgument& argument, Bytes& arguments) {
  return std::span(arguments).subspan(argument.offset - sizeof(isa::LaunchHeader), argument.size);
}

device::Address address_in(std::span<const std::byte> bytes) {
  device::Address address;
  std::memcpy(&address, bytes.data(), sizeof address);
  return address;
}

bool holds_moved(const Placement& placement, std::span<const std::byte> value) {
  for (std::size_t at = 0; at + sizeof(device::Address) <= value.size(); at += sizeof(device::Address))
    if (placement.was_moved(address_in(value.subspan(at)))) return true;
  return false;
}

// A launch's own fault, not the device's refusal to take it.
bool is_fault(const Error& error) { return error.code == Errc::kFault || error.code == Errc::kTimeout; }

Error unlike(std::string_view kernel, std::string_view what) {
  return {Errc::kUnsupported, fmt::format("built for this device, kernel '{}' has {}", kernel, what)};
}

// Whether the arguments of the one are those of the other.
Status check_alike(const compiler::Kernel& recorded, const compiler::Kernel& here) {
  const auto& a = recorded.arguments;
  const auto& b = here.arguments;
  const bool same = std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.kind == y.kind && x.size == y.size;
  });
  if (!same) return unlike(recorded.name, "other arguments");
  if (recorded.local_memory_bytes != here.local_memory_bytes)
    return unlike(recorded.name, "another amount of local memory");
  return {};
}

}  // namespace

Result<device::Address> lowest_address(Reader& reader) {
  device::Address lowest = ~device::Address{0};
  for (reader.rewind();;) {
    auto step = reader.next();
    if (!step) return step.error();
    if (!*step) break;
    lowest = std::min(lowest, (*step)->launch.program_base);
    for (const Allocation& allocation : (*step)->launch.made) lowest = std::min(lowest, allocation.address);
  }
  reader.rewind();
  return ~lowest ? lowest : 0;
}

Replay::Replay(const Reader& reader, device::Device& device, compiler::Client& compiler)
    : programs_(reader, device, compiler),
      placement_(reader, device,
                 [this](device::Address begin, std::uint64_t bytes) { programs_.make_room(begin, bytes); }),
      device_(device) {}

Status Replay::enter(const Launch& launch) {
  for (const std::uint64_t id : launch.gone) placement_.remove(id);
  for (const Allocation& allocation : launch.made)
    if (allocation.is_of_program()) programs_.start_again(allocation);
  return memory_.apply(launch);
}

Status Replay::pass(const Step& step) {
  if (auto entered = enter(step.launch); !entered) return entered;
  return step.outcome ? memory_.apply(*step.outcome) : Status();
}

// Variables of programs are compared where they are those that were recorded.
Result<std::vector<const Held*>> Replay::reachable(const Launch& launch, const LoadedProgram& program) const {
  std::vector<const Held*> out;
  for (const std::uint64_t id : launch.reachable) {
    const auto found = memory_.allocations().find(id);
    if (found == memory_.allocations().end())
      return Error{Errc::kInvalidBinary,
                   fmt::format("a launch reaches allocation {}, which is not there", id)};
    const Allocation& allocation = found->second.allocation;
    const bool is_here = program.at_home && allocation.program == launch.program &&
                         allocation.address >= program.begin && allocation.bytes <= program.bytes &&
                         allocation.address - program.begin <= program.bytes - allocation.bytes;
    if (!allocation.is_of_program() || is_here) out.push_back(&found->second);
  }
  return out;
}

Status Replay::note_images(const Launch& launch, const compiler::Kernel& kernel) {
  for (const KernelArgument& argument : kernel.arguments) {
    const std::uint64_t end = std::uint64_t{argument.offset} + argument.size;
    if (end - sizeof(isa::LaunchHeader) > launch.arguments.size())
      return Error{Errc::kInvalidBinary, "a launch of the capture has too few arguments"};
    if (argument.kind == ArgumentKind::kImage)
      placement_.note_address_at(address_in(bytes_of(argument, launch.arguments)));
  }
  return {};
}

Result<device::Launch> Replay::prepare(const Launch& launch, const LoadedProgram& program) {
  const auto* recorded = program.recorded_kernel(launch.kernel);
  const auto* kernel = program.kernel(launch.kernel);
  if (!recorded || !kernel)
    return Error{Errc::kInvalidBinary, fmt::format("its program has no kernel '{}'", launch.kernel)};
  if (auto noted = note_images(launch, *recorded); !noted) return noted.error();
  if (auto alike = check_alike(*recorded, *kernel); !alike) return alike.error();
  const auto entry = device_.symbol(program.module, kernel->symbol);
  if (!entry) return entry.error();
  device::Launch out;
  out.module = program.module;
  out.kernel = launch.kernel;
  out.entry = *entry;
  out.region = launch.region;
  if (device_.description().core_ranges && launch.cores.count < device_.description().cores)
    out.cores = launch.cores;
  out.local_memory_bytes = launch.local_memory_bytes;
  out.private_memory_bytes = program.at_home ? launch.private_memory_bytes : kernel->private_memory_bytes;
  out.printf_buffer = placement_.here(launch.printf_buffer);
  out.arguments.resize(std::max<std::size_t>(kernel->argument_bytes, launch.arguments.size()));
  for (std::size_t i = 0; i < kernel->arguments.size(); ++i) {
    const auto value = bytes_of(recorded->arguments[i], launch.arguments);
    const auto target = bytes_of(kernel->arguments[i], out.arguments);
    std::ranges::copy(value, target.begin());
    if (is_address(kernel->arguments[i])) {
      const device::Address here = placement_.here(address_in(value));
      std::memcpy(target.data(), &here, sizeof here);
    } else if (placement_.moved_any() && holds_moved(placement_, value)) {
      return Error{Errc::kUnsupported,
                   fmt::format("argument '{}' holds an address of memory that lies elsewhere on this device",
                               recorded->arguments[i].name)};
    }
  }
  return out;
}

device::Observer* Replay::observer_for(const device::Launch& launch, const LoadedProgram& program,
                                       std::span<const Held* const> memory) const {
  if (!follow_) return nullptr;
  std::vector<Placed> places;
  for (const Held* held : memory) {
    const Allocation& allocation = held->allocation;
    places.push_back({placement_.here(allocation.address), allocation.bytes, allocation.label,
                      allocation.is_of_program()});
  }
  return follow_(launch, program, places);
}

Result<Verdict> Replay::attempt(const Step& step) {
  const Launch& launch = step.launch;
  const auto program = programs_.of(launch);
  if (!program) return refused(program.error());
  const auto memory = reachable(launch, **program);
  if (!memory) return memory.error();
  for (const Held* held : *memory) {
    if (held->allocation.is_of_program())
      placement_.accept(held->allocation);
    else if (auto placed = placement_.place(held->allocation); !placed)
      return refused(placed.error());
  }
  auto prepared = prepare(launch, **program);
  if (!prepared) return refused(prepared.error());
  for (const Held* held : *memory)
    if (auto written = placement_.write(*held); !written) return refused(written.error());
  device::Observer* const observer = observer_for(*prepared, **program, *memory);
  const auto completion = run_to_end(
      device_, *prepared, {.timed = true, .counted = watch_ != nullptr && !observer, .observer = observer});
  if (watch_) watch_(*prepared, **program, completion);
  if (step.outcome)
    if (auto applied = memory_.apply(*step.outcome); !applied) return applied.error();
  return judge(step, completion, *memory);
}

Result<Verdict> Replay::run(const Step& step) {
  if (auto entered = enter(step.launch); !entered) return entered.error();
  // Devices of one process may name the same memory.
  if (std::exchange(recorded_device_, step.launch.device) != step.launch.device) placement_.clear();
  auto verdict = attempt(step);
  if (verdict && verdict->kind == Verdict::Kind::kRefused && step.outcome)
    if (auto applied = memory_.apply(*step.outcome); !applied) return applied.error();
  return verdict;
}

Result<Verdict> Replay::judge(const Step& step, const device::Completion& completion,
                              std::span<const Held* const> memory) {
  Verdict verdict;
  verdict.nanoseconds = completion.end_ns - completion.start_ns;
  if (!completion.status) {
    placement_.forget();
    if (!is_fault(completion.status.error())) return refused(completion.status.error());
  }
  if (!step.outcome) {
    placement_.forget();
    verdict.kind = Verdict::Kind::kNoOutcome;
    return verdict;
  }
  const std::string& fault = step.outcome->fault;
  if (completion.status.ok() != fault.empty()) {
    placement_.forget();
    verdict.kind = Verdict::Kind::kDiffers;
    verdict.reason = fault.empty() ? "it failed here: " + completion.status.error().reason
                                   : "it ended well here, and failed when it was recorded: " + fault;
    return verdict;
  }
  if (!fault.empty()) return verdict;  // how far each work-item came is chance
  for (const Held* held : memory) {
    const Allocation& allocation = held->allocation;
    // The order of what work-items print is chance, too.
    if (step.launch.printf_buffer - allocation.address < allocation.bytes) continue;
    auto difference = placement_.compare(*held);
    if (!difference) return difference.error();
    if (*difference) verdict.differences.push_back(std::move(**difference));
  }
  if (!verdict.differences.empty()) verdict.kind = Verdict::Kind::kDiffers;
  return verdict;
}

}  // namespace kiesel::capture
