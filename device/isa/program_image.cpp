#include "device/isa/program_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "device/isa/target.hpp"

namespace kiesel::isa {
namespace {

constexpr std::size_t kMostSegments = 16;
constexpr std::uint64_t kMostAlignment = 1 << 21;
constexpr std::uint64_t kMostGap = 1 << 16;  // between segments: pages of whatever linker

Error bad(std::string reason) { return {Errc::kInvalidBinary, std::move(reason)}; }

// Relocations count symbols in the dynamic table, whatever other tables there are.
std::span<const std::byte> dynamic_symbols(const ElfView& file) {
  for (const auto& section : file.sections())
    if (section.type == SHT_DYNSYM) return section.bytes;
  return {};
}

Result<std::uint64_t> symbol_value(std::span<const std::byte> table, std::uint32_t index) {
  if (index >= table.size() / sizeof(Elf64_Sym))
    return bad("a relocation against a symbol that does not exist");
  Elf64_Sym symbol;
  std::memcpy(&symbol, table.data() + index * sizeof symbol, sizeof symbol);
  if (symbol.st_shndx == SHN_UNDEF) return bad("a relocation against an undefined symbol");
  return symbol.st_value;
}

bool is_power_of_two_or_zero(std::uint64_t value) { return (value & (value - 1)) == 0; }

// Of a segment by itself.
Status check_segment(const Elf64_Phdr& segment) {
  if (segment.p_filesz > segment.p_memsz) return bad("a segment with more bytes in the file than in memory");
  if (segment.p_vaddr > kMaxProgramBytes || segment.p_memsz > kMaxProgramBytes - segment.p_vaddr)
    return bad("a segment that is too large");
  if (segment.p_align > kMostAlignment || !is_power_of_two_or_zero(segment.p_align))
    return bad("a segment with an odd or huge alignment");
  if (!(segment.p_flags & PF_W) && segment.p_memsz != segment.p_filesz)
    return bad("a read-only segment that is not all in the file");
  if (!(segment.p_flags & PF_X)) return {};
  if (segment.p_flags & PF_W) return bad("an executable segment that can be written");
  if (segment.p_vaddr & 3 || segment.p_memsz & 3) return bad("an executable segment that is not aligned");
  return {};
}

}  // namespace

bool is_placed(const ElfView::Symbol& symbol) {
  return symbol.section != SHN_UNDEF && symbol.section < SHN_LORESERVE && !symbol.name.empty();
}

Status ProgramImage::add_segment(const Elf64_Phdr& segment) {
  if (segment.p_type == PT_TLS) return bad("thread-local storage");
  if (segment.p_type != PT_LOAD) return {};
  if (auto status = check_segment(segment); !status) return status;
  const std::uint64_t end = segments_.empty() ? 0 : bytes();
  if (segment.p_vaddr < end) return bad("segments that overlap or are not in order");
  if (segment.p_vaddr - end > kMostGap) return bad("segments far from each other");
  if (segments_.size() == kMostSegments) return bad("too many segments");
  if (segment.p_flags & PF_X) {
    if (text_ != kNone) return bad("more than one executable segment");
    text_ = segments_.size();
  }
  segments_.push_back(segment);
  return {};
}

bool ProgramImage::contains(std::uint64_t offset, std::uint64_t bytes) const {
  return std::any_of(segments_.begin(), segments_.end(), [&](const Elf64_Phdr& segment) {
    return offset >= segment.p_vaddr && offset - segment.p_vaddr <= segment.p_memsz &&
           bytes <= segment.p_memsz - (offset - segment.p_vaddr);
  });
}

Status ProgramImage::add_patches(const ElfView& file) {
  const auto symbols = dynamic_symbols(file);
  for (const auto& relocation : file.relocations()) {
    if (relocation.type == R_RISCV_NONE) continue;
    if (!contains(relocation.offset, sizeof(std::uint64_t))) return bad("a relocation outside the program");
    auto value = static_cast<std::uint64_t>(relocation.addend);
    if (relocation.type == R_RISCV_64 || relocation.type == R_RISCV_JUMP_SLOT) {
      const auto symbol = symbol_value(symbols, relocation.symbol);
      if (!symbol) return symbol.error();
      value += *symbol;
    } else if (relocation.type != R_RISCV_RELATIVE) {
      return bad(fmt::format("a relocation of type {}", relocation.type));
    }
    patches_.push_back({relocation.offset, value});
  }
  return {};
}

Result<ProgramImage> ProgramImage::of(const ElfView& file) {
  const Elf64_Ehdr& header = file.header();
  if (header.e_machine != EM_RISCV) return bad(fmt::format("machine {} is not RISC-V", header.e_machine));
  if (header.e_type != ET_DYN) return bad("not a position-independent program (ET_DYN)");
  ProgramImage image;
  std::uint64_t in_file = 0;
  for (const Elf64_Phdr& segment : file.segments()) {
    if (auto status = image.add_segment(segment); !status) return status.error();
    if (segment.p_type == PT_LOAD) in_file += segment.p_filesz;
  }
  if (image.text_ == kNone || !image.text().p_memsz) return bad("no executable segment");
  if (in_file > file.bytes()) return bad("segments that share bytes of the file");
  image.startup_ = header.e_entry;
  if (!image.is_instruction(image.startup_)) return bad("the entry point is not in the executable segment");
  if (auto status = image.add_patches(file); !status) return status.error();
  return image;
}

}  // namespace kiesel::isa
