#include "compiler/simt/machine_values.hpp"

#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/CodeGen/MachineFrameInfo.h>
#include <llvm/CodeGen/MachineMemOperand.h>
#include <llvm/CodeGen/PseudoSourceValue.h>
#include <llvm/CodeGen/TargetInstrInfo.h>
#include <llvm/CodeGen/TargetRegisterInfo.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/Support/raw_ostream.h>

#include "device/isa/csr.hpp"

namespace kiesel::simt {
namespace {

using llvm::MachineBasicBlock;
using llvm::MachineInstr;
using llvm::MachineOperand;

constexpr std::uint64_t kMergeKey = std::uint64_t{1} << 40;
constexpr std::uint64_t kLeaveKey = std::uint64_t{1} << 41;
constexpr std::uint64_t kInputKey = std::uint64_t{1} << 63;
constexpr ValueId kUnseen = ~ValueId{0};
constexpr unsigned kPatientRounds = 64;
constexpr std::uint64_t kClobberKey = std::uint64_t{1} << 42;

bool has_plain_memory(const MachineInstr& instruction) {
  return !instruction.memoperands_empty() && !instruction.mayStore() &&
         llvm::all_of(instruction.memoperands(), [](const llvm::MachineMemOperand* memory) {
           return !memory->isVolatile() && !memory->isAtomic();
         });
}

// The result of an asm whose text says all: true, false; its inputs decide: false too.
bool asm_differs(const AsmText& text) {
  switch (text.kind) {
    case AsmKind::kCsrRead:
      return isa::csr_is_divergent(text.csr);
    case AsmKind::kPure:
    case AsmKind::kSplit:
    case AsmKind::kVote:
      return false;
    default:
      return true;
  }
}

}  // namespace

AsmText classify(const MachineInstr& instruction) {
  if (!instruction.isInlineAsm()) return {};
  const auto flags = instruction.getOperand(llvm::InlineAsm::MIOp_ExtraInfo).getImm();
  constexpr auto kEffects = llvm::InlineAsm::Extra_HasSideEffects | llvm::InlineAsm::Extra_MayLoad |
                            llvm::InlineAsm::Extra_MayStore;
  return classify(instruction.getOperand(llvm::InlineAsm::MIOp_AsmString).getSymbolName(),
                  (flags & kEffects) == 0);
}

MachineValues::MachineValues(const llvm::MachineFunction& function, const llvm::MachineLoopInfo& loops,
                             const llvm::MachineDominatorTree& dominators, const Loops& masked_loops)
    : function_(function),
      instructions_(*function.getSubtarget().getInstrInfo()),
      registers_(*function.getSubtarget().getRegisterInfo()),
      loops_(loops),
      dominators_(dominators),
      masked_loops_(masked_loops),
      locations_(function) {
  values_[kNoValue].divergent = true;
  solve();
  record_inputs();
}

ValueId MachineValues::intern(const void* where, std::uint64_t what, Value value) {
  const auto [found, fresh] = known_.try_emplace({where, what}, static_cast<ValueId>(values_.size()));
  if (fresh) values_.push_back(std::move(value));
  return found->second;
}

ValueId MachineValues::defined(const MachineInstr& instruction, unsigned n) const {
  for (const MachineOperand& operand : instruction.operands())
    if (operand.isReg() && operand.isDef() && n-- == 0) return known_.lookup({&operand, 0});
  return kNoValue;
}

// A register of several units is known only where all hold the same value.
ValueId MachineValues::read(const State& state, llvm::MCRegister reg) const {
  ValueId value = kNoValue;
  for (llvm::MCRegUnitIterator unit(reg, &registers_); unit.isValid(); ++unit) {
    if (value != kNoValue && state[*unit] != value) return kNoValue;
    value = state[*unit];
  }
  return value;
}

void MachineValues::write(State& state, llvm::MCRegister reg, ValueId value) const {
  if (registers_.isConstantPhysReg(reg)) return;
  for (llvm::MCRegUnitIterator unit(reg, &registers_); unit.isValid(); ++unit) state[*unit] = value;
}

// The same computation from the same values is one value wherever it stands: code generation repeats cheap
// ones on both sides of a branch rather than keep a register. 0 when the instruction is no pure computation.
ValueId MachineValues::numbered(const MachineInstr& instruction) {
  if (instruction.isInlineAsm() || instruction.isCall() || instruction.isTerminator() ||
      instruction.mayLoadOrStore() || instruction.hasUnmodeledSideEffects() ||
      instruction.getNumExplicitDefs() != 1)
    return kNoValue;
  std::vector<std::uint64_t> key{instruction.getOpcode()};
  Value value;
  for (const MachineOperand& operand : llvm::drop_begin(instruction.operands())) {
    if (operand.isImm()) {
      key.push_back(static_cast<std::uint64_t>(operand.getImm()));
    } else if (operand.isReg() && operand.isUse() && operand.getReg()) {
      const ValueId input = uses_.lookup(&operand);
      if (input == kNoValue) return kNoValue;
      key.push_back(kInputKey | input);
      value.inputs.push_back(input);
    } else {
      return kNoValue;
    }
  }
  const auto [found, fresh] = numbers_.try_emplace(std::move(key), static_cast<ValueId>(values_.size()));
  if (!fresh) return found->second;
  for (const ValueId input : value.inputs) add_loops(value.loops, input);
  values_.push_back(std::move(value));
  return found->second;
}

// Copies, constants, spills, reloads: true when the instruction is one, and done.
bool MachineValues::carries_value(const MachineInstr& instruction, State& state) {
  if (const auto copy = instructions_.isCopyInstr(instruction)) {
    const auto from = copy->Source->getReg().asMCReg();
    const ValueId value = registers_.isConstantPhysReg(from) ? intern(nullptr, 0, {}) : read(state, from);
    write(state, copy->Destination->getReg().asMCReg(), value);
    return true;
  }
  if (const ValueId number = numbered(instruction)) {
    write(state, instruction.getOperand(0).getReg().asMCReg(), number);
    return true;
  }
  if (const int slot = locations_.spill_location(instruction); slot >= 0) {
    const MachineOperand& data = instruction.getOperand(0);
    if (instruction.mayLoad() == instruction.mayStore() || !data.isReg()) return false;
    if (instruction.mayStore())
      state[slot] = uses_.lookup(&data);
    else
      write(state, data.getReg().asMCReg(), state[slot]);
    return true;
  }
  return false;
}

void MachineValues::execute(const MachineInstr& instruction, State& state) {
  if (instruction.isDebugInstr() || instruction.isCFIInstruction()) return;
  for (const MachineOperand& operand : instruction.operands()) {
    if (!operand.isReg() || !operand.isUse() || !operand.getReg()) continue;
    const auto reg = operand.getReg().asMCReg();
    // An undefined register holds whatever it held, in each lane.
    if (operand.isUndef())
      uses_[&operand] = kNoValue;
    else
      uses_[&operand] = registers_.isConstantPhysReg(reg) ? intern(nullptr, 0, {}) : read(state, reg);
  }
  if (!carries_value(instruction, state)) define(instruction, state);
}

void MachineValues::define(const MachineInstr& instruction, State& state) {
  for (const MachineOperand& operand : instruction.operands()) {
    if (operand.isRegMask()) clobber(instruction, operand, state);
    if (!operand.isReg() || !operand.isDef() || !operand.getReg()) continue;
    Value value;
    value.instruction = &instruction;
    value.block = instruction.getParent();
    write(state, operand.getReg().asMCReg(), intern(&operand, 0, value));
  }
}

void MachineValues::clobber(const MachineInstr& instruction, const MachineOperand& mask, State& state) {
  Value value;
  value.instruction = &instruction;
  value.block = instruction.getParent();
  const ValueId lost = intern(&instruction, kClobberKey, value);
  // By the registers that make up a unit: register pairs never count as preserved. The rounding mode is no
  // register that a mask names: functions leave it as it was.
  for (unsigned unit = 0; unit < locations_.register_units(); ++unit)
    for (llvm::MCRegUnitRootIterator root(unit, &registers_); root.isValid(); ++root)
      if (mask.clobbersPhysReg(*root) && !is_rounding_mode(unit)) state[unit] = lost;
}

bool MachineValues::is_rounding_mode(unsigned location) const {
  if (location >= locations_.register_units()) return false;
  const llvm::MCRegUnitRootIterator root(location, &registers_);
  return llvm::StringRef(registers_.getName(*root)) == "FRM";
}

MachineValues::State MachineValues::entry_state() {
  State state(locations_.count());
  // Nothing but the rounding mode, of which a warp has one, is known to agree when a function starts. Values
  // of their own, so that a merge sees the difference.
  for (unsigned location = 0; location < state.size(); ++location) {
    Value value;
    value.block = &function_.front();
    value.divergent = !is_rounding_mode(location);
    state[location] = intern(&function_, location, value);
  }
  return state;
}

void MachineValues::add_loops(std::vector<const llvm::MachineLoop*>& loops, ValueId value) const {
  const auto add = [&](const llvm::MachineLoop* loop) {
    if (masked_loops_.contains(loop) && !llvm::is_contained(loops, loop)) loops.push_back(loop);
  };
  llvm::for_each(values_[value].loops, add);
  if (!values_[value].block) return;
  for (const llvm::MachineLoop* loop = loops_.getLoopFor(values_[value].block); loop;
       loop = loop->getParentLoop())
    add(loop);
}

bool MachineValues::comes_from(const llvm::MachineLoop& loop, ValueId value) const {
  if (values_[value].block) return loop.contains(values_[value].block);
  return llvm::is_contained(values_[value].loops, &loop);
}

// The value that the branch which leads to `block` and nowhere else tested, and found to be zero; or none.
ValueId MachineValues::found_zero(const MachineBasicBlock& block) const {
  if (block.pred_size() != 1 || (*block.pred_begin())->succ_size() != 2) return kNoValue;
  const MachineBasicBlock& before = **block.pred_begin();
  const auto branch = llvm::find_if(before.terminators(),
                                    [](const MachineInstr& jump) { return jump.isConditionalBranch(); });
  if (branch == before.terminators().end()) return kNoValue;
  const llvm::StringRef name = instructions_.getName(branch->getOpcode());
  if (name != "BEQ" && name != "BNE") return kNoValue;
  const MachineOperand &left = branch->getOperand(0), &right = branch->getOperand(1);
  const bool is_taken = branch->getOperand(2).getMBB() == &block;
  const bool is_zero = registers_.isConstantPhysReg(right.getReg()) && is_taken == (name == "BEQ");
  return is_zero ? resolve(uses_.lookup(&left)) : kNoValue;
}

MachineValues::ZeroBlocks MachineValues::find_zeros() const {
  ZeroBlocks zeros;
  for (const MachineBasicBlock& block : function_)
    if (const ValueId value = found_zero(block)) zeros[value].push_back(&block);
  return zeros;
}

// Code generation takes the register that a branch found to be zero for a zero, where all ways come from that
// branch.
bool MachineValues::is_known_zero(const MachineBasicBlock& block, ValueId value,
                                  const ZeroBlocks& zeros) const {
  const MachineInstr* instruction = values_[value].instruction;
  if (!instruction || !instruction->isInlineAsm()) return false;
  const auto found = zeros.find(value);
  return found != zeros.end() && llvm::any_of(found->second, [&](const MachineBasicBlock* zero) {
           return dominators_.dominates(const_cast<MachineBasicBlock*>(zero),
                                        const_cast<MachineBasicBlock*>(&block));
         });
}

std::vector<const llvm::MachineLoop*> MachineValues::masked_loops_left(const MachineBasicBlock& from,
                                                                       const MachineBasicBlock& to) const {
  std::vector<const llvm::MachineLoop*> left;
  for (const llvm::MachineLoop* loop = loops_.getLoopFor(&from); loop && !loop->contains(&to);
       loop = loop->getParentLoop())
    if (masked_loops_.contains(loop)) left.push_back(loop);
  return left;
}

// What `value` is to `to` behind the loops: lanes that left one in different iterations hold different ones.
ValueId MachineValues::behind(const std::vector<const llvm::MachineLoop*>& loops, const MachineBasicBlock& to,
                              ValueId value) {
  value = resolve(value);
  for (const llvm::MachineLoop* loop : loops) {
    if (!comes_from(*loop, value)) continue;
    Value left;
    left.block = loop->getHeader();
    left.divergent = true;
    left.left = loop;
    left.inputs = {value};
    const ValueId outside = intern(loop, kLeaveKey | value, left);
    values_[outside].block = &to;
    value = resolve(outside);
  }
  return value;
}

// The value of a location where the edges into a block meet. A merge that comes back around a loop adds
// nothing.
ValueId MachineValues::meet(const MachineBasicBlock& block, unsigned location, ValueId before, ValueId next) {
  if (before == next) return before;
  Value merge;
  merge.block = &block;
  merge.merge = true;
  const ValueId own = intern(&block, kMergeKey | location, merge);
  if (const ValueId known = resolve(own); known != own) return known;
  if (next == own) return before;
  return before == kUnseen ? next : own;
}

MachineValues::State MachineValues::merge_into(const MachineBasicBlock& block) {
  if (&block == &function_.front() && block.pred_empty()) return entry_state();
  State merged(locations_.count(), kNoValue);
  const auto& live = locations_.live(block);
  for (const unsigned location : live.set_bits()) merged[location] = kUnseen;
  if (&block == &function_.front()) merged = entry_state();
  for (const MachineBasicBlock* before : block.predecessors()) {
    const auto found = at_end_.find(before);
    if (found == at_end_.end()) continue;
    const auto loops = masked_loops_left(*before, block);
    for (const unsigned location : live.set_bits())
      merged[location] =
          meet(block, location, merged[location], behind(loops, block, found->second[location]));
  }
  return merged;
}

void MachineValues::keep_merges(const MachineBasicBlock& block, const State& before, State& now) const {
  for (unsigned location = 0; location < before.size(); ++location)
    if (values_[before[location]].merge && values_[before[location]].block == &block)
      now[location] = before[location];
}

ValueId MachineValues::resolve(ValueId value) const {
  for (auto known = superfluous_.find(value); known != superfluous_.end(); known = superfluous_.find(value))
    value = known->second;
  return value;
}

// Old values that still travel along back edges make merges of one value with itself, and groups of such
// merges feed each other. They are found and left out, which may show more of them.
void MachineValues::solve() {
  do {
    at_start_.clear();
    at_end_.clear();
    settle();
  } while (drop_superfluous_merges());
  // Once more with the final states, so that each use knows its final value.
  for (const MachineBasicBlock& block : function_) {
    const auto start = at_start_.find(&block);
    if (start == at_start_.end()) continue;
    State state = start->second;
    for (const MachineInstr& instruction : block) execute(instruction, state);
  }
}

// Should the rounds ever not settle, merges stay.
void MachineValues::settle() {
  const llvm::ReversePostOrderTraversal<const llvm::MachineFunction*> order(&function_);
  llvm::BitVector waiting(function_.getNumBlockIDs(), true);
  unsigned round = 0;
  for (bool changed = true; changed; ++round) {
    changed = false;
    for (const MachineBasicBlock* block : order) {
      if (!waiting.test(static_cast<unsigned>(block->getNumber()))) continue;
      waiting.reset(static_cast<unsigned>(block->getNumber()));
      State state = merge_into(*block);
      State& start = at_start_[block];
      if (round > kPatientRounds) keep_merges(*block, start, state);
      if (start == state) continue;
      changed = true;
      start = state;
      for (const MachineInstr& instruction : *block) execute(instruction, state);
      at_end_[block] = std::move(state);
      for (const MachineBasicBlock* next : block->successors())
        waiting.set(static_cast<unsigned>(next->getNumber()));
    }
  }
}

// The merges in force with what comes in along each edge, and what is behind a loop with what was in it.
MergeNodes MachineValues::merges() {
  MergeNodes nodes;
  const auto zeros = find_zeros();
  for (const auto& [block, start] : at_start_)
    for (const unsigned location : locations_.live(*block).set_bits()) {
      const ValueId merge = start[location];
      if (!values_[merge].merge || values_[merge].block != block || nodes.contains(merge)) continue;
      auto& inputs = nodes[merge].inputs;
      for (const MachineBasicBlock* before : block->predecessors()) {
        const auto found = at_end_.find(before);
        if (found == at_end_.end()) continue;
        const ValueId end = resolve(found->second[location]);
        if (is_known_zero(*before, end, zeros)) {
          inputs.push_back(intern(nullptr, 0, {}));
          continue;
        }
        for (ValueId value = behind(masked_loops_left(*before, *block), *block, end);;
             value = values_[value].inputs[0]) {
          if (inputs.empty() || value != inputs.back()) inputs.push_back(value);
          if (!values_[value].left || !nodes.try_emplace(value, MergeNode{values_[value].inputs}).second)
            break;
        }
      }
    }
  return nodes;
}

// What a loop hands on is another value behind it if it comes to be in the loop.
bool MachineValues::may_be(ValueId node, ValueId value) const {
  return value != kNoValue && (!values_[node].left || !comes_from(*values_[node].left, value));
}

bool MachineValues::drop_superfluous_merges() {
  const auto found =
      find_superfluous(merges(), [this](ValueId node, ValueId value) { return may_be(node, value); });
  const std::size_t before = superfluous_.size();
  superfluous_.insert(found.begin(), found.end());
  return superfluous_.size() > before;
}

void MachineValues::record_inputs() {
  for (const auto& [merge, node] : merges())
    if (values_[merge].merge) values_[merge].inputs = node.inputs;
  for (Value& value : values_)
    if (value.instruction)
      for (const MachineOperand& operand : value.instruction->operands())
        if (const auto use = uses_.find(&operand); use != uses_.end()) value.inputs.push_back(use->second);
}

bool MachineValues::differs_by_itself(const MachineInstr& instruction) const {
  if (instruction.isInlineAsm()) return asm_differs(classify(instruction));
  if (instruction.isCall()) return true;
  // A plain load from where all lanes agree reads one value: private addresses come from sp, which counts as
  // divergent. Atomics and volatile loads may see somebody else's store between two lanes.
  if (instruction.mayLoad()) return !has_plain_memory(instruction);
  return instruction.hasUnmodeledSideEffects();
}

void MachineValues::find_divergent(const Blocks& divergent_merges) {
  std::vector<std::vector<ValueId>> users(values_.size());
  std::vector<ValueId> work;
  for (ValueId id = 0; id < values_.size(); ++id) {
    Value& value = values_[id];
    for (const ValueId input : value.inputs) users[input].push_back(id);
    value.divergent |= value.merge && divergent_merges.contains(value.block);
    value.divergent |= value.instruction && differs_by_itself(*value.instruction);
    if (value.divergent) work.push_back(id);
  }
  // A token is the depth of one stack, a vote one answer: the same in all lanes whatever went in.
  const auto is_agreed = [&](ValueId id) {
    const MachineInstr* instruction = values_[id].instruction;
    if (!instruction) return false;
    const AsmKind kind = classify(*instruction).kind;
    return kind == AsmKind::kVote || (kind == AsmKind::kSplit && id == defined(*instruction, 0));
  };
  while (!work.empty()) {
    const ValueId id = work.back();
    work.pop_back();
    for (const ValueId user : users[id])
      if (!values_[user].divergent && !is_agreed(user)) {
        values_[user].divergent = true;
        values_[user].cause = id;
        work.push_back(user);
      }
  }
}

std::string MachineValues::reason(ValueId value) const {
  while (values_[value].cause != kNoValue) value = values_[value].cause;
  const Value& origin = values_[value];
  std::string text;
  llvm::raw_string_ostream out(text);
  if (value == kNoValue)
    out << "an unknown value";
  else if (origin.instruction)
    origin.instruction->print(out, true, false, true, false);
  else if (origin.left)
    out << "a value that lanes take out of a loop in different iterations";
  else if (origin.merge)
    out << "values of both sides of a branch meet in " << llvm::printMBBReference(*origin.block);
  else
    out << "what the function starts with";
  return text;
}

}  // namespace kiesel::simt
