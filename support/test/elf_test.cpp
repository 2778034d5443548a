#include "support/elf.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

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
