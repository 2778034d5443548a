#include "compiler/program/elf_writer.hpp"

#include <elf.h>

#include <array>
#include <cstring>
#include <string>

#include "compiler/program/program.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kFloatAbiDouble = 0x4;  // EF_RISCV_FLOAT_ABI_DOUBLE

template <class T>
void append(std::vector<std::byte>& file, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  file.insert(file.end(), bytes.begin(), bytes.end());
}

void align(std::vector<std::byte>& file) { file.resize((file.size() + 7) / 8 * 8); }

Elf64_Shdr section_header(std::uint32_t name, std::uint32_t type, std::uint64_t offset, std::uint64_t size) {
  Elf64_Shdr header{};
  header.sh_name = name;
  header.sh_type = type;
  header.sh_offset = offset;
  header.sh_size = size;
  header.sh_addralign = type == SHT_PROGBITS ? 8 : 1;
  return header;
}

}  // namespace

std::vector<std::byte> write_carrier(ElfKind kind, std::span<const CarrierSection> sections) {
  std::vector<std::byte> file(sizeof(Elf64_Ehdr));
  std::vector<Elf64_Shdr> headers{Elf64_Shdr{}};
  std::string names(1, '\0');
  for (const auto& section : sections) {
    align(file);
    headers.push_back(section_header(static_cast<std::uint32_t>(names.size()), SHT_PROGBITS, file.size(),
                                     section.bytes.size()));
    file.insert(file.end(), section.bytes.begin(), section.bytes.end());
    names.append(section.name).push_back('\0');
  }
  const auto names_name = static_cast<std::uint32_t>(names.size());
  names.append(".shstrtab").push_back('\0');
  headers.push_back(section_header(names_name, SHT_STRTAB, file.size(), names.size()));
  const auto name_bytes = std::as_bytes(std::span(names));
  file.insert(file.end(), name_bytes.begin(), name_bytes.end());
  align(file);

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = kind == ElfKind::kShared ? ET_DYN : ET_REL;
  header.e_machine = EM_RISCV;
  header.e_version = EV_CURRENT;
  header.e_shoff = file.size();
  header.e_flags = kFloatAbiDouble;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<std::uint16_t>(headers.size());
  header.e_shstrndx = static_cast<std::uint16_t>(headers.size() - 1);
  std::memcpy(file.data(), &header, sizeof header);
  for (const auto& section : headers) append(file, section);
  return file;
}

std::vector<std::byte> write_tables(ElfKind kind, std::string_view program_json,
                                    std::span<const std::byte> spirv) {
  const std::array<std::byte, kHashBytes> unsealed{};
  const CarrierSection sections[] = {{kProgramSection, std::as_bytes(std::span(program_json))},
                                     {kSpirvSection, spirv},
                                     {kHashSection, unsealed}};
  return write_carrier(kind, sections);
}

}  // namespace kiesel::compiler
