#include "support/elf.hpp"

#include <algorithm>
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

// Names of a table: each within it, all of them together no longer than a few times the file.
class Names {
 public:
  Names(Bytes strings, std::size_t file_bytes) : strings_(strings), left_(file_bytes * 4) {}
  std::optional<std::string_view> at(std::uint64_t offset) {
    if (offset >= strings_.size()) return std::nullopt;
    const auto* start = reinterpret_cast<const char*>(strings_.data()) + offset;
    const auto most = std::min(strings_.size() - offset, left_);
    const auto* end = static_cast<const char*>(std::memchr(start, 0, most));
    if (!end) return std::nullopt;
    const std::string_view name(start, static_cast<std::size_t>(end - start));
    left_ -= name.size();
    return name;
  }

 private:
  Bytes strings_;
  std::size_t left_;
};

}  // namespace

Status ElfView::read_headers() {
  if (file_.size() < sizeof header_ || std::memcmp(file_.data(), ELFMAG, SELFMAG) != 0)
    return bad("not an ELF file");
  std::memcpy(&header_, file_.data(), sizeof header_);
  if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB)
    return bad("not a little-endian ELF64 file");
  if (header_.e_phnum && header_.e_phentsize != sizeof(Elf64_Phdr))
    return bad("program headers of a foreign size");
  if (header_.e_shnum && header_.e_shentsize != sizeof(Elf64_Shdr))
    return bad("section headers of a foreign size");
  auto segments = table<Elf64_Phdr>(file_, header_.e_phoff, header_.e_phnum);
  if (!segments) return bad("headers lie outside the file");
  for (const auto& segment : *segments)
    if (!slice(file_, segment.p_offset, segment.p_filesz)) return bad("a segment lies outside the file");
  segments_ = std::move(*segments);
  return {};
}

Status ElfView::read_sections(const std::vector<Elf64_Shdr>& headers) {
  std::size_t taken = 0;
  for (const auto& section : headers) {
    const bool has_bytes = section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL;
    const auto bytes = slice(file_, section.sh_offset, has_bytes ? section.sh_size : 0);
    if (!bytes && section.sh_type != SHT_NULL) return bad("a section lies outside the file");
    sections_.push_back({{},
                         section.sh_type,
                         section.sh_flags,
                         section.sh_addr,
                         section.sh_offset,
                         section.sh_entsize,
                         section.sh_link,
                         bytes.value_or(Bytes())});
    taken += sections_.back().bytes.size();
    if (taken > file_.size()) return bad("sections that share bytes");
  }
  if (headers.empty()) return {};
  if (header_.e_shstrndx >= headers.size()) return bad("no section names");
  Names names(sections_[header_.e_shstrndx].bytes, file_.size());
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers[i].sh_type == SHT_NULL) continue;
    const auto name = names.at(headers[i].sh_name);
    if (!name) return bad("a section name lies outside its table");
    sections_[i].name = *name;
  }
  return {};
}

Status ElfView::read_symbols() {
  const Section* symbols = nullptr;
  for (const auto& section : sections_)
    if (section.type == SHT_SYMTAB || (section.type == SHT_DYNSYM && !symbols)) symbols = &section;
  if (!symbols) return {};
  if (symbols->link >= sections_.size()) return bad("a symbol table without names");
  Names names(sections_[symbols->link].bytes, file_.size());
  const auto entries = table<Elf64_Sym>(symbols->bytes, 0, symbols->bytes.size() / sizeof(Elf64_Sym));
  for (const auto& entry : *entries) {
    const auto name = names.at(entry.st_name);
    if (!name) return bad("a symbol name lies outside its table");
    symbols_.push_back({*name, static_cast<std::uint8_t>(ELF64_ST_TYPE(entry.st_info)),
                        static_cast<std::uint8_t>(ELF64_ST_BIND(entry.st_info)), entry.st_shndx,
                        entry.st_value, entry.st_size});
  }
  return {};
}

void ElfView::read_relocations() {
  for (const auto& section : sections_) {
    if (section.type != SHT_RELA || !(section.flags & SHF_ALLOC)) continue;
    const auto entries = table<Elf64_Rela>(section.bytes, 0, section.bytes.size() / sizeof(Elf64_Rela));
    for (const auto& entry : *entries)
      relocations_.push_back({entry.r_offset, static_cast<std::uint32_t>(ELF64_R_TYPE(entry.r_info)),
                              static_cast<std::uint32_t>(ELF64_R_SYM(entry.r_info)), entry.r_addend});
  }
}

Result<ElfView> ElfView::parse(Bytes file) {
  ElfView view;
  view.file_ = file;
  if (auto status = view.read_headers(); !status) return status.error();
  const auto headers = table<Elf64_Shdr>(file, view.header_.e_shoff, view.header_.e_shnum);
  if (!headers) return bad("headers lie outside the file");
  if (auto status = view.read_sections(*headers); !status) return status.error();
  if (auto status = view.read_symbols(); !status) return status.error();
  view.read_relocations();
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
