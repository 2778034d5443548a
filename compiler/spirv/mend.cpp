#include "compiler/spirv/mend.hpp"

#include <cstring>
#include <set>
#include <string_view>

namespace kiesel::compiler {
namespace {

constexpr std::size_t kHeaderWords = 5;
constexpr std::uint32_t kOpExtInstImport = 11, kOpExtInst = 12;
constexpr std::string_view kDebugSet = "OpenCL.DebugInfo.100";
constexpr std::uint32_t kDebugInfoNone = 0;

constexpr std::uint32_t kDebugFunction = 20, kDebugSource = 35;
constexpr std::size_t kDebugFunctionWords = 16, kDebugSourceWords = 7;  // with their optional last operand

bool imports_debug_set(std::span<const std::uint32_t> instruction) {
  if ((instruction[0] & 0xffff) != kOpExtInstImport || instruction.size() < 3) return false;
  const auto name = instruction.subspan(2);
  const auto* text = reinterpret_cast<const char*>(name.data());
  return std::string_view(text, ::strnlen(text, name.size_bytes())) == kDebugSet;
}

// The instruction at the end of `words`, whose last operand is DebugInfoNone. The reader wants a source's
// text to be there, so the file's name stands in for it; it can do without a function's declaration.
void mend_instruction(Words& words, std::size_t length) {
  auto* instruction = words.data() + words.size() - length;
  if (instruction[4] == kDebugSource && length == kDebugSourceWords) instruction[6] = instruction[5];
  if (instruction[4] != kDebugFunction || length != kDebugFunctionWords) return;
  instruction[0] -= 1U << 16;
  words.pop_back();
}

}  // namespace

void mend_debug_information(Words& words) {
  Words mended(words.begin(), words.begin() + kHeaderWords);
  mended.reserve(words.size());
  std::uint32_t set = 0;
  std::set<std::uint32_t> none;
  for (std::size_t at = kHeaderWords; at < words.size();) {
    const std::size_t length = words[at] >> 16;
    if (length == 0 || at + length > words.size()) return;  // for the validator to refuse
    const auto instruction = std::span(words).subspan(at, length);
    if (imports_debug_set(instruction)) set = instruction[1];
    const bool debug = set && (instruction[0] & 0xffff) == kOpExtInst && length >= 5 && instruction[3] == set;
    if (debug && instruction[4] == kDebugInfoNone) none.insert(instruction[2]);
    mended.insert(mended.end(), instruction.begin(), instruction.end());
    if (debug && none.contains(instruction.back())) mend_instruction(mended, length);
    at += length;
  }
  words = std::move(mended);
}

}  // namespace kiesel::compiler
