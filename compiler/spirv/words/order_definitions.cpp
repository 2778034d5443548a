#include <map>
#include <set>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpExtInst = 12, kOpConstantComposite = 44, kOpSpecConstantComposite = 51,
                        kOpSpecConstantOp = 52, kOpFunction = 54, kOpVariable = 59;

// What may use a variable: its address, composites of addresses, variables that start with them. Types and
// plain constants never do, so they stay where they are.
bool may_use_variables(std::uint16_t opcode) {
  return opcode == kOpVariable || opcode == kOpConstantComposite || opcode == kOpSpecConstantComposite ||
         opcode == kOpSpecConstantOp;
}

struct Definition {
  Words words;
  std::vector<std::uint32_t> uses;
};

Definition definition_of(const spv_parsed_instruction_t& instruction) {
  Definition definition{{instruction.words, instruction.words + instruction.num_words}, {}};
  for (std::uint16_t i = 0; i < instruction.num_operands; ++i)
    if (const auto& operand = instruction.operands[i]; operand.type == SPV_OPERAND_TYPE_ID)
      definition.uses.push_back(instruction.words[operand.offset]);
  return definition;
}

class Order {
 public:
  explicit Order(Words& ordered) : ordered_(ordered) {}

  void expect(const spv_parsed_instruction_t& instruction) {
    in_functions_ |= instruction.opcode == kOpFunction;
    if (!in_functions_ && may_use_variables(instruction.opcode)) missing_.insert(instruction.result_id);
  }
  void start() { in_functions_ = false; }

  void add(const spv_parsed_instruction_t& instruction) {
    if (instruction.opcode == kOpFunction) finish();
    auto definition = definition_of(instruction);
    const bool movable = may_use_variables(instruction.opcode) || instruction.opcode == kOpExtInst;
    if (!in_functions_ && movable && uses_missing(definition)) {
      missing_.insert(instruction.result_id);
      waiting_.emplace(instruction.result_id, std::move(definition));
      return;
    }
    write(definition);
    missing_.erase(instruction.result_id);
  }

  void finish() {
    in_functions_ = true;
    while (!waiting_.empty()) write_waiting(waiting_.begin()->first);
  }

 private:
  bool uses_missing(const Definition& definition) const {
    for (const auto use : definition.uses)
      if (missing_.contains(use)) return true;
    return false;
  }
  void write(const Definition& definition) {
    ordered_.insert(ordered_.end(), definition.words.begin(), definition.words.end());
  }
  // What it uses first. A circle comes out in some order, which the validator then tells.
  void write_waiting(std::uint32_t id) {
    const auto node = waiting_.extract(id);
    if (node.empty()) return;
    for (const auto use : node.mapped().uses) write_waiting(use);
    write(node.mapped());
  }

  Words& ordered_;
  bool in_functions_ = false;
  std::set<std::uint32_t> missing_;  // not written yet
  std::map<std::uint32_t, Definition> waiting_;
};

}  // namespace

void order_definitions(Words& words) {
  if (words.size() < kHeaderWords) return;
  Words ordered(words.begin(), words.begin() + kHeaderWords);
  Order order(ordered);
  const bool whole =
      for_each_parsed(words, [&](const spv_parsed_instruction_t& instruction) { order.expect(instruction); });
  if (!whole) return;
  order.start();
  for_each_parsed(words, [&](const spv_parsed_instruction_t& instruction) { order.add(instruction); });
  order.finish();
  words = std::move(ordered);
}

}  // namespace kiesel::compiler
