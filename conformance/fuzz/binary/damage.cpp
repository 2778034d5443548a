#include "conformance/fuzz/binary/damage.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "compiler/program/program.hpp"

namespace kiesel::conformance::binary {
namespace {

template <class T>
std::optional<T> read_at(const File& file, std::uint64_t offset) {
  if (offset > file.size() || sizeof(T) > file.size() - offset) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

void write_at(File& file, std::uint64_t offset, const void* bytes, std::size_t size) {
  if (offset <= file.size() && size <= file.size() - offset) std::memcpy(file.data() + offset, bytes, size);
}

// A field of a header or of a row of a table.
struct Field {
  std::size_t offset, bytes;
};
#define FIELD(type, member) \
  Field { offsetof(type, member), sizeof(type::member) }
constexpr Field kHeaderFields[] = {FIELD(Elf64_Ehdr, e_type),      FIELD(Elf64_Ehdr, e_machine),
                                   FIELD(Elf64_Ehdr, e_entry),     FIELD(Elf64_Ehdr, e_phoff),
                                   FIELD(Elf64_Ehdr, e_shoff),     FIELD(Elf64_Ehdr, e_phentsize),
                                   FIELD(Elf64_Ehdr, e_phnum),     FIELD(Elf64_Ehdr, e_shnum),
                                   FIELD(Elf64_Ehdr, e_shentsize), FIELD(Elf64_Ehdr, e_shstrndx)};
constexpr Field kSegmentFields[] = {FIELD(Elf64_Phdr, p_type),   FIELD(Elf64_Phdr, p_flags),
                                    FIELD(Elf64_Phdr, p_offset), FIELD(Elf64_Phdr, p_vaddr),
                                    FIELD(Elf64_Phdr, p_filesz), FIELD(Elf64_Phdr, p_memsz),
                                    FIELD(Elf64_Phdr, p_align)};
constexpr Field kSectionFields[] = {FIELD(Elf64_Shdr, sh_name),   FIELD(Elf64_Shdr, sh_type),
                                    FIELD(Elf64_Shdr, sh_flags),  FIELD(Elf64_Shdr, sh_addr),
                                    FIELD(Elf64_Shdr, sh_offset), FIELD(Elf64_Shdr, sh_size),
                                    FIELD(Elf64_Shdr, sh_link),   FIELD(Elf64_Shdr, sh_entsize)};
constexpr Field kSymbolFields[] = {FIELD(Elf64_Sym, st_name), FIELD(Elf64_Sym, st_info),
                                   FIELD(Elf64_Sym, st_shndx), FIELD(Elf64_Sym, st_value),
                                   FIELD(Elf64_Sym, st_size)};
constexpr Field kRelocationFields[] = {FIELD(Elf64_Rela, r_offset), FIELD(Elf64_Rela, r_info),
                                       FIELD(Elf64_Rela, r_addend)};
#undef FIELD

void change_field(File& file, std::uint64_t row, std::span<const Field> fields, Random& random) {
  const Field& field = fields[random() % fields.size()];
  std::uint64_t value = 0;
  if (row > file.size() || field.offset + field.bytes > file.size() - row) return;
  std::memcpy(&value, file.data() + row + field.offset, field.bytes);
  value = random() % 8 ? edge(value, random) : file.size() + random() % 16 - 8;
  std::memcpy(file.data() + row + field.offset, &value, field.bytes);
}

struct Section {
  std::uint64_t header;  // where it is in the file
  Elf64_Shdr of;
};

std::vector<Section> sections(const File& file) {
  std::vector<Section> out;
  const auto header = read_at<Elf64_Ehdr>(file, 0);
  for (unsigned i = 0; header && i < header->e_shnum; ++i) {
    const std::uint64_t place = header->e_shoff + i * sizeof(Elf64_Shdr);
    if (const auto section = read_at<Elf64_Shdr>(file, place)) out.push_back({place, *section});
  }
  return out;
}

std::optional<Section> named(const File& file, std::string_view name) {
  const auto all = sections(file);
  const auto header = read_at<Elf64_Ehdr>(file, 0);
  if (!header || header->e_shstrndx >= all.size()) return std::nullopt;
  const std::uint64_t names = all[header->e_shstrndx].of.sh_offset;
  for (const Section& section : all) {
    const std::uint64_t at = names + section.of.sh_name;
    if (at <= file.size() && name.size() < file.size() - at &&
        std::memcmp(file.data() + at, name.data(), name.size()) == 0)
      return section;
  }
  return std::nullopt;
}

// A row of a table of sections of that type.
template <class Row>
void change_row(File& file, std::initializer_list<std::uint32_t> types, std::span<const Field> fields,
                Random& random) {
  std::vector<Section> tables;
  for (const Section& section : sections(file))
    for (const std::uint32_t type : types)
      if (section.of.sh_type == type && section.of.sh_size >= sizeof(Row)) tables.push_back(section);
  if (tables.empty()) return;
  const Section& table = tables[random() % tables.size()];
  const std::uint64_t row = random() % (table.of.sh_size / sizeof(Row));
  change_field(file, table.of.sh_offset + row * sizeof(Row), fields, random);
}

void change_table(File& file, Random& random) {
  auto section = named(file, compiler::kProgramSection);
  if (!section || section->of.sh_offset > file.size() ||
      section->of.sh_size > file.size() - section->of.sh_offset)
    return;
  const std::string text(reinterpret_cast<const char*>(file.data()) + section->of.sh_offset,
                         section->of.sh_size);
  const std::string fresh = damaged_table(text, random);
  section->of.sh_offset = file.size();
  section->of.sh_size = fresh.size();
  const auto bytes = std::as_bytes(std::span(fresh));
  file.insert(file.end(), bytes.begin(), bytes.end());
  file.resize((file.size() + 7) / 8 * 8);
  write_at(file, section->header, &section->of, sizeof section->of);
}

void change_code(File& file, Random& random) {
  for (const Section& section : sections(file)) {
    if (!(section.of.sh_flags & SHF_EXECINSTR) || section.of.sh_type != SHT_PROGBITS ||
        section.of.sh_size < 4)
      continue;
    const auto place = [&] { return section.of.sh_offset + random() % (section.of.sh_size / 4) * 4; };
    for (auto changes = 1 + random() % 4; changes; --changes) {
      const std::uint64_t at = place();
      auto word = read_at<std::uint32_t>(file, at).value_or(0);
      const auto kind = random() % 5;
      if (kind == 0) word ^= 1U << random() % 32;
      if (kind == 1) word = static_cast<std::uint32_t>(random());
      if (kind == 2) word = read_at<std::uint32_t>(file, place()).value_or(0);
      if (kind == 3) word ^= static_cast<std::uint32_t>(random()) << 20;  // the immediate
      if (kind == 4) word = (word & ~0xF8000U) | (static_cast<std::uint32_t>(random() % 32) << 15);  // rs1
      write_at(file, at, &word, sizeof word);
    }
    if (random() % 2) return;
  }
}

// The bytes of a section, as far as the file has them.
std::span<std::byte> bytes_of(File& file, const Elf64_Shdr& section) {
  const std::span all(file);
  if (section.sh_offset > all.size()) return {};
  return all.subspan(section.sh_offset, std::min(section.sh_size, all.size() - section.sh_offset));
}

void change_printf(File& file, Random& random) {
  const bool records = random() % 4 != 0, formats = !records || random() % 2;
  for (const Section& section : sections(file)) {
    if (section.of.sh_type != SHT_PROGBITS || !(section.of.sh_flags & SHF_ALLOC)) continue;
    const bool is_code = section.of.sh_flags & SHF_EXECINSTR;
    if (is_code && records) damage_records(bytes_of(file, section.of), random);
    if (!is_code && formats) damage_formats(bytes_of(file, section.of), random);
  }
}

void change_bytes(File& file, Random& random) {
  for (auto changes = 1 + random() % 8; changes && !file.empty(); --changes)
    file[random() % file.size()] = static_cast<std::byte>(random());
}

// All sections again, behind the file, and one of them many times.
void repeat_sections(File& file, Random& random) {
  auto header = read_at<Elf64_Ehdr>(file, 0);
  const auto all = sections(file);
  if (!header || all.empty()) return;
  header->e_shoff = file.size();
  const auto count = std::min<std::size_t>(random() % 4000, 65535 - all.size());
  header->e_shnum = static_cast<std::uint16_t>(all.size() + count);
  const Elf64_Shdr again = all[random() % all.size()].of;
  file.reserve(file.size() + header->e_shnum * sizeof again);
  for (std::size_t i = 0; i < header->e_shnum; ++i) {
    const auto bytes = std::as_bytes(std::span(i < all.size() ? &all[i].of : &again, 1));
    file.insert(file.end(), bytes.begin(), bytes.end());
  }
  write_at(file, 0, &*header, sizeof *header);
}

void change(File& file, Random& random) {
  const auto header = read_at<Elf64_Ehdr>(file, 0).value_or(Elf64_Ehdr{});
  switch (random() % 20) {
    case 0:
      return change_field(file, 0, kHeaderFields, random);
    case 1:
    case 2:
      return change_field(file, header.e_phoff + random() % (header.e_phnum + 1U) * sizeof(Elf64_Phdr),
                          kSegmentFields, random);
    case 3:
      return change_field(file, header.e_shoff + random() % (header.e_shnum + 1U) * sizeof(Elf64_Shdr),
                          kSectionFields, random);
    case 4:
      return change_row<Elf64_Sym>(file, {SHT_SYMTAB, SHT_DYNSYM}, kSymbolFields, random);
    case 5:
      return change_row<Elf64_Rela>(file, {SHT_RELA}, kRelocationFields, random);
    case 6:
      return change_bytes(file, random);
    case 7:
      if (random() % 2) return repeat_sections(file, random);
      return file.resize(file.size() - random() % (file.size() / 2 + 1));
    case 8:
    case 9:
    case 10:
      return change_code(file, random);
    case 11:
    case 12:
    case 13:
    case 14:
      return change_printf(file, random);
    default:
      return change_table(file, random);
  }
}

}  // namespace

std::uint64_t edge(std::uint64_t old, Random& random) {
  constexpr std::uint64_t kEdges[] = {0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      8,
                                      64,
                                      120,
                                      127,
                                      128,
                                      129,
                                      135,
                                      136,
                                      144,
                                      255,
                                      256,
                                      4095,
                                      4096,
                                      65535,
                                      65536,
                                      1 << 20,
                                      (1 << 20) + 128,
                                      (1 << 20) + 129,
                                      1U << 28,
                                      0x7FFFFFFF,
                                      0x80000000,
                                      0xFFFFFFF8,
                                      0xFFFFFFFF,
                                      std::uint64_t{1} << 32,
                                      std::uint64_t{1} << 47,
                                      std::uint64_t{1} << 48,
                                      std::uint64_t{1} << 63,
                                      ~std::uint64_t{7},
                                      ~std::uint64_t{0}};
  switch (random() % 6) {
    case 0:
      return old + 1;
    case 1:
      return old - 1;
    case 2:
      return old + (std::uint64_t{1} << random() % 64);
    case 3:
      return random();
    default:
      return kEdges[random() % std::size(kEdges)];
  }
}

File damaged(const File& binary, Random& random) {
  File file = binary;
  for (auto changes = 1 + random() % 2; changes; --changes) change(file, random);
  static_cast<void>(compiler::seal(file));  // what cannot be sealed is refused for its shape
  return file;
}

}  // namespace kiesel::conformance::binary
