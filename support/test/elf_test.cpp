#include "support/elf.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <span>

#include "support/file.hpp"

using kiesel::ElfView;

namespace {
// This test program itself: a large ELF that we did not write.
std::vector<std::byte> own_file() {
  auto file = kiesel::read_binary_file("/proc/self/exe");
  REQUIRE(file);
  return *file;
}
}  // namespace

TEST_CASE("a real ELF file is read") {
  const auto file = own_file();
  const auto view = ElfView::parse(file);
  REQUIRE(view);
  CHECK(view->section(".text"));
  CHECK(view->symbol("main"));
  CHECK_FALSE(view->symbol("no such symbol"));
  CHECK_FALSE(view->segments().empty());
}

TEST_CASE("what is no ELF64 file is refused with a reason") {
  auto file = own_file();
  SECTION("empty") { file.clear(); }
  SECTION("short") { file.resize(40); }
  SECTION("magic") { file[0] = std::byte{1}; }
  SECTION("32 bit") { file[EI_CLASS] = std::byte{ELFCLASS32}; }
  SECTION("cut before the section headers") { file.resize(file.size() / 2); }
  const auto view = ElfView::parse(file);
  REQUIRE_FALSE(view);
  CHECK(view.error().code == kiesel::Errc::kInvalidBinary);
  CHECK_FALSE(view.error().reason.empty());
}

TEST_CASE("random damage to the headers never leads outside the file") {
  const auto file = own_file();
  std::mt19937 random(1);
  std::size_t refused = 0;
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  for (int i = 0; i < 300; ++i) {
    auto damaged = file;
    for (int k = 0; k < 3; ++k) {
      const bool first = random() % 2;
      const auto at = first ? random() % sizeof(Elf64_Ehdr)
                            : header.e_shoff + random() % (header.e_shnum * sizeof(Elf64_Shdr));
      damaged[at] = static_cast<std::byte>(random());
    }
    const auto view = ElfView::parse(damaged);
    if (!view) {
      ++refused;
      continue;
    }
    for (const auto& segment : view->segments())
      CHECK(view->segment_bytes(segment).size() == segment.p_filesz);
    for (const auto& section : view->sections())
      CHECK((section.bytes.empty() ||
             (section.bytes.data() >= damaged.data() &&
              section.bytes.data() + section.bytes.size() <= damaged.data() + damaged.size())));
  }
  CHECK(refused > 0);
}

namespace {

using kiesel::Errc;

// A file of sections that are all over the same bytes, or of symbols that all have the same long name.
std::vector<std::byte> repeating(std::size_t sections, std::size_t symbols, std::size_t name_bytes) {
  std::vector<Elf64_Shdr> headers(1);
  std::vector<std::byte> file(sizeof(Elf64_Ehdr));
  const auto place = [&](const void* bytes, std::size_t size, std::uint32_t type, std::uint32_t link) {
    Elf64_Shdr header{};
    header.sh_type = type;
    header.sh_flags = SHF_ALLOC;
    header.sh_offset = file.size();
    header.sh_size = size;
    header.sh_link = link;
    headers.push_back(header);
    const auto* begin = static_cast<const std::byte*>(bytes);
    file.insert(file.end(), begin, begin + size);
  };
  std::string names(name_bytes + 2, 'a');
  names.front() = names.back() = 0;
  std::vector<Elf64_Sym> table(symbols);
  for (auto& symbol : table) symbol.st_name = 1;
  const std::vector<Elf64_Rela> relocations(1000);
  place(names.data(), names.size(), SHT_STRTAB, 0);
  place(table.data(), table.size() * sizeof(Elf64_Sym), SHT_SYMTAB, 1);
  place(relocations.data(), relocations.size() * sizeof(Elf64_Rela), SHT_RELA, 0);
  for (std::size_t i = 0; i < sections; ++i) headers.push_back(headers.back());
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_shoff = file.size();
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<std::uint16_t>(headers.size());
  header.e_shstrndx = 1;
  std::memcpy(file.data(), &header, sizeof header);
  const auto bytes = std::as_bytes(std::span(headers));
  file.insert(file.end(), bytes.begin(), bytes.end());
  return file;
}

std::string refusal(const std::vector<std::byte>& file) {
  const auto view = ElfView::parse(file);
  return view ? "" : view.error().reason;
}

}  // namespace

TEST_CASE("a file cannot be read as more than it is") {
  CHECK(refusal(repeating(0, 10, 100)) == "");
  CHECK(refusal(repeating(4000, 10, 100)) == "sections that share bytes");
  CHECK(refusal(repeating(0, 8192, 1 << 20)) != "");
  // Section names, too.
  auto file = repeating(0, 0, 1 << 20);
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  Elf64_Shdr empty{};
  empty.sh_type = SHT_PROGBITS;
  empty.sh_name = 1;
  for (int i = 0; i < 60'000; ++i) {
    const auto bytes = std::as_bytes(std::span(&empty, 1));
    file.insert(file.end(), bytes.begin(), bytes.end());
  }
  header.e_shnum = static_cast<std::uint16_t>(header.e_shnum + 60'000);
  std::memcpy(file.data(), &header, sizeof header);
  CHECK(refusal(file) != "");
}
