#include "device/model/module.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "device/isa/program_image.hpp"
#include "device/model/interpreter/decode.hpp"
#include "device/model/straight_line.hpp"
#include "support/elf.hpp"

namespace kiesel::model {
Module::Module(Memory& memory)
    : memory_(memory), number_([] {
        static std::atomic<std::uint64_t> last{0};
        return ++last;
      }()) {}

class ModuleLoader {
 public:
  ModuleLoader(Module& module, const ElfView& elf, const isa::ProgramImage& program,
               std::span<const std::byte> front)
      : module_(module), elf_(elf), program_(program), front_(front) {}

  Status run(const Engine& engine, const isa::Target& target, Owner owner, Address at) {
    const std::uint64_t before = front_.empty() ? 0 : Module::kPage;
    const auto begin = module_.memory_.allocate(before + program_.bytes(), Module::kPage, Memory::Kind::kData,
                                                {}, owner, at);
    if (!begin) return begin.error();
    module_.begin_ = *begin;
    module_.base_ = *begin + before;
    copy_front();
    copy_segments();
    relocate();
    collect_symbols();
    decode(engine, target);
    module_.lengths_ = std::vector<std::atomic<std::uint16_t>>(module_.code_.insns.size());
    module_.translations_ = std::make_unique<ModuleTranslations>(image());
    protect();
    return {};
  }

 private:
  void copy_front() {
    if (front_.empty()) return;
    std::memcpy(reinterpret_cast<void*>(module_.begin_), front_.data(), front_.size());
    Memory::clear(module_.begin_ + front_.size(), Module::kPage - front_.size());
  }

  void decode(const Engine& engine, const isa::Target& target) {
    const Elf64_Phdr& text = program_.text();
    const Address begin = front_.empty() ? module_.base_ + text.p_vaddr : module_.begin_;
    module_.code_ = decode_code(begin, module_.base_ + text.p_vaddr + text.p_memsz - begin, engine, target);
    module_.startup_ = module_.code_.at(front_.empty() ? module_.base_ + program_.startup() : begin);
  }

  void copy_segments() {
    for (const Elf64_Phdr& segment : program_.segments()) {
      const auto bytes = elf_.segment_bytes(segment);
      const Address begin = module_.base_ + segment.p_vaddr;
      if (!bytes.empty()) std::memcpy(reinterpret_cast<void*>(begin), bytes.data(), bytes.size());
      Memory::clear(begin + bytes.size(), segment.p_memsz - bytes.size());
    }
  }

  void relocate() {
    for (const auto& patch : program_.patches()) {
      const std::uint64_t value = module_.base_ + patch.value;
      std::memcpy(reinterpret_cast<void*>(module_.base_ + patch.offset), &value, sizeof value);
    }
  }

  // The segments around the code that cannot be stored to, up to the next that can, as they are in the file.
  std::shared_ptr<const ModuleImage> image() const {
    auto out = std::make_shared<ModuleImage>();
    const Elf64_Phdr& text = program_.text();
    std::uint64_t begin = text.p_vaddr, end = begin + text.p_memsz;
    bool seen = false;
    for (const Elf64_Phdr& segment : program_.segments()) {
      seen |= &segment == &text;
      if (segment.p_flags & PF_W) {
        if (seen) break;
        begin = text.p_vaddr;
      } else {
        begin = std::min(begin, segment.p_vaddr);
        end = std::max(end, segment.p_vaddr + segment.p_memsz);
      }
    }
    out->image_begin = begin;
    out->image.resize(end - begin);
    for (const Elf64_Phdr& segment : program_.segments()) {
      if (segment.p_vaddr < begin || segment.p_vaddr >= end) continue;
      const auto bytes = elf_.segment_bytes(segment);
      std::copy(bytes.begin(), bytes.end(),
                out->image.begin() + static_cast<std::ptrdiff_t>(segment.p_vaddr - begin));
    }
    for (const auto& patch : program_.patches()) out->relocated.push_back(patch.offset);
    out->code_begin = text.p_vaddr;
    out->code_end = text.p_vaddr + text.p_memsz;
    out->startup = program_.startup();
    out->has_barriers =
        std::any_of(module_.code_.insns.begin(), module_.code_.insns.end(),
                    [](const Insn& insn) { return insn.op == isa::Op::bar || insn.op == isa::Op::bar_wait; });
    return out;
  }

  void collect_symbols() {
    for (const auto& symbol : elf_.symbols()) {
      if (!isa::is_placed(symbol)) continue;
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
    if (!front_.empty()) parts.push_back({{module_.begin_, module_.base_}, Memory::Kind::kReadOnly});
    for (const Elf64_Phdr& segment : program_.segments()) {
      const Address begin = module_.base_ + segment.p_vaddr;
      parts.push_back({{begin, begin + segment.p_memsz},
                       segment.p_flags & PF_W ? Memory::Kind::kData : Memory::Kind::kReadOnly});
    }
    module_.memory_.divide(module_.begin_, std::move(parts));
    module_.memory_.label(module_.begin_, "the program");
  }

  Module& module_;
  const ElfView& elf_;
  const isa::ProgramImage& program_;
  const std::span<const std::byte> front_;
};

Result<std::unique_ptr<Module>> Module::load(Memory& memory, const Engine& engine, const isa::Target& target,
                                             std::span<const std::byte> file, Owner owner, Address at,
                                             std::span<const std::byte> front) {
  if (front.size() > kPage) return Error{Errc::kInvalidBinary, "start-up code of more than a page"};
  const auto elf = ElfView::parse(file);
  if (!elf) return elf.error();
  const auto program = isa::ProgramImage::of(*elf);
  if (!program) return program.error();
  auto module = std::unique_ptr<Module>(new Module(memory));
  if (auto status = ModuleLoader(*module, *elf, *program, front).run(engine, target, owner, at); !status)
    return status.error();
  return module;
}

Module::~Module() { memory_.free(begin_); }

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
