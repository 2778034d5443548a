#include "device/model/counting.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "device/isa/matrix.hpp"

namespace kiesel::model {
namespace {

using device::CounterId;
using device::InstructionCounts;
using isa::Op;
using isa::OperationClass;

std::uint64_t& of(InstructionCounts& counts, CounterId id) { return counts[static_cast<std::size_t>(id)]; }

// Counters of the launch: of instructions of warps, and of their active lanes.
struct Counted {
  CounterId instructions, lanes;
};

// Which ones an instruction adds to; accesses add to those of the memory where they go.
std::optional<Counted> counters_of(Op op) {
  using enum CounterId;
  switch (isa::operation(op).kind) {
    case OperationClass::kInteger:
      return Counted{integer_operations, integer_lanes};
    case OperationClass::kMultiply:
      return Counted{multiplications, multiplication_lanes};
    case OperationClass::kDivide:
      return Counted{divisions, division_lanes};
    case OperationClass::kFloatAdd:
    case OperationClass::kFloatConvert:
    case OperationClass::kFloatCompare:
      return Counted{float_operations, float_lanes};
    case OperationClass::kFloatDivide:
    case OperationClass::kFloatRoot:
      return Counted{float_divisions, float_division_lanes};
    case OperationClass::kBranch:
      return Counted{branches, branch_lanes};
    case OperationClass::kMask:
      return Counted{mask_changes, mask_lanes};
    case OperationClass::kBarrier:
      return op == Op::bar_wait ? std::nullopt : std::optional(Counted{barriers, barrier_lanes});
    case OperationClass::kVote:
      return Counted{votes, vote_lanes};
    case OperationClass::kMatrix:
      return Counted{matrix_products, matrix_lanes};
    case OperationClass::kCsr:
      return Counted{csr_accesses, csr_lanes};
    case OperationClass::kFence:
      return Counted{fences, fence_lanes};
    case OperationClass::kAtomic:
      return Counted{atomics, atomic_lanes};
    case OperationClass::kLoad:
    case OperationClass::kStore:
      return std::nullopt;
  }
  return std::nullopt;
}

bool loads(const isa::Operation& operation, Op op) {
  return operation.kind != OperationClass::kStore && op != Op::sc_w && op != Op::sc_d;
}
bool stores(const isa::Operation& operation, Op op) {
  return operation.kind == OperationClass::kStore ||
         (operation.kind == OperationClass::kAtomic && op != Op::lr_w && op != Op::lr_d);
}

// All lanes did it, so that their number is known.
std::uint64_t flops_of_product(const Insn& insn, InstructionCounts& counts) {
  const auto product = isa::find_matrix_product(insn.rd, insn.rs1);
  const std::uint64_t lanes = of(counts, CounterId::lane_instructions) / of(counts, CounterId::instructions);
  return product ? isa::matrix_flops(*product, static_cast<unsigned>(lanes)) : 0;
}

std::size_t distinct(std::vector<Address>& units) {
  std::ranges::sort(units);
  units.erase(std::unique(units.begin(), units.end()), units.end());
  return units.size();
}

}  // namespace

void Counting::begin(const Code& code) {
  code_ = &code;
  if (instructions_.size() < code.insns.size()) instructions_.resize(code.insns.size());
  first_ = instructions_.size();
  end_ = 0;
}

void Counting::add(const CoreState& core, std::span<const Step> steps, const Trace& trace) {
  const Insn* const insns = code_->insns.data();
  for (const Step& step : steps) {
    const Insn& insn = insns[step.insn];
    InstructionCounts& counts = instructions_[step.insn];
    const auto lanes = static_cast<std::size_t>(std::popcount(step.mask));
    first_ = std::min<std::size_t>(first_, step.insn);
    end_ = std::max<std::size_t>(end_, step.insn + 1);
    ++of(counts, CounterId::instructions);
    of(counts, CounterId::lane_instructions) += lanes;
    if (const auto& operation = isa::operation(insn.op); operation.bytes) {
      const std::span addresses = std::span(trace.addresses).subspan(step.address, lanes);
      const auto [least, most] = std::ranges::minmax(addresses);
      if (loads(operation, insn.op)) of(counts, CounterId::load_bytes) += lanes * operation.bytes;
      if (stores(operation, insn.op)) of(counts, CounterId::store_bytes) += lanes * operation.bytes;
      access(core, operation, {addresses, least, most}, counts);
    } else if (step.parted && (insn.op == Op::split || insn.op == Op::pred)) {
      ++of(counts, CounterId::divergent);
    }
  }
}

// Whose lanes go to one memory, mostly.
void Counting::access(const CoreState& core, const isa::Operation& operation, const Lanes& lanes,
                      InstructionCounts& counts) {
  const auto all_in = [&](const Range& range) {
    return lanes.least - range.begin < range.end - range.begin &&
           lanes.most - range.begin < range.end - range.begin;
  };
  const auto none_in = [&](const Range& range) {
    return lanes.most < range.begin || lanes.least >= range.end;
  };
  if (none_in(core.private_window) && none_in(core.local))
    return access(core, operation, kGlobal, lanes, counts);
  if (all_in(core.private_window)) return access(core, operation, kPrivate, lanes, counts);
  if (all_in(core.local)) return access(core, operation, kLocal, lanes, counts);
  for (auto& some : by_place_) some.clear();
  for (const Address address : lanes.addresses)
    by_place_[core.private_window.contains(address, 1) ? kPrivate
              : core.local.contains(address, 1)        ? kLocal
                                                       : kGlobal]
        .push_back(address);
  for (const Place place : {kGlobal, kLocal, kPrivate}) {
    const auto& some = by_place_[place];
    if (some.empty()) continue;
    const auto [least, most] = std::ranges::minmax(some);
    access(core, operation, place, {some, least, most}, counts);
  }
}

void Counting::access(const CoreState& core, const isa::Operation& operation, Place place, const Lanes& lanes,
                      InstructionCounts& counts) {
  static constexpr Counted kLoads[] = {{CounterId::global_loads, CounterId::global_load_lanes},
                                       {CounterId::local_loads, CounterId::local_load_lanes},
                                       {CounterId::private_loads, CounterId::private_load_lanes}};
  static constexpr Counted kStores[] = {{CounterId::global_stores, CounterId::global_store_lanes},
                                        {CounterId::local_stores, CounterId::local_store_lanes},
                                        {CounterId::private_stores, CounterId::private_store_lanes}};
  const auto add = [&](const Counted& counted) {
    ++totals_[counted.instructions];
    totals_[counted.lanes] += lanes.addresses.size();
  };
  if (operation.kind == OperationClass::kLoad) add(kLoads[place]);
  if (operation.kind == OperationClass::kStore) add(kStores[place]);
  if (place == kGlobal) of(counts, CounterId::lines) += lines(lanes);
  if (place == kLocal)
    of(counts, CounterId::bank_conflicts) +=
        conflicts(lanes, operation.bytes, parameters_.banks ? parameters_.banks : core.lanes);
}

// Accesses are aligned: each is in one line.
std::uint64_t Counting::lines(const Lanes& lanes) {
  const auto shift = static_cast<unsigned>(std::countr_zero(parameters_.line_bytes));
  if (lanes.least >> shift == lanes.most >> shift) return 1;
  std::uint64_t changes = 0, falls = 0;
  for (std::size_t i = 1; i < lanes.addresses.size(); ++i) {
    const Address before = lanes.addresses[i - 1] >> shift, here = lanes.addresses[i] >> shift;
    changes += here != before;
    falls += here < before;
  }
  if (!falls) return changes + 1;
  units_.clear();
  for (const Address address : lanes.addresses) units_.push_back(address >> shift);
  return distinct(units_);
}

std::uint64_t Counting::conflicts(const Lanes& lanes, std::uint32_t bytes, std::uint32_t banks) {
  const auto shift = static_cast<unsigned>(std::countr_zero(parameters_.bank_bytes));
  const Address end = (lanes.most + bytes - 1) >> shift;
  if (end - (lanes.least >> shift) < banks) return 0;
  units_.clear();
  for (const Address address : lanes.addresses)
    for (Address word = address >> shift; word <= (address + bytes - 1) >> shift; ++word)
      units_.push_back(word);
  distinct(units_);
  in_bank_.assign(banks, 0);
  for (const Address word : units_) ++in_bank_[word % banks];
  return std::ranges::max(in_bank_) - 1;
}

void Counting::sum_up() {
  for (std::size_t i = first_; i < end_; ++i) {
    InstructionCounts& counts = instructions_[i];
    const Op op = code_->insns[i].op;
    if (const auto counted = counters_of(op)) {
      totals_[counted->instructions] += of(counts, CounterId::instructions);
      totals_[counted->lanes] += of(counts, CounterId::lane_instructions);
    }
    totals_[CounterId::flops] += isa::operation(op).flops * of(counts, CounterId::lane_instructions);
    if (const auto products = of(counts, CounterId::instructions); products && op == Op::wmma)
      totals_[CounterId::flops] += products * flops_of_product(code_->insns[i], counts);
    for (std::size_t counter = 0; counter < counts.size(); ++counter)
      totals_.totals[counter] += counts[counter];
  }
}

void Counting::move_to(device::LaunchCounts& sum) {
  sum_up();
  if (first_ < end_) {
    const auto begin = instructions_.begin();
    const auto first = begin + static_cast<std::ptrdiff_t>(first_),
               end = begin + static_cast<std::ptrdiff_t>(end_);
    totals_.code_begin = code_->begin + first_ * 4;
    totals_.instructions.assign(first, end);
    std::fill(first, end, InstructionCounts{});
  }
  sum += totals_;
  totals_ = {};
  first_ = instructions_.size();
  end_ = 0;
}

}  // namespace kiesel::model
