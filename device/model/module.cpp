#include "device/model/module.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "device/model/interpreter/decode.hpp"
#include "device/model/straight_line.hpp"
#include "support/elf.hpp"

namespace kiesel::model {
namespace {

constexpr std::uint64_t kPlacement = 4096;

Error bad(std::string reason) { return {Errc::kInvalidBinary, std::move(reason)}; }

}  // namespace

class ModuleLoader {
 public:
  ModuleLoader(Module& module, const ElfView& elf) : module_(module), elf_(elf) {}

  Status run(const Engine& engine, const isa::Target& target, Owner owner) {
    if (auto status = check(); !status) return status;
    const auto base = module_.memory_.allocate(size_, kPlacement, Memory::Kind::kData, {}, owner);
    if (!base) return base.error();
    module_.base_ = *base;
    copy_segments();
    if (auto status = relocate(); !status) return status;
    collect_symbols();
    const std::uint64_t begin = module_.base_ + text_->p_vaddr;
    module_.code_ = decode_code(begin, text_->p_memsz, engine, target);
    module_.startup_ = module_.code_.at(module_.base_ + elf_.header().e_entry);
    if (!module_.startup_) return bad("the entry point is not in the executable segment");
    module_.lengths_ = std::vector<std::atomic<std::uint16_t>>(module_.code_.insns.size());
    module_.translations_ = std::make_unique<ModuleTranslations>(image());
    protect();
    return {};
  }

 private:
  Status check() {
    const Elf64_Ehdr& header = elf_.header();
    if (header.e_machine != EM_RISCV) return bad(fmt::format("machine {} is not RISC-V", header.e_machine));
    if (header.e_type != ET_DYN) return bad("not a position-independent program (ET_DYN)");
    for (const Elf64_Phdr& segment : elf_.segments()) {
      if (segment.p_type == PT_TLS) return bad("thread-local storage");
      if (segment.p_type != PT_LOAD) continue;
      if (segment.p_filesz > segment.p_memsz)
        return bad("a segment with more bytes in the file than in memory");
      if (segment.p_vaddr > isa::kMaxProgramBytes ||
          segment.p_memsz > isa::kMaxProgramBytes - segment.p_vaddr)
        return bad("a segment that is too large");
      if (segment.p_align > kPlacement && segment.p_align > (1 << 21))
        return bad("a segment with a huge alignment");
      if (segment.p_vaddr < size_) return bad("segments that overlap or are not in order");
      size_ = segment.p_vaddr + segment.p_memsz;
      if (!(segment.p_flags & PF_X)) continue;
      if (text_) return bad("more than one executable segment");
      if (segment.p_vaddr & 3 || segment.p_memsz & 3) return bad("an executable segment that is not aligned");
      if (segment.p_memsz != segment.p_filesz)
        return bad("an executable segment that is not all in the file");
      text_ = &segment;
    }
    if (!text_ || !text_->p_memsz) return bad("no executable segment");
    return {};
  }

  void copy_segments() {
    auto* target = reinterpret_cast<std::byte*>(module_.base_);
    for (const Elf64_Phdr& segment : elf_.segments()) {
      if (segment.p_type != PT_LOAD) continue;
      const auto bytes = elf_.segment_bytes(segment);
      if (!bytes.empty()) std::memcpy(target + segment.p_vaddr, bytes.data(), bytes.size());
      std::memset(target + segment.p_vaddr + bytes.size(), 0, segment.p_memsz - bytes.size());
    }
  }

  bool in_segment(std::uint64_t offset, std::uint64_t bytes) const {
    return std::any_of(elf_.segments().begin(), elf_.segments().end(), [&](const Elf64_Phdr& segment) {
      return segment.p_type == PT_LOAD && offset >= segment.p_vaddr &&
             offset - segment.p_vaddr <= segment.p_memsz &&
             bytes <= segment.p_memsz - (offset - segment.p_vaddr);
    });
  }

  // Relocations count symbols in the dynamic table, whatever other tables there are.
  Result<std::uint64_t> dynamic_symbol(std::uint32_t index) const {
    for (const auto& section : elf_.sections()) {
      if (section.type != SHT_DYNSYM || index >= section.bytes.size() / sizeof(Elf64_Sym)) continue;
      Elf64_Sym symbol;
      std::memcpy(&symbol, section.bytes.data() + index * sizeof symbol, sizeof symbol);
      if (symbol.st_shndx == SHN_UNDEF) return bad("a relocation against an undefined symbol");
      return symbol.st_value;
    }
    return bad("a relocation against a symbol that does not exist");
  }

  Status relocate() {
    for (const auto& relocation : elf_.relocations()) {
      if (relocation.type == R_RISCV_NONE) continue;
      if (!in_segment(relocation.offset, 8)) return bad("a relocation outside the program");
      std::uint64_t value = module_.base_ + static_cast<std::uint64_t>(relocation.addend);
      if (relocation.type == R_RISCV_64 || relocation.type == R_RISCV_JUMP_SLOT) {
        const auto symbol = dynamic_symbol(relocation.symbol);
        if (!symbol) return symbol.error();
        value += *symbol;
      } else if (relocation.type != R_RISCV_RELATIVE) {
        return bad(fmt::format("a relocation of type {}", relocation.type));
      }
      std::memcpy(reinterpret_cast<void*>(module_.base_ + relocation.offset), &value, sizeof value);
    }
    return {};
  }

