#include "device/translator/host/place_code.hpp"

#include <fmt/format.h>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/ExecutionEngine/JITSymbol.h>
#include <llvm/ExecutionEngine/RuntimeDyld.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>

#include <algorithm>
#include <new>

namespace kiesel::translator {
namespace {

constexpr std::size_t kPage = 4096;

Error refused(std::string reason) { return {Errc::kUnsupported, std::move(reason)}; }
Error refused(llvm::Error error) { return refused(llvm::toString(std::move(error))); }

// Relocations whose value does not change when the whole block moves by pages.
constexpr std::uint64_t kRelativeX86[] = {llvm::ELF::R_X86_64_PC32, llvm::ELF::R_X86_64_PLT32,
                                          llvm::ELF::R_X86_64_PC64};
constexpr std::uint64_t kRelativeArm[] = {
    llvm::ELF::R_AARCH64_PREL32,
    llvm::ELF::R_AARCH64_PREL64,
    llvm::ELF::R_AARCH64_CALL26,
    llvm::ELF::R_AARCH64_JUMP26,
    llvm::ELF::R_AARCH64_ADR_PREL_LO21,
    llvm::ELF::R_AARCH64_ADR_PREL_PG_HI21,
    llvm::ELF::R_AARCH64_ADD_ABS_LO12_NC,
    llvm::ELF::R_AARCH64_LDST8_ABS_LO12_NC,
    llvm::ELF::R_AARCH64_LDST16_ABS_LO12_NC,
    llvm::ELF::R_AARCH64_LDST32_ABS_LO12_NC,
    llvm::ELF::R_AARCH64_LDST64_ABS_LO12_NC,
    llvm::ELF::R_AARCH64_LDST128_ABS_LO12_NC,
};

bool is_relative(std::uint64_t type, llvm::Triple::ArchType host) {
  const auto has = [&](const auto& list) {
    return std::find(std::begin(list), std::end(list), type) != std::end(list);
  };
  return host == llvm::Triple::x86_64 ? has(kRelativeX86)
                                      : host == llvm::Triple::aarch64 && has(kRelativeArm);
}

Status check_symbols(const llvm::object::ObjectFile& object) {
  std::string missing;
  for (const auto& symbol : object.symbols()) {
    auto flags = symbol.getFlags();
    if (!flags) return refused(flags.takeError());
    auto name = symbol.getName();
    if (!name) return refused(name.takeError());
    if (*flags & llvm::object::SymbolRef::SF_Undefined && !name->empty())
      missing +=
          fmt::format("{}{}", missing.empty() ? "" : ", ", std::string_view(name->data(), name->size()));
  }
  if (!missing.empty()) return refused("the host's code would call " + missing);
  return {};
}

Status check_relocations(const llvm::object::ObjectFile& object) {
  for (const auto& section : object.sections())
    for (const auto& relocation : section.relocations()) {
      if (is_relative(relocation.getType(), object.getArch())) continue;
      llvm::SmallString<32> name;
      relocation.getTypeName(name);
      return refused(fmt::format("the host's code would need a relocation {}",
                                 std::string_view(name.data(), name.size())));
    }
  return {};
}

// Gives RuntimeDyld all its memory from one block.
class Block final : public llvm::RuntimeDyld::MemoryManager {
 public:
  ~Block() override { ::operator delete (begin_, std::align_val_t{kPage}); }

  bool needsToReserveAllocationSpace() override { return true; }
  void reserveAllocationSpace(std::uintptr_t code, std::uint32_t code_align, std::uintptr_t constants,
                              std::uint32_t constants_align, std::uintptr_t, std::uint32_t) override {
    size_ = code + constants + 2 * (std::uintptr_t{code_align} + constants_align) + kPage;
    begin_ = static_cast<std::byte*>(::operator new (size_, std::align_val_t{kPage}));
    std::fill(begin_, begin_ + size_, std::byte{0});
  }
  std::uint8_t* allocateCodeSection(std::uintptr_t bytes, unsigned alignment, unsigned,
                                    llvm::StringRef) override {
    return take(bytes, alignment);
  }
  std::uint8_t* allocateDataSection(std::uintptr_t bytes, unsigned alignment, unsigned, llvm::StringRef,
                                    bool read_only) override {
    writable_ |= !read_only && bytes != 0;
    return take(bytes, alignment);
  }
  void registerEHFrames(std::uint8_t*, std::uint64_t, std::size_t) override {}
  void deregisterEHFrames() override {}
  bool finalizeMemory(std::string*) override { return false; }

  Status check() const {
    if (writable_) return refused("the host's code would have variables");
    if (overflow_) return refused("the host's code is larger than it said");
    return {};
  }
  std::vector<std::byte> bytes() const { return {begin_, begin_ + used_}; }
  std::uint64_t offset(const void* p) const {
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(p) - begin_);
  }

 private:
  std::uint8_t* take(std::uintptr_t bytes, unsigned alignment) {
    const std::uintptr_t step = std::max(alignment, 1u);
    const std::uintptr_t at = (used_ + step - 1) / step * step;
    if (at > size_ || bytes > size_ - at) {
      overflow_ = true;
      return nullptr;
    }
    used_ = at + bytes;
    return reinterpret_cast<std::uint8_t*>(begin_ + at);
  }

  std::byte* begin_ = nullptr;
  std::uintptr_t size_ = 0, used_ = 0;
  bool writable_ = false, overflow_ = false;
};

class NoSymbols final : public llvm::LegacyJITSymbolResolver {
  llvm::JITSymbol findSymbol(const std::string&) override { return nullptr; }
  llvm::JITSymbol findSymbolInLogicalDylib(const std::string&) override { return nullptr; }
};

}  // namespace

Result<HostCode> place_code(std::string_view bytes, const std::vector<std::string>& functions) {
  const llvm::MemoryBufferRef buffer(llvm::StringRef(bytes.data(), bytes.size()), "translation");
  auto object = llvm::object::ObjectFile::createObjectFile(buffer);
  if (!object) return refused(object.takeError());
  if (auto status = check_symbols(**object); !status) return status.error();
  if (auto status = check_relocations(**object); !status) return status.error();
  Block block;
  NoSymbols nobody;
  llvm::RuntimeDyld linker(block, nobody);
  linker.loadObject(**object);
  if (auto status = block.check(); !status) return status.error();
  if (!linker.hasError()) linker.resolveRelocations();
  if (linker.hasError()) return refused(linker.getErrorString().str());
  HostCode out;
  for (const std::string& name : functions) {
    const void* address = linker.getSymbolLocalAddress(name);
    if (!address) return refused(fmt::format("the module has no function '{}'", name));
    out.offsets.push_back(block.offset(address));
  }
  out.bytes = block.bytes();
  return out;
}

}  // namespace kiesel::translator
