#include <algorithm>
#include <map>
#include <set>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpFunctionEnd = 56, kOpLabel = 248, kOpBranch = 249, kOpBranchConditional = 250,
                        kOpSwitch = 251;

// The blocks of one function.
class Blocks {
 public:
  void add(Instruction instruction) {
    if (opcode(instruction) == kOpLabel && instruction.size() > 1) {
      labels_.push_back(instruction[1]);
      words_[instruction[1]];
    }
    auto& words = words_[labels_.back()];
    words.insert(words.end(), instruction.begin(), instruction.end());
    last_[labels_.back()] = instruction;
  }
  bool empty() const { return labels_.empty(); }

  // In reverse post-order, those that nothing leads to behind.
  void append_to(Words& out) {
    auto order = post_order();
    std::ranges::reverse(order);
    const std::set<std::uint32_t> reached(order.begin(), order.end());
    for (const auto label : labels_)
      if (!reached.contains(label)) order.push_back(label);
    for (const auto label : order) out.insert(out.end(), words_[label].begin(), words_[label].end());
    *this = {};
  }

 private:
  bool are_labels(Instruction instruction, std::size_t first, std::size_t step) const {
    for (auto at = first; at < instruction.size(); at += step)
      if (!words_.contains(instruction[at])) return false;
    return true;
  }

  std::vector<std::uint32_t> successors(std::uint32_t label) const {
    const auto last = last_.at(label);
    std::size_t first = last.size(), step = 1, end = last.size();
    if (opcode(last) == kOpBranch) first = 1;
    if (opcode(last) == kOpBranchConditional) first = 2, end = std::min<std::size_t>(end, 4);
    // Between the labels of a switch are literals of one word or two.
    if (opcode(last) == kOpSwitch) first = 2, step = are_labels(last, 4, 2) ? 2 : 3;
    std::vector<std::uint32_t> found;
    for (auto at = first; at < end; at += step)
      if (words_.contains(last[at])) found.push_back(last[at]);
    return found;
  }

  std::vector<std::uint32_t> post_order() const {
    struct Visit {
      std::uint32_t label;
      std::vector<std::uint32_t> left;  // successors to visit, from the back
    };
    std::vector<std::uint32_t> order;
    std::set<std::uint32_t> seen{labels_.front()};
    std::vector<Visit> path{{labels_.front(), successors(labels_.front())}};
    while (!path.empty()) {
      auto& [label, left] = path.back();
      if (left.empty()) {
        order.push_back(label);
        path.pop_back();
        continue;
      }
      const auto next = left.back();
      left.pop_back();
      if (seen.insert(next).second) path.push_back({next, successors(next)});
    }
    return order;
  }

  std::vector<std::uint32_t> labels_;
  std::map<std::uint32_t, Words> words_;       // by label
  std::map<std::uint32_t, Instruction> last_;  // by label
};

}  // namespace

void order_labels(Words& words) {
  Words out(words.begin(), words.begin() + kHeaderWords);
  Blocks blocks;
  for_each_instruction(words, [&](Instruction instruction) {
    if (opcode(instruction) == kOpFunctionEnd && !blocks.empty()) blocks.append_to(out);
    if (blocks.empty() && opcode(instruction) != kOpLabel)
      out.insert(out.end(), instruction.begin(), instruction.end());
    else
      blocks.add(instruction);
  });
  words = std::move(out);
}

}  // namespace kiesel::compiler
