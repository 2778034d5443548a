#include "runtime/core/executable.hpp"

#include <mutex>

namespace kiesel::runtime {

Outcome<Ref<Executable>> Executable::read(Device& device, std::vector<std::byte> binary) {
  auto program = compiler::read_program(binary);
  if (!program.ok()) return ApiError{CL_INVALID_BINARY, program.error().reason};
  return Ref<Executable>::adopt(new Executable(device, std::move(binary), *std::move(program)));
}

Executable::Executable(Device& device, std::vector<std::byte> binary, compiler::Program program)
    : device_(&device),
      binary_(std::move(binary)),
      program_(std::move(program)),
      addresses_(program_.kernels.size()) {}

Executable::~Executable() {
  if (const auto id = module_.load()) device_->implementation().unload(id);
}

bool Executable::runs_here() const { return program_.has_code && program_.target == device_->target(); }

const compiler::Kernel* Executable::find(std::string_view kernel) const {
  for (const auto& entry : program_.kernels)
    if (entry.name == kernel) return &entry;
  return nullptr;
}

Outcome<device::ModuleId> Executable::module(device::Owner owner) {
  if (const auto id = module_.load(std::memory_order_relaxed)) return id;
  auto loaded = device_->implementation().load(binary_, owner);
  if (!loaded.ok()) return ApiError{to_cl(loaded.error().code), loaded.error().reason};
  module_.store(*loaded, std::memory_order_relaxed);
  return *loaded;
}

Outcome<Executable::Entry> Executable::entry(const compiler::Kernel& kernel, device::Owner owner) {
  const auto index = static_cast<std::size_t>(&kernel - program_.kernels.data());
  if (const auto known = addresses_[index].load(std::memory_order_acquire))
    return Entry{module_.load(std::memory_order_relaxed), known};
  auto found = find_entry(kernel, owner);
  if (found.ok()) addresses_[index].store(found->address, std::memory_order_release);
  return found;
}

Outcome<Executable::Entry> Executable::find_entry(const compiler::Kernel& kernel, device::Owner owner) {
  std::lock_guard lock(mutex_);
  KIESEL_TRY(id, module(owner));
  auto address = device_->implementation().symbol(id, kernel.symbol);
  if (!address.ok()) return ApiError{CL_INVALID_PROGRAM_EXECUTABLE, address.error().reason};
  if (!base_) {
    if (const auto elf = ElfView::parse(binary_); elf.ok())
      if (const auto* symbol = elf->symbol(kernel.symbol)) remember_data(*elf, *address - symbol->value);
  }
  return Entry{id, *address};
}

void Executable::remember_data(const ElfView& elf, device::Address base) {
  base_ = base;
  for (const auto& segment : elf.segments())
    if (segment.p_type == PT_LOAD && segment.p_filesz)
      data_.push_back({segment.p_vaddr, elf.segment_bytes(segment)});
}

std::span<const std::byte> Executable::data_at(device::Address address) {
  std::lock_guard lock(mutex_);
  for (const auto& [begin, bytes] : data_)
    if (const auto offset = address - base_ - begin; offset < bytes.size()) return bytes.subspan(offset);
  return {};
}

}  // namespace kiesel::runtime