  // The segments around the code that cannot be stored to, up to the next that can, as they are in the file.
  std::shared_ptr<const ModuleImage> image() const {
    auto out = std::make_shared<ModuleImage>();
    std::uint64_t begin = text_->p_vaddr, end = begin + text_->p_memsz;
    bool seen = false;
    for (const Elf64_Phdr& segment : elf_.segments()) {  // in order, see check()
      if (segment.p_type != PT_LOAD) continue;
      seen |= &segment == text_;
      if (segment.p_flags & PF_W) {
        if (seen) break;
        begin = text_->p_vaddr;
      } else {
        begin = std::min(begin, segment.p_vaddr);
        end = std::max(end, segment.p_vaddr + segment.p_memsz);
      }
    }
    out->image_begin = begin;
    out->image.resize(end - begin);
    for (const Elf64_Phdr& segment : elf_.segments()) {
      if (segment.p_type != PT_LOAD || segment.p_vaddr < begin || segment.p_vaddr >= end) continue;
      const auto bytes = elf_.segment_bytes(segment);
      std::copy(bytes.begin(), bytes.end(),
                out->image.begin() + static_cast<std::ptrdiff_t>(segment.p_vaddr - begin));
    }
    for (const auto& relocation : elf_.relocations())
      if (relocation.type != R_RISCV_NONE) out->relocated.push_back(relocation.offset);
    out->code_begin = text_->p_vaddr;
    out->code_end = text_->p_vaddr + text_->p_memsz;
    out->startup = elf_.header().e_entry;
    return out;
  }

  void collect_symbols() {
    for (const auto& symbol : elf_.symbols()) {
      if (symbol.section == SHN_UNDEF || symbol.section >= SHN_LORESERVE || symbol.name.empty()) continue;
      const Address address = module_.base_ + symbol.value;
      if (symbol.binding != STB_LOCAL) module_.by_name_.emplace(symbol.name, address);
      if (symbol.type == STT_FUNC || (symbol.type == STT_NOTYPE && symbol.binding != STB_LOCAL))
        module_.symbols_.push_back({address, symbol.size, std::string(symbol.name)});
    }
    std::sort(module_.symbols_.begin(), module_.symbols_.end(),
              [](const auto& a, const auto& b) { return a.address < b.address; });
  }

  void protect() {
    std::vector<Memory::Allocation> parts;
    for (const Elf64_Phdr& segment : elf_.segments()) {
      if (segment.p_type != PT_LOAD) continue;
      const Address begin = module_.base_ + segment.p_vaddr;
      parts.push_back({{begin, begin + segment.p_memsz},
                       segment.p_flags & PF_W ? Memory::Kind::kData : Memory::Kind::kReadOnly});
    }
    module_.memory_.divide(module_.base_, std::move(parts));
    module_.memory_.label(module_.base_, "the program");
  }

  Module& module_;
  const ElfView& elf_;
  std::uint64_t size_ = 0;
  const Elf64_Phdr* text_ = nullptr;
};

Result<std::unique_ptr<Module>> Module::load(Memory& memory, const Engine& engine, const isa::Target& target,
                                             std::span<const std::byte> file, Owner owner) {
  const auto elf = ElfView::parse(file);
  if (!elf) return elf.error();
  auto module = std::unique_ptr<Module>(new Module(memory));
  if (auto status = ModuleLoader(*module, *elf).run(engine, target, owner); !status) return status.error();
  return module;
}

Module::~Module() { memory_.free(base_); }

std::uint32_t Module::straight_line_length(const Insn* entry) const {
  constexpr std::uint16_t kUncertain = 0xFFFF;
  auto& known = lengths_[static_cast<std::size_t>(entry - code_.insns.data())];
  auto length = known.load(std::memory_order_relaxed);
  if (length == 0) {
    const auto found = model::straight_line_length(code_, startup_, entry);
    length = found && found < kUncertain ? static_cast<std::uint16_t>(found) : kUncertain;
    known.store(length, std::memory_order_relaxed);
  }
  return length == kUncertain ? 0 : length;
}

Result<Address> Module::symbol(std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end())
    return Error{Errc::kNotFound, fmt::format("the program has no symbol '{}'", name)};
  return found->second;
}

std::string Module::locate(Address address) const {
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                [](Address wanted, const Symbol& symbol) { return wanted < symbol.address; });
  while (after != symbols_.begin()) {
    const Symbol& symbol = *--after;
    if (symbol.size && address - symbol.address >= symbol.size) continue;
    return fmt::format("{}+{:#x}", symbol.name, address - symbol.address);
  }
  return "";
}

}  // namespace kiesel::model
