#include <map>
#include <set>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpFunction = 54, kOpLoopMerge = 246, kOpSelectionMerge = 247, kOpLabel = 248,
                        kOpBranch = 249, kOpBranchConditional = 250, kOpSwitch = 251;
constexpr std::uint32_t kUnroll = 1, kDontUnroll = 2, kPeelCount = 0x80, kPartialCount = 0x100;

// What the validator wants of merge instructions where control flow need not be structured.
class Merges {
 public:
  void look(Instruction instruction) {
    if (opcode(instruction) == kOpFunction) ++function_;
    if (opcode(instruction) == kOpLabel && instruction.size() > 1) functions_[instruction[1]] = function_;
  }
  void start() { function_ = 0; }

  void enter(Instruction instruction) {
    if (opcode(instruction) == kOpFunction) ++function_;
    if (opcode(instruction) == kOpLabel && instruction.size() > 1) block_ = instruction[1];
  }

  // `next`: the instruction behind it.
  bool are_right(Instruction merge, Instruction next) {
    const bool is_loop = opcode(merge) == kOpLoopMerge;
    if (merge.size() < (is_loop ? 4U : 3U) || !is_block(merge[1])) return false;
    if (is_loop ? !is_right_loop(merge, next) : !is_choice(next)) return false;
    return targets_.insert(merge[1]).second;  // of one header only
  }

 private:
  bool is_block(std::uint32_t id) const {
    const auto found = functions_.find(id);
    return found != functions_.end() && found->second == function_;
  }
  static bool is_choice(Instruction next) {
    return opcode(next) == kOpBranchConditional || opcode(next) == kOpSwitch;
  }
  bool is_right_loop(Instruction merge, Instruction next) const {
    const auto control = merge[3];
    const bool contradicts = control & kDontUnroll && control & (kUnroll | kPeelCount | kPartialCount);
    return is_block(merge[2]) && merge[1] != merge[2] && merge[1] != block_ && !contradicts &&
           (opcode(next) == kOpBranch || opcode(next) == kOpBranchConditional);
  }

  std::uint32_t function_ = 0, block_ = 0;
  std::map<std::uint32_t, std::uint32_t> functions_;  // of blocks
  std::set<std::uint32_t> targets_;
};

bool is_merge(Instruction instruction) {
  return opcode(instruction) == kOpLoopMerge || opcode(instruction) == kOpSelectionMerge;
}

}  // namespace

void drop_wrong_merges(Words& words) {
  Words left(words.begin(), words.begin() + kHeaderWords);
  Merges merges;
  for_each_instruction(words, [&](Instruction instruction) { merges.look(instruction); });
  merges.start();
  Instruction waiting;  // a merge instruction, until it is known what follows
  const bool whole = for_each_instruction(words, [&](Instruction instruction) {
    if (!waiting.empty() && merges.are_right(waiting, instruction))
      left.insert(left.end(), waiting.begin(), waiting.end());
    waiting = is_merge(instruction) ? instruction : Instruction();
    merges.enter(instruction);
    if (waiting.empty()) left.insert(left.end(), instruction.begin(), instruction.end());
  });
  if (whole) words = std::move(left);
}

}  // namespace kiesel::compiler
