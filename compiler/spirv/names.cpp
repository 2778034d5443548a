#include "compiler/spirv/names.hpp"

#include <algorithm>

namespace kiesel::compiler {
namespace {

constexpr std::string_view kBeginnings[] = {"kernel_arg_type.", "kernel_arg_type_qual.",
                                            "vec_type_hint.unsigned."};
constexpr std::size_t kMostWords = 0xffff;  // of an instruction

std::size_t words_of(std::string_view literal) { return literal.size() / sizeof(std::uint32_t) + 1; }

}  // namespace

std::size_t place_of_name(Instruction instruction) {
  const auto size = instruction.size();
  switch (opcode(instruction)) {
    case kOpName:
      return size > 2 ? 2 : 0;
    case kOpEntryPoint:
      return size > 3 ? 3 : 0;
    case kOpDecorate:
      return size > 4 && instruction[2] == kLinkageAttributes ? 3 : 0;
    case kOpString:
      return size > 2 && begins_with_kernel(literal_at(instruction, 2)) ? 2 : 0;
    default:
      return 0;
  }
}

std::size_t begins_with_kernel(std::string_view text) {
  const auto* found =
      std::ranges::find_if(kBeginnings, [&](std::string_view begin) { return text.starts_with(begin); });
  return found == std::end(kBeginnings) ? 0 : found->size();
}

std::size_t end_of_modes(std::span<const std::uint32_t> words) {
  constexpr std::uint32_t kOpMemoryModel = 14, kOpExecutionMode = 16, kOpExecutionModeId = 331;
  std::size_t at = kHeaderWords, end = kHeaderWords;
  for_each_instruction(words, [&](Instruction instruction) {
    at += instruction.size();
    const auto code = opcode(instruction);
    if (code == kOpMemoryModel || code == kOpEntryPoint || code == kOpExecutionMode ||
        code == kOpExecutionModeId)
      end = at;
  });
  return end;
}

void append_named(Words& words, Instruction instruction, std::size_t place, std::string_view name) {
  const auto rest =
      instruction.subspan(std::min(place + words_of(literal_at(instruction, place)), instruction.size()));
  name = name.substr(0, (kMostWords - place - rest.size()) * sizeof(std::uint32_t) - 1);
  const auto length = words_of(name), first = words.size();
  words.insert(words.end(), instruction.begin(), instruction.begin() + static_cast<std::ptrdiff_t>(place));
  words.resize(words.size() + length);
  std::memcpy(words.data() + words.size() - length, name.data(), name.size());
  words.insert(words.end(), rest.begin(), rest.end());
  words[first] = static_cast<std::uint32_t>(words.size() - first) << 16 | opcode(instruction);
}

}  // namespace kiesel::compiler
