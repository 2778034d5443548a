#include "conformance/random/mutants.hpp"

#include <elf.h>

#include <cassert>
#include <cstring>

#include "compiler/program/program.hpp"
#include "device/isa/instruction.hpp"

namespace kiesel::conformance {
namespace {

constexpr std::uint32_t kNop = 0x00000013;
constexpr std::uint32_t kIllegal = 0;

template <typename T>
T read_at(std::span<const std::byte> file, std::size_t offset) {
  T value{};
  if (offset + sizeof value <= file.size()) std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

bool changes_mask(std::uint32_t word) {
  const auto op = isa::decode(word).op;
  return op == isa::Op::split || op == isa::Op::join || op == isa::Op::pred;
}

// What was a whole program is one: sealing fails on files that are none.
void seal_again(std::span<std::byte> file) {
  const auto sealed = compiler::seal(file);
  assert(sealed.ok());
  static_cast<void>(sealed);
}

void write_word(std::span<std::byte> file, std::size_t offset, std::uint32_t word) {
  std::memcpy(file.data() + offset, &word, sizeof word);
}

// The place of the branch that tests `reg` behind a split or pred, or 0.
std::size_t branch_behind(std::span<const std::byte> file, std::size_t place, unsigned reg) {
  constexpr std::size_t kNear = 16;
  for (std::size_t at = place + 4; at < place + 4 * kNear; at += 4) {
    const auto instruction = isa::decode(read_at<std::uint32_t>(file, at));
    if (instruction.op != isa::Op::beq && instruction.op != isa::Op::bne) continue;
    return instruction.rs1 == reg && instruction.rs2 == 0 ? at : 0;
  }
  return 0;
}

// Split or pred and their branch read zero: all lanes go the same way, and the device has nothing to complain
// about.
bool blind(std::span<std::byte> file, std::size_t place) {
  auto operation = isa::decode(read_at<std::uint32_t>(file, place));
  if (operation.op == isa::Op::join) return false;
  const auto branch_place = branch_behind(file, place, operation.rs1);
  if (!branch_place) return false;
  auto branch = isa::decode(read_at<std::uint32_t>(file, branch_place));
  operation.rs1 = branch.rs1 = 0;
  const auto new_operation = isa::encode(operation), new_branch = isa::encode(branch);
  if (!new_operation || !new_branch) return false;
  write_word(file, place, *new_operation);
  write_word(file, branch_place, *new_branch);
  return true;
}

}  // namespace

std::vector<std::size_t> mask_operations(std::span<const std::byte> file) {
  std::vector<std::size_t> found;
  const auto header = read_at<Elf64_Ehdr>(file, 0);
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const auto section = read_at<Elf64_Shdr>(file, header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_PROGBITS || !(section.sh_flags & SHF_EXECINSTR)) continue;
    for (std::size_t at = section.sh_offset; at < section.sh_offset + section.sh_size;
         at += sizeof(std::uint32_t))
      if (changes_mask(read_at<std::uint32_t>(file, at))) found.push_back(at);
  }
  return found;
}

std::vector<std::byte> with_trap(std::span<const std::byte> binary, std::size_t place) {
  std::vector<std::byte> changed(binary.begin(), binary.end());
  write_word(changed, place, kIllegal);
  seal_again(changed);
  return changed;
}

std::vector<std::byte> make_mutant(std::span<const std::byte> binary, std::size_t place,
                                   std::mt19937_64& random) {
  std::vector<std::byte> changed(binary.begin(), binary.end());
  if (random() % 4 == 0 || !blind(changed, place)) write_word(changed, place, kNop);
  seal_again(changed);
  return changed;
}

}  // namespace kiesel::conformance
