#include "compiler/spirv/words/unite_types.hpp"

#include <map>

#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpName = 5, kOpTypeInt = 21, kOpTypeVector = 23, kOpTypeFunction = 33,
                        kOpDecorate = 71;

// Pointers may be declared twice, and so may types of several parts, which are different then.
bool must_be_one(std::uint32_t code) {
  return (code >= kOpTypeInt && code <= kOpTypeVector) || code == kOpTypeFunction;
}

class Unification {
 public:
  explicit Unification(const Words& words) : united_(words.begin(), words.begin() + kHeaderWords) {
    for_each_parsed(words, [&](const spv_parsed_instruction_t& parsed) { look(parsed); });
  }

  void append(const spv_parsed_instruction_t& parsed) {
    const bool is_about_one = parsed.opcode == kOpName || parsed.opcode == kOpDecorate;
    if (first_.contains(is_about_one ? parsed.words[1] : parsed.result_id)) return;
    const auto words = with_first(parsed);
    united_.insert(united_.end(), words.begin(), words.end());
  }
  Words take() { return std::move(united_); }

 private:
  void look(const spv_parsed_instruction_t& parsed) {
    if (!must_be_one(parsed.opcode)) return;
    auto key = with_first(parsed);
    key.erase(key.begin() + 1);  // the result
    const auto [known, is_new] = known_.emplace(std::move(key), parsed.result_id);
    if (!is_new) first_.emplace(parsed.result_id, known->second);
  }

  Words with_first(const spv_parsed_instruction_t& parsed) const {
    Words words(parsed.words, parsed.words + parsed.num_words);
    for (std::uint16_t i = 0; i < parsed.num_operands; ++i) {
      const auto& operand = parsed.operands[i];
      if (operand.type != SPV_OPERAND_TYPE_ID && operand.type != SPV_OPERAND_TYPE_TYPE_ID) continue;
      if (const auto found = first_.find(words[operand.offset]); found != first_.end())
        words[operand.offset] = found->second;
    }
    return words;
  }

  std::map<Words, std::uint32_t> known_;
  std::map<std::uint32_t, std::uint32_t> first_;  // of those that are not
  Words united_;
};

}  // namespace

void unite_types(Words& words) {
  Unification unification(words);
  if (for_each_parsed(words, [&](const spv_parsed_instruction_t& parsed) { unification.append(parsed); }))
    words = unification.take();
}

}  // namespace kiesel::compiler
