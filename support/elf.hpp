// A read-only view of a little-endian ELF64 file in memory. parse() checks every header, so that the
// accessors cannot leave the file whatever its bytes are. It takes a few times the file's size, in memory and
// in steps: sections that share bytes, and names that are the same bytes again and again, are refused.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "support/result.hpp"

namespace kiesel {

class ElfView {
 public:
  struct Section {
    std::string_view name;
    std::uint32_t type;
    std::uint64_t flags, address, offset, entry_size;
    std::uint32_t link;
    std::span<const std::byte> bytes;  // empty for SHT_NOBITS
  };
  struct Symbol {
    std::string_view name;
    std::uint8_t type, binding;
    std::uint16_t section;
    std::uint64_t value, size;
  };
  struct Relocation {
    std::uint64_t offset;
    std::uint32_t type, symbol;
    std::int64_t addend;
  };

  // `file` must outlive the view. kInvalidBinary with the reason.
  static Result<ElfView> parse(std::span<const std::byte> file);

  std::size_t bytes() const { return file_.size(); }
  const Elf64_Ehdr& header() const { return header_; }
  const std::vector<Elf64_Phdr>& segments() const { return segments_; }
  std::span<const std::byte> segment_bytes(const Elf64_Phdr& segment) const;  // the part that is in the file
  const std::vector<Section>& sections() const { return sections_; }
  const std::vector<Symbol>& symbols() const { return symbols_; }  // .symtab, else .dynsym
  const std::vector<Relocation>& relocations() const {
    return relocations_;
  }  // all SHT_RELA of allocated sections

  const Section* section(std::string_view name) const;
  const Symbol* symbol(std::string_view name) const;

 private:
  Status read_headers();
  Status read_sections(const std::vector<Elf64_Shdr>& headers);
  Status read_symbols();
  void read_relocations();

  std::span<const std::byte> file_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::vector<Section> sections_;
  std::vector<Symbol> symbols_;
  std::vector<Relocation> relocations_;
};

}  // namespace kiesel
