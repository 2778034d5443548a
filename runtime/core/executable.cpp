#include "runtime/core/executable.hpp"

#include <mutex>

#include "support/elf.hpp"

namespace kiesel::runtime {

Outcome<Ref<Executable>> Executable::read(Device& device, std::vector<std::byte> binary) {
  auto program = compiler::read_program(binary);
  if (!program.ok()) return ApiError{CL_INVALID_BINARY, program.error().reason};
  return Ref<Executable>::adopt(new Executable(device, std::move(binary), *std::move(program)));
}

Executable::Executable(Device& device, std::vector<std::byte> binary, compiler::Program program)
    : device_(&device), binary_(std::move(binary)), program_(std::move(program)) {}

Executable::~Executable() {
  if (module_) device_->implementation().unload(module_);
}

bool Executable::runs_here() const { return program_.has_code && program_.target == device_->target(); }

const compiler::Kernel* Executable::find(std::string_view kernel) const {
  for (const auto& entry : program_.kernels)
    if (entry.name == kernel) return &entry;
  return nullptr;
}

Outcome<device::ModuleId> Executable::module() {
  if (module_) return module_;
  auto loaded = device_->implementation().load(binary_);
  if (!loaded.ok()) return ApiError{to_cl(loaded.error().code), loaded.error().reason};
  module_ = *loaded;
  return module_;
}

Outcome<Executable::Entry> Executable::entry(const compiler::Kernel& kernel) {
  std::lock_guard lock(mutex_);
  for (const auto& [known, entry] : entries_)
    if (known == &kernel) return entry;
  KIESEL_TRY(id, module());
  auto address = device_->implementation().symbol(id, kernel.symbol);
  if (!address.ok()) return ApiError{CL_INVALID_PROGRAM_EXECUTABLE, address.error().reason};
  if (!base_) {
    if (const auto elf = ElfView::parse(binary_); elf.ok())
      if (const auto* symbol = elf->symbol(kernel.symbol)) base_ = *address - symbol->value;
  }
  entries_.emplace_back(&kernel, Entry{id, *address});
  return entries_.back().second;
}

std::span<const std::byte> Executable::data_at(device::Address address) {
  std::lock_guard lock(mutex_);
  const auto elf = ElfView::parse(binary_);
  if (!elf.ok() || !base_) return {};
  const auto offset = address - base_;
  for (const auto& segment : elf->segments()) {
    if (segment.p_type != PT_LOAD || offset < segment.p_vaddr) continue;
    const auto bytes = elf->segment_bytes(segment);
    if (offset - segment.p_vaddr < bytes.size()) return bytes.subspan(offset - segment.p_vaddr);
  }
  return {};
}

}  // namespace kiesel::runtime
