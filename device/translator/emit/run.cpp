// Runs: accesses to memory with few other instructions between them. The first copy of a run asks for each
// group of accesses once and has no branches else, so that LLVM sees all of it as one; where an answer is no,
// the second copy goes on, whose accesses are the interpreter's.
#include <algorithm>

#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {
namespace {

// Instructions between accesses, and behind them between those that use what was loaded: they are there
// twice.
constexpr std::size_t kMostBetween = 8, kMostUnused = 2;

// What is not worth a second copy.
bool breaks_a_run(const Item& item) {
  const isa::OpInfo& info = isa::info(item.in.op);
  const bool is_access = is_load(item.in) || is_store(item.in);
  return (is_access && item.may_be_private && item.slot == kNone) || is_atomic(item.in) ||
         is_fence(item.in) || info.format == isa::Format::kCsr || info.format == isa::Format::kCsrImmediate ||
         info.extension == isa::Extension::kVote;
}

}  // namespace

void Emitter::find_runs() {
  runs_.clear();
  std::size_t accesses = 0;
  Run run{0, 0};
  const auto close = [&] {
    if (accesses > 1) runs_.push_back({run.first, end_of_use(run)});
    accesses = 0;
  };
  for (std::size_t i = 0; i < block_->items.size(); ++i) {
    const Item& item = block_->items[i];
    if (accesses && (breaks_a_run(item) || needs_interpreter(item) || i - run.end > kMostBetween)) close();
    if (group_of(i) == kNone) continue;
    if (!accesses) run.first = i;
    run.end = i + 1;
    ++accesses;
  }
  close();
}

// What uses a loaded value soon belongs to its run.
std::size_t Emitter::end_of_use(const Run& run) const {
  const std::vector<Register> written = written_in(run.first, run.end);
  std::size_t end = run.end;
  for (std::size_t i = run.end; i + 1 < block_->items.size() && i < end + kMostUnused; ++i) {
    const Item& item = block_->items[i];
    if (breaks_a_run(item) || needs_interpreter(item) || group_of(i) != kNone) break;
    const Operands uses = uses_of(item);
    for (unsigned u = 0; u < uses.count; ++u)
      if (std::find(written.begin(), written.end(), uses.reads[u]) != written.end()) end = i + 1;
  }
  return end;
}

std::vector<Register> Emitter::written_in(std::size_t first, std::size_t end) const {
  std::vector<Register> all;
  for (std::size_t i = first; i < end; ++i) {
    const Register r = uses_of(block_->items[i]).writes;
    if (r != kNone && std::find(all.begin(), all.end(), r) == all.end()) all.push_back(r);
  }
  return all;
}

Value Emitter::merged_value(const Value& a, llvm::BasicBlock* from_a, const Value& b,
                            llvm::BasicBlock* from_b) {
  const auto merge = [&](llvm::Value* of_a, llvm::Value* of_b) -> llvm::Value* {
    if (of_a == of_b) return of_a;
    llvm::PHINode* phi = b_.CreatePHI(of_a->getType(), 2);
    phi->addIncoming(of_a, from_a);
    phi->addIncoming(of_b, from_b);
    return phi;
  };
  return {a.kind, merge(a.v, b.v), a.step ? merge(a.step, b.step) : nullptr};
}

void Emitter::emit_run(const Run& run) {
  const auto before = values_;
  const auto written = written_;
  std::vector<Bail> bails;
  emit_fast(run, bails);
  const auto fast = values_;
  llvm::BasicBlock *fast_end = b_.GetInsertBlock(), *done = new_block("done");
  b_.CreateBr(done);
  written_ = written;  // the second copy has not written anything yet
  emit_stepped(run, bails, before);
  const auto stepped = values_;
  llvm::BasicBlock* stepped_end = b_.GetInsertBlock();
  b_.CreateBr(done);
  b_.SetInsertPoint(done);
  values_ = before;  // what was read in one copy only is not there
  for (const Register r : written_in(run.first, run.end))
    values_[r] = merged_value(fast.at(r), fast_end, stepped.at(r), stepped_end);
  way_ = Way::kBoth;
  forget_words();
  for (Group& group : groups_) group.ok = nullptr;
}

void Emitter::emit_fast(const Run& run, std::vector<Bail>& bails) {
  way_ = Way::kFast;
  std::vector<bool> asked(groups_.size());
  // Of the groups whose address is known by now.
  const auto ask = [&] {
    llvm::Value* all = nullptr;
    std::vector<Register> written;
    for (std::size_t i = item_; i < run.end; ++i) {
      const Item& item = block_->items[i];
      const std::uint32_t number = group_of(i);
      const bool is_known = std::find(written.begin(), written.end(), item.in.rs1) == written.end();
      if (number != kNone && !asked[number] && is_known) {
        asked[number] = true;
        if (!groups_[number].ok) check(number, read_first(item));
        all = all ? b_.CreateAnd(all, groups_[number].ok) : groups_[number].ok;
      }
      written.push_back(uses_of(item).writes);
    }
    return all;
  };
  for (item_ = run.first; item_ < run.end; ++item_) {
    if (const std::uint32_t number = group_of(item_); number != kNone && !asked[number]) {
      llvm::BasicBlock *on = new_block("fast"), *other = new_block("stepped_run");
      llvm::Value* ok = ask();
      bails.push_back({item_, b_.GetInsertBlock(), other, values_});
      branch_likely(ok, on, other);
      b_.SetInsertPoint(on);
    }
    emit_item(block_->items[item_]);
  }
}

void Emitter::emit_stepped(const Run& run, const std::vector<Bail>& bails,
                           const std::map<Register, Value>& before) {
  way_ = Way::kStep;
  values_ = before;
  auto bail = bails.begin();
  for (item_ = run.first; item_ < run.end; ++item_) {
    if (bail != bails.end() && bail->item == item_) {
      const auto here = values_;
      llvm::BasicBlock* from = b_.GetInsertBlock();
      if (bail != bails.begin()) b_.CreateBr(bail->to);
      b_.SetInsertPoint(bail->to);
      values_ = before;
      for (const Register r : written_in(run.first, item_))
        values_[r] = merged_value(bail->values.at(r), bail->from, here.at(r), from);
      ++bail;
    }
    emit_item(block_->items[item_]);
  }
}

}  // namespace kiesel::translator
