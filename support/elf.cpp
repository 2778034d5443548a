#include "support/elf.hpp"

#include <cstring>

namespace kiesel {
namespace {

using Bytes = std::span<const std::byte>;

Error bad(const char* reason) { return {Errc::kInvalidBinary, reason}; }

std::optional<Bytes> slice(Bytes file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) return std::nullopt;
  return file.subspan(offset, size);
}

template <class T>
std::optional<std::vector<T>> table(Bytes file, std::uint64_t offset, std::uint64_t count) {
  if (count > file.size() / sizeof(T)) return std::nullopt;
  const auto bytes = slice(file, offset, count * sizeof(T));
  if (!bytes) return std::nullopt;
  std::vector<T> out(count);
  if (count) std::memcpy(out.data(), bytes->data(), bytes->size());
  return out;
}

std::optional<std::string_view> string_at(Bytes strings, std::uint64_t offset) {
  if (offset >= strings.size()) return std::nullopt;
  const auto* start = reinterpret_cast<const char*>(strings.data()) + offset;
  const auto* end = static_cast<const char*>(std::memchr(start, 0, strings.size() - offset));
  if (!end) return std::nullopt;
  return std::string_view(start, static_cast<std::size_t>(end - start));
}

}  // namespace

Result<ElfView> ElfView::parse(Bytes file) {
  ElfView view;
  view.file_ = file;
  if (file.size() < sizeof(Elf64_Ehdr) || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0)
    return bad("not an ELF file");
  std::memcpy(&view.header_, file.data(), sizeof(Elf64_Ehdr));
  const auto& header = view.header_;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    return bad("not a little-endian ELF64 file");
  if (header.e_phnum && header.e_phentsize != sizeof(Elf64_Phdr))
    return bad("program headers of a foreign size");
  if (header.e_shnum && header.e_shentsize != sizeof(Elf64_Shdr))
    return bad("section headers of a foreign size");

  auto segments = table<Elf64_Phdr>(file, header.e_phoff, header.e_phnum);
  auto headers = table<Elf64_Shdr>(file, header.e_shoff, header.e_shnum);
  if (!segments || !headers) return bad("headers lie outside the file");
  for (const auto& segment : *segments)
    if (!slice(file, segment.p_offset, segment.p_filesz)) return bad("a segment lies outside the file");
  view.segments_ = std::move(*segments);

  for (const auto& section : *headers) {
    const auto bytes = slice(file, section.sh_offset, section.sh_type == SHT_NOBITS ? 0 : section.sh_size);
    if (!bytes && section.sh_type != SHT_NULL) return bad("a section lies outside the file");
    view.sections_.push_back({{},
                              section.sh_type,
                              section.sh_flags,
                              section.sh_addr,
                              section.sh_offset,
                              section.sh_entsize,
                              section.sh_link,
                              bytes.value_or(Bytes())});
  }
  if (!headers->empty()) {
    if (header.e_shstrndx >= headers->size()) return bad("no section names");
    const auto strings = view.sections_[header.e_shstrndx].bytes;
    for (std::size_t i = 0; i < headers->size(); ++i) {
      if ((*headers)[i].sh_type == SHT_NULL) continue;
      const auto name = string_at(strings, (*headers)[i].sh_name);
      if (!name) return bad("a section name lies outside its table");
      view.sections_[i].name = *name;
    }
  }

  const Section* symbols = nullptr;
  for (const auto& section : view.sections_)
    if (section.type == SHT_SYMTAB || (section.type == SHT_DYNSYM && !symbols)) symbols = &section;
  if (symbols) {
    if (symbols->link >= view.sections_.size()) return bad("a symbol table without names");
    const auto strings = view.sections_[symbols->link].bytes;
    const auto entries = table<Elf64_Sym>(symbols->bytes, 0, symbols->bytes.size() / sizeof(Elf64_Sym));
    for (const auto& entry : *entries) {
      const auto name = string_at(strings, entry.st_name);
      if (!name) return bad("a symbol name lies outside its table");
      view.symbols_.push_back({*name, static_cast<std::uint8_t>(ELF64_ST_TYPE(entry.st_info)),
                               static_cast<std::uint8_t>(ELF64_ST_BIND(entry.st_info)), entry.st_shndx,
                               entry.st_value, entry.st_size});
    }
  }
  for (const auto& section : view.sections_) {
    if (section.type != SHT_RELA || !(section.flags & SHF_ALLOC)) continue;
    const auto entries = table<Elf64_Rela>(section.bytes, 0, section.bytes.size() / sizeof(Elf64_Rela));
    for (const auto& entry : *entries)
      view.relocations_.push_back({entry.r_offset, static_cast<std::uint32_t>(ELF64_R_TYPE(entry.r_info)),
                                   static_cast<std::uint32_t>(ELF64_R_SYM(entry.r_info)), entry.r_addend});
  }
  return view;
}

Bytes ElfView::segment_bytes(const Elf64_Phdr& segment) const {
  return slice(file_, segment.p_offset, segment.p_filesz).value_or(Bytes());
}

const ElfView::Section* ElfView::section(std::string_view name) const {
  for (const auto& section : sections_)
    if (section.name == name) return &section;
  return nullptr;
}

const ElfView::Symbol* ElfView::symbol(std::string_view name) const {
  for (const auto& symbol : symbols_)
    if (symbol.name == name) return &symbol;
  return nullptr;
}

}  // namespace kiesel
