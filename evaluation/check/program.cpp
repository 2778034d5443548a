#include "evaluation/check/program.hpp"

#include <algorithm>

#include "device/isa/matrix.hpp"
#include "device/isa/note.hpp"
#include "device/isa/program_image.hpp"
#include "support/elf.hpp"

namespace kiesel::check {
namespace {

using isa::Op;
using isa::OperationClass;

std::uint64_t integer(unsigned number) { return number ? std::uint64_t{1} << number : 0; }
std::uint64_t real(unsigned number) { return std::uint64_t{1} << (32 + number); }

// All registers that the instruction names.
std::uint64_t registers(const isa::Instruction& in) {
  if (isa::info(in.op).family == isa::Family::kMatrix)
    return std::uint64_t{isa::kMatrixSums | isa::kMatrixFactors} << 32;
  std::uint64_t out = 0;
  for (const char c : isa::info(in.op).syntax) {
    if (c == 'd') out |= integer(in.rd);
    if (c == 's') out |= integer(in.rs1);
    if (c == 't') out |= integer(in.rs2);
    if (c == 'r') out |= integer(in.rs3);
    if (c == 'D') out |= real(in.rd);
    if (c == 'S') out |= real(in.rs1);
    if (c == 'T') out |= real(in.rs2);
    if (c == 'R') out |= real(in.rs3);
  }
  return out;
}

Fact fact_of(std::uint32_t word) {
  Fact fact;
  fact.in = isa::decode(word);
  if (fact.in.op == Op::illegal) return fact;
  const auto& operation = isa::operation(fact.in.op);
  fact.kind = operation.kind;
  fact.bytes = operation.bytes;
  fact.is_note = isa::is_note(fact.in);
  fact.loads = operation.kind == OperationClass::kLoad;
  fact.stores = operation.kind == OperationClass::kStore;
  if (operation.kind == OperationClass::kAtomic) {
    fact.atomic = true;
    fact.loads = fact.in.op != Op::sc_w && fact.in.op != Op::sc_d;
    fact.stores = fact.in.op != Op::lr_w && fact.in.op != Op::lr_d;
    fact.acquires = word >> 26 & 1;
    fact.releases = word >> 25 & 1;
  }
  return fact;
}

bool always(const Fact& fact, const Tools& tools) {
  switch (fact.kind) {
    case OperationClass::kLoad:
    case OperationClass::kStore:
    case OperationClass::kAtomic:
    case OperationClass::kBarrier:
      return true;
    case OperationClass::kVote:
      return tools.has(Tool::kRaces) || tools.has(Tool::kInitialisation);
    case OperationClass::kFence:
      return tools.has(Tool::kRaces);
    default:
      return fact.is_note;
  }
}

}  // namespace

Result<std::unique_ptr<Program>> Program::make(std::string name, std::span<const std::byte> elf,
                                               device::Address base) {
  auto table = compiler::read_program(elf);
  if (!table) return table.error();
  const auto view = ElfView::parse(elf);
  if (!view) return view.error();
  auto out = std::make_unique<Program>();
  out->name_ = std::move(name);
  out->base_ = base;
  out->table_ = std::move(*table);
  for (const auto& segment : view->segments())
    if (segment.p_type == PT_LOAD && segment.p_memsz)
      out->segments_.push_back(
          {base + segment.p_vaddr, base + segment.p_vaddr + segment.p_memsz, (segment.p_flags & PF_W) != 0});
  return out;
}

const compiler::Kernel* Program::kernel(std::string_view name) const {
  const auto found = std::ranges::find(table_.kernels, name, &compiler::Kernel::name);
  return found == table_.kernels.end() ? nullptr : &*found;
}

// One more instruction than there are: the device ends the kernel there.
void Program::decode(std::span<const std::uint32_t> code, const Tools& tools) {
  if (facts_.size() == code.size() + 1) return;
  code_begin_ = reinterpret_cast<device::Address>(code.data());
  facts_.resize(code.size() + 1);
  interests_.resize(code.size() + 1);
  for (std::size_t i = 0; i < code.size(); ++i) {
    const Fact& fact = facts_[i] = fact_of(code[i]);
    if (fact.in.op == Op::illegal) continue;
    interests_[i] = {registers(fact.in), always(fact, tools)};
    has_notes_ |= fact.is_note;
  }
}

Place Program::place(std::size_t instruction) const {
  const device::Address address = code_begin_ + instruction * 4;
  return {name_, address - base_, isa::disassemble(facts_[instruction].in.word, address - base_), {}, {}, 0};
}

}  // namespace kiesel::check
