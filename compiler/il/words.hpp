// Reading SPIR-V word by word.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace kiesel::compiler {

using Words = std::vector<std::uint32_t>;
using Instruction = std::span<const std::uint32_t>;

inline constexpr std::size_t kHeaderWords = 5;
inline constexpr std::size_t kVersionWord = 1, kBoundWord = 3;
inline constexpr std::uint32_t kSpirvMagic = 0x07230203;

inline std::uint32_t opcode(Instruction instruction) { return instruction[0] & 0xffff; }

// The literal string that starts at a word; empty when there is none.
inline std::string_view literal_at(Instruction instruction, std::size_t word) {
  if (word >= instruction.size()) return {};
  const auto rest = instruction.subspan(word);
  const auto* text = reinterpret_cast<const char*>(rest.data());
  return {text, ::strnlen(text, rest.size_bytes())};
}

// Calls `visit` with each instruction; false when the words are no sequence of instructions, which the
// validator says.
template <class Visit>
bool for_each_instruction(std::span<const std::uint32_t> words, Visit visit) {
  for (std::size_t at = kHeaderWords; at < words.size();) {
    const std::size_t length = words[at] >> 16;
    if (length == 0 || at + length > words.size()) return false;
    visit(words.subspan(at, length));
    at += length;
  }
  return true;
}

}  // namespace kiesel::compiler
