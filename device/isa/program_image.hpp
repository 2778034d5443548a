// What of an ELF file becomes a program in a device's memory. Checked once, here, for whoever loads it and
// for whoever promises that it can be loaded; takes a few times the file's size at most.
#pragma once

#include <cstdint>
#include <vector>

#include "support/elf.hpp"

namespace kiesel::isa {

class ProgramImage {
 public:
  // A word of 8 bytes that loading changes: the program's address plus `value`.
  struct Patch {
    std::uint64_t offset, value;
  };

  // kInvalidBinary with the reason.
  static Result<ProgramImage> of(const ElfView& file);

  // Those that are loaded, rising and apart.
  const std::vector<Elf64_Phdr>& segments() const { return segments_; }
  const Elf64_Phdr& text() const { return segments_[text_]; }  // the one that is executable
  const std::vector<Patch>& patches() const { return patches_; }
  std::uint64_t startup() const { return startup_; }
  std::uint64_t bytes() const { return segments_.back().p_vaddr + segments_.back().p_memsz; }
  bool is_instruction(std::uint64_t offset) const {
    return offset >= text().p_vaddr && offset - text().p_vaddr < text().p_memsz && offset % 4 == 0;
  }

 private:
  Status add_segment(const Elf64_Phdr& segment);
  Status add_patches(const ElfView& file);
  bool contains(std::uint64_t offset, std::uint64_t bytes) const;

  std::vector<Elf64_Phdr> segments_;
  std::size_t text_ = kNone;
  std::vector<Patch> patches_;
  std::uint64_t startup_ = 0;

  static constexpr std::size_t kNone = ~std::size_t{0};
};

// Has a place in the program.
bool is_placed(const ElfView::Symbol& symbol);

}  // namespace kiesel::isa
