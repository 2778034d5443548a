#include "device/translator/emit/run.hpp"

#include <algorithm>

#include "device/translator/analysis/steps.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/fields.hpp"
#include "device/translator/emit/kernel.hpp"
#include "device/translator/emit/node.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/sites.hpp"

namespace kiesel::translator {

namespace {

struct Bail {  // where a check fails in a run
  std::size_t item;
  llvm::BasicBlock* from;
  llvm::BasicBlock* to;
  std::map<Register, Value> values;
};

// Instructions between accesses, and behind them between those that use what was loaded: they are there
// twice.
constexpr std::size_t kMostBetween = 8, kMostUnused = 2;

// What is not worth a second copy.
bool breaks_a_run(const Item& item) {
  const bool is_access = is_load(item.in) || is_store(item.in);
  const isa::Family family = family_of(item.in.op);
  return (is_access && item.may_be_private && item.slot == kNone) || is_atomic(item.in) ||
         is_fence(item.in) || is_csr(item.in) || family == isa::Family::kVote ||
         family == isa::Family::kShuffle || family == isa::Family::kMatrix;
}

std::vector<Register> written_in(const Cursor& here, std::size_t first, std::size_t end) {
  std::vector<Register> all;
  for (std::size_t i = first; i < end; ++i) {
    const Register r = uses_of(here.block.items[i]).writes;
    if (r != kNone && std::find(all.begin(), all.end(), r) == all.end()) all.push_back(r);
  }
  return all;
}

// What uses a loaded value soon belongs to its run.
std::size_t end_of_use(const Cursor& here, const Run& run) {
  const std::vector<Register> written = written_in(here, run.first, run.end);
  std::size_t end = run.end;
  for (std::size_t i = run.end; i + 1 < here.block.items.size() && i < end + kMostUnused; ++i) {
    const Item& item = here.block.items[i];
    if (breaks_a_run(item) || needs_interpreter(item, here.ir.host) || group_of(here, i) != kNone) break;
    const Operands uses = uses_of(item);
    for (unsigned u = 0; u < uses.count; ++u)
      if (std::find(written.begin(), written.end(), uses.reads[u]) != written.end()) end = i + 1;
  }
  return end;
}

void emit_fast(Cursor& here, const Run& run, std::vector<Bail>& bails) {
  Builder& ir = here.ir;
  here.way = Way::kFast;
  std::vector<bool> asked(here.groups.size());
  // Of the groups whose address is known by now.
  const auto ask = [&] {
    llvm::Value* all = nullptr;
    std::vector<Register> written;
    for (std::size_t i = here.item; i < run.end; ++i) {
      const Item& item = here.block.items[i];
      const std::uint32_t number = group_of(here, i);
      const bool is_known = std::find(written.begin(), written.end(), item.in.rs1) == written.end();
      if (number != kNone && !asked[number] && is_known) {
        asked[number] = true;
        if (!here.groups[number].ok) check(here, number, read_first(here, item));
        all = all ? ir.CreateAnd(all, here.groups[number].ok) : here.groups[number].ok;
      }
      written.push_back(uses_of(item).writes);
    }
    return all;
  };
  for (here.item = run.first; here.item < run.end; ++here.item) {
    if (const std::uint32_t number = group_of(here, here.item); number != kNone && !asked[number]) {
      llvm::BasicBlock *on = new_block(ir, "fast"), *other = new_block(ir, "stepped_run");
      llvm::Value* ok = ask();
      bails.push_back({here.item, ir.GetInsertBlock(), other, here.values});
      branch_likely(ir, ok, on, other);
      ir.SetInsertPoint(on);
    }
    emit_item(here, here.block.items[here.item]);
  }
}

void emit_stepped(Cursor& here, const Run& run, const std::vector<Bail>& bails,
                  const std::map<Register, Value>& before) {
  Builder& ir = here.ir;
  here.way = Way::kStep;
  here.values = before;
  auto bail = bails.begin();
  for (here.item = run.first; here.item < run.end; ++here.item) {
    if (bail != bails.end() && bail->item == here.item) {
      const auto now = here.values;
      llvm::BasicBlock* from = ir.GetInsertBlock();
      if (bail != bails.begin()) ir.CreateBr(bail->to);
      ir.SetInsertPoint(bail->to);
      here.values = before;
      for (const Register r : written_in(here, run.first, here.item))
        here.values[r] = merged_value(ir, bail->values.at(r), bail->from, now.at(r), from);
      ++bail;
    }
    emit_item(here, here.block.items[here.item]);
  }
}

}  // namespace

std::vector<Run> find_runs(const Cursor& here) {
  std::vector<Run> runs;
  std::size_t accesses = 0;
  Run run{0, 0};
  const auto close = [&] {
    if (accesses > 1) runs.push_back({run.first, end_of_use(here, run)});
    accesses = 0;
  };
  for (std::size_t i = 0; i < here.block.items.size(); ++i) {
    const Item& item = here.block.items[i];
    const bool is_stepped = needs_interpreter(item, here.ir.host);
    if (accesses && (breaks_a_run(item) || is_stepped || i - run.end > kMostBetween)) close();
    if (group_of(here, i) == kNone) continue;
    if (!accesses) run.first = i;
    run.end = i + 1;
    ++accesses;
  }
  close();
  return runs;
}

void emit_run(Cursor& here, const Run& run) {
  Builder& ir = here.ir;
  const auto before = here.values;
  const auto written = here.written;
  std::vector<Bail> bails;
  emit_fast(here, run, bails);
  const auto fast = here.values;
  llvm::BasicBlock *fast_end = ir.GetInsertBlock(), *done = new_block(ir, "done");
  ir.CreateBr(done);
  here.written = written;  // the second copy has not written anything yet
  emit_stepped(here, run, bails, before);
  const auto stepped = here.values;
  llvm::BasicBlock* stepped_end = ir.GetInsertBlock();
  ir.CreateBr(done);
  ir.SetInsertPoint(done);
  here.values = before;  // what was read in one copy only is not there
  for (const Register r : written_in(here, run.first, run.end))
    here.values[r] = merged_value(ir, fast.at(r), fast_end, stepped.at(r), stepped_end);
  here.way = Way::kBoth;
  forget_words(here);
  for (Group& group : here.groups) group.ok = nullptr;
}

}  // namespace kiesel::translator
