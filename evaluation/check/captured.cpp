#include "evaluation/check/captured.hpp"

#include <cstring>

#include "device/isa/launch_block.hpp"
#include "evaluation/program_base.hpp"

namespace kiesel::check {
namespace {

using compiler::ArgumentKind;

// Memory that arguments point to, as far as allocations go; and all other memory that the launch can reach,
// since pointers may be anywhere.
std::vector<device::Reach> reach_of(const device::Launch& launch, const compiler::Kernel& kernel,
                                    std::span<const capture::Placed> memory) {
  std::vector<device::Reach> out;
  for (std::uint32_t i = 0; i < kernel.arguments.size(); ++i) {
    const auto& argument = kernel.arguments[i];
    const std::uint64_t at = argument.offset - sizeof(isa::LaunchHeader);
    if (argument.kind != ArgumentKind::kPointer || at + 8 > launch.arguments.size()) continue;
    device::Address address = 0;
    std::memcpy(&address, launch.arguments.data() + at, sizeof address);
    for (const auto& place : memory)
      if (address - place.begin < place.bytes && !place.of_program)
        out.push_back({i, place.begin, place.bytes, true, true, "buffer"});
  }
  for (const auto& place : memory)
    out.push_back({device::Reach::kNoArgument, place.begin, place.bytes, true, true, "memory"});
  return out;
}

}  // namespace

std::shared_ptr<Program> CapturedChecks::program_of(const capture::LoadedProgram& program) {
  auto& known = programs_[program.module];
  if (known) return known;
  const auto view = ElfView::parse(program.elf);
  if (!view) return nullptr;
  const auto base = program_base(device_, program.module, *view);
  if (!base) return nullptr;
  auto made = Program::make(collector_->add_program(program.elf), program.elf, *base);
  if (made) known = std::move(*made);
  return known;
}

void CapturedChecks::enter(std::span<const capture::Placed> memory) {
  for (const auto& place : memory) {
    if (place.of_program) continue;
    const auto [found, is_new] = known_.try_emplace(place.begin, place.bytes);
    if (!is_new && found->second == place.bytes) continue;
    found->second = place.bytes;
    session_.made(place.begin, place.bytes, place.label.empty() ? "buffer" : place.label, {});
    device::Box all;
    all.size = {place.bytes, 1, 1};
    session_.host_writes(place.begin, all, true);
  }
}

device::Observer* CapturedChecks::begin(const device::Launch& launch, const capture::LoadedProgram& program,
                                        std::span<const capture::Placed> memory) {
  auto followed = device_.description().observable ? program_of(program) : nullptr;
  if (!followed) {
    collector_->note(std::string("kernel '") + std::string(launch.kernel) + "' cannot be followed here");
    return nullptr;
  }
  enter(memory);
  device::Launch described = launch;
  if (const auto* kernel = followed->kernel(launch.kernel)) {
    auto reach = reach_of(launch, *kernel, memory);
    // Local memory as a whole: its parts are not known.
    reach.push_back({device::Reach::kNoArgument, 0, launch.local_memory_bytes, true, true, "local memory"});
    described.reach = std::make_shared<const std::vector<device::Reach>>(std::move(reach));
  }
  watch_ = std::make_unique<Watch>(session_, std::move(followed), described);
  return watch_.get();
}

void CapturedChecks::end(const Status& status) {
  if (watch_) watch_->done(status);
  watch_.reset();
}

}  // namespace kiesel::check
