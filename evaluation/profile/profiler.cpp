#include "evaluation/profile/profiler.hpp"

#include "device/isa/extensions.hpp"
#include "evaluation/program_base.hpp"
#include "support/checked.hpp"
#include "support/clock.hpp"

namespace kiesel::profile {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::uint64_t bytes_of(const device::Box& box) {
  return saturating_product(saturating_product(box.size[0], box.size[1]), box.size[2]);
}

}  // namespace

DeviceNote note_of(const device::Description& d) {
  return {d.name,
          "RV64IMFD Zicsr " + isa::extension_names(d.target),
          d.cores,
          d.target.warps,
          d.target.lanes,
          d.clock_mhz,
          d.cache_line_bytes,
          d.target.local_memory_bytes};
}

LaunchNote note_of(const device::Launch& launch, KernelKey key, Collector& collector) {
  LaunchNote note;
  note.number = collector.next_launch();
  note.key = std::move(key);
  note.global_size = launch.region.global_size;
  note.local_size = launch.region.local_size;
  note.local_memory_bytes = launch.local_memory_bytes;
  note.private_memory_bytes = launch.private_memory_bytes;
  note.times.submitted = now_ns();
  return note;
}

void add_ended(Collector& collector, LaunchNote& note, std::optional<device::Address> base,
               const device::Completion& completion) {
  note.times.start = completion.start_ns;
  note.times.end = completion.end_ns;
  if (!completion.status) note.failure = completion.status.error().reason;
  std::optional<device::LaunchCounts> code;
  if (const auto& counts = completion.counts) {
    note.counted = true;
    note.timed = counts->timed;
    note.clock_khz = counts->clock_khz;
    note.totals = counts->totals;
    if (base) (code = *counts)->code_begin -= *base;
  }
  collector.add(note, code ? &*code : nullptr);
}

Result<device::ModuleId> Profiler::load(std::span<const std::byte> elf, device::Owner owner) {
  auto module = device_->load(elf, owner);
  if (!module) return module;
  Program program{collector_->add_program(elf), std::nullopt};
  if (const auto view = ElfView::parse(elf))
    if (const auto base = program_base(*device_, *module, *view)) program.base = *base;
  std::lock_guard lock(mutex_);
  programs_[*module] = std::move(program);
  return module;
}

void Profiler::unload(device::ModuleId module) {
  {
    std::lock_guard lock(mutex_);
    programs_.erase(module);
  }
  device_->unload(module);
}

Profiler::Program Profiler::program_of(device::ModuleId module) const {
  std::lock_guard lock(mutex_);
  const auto found = programs_.find(module);
  return found == programs_.end() ? Program() : found->second;
}

device::CompletionHandler Profiler::watch(const device::Launch& launch, device::CompletionHandler done) {
  auto program = program_of(launch.module);
  auto note = note_of(launch, {number_, std::move(program.name), std::string(launch.kernel)}, *collector_);
  return [collector = collector_, note = std::move(note), base = program.base,
          done = std::move(done)](const device::Completion& completion) mutable {
    add_ended(*collector, note, base, completion);
    if (done) done(completion);
  };
}

device::CompletionHandler Profiler::watch(TransferKind kind, std::uint64_t bytes,
                                          device::CompletionHandler done) {
  TransferNote note{number_, kind, bytes, {now_ns(), 0, 0}};
  return
      [collector = collector_, note, done = std::move(done)](const device::Completion& completion) mutable {
        note.times.start = completion.start_ns;
        note.times.end = completion.end_ns;
        collector->add(note);
        if (done) done(completion);
      };
}

void Profiler::submit(device::Command command, device::CompletionHandler done, device::Handling handling) {
  handling.timed = true;
  handling.counted = std::holds_alternative<device::Launch>(command);
  auto watched = std::visit(
      Overloaded{
          [&](const device::Launch& launch) { return watch(launch, std::move(done)); },
          [&](const device::Read& read) {
            return watch(TransferKind::kRead, bytes_of(read.box), std::move(done));
          },
          [&](const device::Write& write) {
            return watch(TransferKind::kWrite, bytes_of(write.box), std::move(done));
          },
          [&](const device::Copy& copy) {
            return watch(TransferKind::kCopy, bytes_of(copy.box), std::move(done));
          },
          [&](const device::Fill& fill) { return watch(TransferKind::kFill, fill.bytes, std::move(done)); }},
      command);
  device_->submit(std::move(command), std::move(watched), handling);
}

}  // namespace kiesel::profile
